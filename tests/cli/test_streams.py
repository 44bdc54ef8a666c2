# SPDX-License-Identifier: MIT
"""Pipes, sockets and changing files: models and references are read once, and results arrive complete."""

import os
import resource
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from program import PROGRAM, SIZE, ProgramTest  # noqa: E402


class Inputs(ProgramTest):
    def feed(self, path, data):
        """Writes data into a pipe when it is opened."""
        thread = threading.Thread(target=lambda: Path(path).write_bytes(data), daemon=True)
        thread.start()
        self.addCleanup(thread.join, 10)

    def test_a_model_from_a_pipe(self):
        want = self.succeed("audit", self.model, "--format", "json").replace(str(self.model), "X")
        pipe = self.directory / "model"
        os.mkfifo(pipe)
        self.feed(pipe, self.model.read_bytes())
        self.assertEqual(self.succeed("audit", pipe, "--format", "json").replace(str(pipe), "X"), want)
        for name in ("-", "/dev/stdin"):
            got = self.succeed("audit", name, "--format", "json", stdin=self.model.read_bytes())
            self.assertEqual(got.replace('"model": "%s"' % name, '"model": "X"'), want)

    def test_standard_input_is_read_once(self):
        done = self.run_program("detect", "--model", "-", "-", stdin=self.model.read_bytes())
        self.assertEqual((done.returncode, done.stdout, done.stderr.count(b"\n")), (2, b"", 1))

    def test_standard_input_that_does_not_block(self):
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        run = subprocess.Popen(PROGRAM + ["info", "-"], stdin=reader, stdout=subprocess.PIPE)
        os.close(reader)
        time.sleep(0.1)
        with open(writer, "wb") as model:
            model.write(self.model.read_bytes())
        self.assertIn(b"classes", run.communicate()[0])
        self.assertEqual(run.returncode, 0)

    def changed_while_it_runs(self, path, change):
        """Returns results for two pictures, the second from a pipe that is filled after the change."""
        pipe = self.directory / "second.png"
        pipe.unlink(missing_ok=True)
        os.mkfifo(pipe)
        run = subprocess.Popen(PROGRAM + ["detect", "--model", str(path), "--size", SIZE, str(self.png), str(pipe)],
                               cwd=self.directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with open(pipe, "wb") as picture: # waits until the program reads it, when the first is done
            change()
            picture.write(self.png.read_bytes())
        text, message = run.communicate()
        self.assertEqual((run.returncode, message.count(b"\n")), (0, message.count(b"v5lite: done: ")))
        return text.replace(str(pipe).encode(), str(self.png).encode())

    def test_a_model_that_changes_while_it_runs(self):
        copy = self.directory / "m.v5l"
        whole = self.model.read_bytes()
        once = self.detect(self.png).encode()

        def overwrite():
            with open(copy, "r+b") as file:
                file.write(os.urandom(len(whole)))

        for change in (lambda: os.truncate(copy, 0), lambda: os.truncate(copy, 100), overwrite, copy.unlink):
            copy.write_bytes(whole)
            self.assertEqual(self.changed_while_it_runs(copy, change), once + once)

    def test_a_reference_that_changes_while_it_runs(self):
        import numpy
        self.succeed("audit", self.model, "--size", SIZE, "--image", self.png, "--dump", "d")
        archive = self.directory / "r.npz"
        numpy.savez(archive, **{p.stem: numpy.load(p) for p in (self.directory / "d").glob("0*.npy")})
        pipe = self.directory / "p.png"
        os.mkfifo(pipe)
        run = subprocess.Popen(PROGRAM + ["audit", str(self.model), "--size", SIZE, "--image", str(pipe), "--against",
                                          str(archive)],
                               stdout=subprocess.PIPE)
        with open(pipe, "wb") as picture:
            os.truncate(archive, 10)
            picture.write(self.png.read_bytes())
        self.assertIn(b"verdict: OK", run.communicate()[0])

    def test_pipes_and_sockets_in_a_folder_are_left_out(self):
        folder = self.directory / "in"
        folder.mkdir()
        (folder / "b.png").write_bytes(self.png.read_bytes())
        os.mkfifo(folder / "a.png")
        with socket.socket(socket.AF_UNIX) as listener:
            os.chdir(folder)
            listener.bind("c.jpg")
            os.chdir("/")
            done = self.run_program("detect", "--model", self.model, "--size", SIZE, "--format", "json", folder)
        self.assertEqual((done.returncode, done.stdout.count(b"\n"), done.stderr.count(b"\n")),
                         (0, 1, done.stderr.count(b"v5lite: done: ")))

    def test_pipes_in_a_reference_are_left_out(self):
        on_picture = ("audit", self.model, "--size", SIZE, "--image", self.png)
        self.succeed(*on_picture, "--dump", "d")
        os.mkfifo(self.directory / "d" / "zz.npy")
        done = self.run_program(*on_picture, "--against", "d")
        self.assertEqual((done.returncode, done.stderr), (0, b"v5lite: skipped: d/zz.npy: expected a regular file\n"))


class Bombs(ProgramTest):
    """Archives that claim, or unpack to, too much."""

    def archive(self, size, entries, name=b"model.1.npy"):
        """Returns an archive with `entries` of the directory for the same member of `size` zeros."""
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        crc, packed, zeros = 0, [], bytes(1 << 20)
        for at in range(0, size, len(zeros)):
            part = zeros[:size - at]
            crc = zlib.crc32(part, crc)
            packed.append(packer.compress(part))
        data = b"".join(packed) + packer.flush()
        body = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 0, crc, len(data), size, len(name), 0) + name + data
        entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 8, 0, 0, crc, len(data), size, len(name), 0, 0, 0, 0,
                            0, 0) + name
        path = self.directory / "bomb.npz"
        path.write_bytes(body + entries * entry +
                         struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, entries, entries, entries * len(entry), len(body), 0))
        return path

    def test_they_are_refused_in_little_time_and_memory(self):
        for size, entries, says in ((1 << 20, 2, "overlap"), (1 << 20, 8000, "overlap"),
                                    (1 << 20, 60000, "more than 8192 members"),
                                    ((1 << 29) + 1, 1, "more than 512 MB")):
            with self.subTest(size=size, entries=entries):
                path = self.archive(size, entries)
                began = time.monotonic()
                done = subprocess.run(PROGRAM + ["audit", str(self.model), "--size", SIZE, "--image", str(self.png),
                                                 "--against", str(path)],
                                      capture_output=True, preexec_fn=self.limit)
                self.assertLess(time.monotonic() - began, 5)
                self.assertEqual((done.returncode, done.stdout, done.stderr.count(b"\n")), (2, b"", 1))
                self.assertIn(says, done.stderr.decode())

    @staticmethod
    def limit():
        if "V5L_SANITIZED" not in os.environ: # the sanitizer reserves terabytes
            resource.setrlimit(resource.RLIMIT_AS, (256 << 20, 256 << 20))


