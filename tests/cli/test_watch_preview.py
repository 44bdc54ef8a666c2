# SPDX-License-Identifier: MIT
"""v5lite watch --preview: its paths, who may see them, and clients that misbehave."""

import json
import random
import socket
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import moving  # noqa: E402
import pictures  # noqa: E402
from live import LiveTest  # noqa: E402
from watching import passing  # noqa: E402

ENDING = ("/", "/snapshot.jpg", "/metrics", "/healthz")
ENDLESS = ("/stream.mjpeg", "/events")
CLIENTS = 8
DEADLINE = 10


def jpeg_size(data):
    """Returns the width and height of a baseline JPEG."""
    at = 2
    while data[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + int.from_bytes(data[at + 2:at + 4], "big")
    return int.from_bytes(data[at + 7:at + 9], "big"), int.from_bytes(data[at + 5:at + 7], "big")


class Paths(LiveTest):
    def test_paths_of_one_run(self):
        self.serve("--track", "--count-line", "middle:50%,0,50%,100%", "--zone", "left:0,0,50%,0,50%,100%,0,100%")
        self.page()
        self.pictures()
        self.events()
        self.counters()
        self.heads_and_methods()
        self.hosts()
        self.stop()
        self.events_are_the_lines()

    def page(self):
        status, headers, body = self.ask("/")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        for name, value in (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
                            ("Referrer-Policy", "no-referrer"), ("X-Frame-Options", "DENY")):
            self.assertEqual(headers[name], value)
        self.assertIn("default-src 'none'; script-src 'sha256-", headers["Content-Security-Policy"])
        for word in (b"http:", b"https:", b"//cdn", b"<script src", b"<link rel=\"stylesheet"):
            self.assertNotIn(word, body)

    def pictures(self):
        status, headers, body = self.ask("/snapshot.jpg")
        self.assertEqual((status, headers["Content-Type"]), (200, "image/jpeg"))
        self.assertEqual((body[:2], body[-2:], jpeg_size(body)),
                         (b"\xff\xd8", b"\xff\xd9", (moving.WIDTH, moving.HEIGHT)))
        video = self.open_stream("/stream.mjpeg")
        self.assertEqual((video.status, video.headers["Transfer-Encoding"]), (200, None))
        self.assertIn("multipart/x-mixed-replace", video.headers["Content-Type"])
        parts = [self.part(video) for _ in range(4)]
        self.assertEqual([jpeg_size(data) for _, data in parts], [(moving.WIDTH, moving.HEIGHT)] * 4)
        numbers = [number for number, _ in parts]
        self.assertEqual(numbers, sorted(set(numbers)))
        video.connection.close()

    def events(self):
        stream = self.open_stream("/events")
        self.assertEqual(stream.headers["Content-Type"], "text/event-stream")
        kind, counts = self.event(stream)
        self.assertEqual((kind, [line["name"] for line in counts["lines"]]), ("counts", ["middle"]))
        self.assertEqual([zone["name"] for zone in counts["zones"]], ["left"])
        self.received = []
        while len(self.received) < 70:  # more than one round of the digits
            kind, value = self.event(stream)
            self.assertIn(kind, ("message", "counts"))
            if kind == "message":
                self.check_frame(value)
                self.received.append(value)
            else:
                counts = value
        numbers = [line["frame"] for line in self.received]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))
        self.assertGreater(counts["lines"][0]["right"], 0)
        self.assertGreater(counts["lines"][0]["left"], 0)
        stream.connection.close()

    def counters(self):
        values = self.metrics()
        self.assertGreater(values["v5lite_frames_total"], 70)
        self.assertEqual(values["v5lite_frames_broken_total"], 0)
        self.assertGreater(values['v5lite_detections_total{class="7",name="7"}'], 20)
        self.assertGreater(values['v5lite_line_crossings_total{line="middle",direction="right"}'], 0)
        self.assertGreater(values['v5lite_zone_entered_total{zone="left"}'], 0)
        self.assertEqual(values["v5lite_latency_seconds_count"], values["v5lite_frames_total"])
        self.assertLessEqual(values['v5lite_latency_seconds{quantile="0.5"}'],
                             values['v5lite_latency_seconds{quantile="0.99"}'])
        self.assertGreater(values["v5lite_fps"], 1)
        self.assertEqual(self.ask("/healthz")[::2], (200, b"ok\n"))

    def heads_and_methods(self):
        for path in ENDING + ENDLESS:
            status, headers, body = self.ask(path, "HEAD")
            self.assertEqual((status, body), (200, b""), path)
        self.assertEqual(self.ask("/nothing")[0], 404)
        self.assertEqual(self.ask("/../etc/passwd")[0], 404)
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"):
            status, headers, _ = self.ask("/", method)
            self.assertEqual((status, headers["Allow"]), (405, "GET, HEAD"), method)
        self.assertEqual(self.ask("/", "POST", body=b"x" * 100000)[0], 405)

    def hosts(self):
        """A page of another site cannot reach this server by a name that resolves to it."""
        for host, status in (("localhost:1234", 200), ("[::1]", 200), ("example.com", 403),
                             (f"127.0.0.1.example.com:{self.port}", 403)):
            for path in ENDING[:1] + ENDLESS:
                response = self.open_stream(path, {"Host": host})
                self.assertEqual(response.status, status, (host, path))
                response.connection.close()

    def events_are_the_lines(self):
        lines = {line["frame"]: line for line in map(json.loads, self.output) if "frame" in line}
        for event in self.received:
            line = lines[event["frame"]]
            line["utc"] = event["utc"]  # is computed for each
            self.assertEqual(event, line)

    def test_every_path_needs_the_token(self):
        self.serve("--preview-token", "a-Z_0.9~")
        for path in ENDING + ENDLESS + ("/nothing",):
            for query, headers in (("", {}), ("?token=", {}), ("?token=a-Z_0.9", {}), ("?token=a-Z_0.9~~", {}),
                                   ("", {"Authorization": "Bearer a-Z_0.9"}),
                                   ("", {"Authorization": "Basic a-Z_0.9~"}), ("", {"Cookie": "token=a-Z_0.9~"})):
                status, answer, _ = self.ask(path + query, headers=headers)
                self.assertEqual((status, answer["WWW-Authenticate"]), (401, "Bearer"), (path, query, headers))
        for query, headers in (("?token=a-Z_0.9~", {}), ("?x=1&token=a-Z_0.9%7E", {}),
                               ("", {"Authorization": "Bearer a-Z_0.9~"})):
            for path in ENDING:
                self.assertEqual(self.ask(path + query, headers=headers)[0], 200, (path, query))
            for path in ENDLESS:
                response = self.open_stream(path + query, headers)
                self.assertEqual(response.status, 200)
                response.connection.close()

    def test_jpegs_of_a_camera_are_passed_on_completed(self):
        path = self.directory / "a.ppm"
        path.write_bytes(pictures.ppm([row.tobytes() for row in moving.frame(passing()[20])], moving.WIDTH))
        self.succeed("picture", "--out", "a.jpg", path)
        whole = (self.directory / "a.jpg").read_bytes()
        bare = whole
        while b"\xff\xc4" in bare:  # cameras leave the standard tables out
            at = bare.index(b"\xff\xc4")
            bare = bare[:at] + bare[at + 2 + int.from_bytes(bare[at + 2:at + 4], "big"):]
        self.serve(stream=(b"", [bare[:-2]]))
        video = self.open_stream("/stream.mjpeg")
        for _ in range(3):
            _, data = self.part(video)
        self.assertIn(b"\xff\xc4", data)
        self.assertEqual(data[-2:], b"\xff\xd9")
        (self.directory / "b.jpg").write_bytes(data)
        self.succeed("picture", "--out", "a.bmp", "a.jpg")
        self.succeed("picture", "--out", "b.bmp", "b.jpg")
        self.assertEqual((self.directory / "a.bmp").read_bytes(), (self.directory / "b.bmp").read_bytes())


