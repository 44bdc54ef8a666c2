# SPDX-License-Identifier: MIT
"""Runs v5lite watch --preview on an endless stream of moving digits, and is its HTTP client."""

import http.client
import json
import re
import socket
import subprocess
import threading
import time

import moving
from watching import WatchTest, passing

FPS = 20
PORT = re.compile(rb"v5lite: preview: http://(\S+):(\d+)/(\?token=\.\.\.)?\n")


class Feeder(threading.Thread):
    """Writes frames into the program's standard input until it ends; `pause` stops them for a while."""

    def __init__(self, process, frames):
        super().__init__(daemon=True)
        self.process, self.frames = process, frames
        self.pause = threading.Event()
        self.ends = threading.Event()

    def run(self):
        try:
            while not self.ends.is_set():
                for data in self.frames:
                    if self.ends.wait(1 / FPS):
                        break
                    while self.pause.is_set() and not self.ends.is_set():
                        time.sleep(0.02)
                    self.process.stdin.write(data)
                    self.process.stdin.flush()
        except (OSError, ValueError):
            pass  # the program has ended


def y4m_frames():
    """Returns the header of a y4m stream, and its frames."""
    frames = [moving.y4m_frame(tuple(places), moving.WIDTH, moving.HEIGHT) for places in passing()]
    return moving.y4m([]), frames


class LiveTest(WatchTest):
    @staticmethod
    def http_name():
        """Returns the program's HTTP library, or None."""
        from program import PROGRAM
        name = re.search(r"HTTP: (.*)", subprocess.run(PROGRAM + ["--version"], capture_output=True, text=True).stdout)
        return name.group(1) if name.group(1) != "none" else None

    def setUp(self):
        super().setUp()
        if self.http_name() is None:
            self.skipTest("the program has no live view: install libmicrohttpd-dev")

    def serve(self, *arguments, stream=None):
        """Starts a program that is fed with frames. Sets self.process, self.port and self.feeder."""
        header, frames = stream or y4m_frames()
        self.process = self.start("--preview", "0", *arguments, "-", stdin=subprocess.PIPE, bufsize=0)
        self.addCleanup(self.stop)
        self.lines, self.output = [], []
        self.process.stdin.write(header)
        self.feeder = Feeder(self.process, frames)
        self.feeder.start()
        found = None
        while found is None:
            line = self.process.stderr.readline()
            self.assertNotEqual(line, b"", self.lines)
            self.lines.append(line)
            found = PORT.fullmatch(line)
        self.host, self.port = found.group(1).decode(), int(found.group(2))
        self.readers = [self.drain(self.process.stdout, self.output), self.drain(self.process.stderr, self.lines)]

    @staticmethod
    def drain(stream, into):
        reader = threading.Thread(target=lambda: into.extend(stream), daemon=True)
        reader.start()
        return reader

    def stop(self, status=0):
        """Ends the program, and checks that it had nothing to complain about."""
        if self.process.returncode is not None:
            return
        self.process.terminate()
        began = time.monotonic()
        self.assertEqual(self.process.wait(60), status, self.lines)
        self.assertLess(time.monotonic() - began, 5)
        self.feeder.ends.set()
        self.feeder.join()
        for reader in self.readers:
            reader.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()
        self.assertNotIn(b"Sanitizer", b"".join(self.lines))

    # ---- client ----

    def ask(self, path, method="GET", headers=None, body=None):
        """Returns status, headers and body of a response that ends."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def open_stream(self, path, headers=None):
        """Returns a response that goes on, with its connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.addCleanup(connection.close)
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        response.connection = connection
        return response

    def raw(self, data=b"", buffer=None):
        """Returns a socket that has sent some bytes."""
        client = socket.socket()
        self.addCleanup(client.close)
        if buffer is not None:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        client.settimeout(30)
        client.connect(("127.0.0.1", self.port))
        client.sendall(data)
        return client

    def metrics(self):
        """Returns the values of /metrics by name and labels."""
        status, _, text = self.ask("/metrics")
        self.assertEqual(status, 200)
        return {name: float(value) for name, value in re.findall(r"^([^#\s].*) (\S+)$", text.decode(), re.M)}

    @staticmethod
    def event(response):
        """Returns the next event of a stream, (type, object); of a comment (None, its text)."""
        kind, line = "message", response.readline().decode()
        if line.startswith(":"):
            response.readline()
            return None, line[1:].strip()
        if line.startswith("event: "):
            kind, line = line[7:].rstrip("\n"), response.readline().decode()
        assert line.startswith("data: ") and response.readline() == b"\n", line
        return kind, json.loads(line[6:])

    @staticmethod
    def part(response):
        """Returns the next picture of a multipart stream, (frame, JPEG)."""
        headers = {}
        while True:
            line = response.readline().decode().rstrip("\r\n")
            if line == "" and headers:
                break
            name, colon, value = line.partition(": ")
            if colon:
                headers[name] = value
        assert headers["Content-Type"] == "image/jpeg", headers
        return int(headers["X-Frame"]), response.read(int(headers["Content-Length"]))
