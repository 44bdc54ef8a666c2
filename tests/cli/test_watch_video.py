# SPDX-License-Identifier: MIT
"""watch --draw: y4m and motion JPEG."""

import os
import subprocess
import tempfile
import unittest

PROGRAM = os.path.abspath(os.environ.get("V5LITE", "build/v5lite"))
MODEL = os.path.join(os.path.dirname(__file__), "..", "..", "weights", "digits.v5l")


def watch(*options: str, frames: bytes) -> "subprocess.CompletedProcess[bytes]":
    command = [PROGRAM, "watch", "--model", MODEL, "--size", "64", "--quiet", *options, "-"]
    return subprocess.run(command, input=frames, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)


def ppm(width: int, height: int, color: bytes) -> bytes:
    return b"P6 %d %d 255\n" % (width, height) + color * (width * height)


class Video(unittest.TestCase):
    def test_y4m(self) -> None:
        for width, height in ((64, 48), (33, 17), (1, 1)):
            done = watch("--draw", "-", "--fps", "10", frames=2 * ppm(width, height, b"\xff\x00\x00"))
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            header, rest = done.stdout.split(b"\n", 1)
            self.assertTrue(header.startswith(b"YUV4MPEG2 W%d H%d F" % (width, height)), header)
            half = ((width + 1) // 2) * ((height + 1) // 2)
            # red in BT.601, limited range
            frame = b"FRAME\n" + bytes([81]) * (width * height) + bytes([90]) * half + bytes([240]) * half
            self.assertEqual(rest, 2 * frame)

    def test_rate_is_that_of_the_frames_written(self) -> None:
        pixels = b"FRAME\n" + bytes(6)
        for stated, options, wanted in (("25:1", (), "25:1"), ("30000:1001", (), "30000:1001"),
                                        ("25:1", ("--every", "2"), "25:2"), ("25:1", ("--max-fps", "5"), "5:1"),
                                        ("25:1", ("--max-fps", "30"), "25:1"),
                                        ("24000:1001", ("--every", "5"), "4800:1001"),
                                        ("60:1", ("--every", "2", "--max-fps", "7.5"), "15:2"),
                                        ("0:0", (), "25:1"), ("0:0", ("--max-fps", "10"), "10:1"),
                                        ("25:1", ("--fps", "50"), "50:1")):
            with self.subTest(stated=stated, options=options):
                frames = f"YUV4MPEG2 W2 H2 F{stated}\n".encode() + 2 * pixels
                done = watch("--draw", "-", *options, frames=frames)
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                self.assertIn(f"F{wanted}", done.stdout.split(b"\n")[0].decode().split(" "))

    def test_mjpeg(self) -> None:
        done = watch("--draw", "-", "--draw-format", "mjpeg", frames=3 * ppm(40, 30, b"\x00\x80\xff"))
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(done.stdout.count(b"\xff\xd8\xff"), 3)
        self.assertTrue(done.stdout.endswith(b"\xff\xd9"))

    def test_file_is_watched_again(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "out.y4m")
            done = watch("--draw", path, frames=2 * ppm(32, 32, b"\x10\x20\x30"))
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertEqual(done.stdout.count(b"\n"), 3)  # two frames and the summary
            with open(path, "rb") as file:
                again = watch("--draw", "-", frames=file.read())
            self.assertEqual((again.returncode, again.stderr), (0, b""))
            self.assertEqual(again.stdout.count(b"FRAME\n"), 2)
            self.assertEqual(os.listdir(folder), ["out.y4m"])

    def test_size_changes(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, name) for name in ("1.ppm", "2.ppm")]
            for path, side in zip(paths, (32, 16)):
                with open(path, "wb") as file:
                    file.write(ppm(side, side, b"\0\0\0"))
            command = [PROGRAM, "watch", "--model", MODEL, "--size", "64", "--quiet", "--draw", "-", *paths]
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr.count(b"\n"), 1)
        self.assertIn(b"expected 32 x 32", done.stderr)


if __name__ == "__main__":
    unittest.main()