class Misbehaviour(LiveTest):
    def test_a_ninth_client_is_refused_and_stalled_ones_are_dropped(self):
        self.serve("--quiet")
        reading = [self.open_stream(path) for path in ENDLESS]
        for response in reading:
            self.drain(response, [])
        stalled = [self.raw(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path.encode(), buffer=4096)
                   for path in ENDLESS for _ in range(CLIENTS - 1)]
        unfinished = [self.raw(b"GET / HTTP/1.1\r\nHost: loc"), self.raw(b"GET"), self.raw()]
        began = time.monotonic()
        self.until(lambda v: v['v5lite_preview_clients{stream="video"}'] == CLIENTS
                   and v['v5lite_preview_clients{stream="events"}'] == CLIENTS)
        for path in ENDLESS:
            status, headers, _ = self.ask(path)
            self.assertEqual((status, headers["Retry-After"]), (503, "5"))
        before = self.metrics()["v5lite_frames_total"]
        # Slow readers of a picture: a byte now and then is no progress.
        while time.monotonic() - began < DEADLINE - 2:
            for client in unfinished[:1]:
                client.sendall(b"a")
            time.sleep(0.5)
        fps = (self.metrics()["v5lite_frames_total"] - before) / (time.monotonic() - began)
        self.assertGreater(fps, 8)
        self.until(lambda v: v['v5lite_preview_clients{stream="video"}'] == 1, seconds=30)
        for client in unfinished:
            client.settimeout(DEADLINE)
            try:
                self.assertEqual(client.recv(1), b"")
            except ConnectionError:
                pass
        # There is room again, and those that read are still served.
        self.assertEqual(self.open_stream("/stream.mjpeg").status, 200)
        self.until(lambda v: v['v5lite_preview_clients{stream="video"}'] == 2)
        for client in stalled:
            client.close()

    def until(self, holds, seconds=10.0):
        end = time.monotonic() + seconds
        while not holds(values := self.metrics()):
            self.assertLess(time.monotonic(), end, values)
            time.sleep(0.2)

    def test_no_frames_is_not_healthy(self):
        self.serve()
        self.until(lambda v: v["v5lite_frames_total"] > 3)
        self.assertEqual(self.ask("/healthz")[0], 200)
        video = self.open_stream("/stream.mjpeg")
        first, _ = self.part(video)
        self.feeder.pause.set()
        events = self.open_stream("/events")
        self.assertEqual(self.event(events)[0], "counts")
        while True:
            kind, text = self.event(events)
            if kind is None:
                break
        self.assertEqual(text, "heartbeat")
        time.sleep(3.5)
        self.assertEqual(self.ask("/healthz")[::2], (503, b"no frames\n"))
        self.assertGreaterEqual(self.part(video)[0], first)  # the last picture again
        self.feeder.pause.clear()
        self.until(lambda v: self.ask("/healthz")[0] == 200)

    def test_random_requests(self):
        self.serve("--quiet")
        source = random.Random(17)
        for _ in range(3000):
            self.send_any(self.request(source), source)
        self.assertEqual(self.ask("/healthz")[0], 200)
        self.assertIsNone(self.process.poll())
        self.until(lambda v: v['v5lite_preview_clients{stream="video"}'] == 0)

    @staticmethod
    def request(source):
        """Returns a request that may be wrong in several ways."""
        pick = source.choice
        path = pick(ENDING + ENDLESS + ("/x", "", "*", "//", "/%00", "/%zz", "/?token=%", "http://a/",
                                        "/" + "a" * 20000,
                                        "/?" + "a=1&" * 3000, "/healthz?token=" + "t" * 500))
        if source.random() < 0.5:
            path = "/healthz"
        method = pick(["GET"] * 6 + ["HEAD", "POST", "", "get", "G\0T", "X" * 9000, "CONNECT", "PRI"])
        version = pick(["HTTP/1.1"] * 6 + ["HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "", "HTTP/1.1 x", "ICY"])
        lines = [f"{method} {path} {version}"]
        headers = ["Host: localhost"] * 5 + [
            "Host:", "Host: localhost\r\nHost: localhost", "Connection: close", "Content-Length: 5",
            "Content-Length: -1",
            "Content-Length: 99999999999999999999", "Transfer-Encoding: chunked", "Expect: 100-continue",
            "A: " + "b" * 9000,
            ": x", "no colon", " folded", "Range: bytes=0-1", "Upgrade: websocket", "Authorization: Bearer \xff\x01",
            "Cookie: " + "a=b; " * 300, "X\0Y: 1"]
        lines += [pick(headers) for _ in range(source.randrange(0, 6))]
        end = pick(["\r\n"] * 8 + ["\n", "\r", ""])
        data = bytearray((end.join(lines) + end + end).encode("latin-1"))
        for _ in range(source.choice([0, 0, 0, 1, 5, 50])):
            data[source.randrange(len(data))] = source.randrange(256)
        if source.random() < 0.1:
            data = data[:source.randrange(len(data))]
        if source.random() < 0.1:
            data += bytes(source.randrange(256) for _ in range(source.randrange(200)))
        return bytes(data)

    def send_any(self, data, source):
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as client:
            try:
                client.sendall(data)
                if source.random() < 0.7:
                    client.shutdown(socket.SHUT_WR)
                if source.random() < 0.5:
                    client.settimeout(0.02)
                    client.recv(4096)
            except OSError:
                pass


class Refusals(LiveTest):
    def test_bad_options(self):
        path = self.stream(passing(1))
        for options, words in ((("--preview", "x"), "bad value: x: expected [ADDRESS:]PORT"),
                               (("--preview", "65536"), "bad value: 65536: expected [ADDRESS:]PORT"),
                               (("--preview", "example.com:80"), "bad value: example.com:80: expected [ADDRESS:]PORT"),
                               (("--preview", "203.0.113.7:0"), "cannot listen: 203.0.113.7:0: "),
                               (("--preview-token", "t"), "expected --preview"),
                               (("--preview", "0", "--preview-token", "a b"), "bad value: --preview-token: expected ")):
            self.assertIn(words, self.refuse(*options, path))

    def test_a_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            self.assertIn(f"cannot listen: {port}: Address already in use",
                          self.refuse("--preview", port, self.stream(passing(1))))

    def test_an_open_address_without_token_is_warned_about(self):
        path = self.stream(passing(1))
        for options, warns in ((("0.0.0.0:0",), True), (("[::]:0",), True), (("[::1]:0",), False),
                               (("127.0.0.1:0",), False), (("0.0.0.0:0", "--preview-token", "t"), False)):
            if "[" in options[0] and not Path("/proc/net/if_inet6").exists():
                continue
            done = subprocess.run(self.command("--quiet", "--preview", *options, path), cwd=self.directory,
                                  capture_output=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(b"v5lite: warning: " in done.stderr, warns, done.stderr)


class Without(LiveTest):
    def setUp(self):
        super(LiveTest, self).setUp()
        if self.http_name() is not None:
            self.skipTest("the program has a live view")

    def test_a_program_without_the_library_says_so(self):
        message = self.refuse("--preview", "0", self.stream(passing(1)))
        self.assertIn("--preview: this program was built without libmicrohttpd", message)


if __name__ == "__main__":
    unittest.main()
