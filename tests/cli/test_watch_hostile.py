# SPDX-License-Identifier: MIT
"""v5lite watch with unusual options and streams: what it cannot do is refused before any frame, with its reason."""

import fcntl
import os
import signal
import struct
import subprocess
import sys
import termios
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import moving  # noqa: E402
import pictures  # noqa: E402
from program import PROGRAM  # noqa: E402
from watching import MODEL, WatchTest, passing  # noqa: E402


class Outputs(WatchTest):
    def watch_silently(self, *arguments):
        done = subprocess.run(self.command("--quiet", *arguments), cwd=self.directory, capture_output=True, timeout=60)
        return done.returncode, done.stderr

    def test_places_that_cannot_be_written_are_refused_before_any_frame(self):
        path = self.stream(passing(1))
        (self.directory / "folder").mkdir()
        before = self.files()
        for option in ("--stats", "--events", "--draw"):
            for place, why in (("missing/x", "No such file"), ("s.y4m/x", "Not a directory"), ("folder", "directory"),
                               ("x" * 300, "too long"), ("/dev/fd/77", "Bad file descriptor")):
                with self.subTest(option=option, place=place[:20]):
                    self.assertIn(why, self.refuse(option, place, path))
        self.assertEqual(self.files(), before)

    def test_other_commands_refuse_them_before_their_work(self):
        self.stream(passing(1))
        (self.directory / "a.ppm").write_bytes(pictures.ppm(pictures.scene(64, 64), 64))
        for arguments in (("calibrate", "--model", MODEL, "--size", "96", "--out", "missing/x", "absent.png"),
                          ("detect", "--model", MODEL, "--size", "96", "--draw", "missing/x.png", "a.ppm"),
                          ("audit", MODEL, "--size", "96", "--html", "missing/x")):
            with self.subTest(command=arguments[0]):
                done = self.run_program(*map(str, arguments))
                self.assertEqual((done.returncode, done.stdout, done.stderr.count(b"\n")), (2, b"", 1), done.stderr)
                self.assertIn(b"cannot write: missing/x", done.stderr)

    def test_a_video_and_lines_are_never_mixed(self):
        path = self.stream(passing(3))
        for name in ("-", "/dev/stdout", "/dev/fd/1"):
            done = subprocess.run(self.command("--quiet", "--draw", name, path), cwd=self.directory, timeout=60,
                                  capture_output=True)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertEqual((done.stdout[:9], done.stdout.count(b'{"frame"')), (b"YUV4MPEG2", 0))
            for events in ("/dev/stdout", "/dev/fd/1"):
                self.assertIn("expected a file", self.refuse("--draw", name, "--events", events, path))

    def test_files_in_the_new_folder_of_snapshots(self):
        path = self.stream(passing(20))
        self.assertEqual(self.watch_silently("--track", "--snapshot", "d", "--events", "d/e", "--stats", "d/s",
                                             "--draw", "d/v", path), (0, b""))
        self.assertEqual([name for name in self.files() if not name.endswith(".jpg")], ["d/e", "d/s", "d/v", "s.y4m"])

    def test_rates_of_a_drawn_video(self):
        path = self.stream(passing(2))
        body = path.read_bytes()
        for rate, options, want in (("1:1000000000", (), "1:1000000000"), ("1000000000:1", (), "1000000000:1"),
                                    ("25:3", (), "25:3"), ("30000:1001", (), "30000:1001"),
                                    ("90000:3003", (), "30000:1001"),
                                    ("0:0", (), "25:1"), ("10:1", ("--every", "1000000"), "1:100000"),
                                    ("25:1", ("--every", "2147483647"), "1:85899346"),
                                    ("30:1", ("--max-fps", "29.97"), "2997:100"),
                                    ("30:1", ("--max-fps", "0.001"), "1:1000")):
            with self.subTest(rate=rate, options=options):
                path.write_bytes(body.replace(b" F10:1 ", f" F{rate} ".encode(), 1))
                self.watch(*options, "--draw", "v.y4m", path)
                with open(self.directory / "v.y4m", "rb") as video:
                    self.assertIn(f" F{want} ".encode(), video.readline())