class Results(ProgramTest):
    def setUp(self):
        super().setUp()
        self.command = PROGRAM + ["audit", str(self.model), "--format", "json"]
        self.want = subprocess.run(self.command, capture_output=True, check=True).stdout
        self.assertGreater(len(self.want), 65536) # more than a pipe holds

    def test_a_pipe_or_socket_that_does_not_block(self):
        pair = socket.socketpair()
        for reader, writer in (os.pipe(), (pair[0].detach(), pair[1].detach())):
            os.set_blocking(writer, False)
            run = subprocess.Popen(self.command, stdout=writer, stderr=subprocess.PIPE)
            time.sleep(0.3) # it is full by now
            self.assertFalse(os.get_blocking(writer)) # as others left it
            os.close(writer)
            with open(reader, "rb") as results:
                got = results.read()
            self.assertEqual((run.wait(), run.stderr.read()), (0, b""))
            run.stderr.close()
            self.assertTrue(got == self.want)

    def test_one_that_is_closed(self):
        for blocking in (True, False):
            reader, writer = os.pipe()
            os.set_blocking(writer, blocking)
            run = subprocess.Popen(self.command, stdout=writer, stderr=subprocess.PIPE)
            os.close(writer)
            os.read(reader, 10)
            os.close(reader)
            self.assertEqual((run.communicate()[1], run.returncode), (b"", 141))

    def test_none(self):
        done = subprocess.run(self.command, stderr=subprocess.PIPE, preexec_fn=lambda: os.close(1))
        self.assertEqual((done.returncode, done.stderr),
                         (2, b"v5lite: cannot write: standard output: Bad file descriptor\n"))

    def test_messages_to_a_full_pipe_that_does_not_block(self):
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        filled = 0
        try:
            while True:
                filled += os.write(writer, bytes(512))
        except BlockingIOError:
            pass
        run = subprocess.Popen(PROGRAM + ["info", "missing.v5l"], stderr=writer)
        os.close(writer)
        with open(reader, "rb") as messages:
            self.assertEqual(messages.read()[filled:],
                             b"v5lite: cannot read model: missing.v5l: No such file or directory\n")
        self.assertEqual(run.wait(), 2)

    def test_text_is_utf8_whatever_the_locale(self):
        for locale in ("C", "POSIX", "de_DE.ISO-8859-1", "tr_TR.UTF-8"):
            done = subprocess.run(PROGRAM + ["info", str(self.model)], capture_output=True,
                                  env={**os.environ, "LC_ALL": locale})
            self.assertEqual(done.returncode, 0)
            self.assertIn("\u00e9t\u00e9", done.stdout.decode())


if __name__ == "__main__":
    unittest.main()