class Sources(WatchTest):
    def test_options_that_a_source_would_not_heed(self):
        path = self.stream(passing(1))
        (self.directory / "a.ppm").write_bytes(pictures.ppm(pictures.scene(64, 64), 64))
        self.assertIn("--pixel-format", self.refuse("--video-size", "320x240", path))
        for source in (("a.ppm", "a.ppm"), (self.directory,)):
            self.assertIn("one stream", self.refuse("--pixel-format", "rgb24", "--video-size", "8x8", *source))

    def test_standard_input_is_not_read_twice(self):
        done = subprocess.run(PROGRAM + ["watch", "--model", "-", "-"], input=MODEL.read_bytes(), timeout=60,
                              capture_output=True)
        self.assertEqual((done.returncode, done.stderr),
                         (2, b"v5lite: cannot read: -: standard input was read already\n"))

    @unittest.skipUnless(os.path.exists("/proc/self/mem"), "a file that cannot be read, of Linux")
    def test_an_error_of_the_first_bytes_is_named(self):
        self.assertIn("cannot read: /proc/self/mem: Input/output error", self.refuse("/proc/self/mem"))

    def test_a_signal_before_the_first_bytes(self):
        for begun in (b"Y", b"YUV4", b"YUV4MPEG2 W32", b"P6 3"):
            for options in ((), ("--preview", "0")):
                with self.subTest(begun=begun, options=options):
                    run = self.start(*options, "--stats", "s.json", "-", stdin=subprocess.PIPE)
                    run.stdin.write(begun)
                    run.stdin.flush()
                    waiting = b"unknown"
                    while any(waiting): # until the program has read them
                        time.sleep(0.01)
                        waiting = fcntl.ioctl(run.stdin, termios.FIONREAD, bytes(4))
                    run.send_signal(signal.SIGTERM)
                    self.assertEqual((run.communicate(timeout=60), run.returncode), ((b"", b""), 0))
        self.assertEqual(self.files(), [])

    def test_the_reason_why_no_frame_can_be_read(self):
        (self.directory / "a.ppm").write_bytes(pictures.ppm(pictures.scene(64, 64), 64))
        self.succeed("picture", "--out", "a.jpg", "a.ppm")
        whole = (self.directory / "a.jpg").read_bytes()
        (self.directory / "a.jpg").write_bytes(whole[:-100])
        self.assertIn("no frame: a.jpg: frame truncated, expected", self.refuse("a.jpg"))

    def test_a_progressive_jpeg_takes_at_most_1_GiB(self):
        side = 14000
        sizes = struct.pack(">HBHHB", 17, 8, side, side, 3) + bytes((1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0))
        scan = struct.pack(">HB", 12, 3) + bytes((1, 0, 2, 0, 3, 0, 0, 0, 0))
        (self.directory / "a.jpg").write_bytes(b"\xFF\xD8\xFF\xC2" + sizes + b"\xFF\xDA" + scan + bytes(400000)
                                               + b"\xFF\xD9")
        self.assertIn("no frame: a.jpg: too large, expected", self.refuse("a.jpg"))

    def test_a_duration_ends_before_the_frame_of_its_time(self):
        path = self.stream(passing(15))
        for tenths in range(1, 14):
            with self.subTest(tenths=tenths):
                _, summary = self.watch("--duration", tenths / 10, path)
                self.assertEqual(summary["frames"], tenths)

    def test_a_line_of_one_point_in_these_frames(self):
        for option in (("--count-line", "l:50%,0,160,0"), ("--zone", "l:50%,0,160,9,160,100%")):
            self.assertIn("cannot count: l: expected points that are not on one line, in frames of 320x240",
                          self.refuse("--track", *option, self.stream(passing(1))))


if __name__ == "__main__":
    unittest.main()
