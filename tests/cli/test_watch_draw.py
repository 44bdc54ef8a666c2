# SPDX-License-Identifier: MIT
"""Tests of the drawing of watch: boxes with ids, lines and zones in a video; snapshots of new tracks; ends of runs."""

import os
import shutil
import signal
import subprocess
import sys
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import moving  # noqa: E402
from watching import SUMMARY, WatchTest, passing  # noqa: E402

WIDTH, HEIGHT = moving.WIDTH, moving.HEIGHT
FRAME = WIDTH * HEIGHT * 3 // 2
BLACK, WHITE = 16, 235


def luma(video):
    """Returns the Y planes of a y4m video: frames, rows, columns."""
    header, rest = video.split(b"\n", 1)
    assert header.startswith(b"YUV4MPEG2 W%d H%d " % (WIDTH, HEIGHT)), header
    assert len(rest) % (6 + FRAME) == 0, len(rest)
    frames = np.frombuffer(rest, np.uint8).reshape(-1, 6 + FRAME)
    return frames[:, 6:6 + WIDTH * HEIGHT].reshape(-1, HEIGHT, WIDTH)


class Drawing(WatchTest):
    def draw(self, *arguments, frames=12):
        """Returns the standard output of a run that draws into it."""
        done = subprocess.run(self.command("--draw", "-", "--quiet", *arguments, self.stream(passing(20)[-frames:])),
                              cwd=self.directory, timeout=600, capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout

    def test_options(self):
        plain = luma(self.stream(passing(20)[-12:]).read_bytes())
        boxes, labels = luma(self.draw("--no-labels")), luma(self.draw())
        self.assertEqual(len(boxes), 12)
        for video in (boxes, labels, luma(self.draw("--hide-scores")), luma(self.draw("--line-width", "4")),
                      luma(self.draw("--font-scale", "2"))):
            self.assertTrue((np.abs(video.astype(int) - plain) > 16).any((1, 2)).all())
        self.assertTrue((labels != boxes).any())

    def test_ids_are_in_the_labels(self):
        """The boxes are the same with and without tracks, so that only the texts of labels differ."""
        self.assertTrue((luma(self.draw("--track", "--no-labels"))[3:] == luma(self.draw("--no-labels"))[3:]).all())
        self.assertTrue((luma(self.draw("--track")) != luma(self.draw()))[3:].any((1, 2)).all())

    def test_lines_and_zones(self):
        line, zone = ("--count-line", "door:40,10,40,230"), ("--zone", "yard:100,100,300,100,300,110,100,110")
        video = luma(self.draw("--track", "--no-labels", "--line-width", "2", *line, *zone))
        self.assertTrue((np.abs(video[:, 120:220, 39:41].astype(int) - WHITE) <= 1).all())
        self.assertTrue((np.abs(video[:, 100, 102:299].astype(int) - WHITE) <= 1).all())
        texts = luma(self.draw("--track", "--line-width", "2", *line, *zone))
        self.assertTrue((texts != video)[:, 100:140, 20:110].any((1, 2)).all())  # door 0 right, 0 left
        outside = luma(self.draw("--track", "--count-line", "l:-9,-9,-9,99999", "--zone", "z:400,0,999,0,999,-50"))
        self.assertEqual(outside.shape, video.shape)

    def test_the_same_bytes_with_threads(self):
        for options in ((), ("--draw-format", "mjpeg")):
            self.assertEqual(self.draw("--threads", "2", *options), self.draw("--threads", "1", *options))

    @unittest.skipIf(shutil.which("ffmpeg") is None, "ffmpeg is not installed")
    def test_ffmpeg_reads_both_formats(self):
        for name, options in (("y4m", ()), ("mjpeg", ("--draw-format", "mjpeg"))):
            video = self.draw("--track", *options)
            done = subprocess.run(["ffmpeg", "-v", "error", "-f", "yuv4mpegpipe" if name == "y4m" else name, "-i", "-",
                                   "-f", "rawvideo", "-pix_fmt", "gray", "-"], input=video, capture_output=True,
                                   timeout=60)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            read = np.frombuffer(done.stdout, np.uint8).reshape(-1, HEIGHT, WIDTH).astype(int)
            self.assertEqual(len(read), 12)
            wanted = (luma(self.draw("--track")).astype(int) - 16) * 255 / 219  # gray is of full range
            self.assertLess(np.abs(read - wanted).mean(), 3, name)

    # ---- ends ----

    def test_signals_leave_whole_videos(self):
        for number, options in ((signal.SIGINT, ()), (signal.SIGTERM, ("--draw-format", "mjpeg"))):
            with self.subTest(options=options):
                run = self.endless("--quiet", "--draw", "v", *options)
                for _ in range(5):
                    run.stdout.readline()
                run.send_signal(number)
                _, messages = run.communicate(timeout=60)
                self.assertEqual((run.returncode, messages), (0, b""))
                self.assertEqual(self.files(), ["v"])
                video = (self.directory / "v").read_bytes()
                self.assertGreater(len(luma(video)) if not options else video.count(b"\xff\xd8\xff"), 4)
                self.assertTrue(not options or video.endswith(b"\xff\xd9"))

    def test_a_signal_ends_a_video_in_a_pipe(self):
        run = self.endless("--quiet", "--draw", "-")
        start = run.stdout.read(10 * FRAME)
        run.send_signal(signal.SIGINT)
        rest = run.stdout.read()
        run.stdout.close()
        self.assertEqual((run.wait(timeout=60), run.stderr.read()), (0, b""))
        run.stderr.close()
        self.assertGreater(len(luma(start + rest)), 9)

    def test_closed_pipes(self):
        run = self.endless("--quiet", "--draw", "-", "--track", "--snapshot", "n")
        run.stdout.read(2 * FRAME)
        run.stdout.close()
        run.wait(timeout=60)
        self.assertEqual((run.returncode, run.stderr.read()), (141, b""))
        run.stderr.close()
        run = self.endless("--quiet", "--draw", "v.y4m")  # the reader of the lines goes: the video is whole
        run.stdout.readline()
        run.stdout.close()
        run.wait(timeout=60)
        self.assertEqual((run.returncode, run.stderr.read()), (141, b""))
        run.stderr.close()
        self.assertGreater(len(luma((self.directory / "v.y4m").read_bytes())), 0)

    def test_a_size_that_changes_ends_the_video(self):
        for number, side in enumerate((64, 32)):
            (self.directory / f"{number}.ppm").write_bytes(b"P6 %d %d 255\n" % (side, side) + bytes(3 * side * side))
        done = subprocess.run(self.command("--quiet", "--draw", "out", "0.ppm", "1.ppm"), cwd=self.directory,
                              capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr.count(b"\n")), (2, 1), done.stderr)
        self.assertEqual(self.files(), ["0.ppm", "1.ppm", "out"])
        self.assertEqual((self.directory / "out").read_bytes().count(b"FRAME\n"), 1)


class Snapshots(WatchTest):
    def test_one_for_each_track(self):
        frames, summary = self.watch("--track", "--snapshot", "s", "--draw", "v.y4m", self.stream(passing()))
        names, seen = [], set()
        for line in frames:
            for found in line["detections"]:
                if "id" in found and found["id"] not in seen:
                    seen.add(found["id"])
                    names.append("s/{:08}_{}_{}.jpg".format(line["frame"], found["id"], found["name"]))
        self.assertEqual(sorted(names), [name for name in self.files() if name.startswith("s/")])
        self.assertEqual(len(names), summary["tracks"])
        alone, _ = self.watch("--track", "--snapshot", "t", self.stream(passing()))
        self.assertEqual(len(alone), len(frames))
        for name in names:
            data = (self.directory / name).read_bytes()
            self.assertTrue(data.startswith(b"\xff\xd8\xff") and data.endswith(b"\xff\xd9"))
            self.assertEqual((self.directory / "t" / name[2:]).read_bytes(), data)

    def test_its_track_is_drawn_and_no_other(self):
        import pictures
        path = self.stream([passing()[20]] * 2)
        self.watch("--track", "--snapshot", "s", path)
        self.watch("--track", "--snapshot", "plain", "--no-labels", path)
        names = sorted(p.name for p in (self.directory / "s").iterdir())
        self.assertEqual([name.split("_")[0] for name in names], ["00000001"] * 2)
        frame = moving.frame(passing()[20])
        for name, half in zip(sorted(names, key=lambda n: n[-5]), (slice(100, None), slice(0, 100))):
            self.succeed("picture", "--out", "p.png", f"plain/{name}")
            _, rows = pictures.png_rows((self.directory / "p.png").read_bytes())
            changed = np.abs(np.frombuffer(b"".join(rows),
                                           np.uint8).reshape(frame.shape).astype(int) - frame).max(2) > 100
            self.assertTrue(changed.any())
            self.assertFalse(changed[half, 150:].any())  # the other digit's place
            self.assertNotEqual((self.directory / "s" / name).read_bytes(),
                                (self.directory / "plain" / name).read_bytes())

    def test_limit(self):
        done = subprocess.run(self.command("--track", "--snapshot", "s", "--snapshot-limit", "1",
                                           self.stream(passing())), cwd=self.directory, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(SUMMARY.sub(b"", done.stderr),
                         rb"\Av5lite: last snapshot: s/\d{8}_1_7.jpg: no more than 1, by "
                                                        rb"--snapshot-limit\n\Z")
        self.assertEqual(len(list((self.directory / "s").iterdir())), 1)

    def test_refusals(self):
        path = self.stream(passing())
        (self.directory / "file").write_bytes(b"")
        for options, want in ((("--snapshot", "s"), "--track"), (("--snapshot-limit", "3"), "--snapshot"),
                              (("--track", "--snapshot", ""), "DIR"), (("--line-width", "3"), "--draw or --snapshot"),
                              (("--track", "--snapshot", "s", "--snapshot-limit", "0"), "from 1 to 1000000"),
                              (("--track", "--snapshot", "file"), "file"), (("--track", "--snapshot", "a/b"), "a/b")):
            with self.subTest(options=options):
                self.assertIn(want, self.refuse(*options, path))
        self.assertEqual(self.files(), ["file", "s.y4m"])

    def test_inputs_are_not_replaced(self):
        """Here the second of the pictures has the name of a snapshot of the first."""
        import pictures
        data = pictures.ppm([row.tobytes() for row in moving.frame(passing()[20])], WIDTH)
        folder = self.directory / "in"
        folder.mkdir()
        (folder / "00000001.ppm").write_bytes(data)
        (folder / "00000001_1_0.jpg").write_bytes(data)
        (folder / "00000001_1_7.jpg").write_bytes(data)
        done = subprocess.run(self.command("--quiet", "--track", "--snapshot", "in", "in"), cwd=self.directory,
                              capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr.count(b"\n")), (2, 1), done.stderr)
        self.assertIn(b"replace an input", done.stderr)
        self.assertEqual({path.read_bytes() for path in folder.iterdir()}, {data})

    def test_a_folder_that_goes_away(self):
        reader, writer = os.pipe()
        run = subprocess.Popen(self.command("--quiet", "--track", "--snapshot", "s", "-"), cwd=self.directory,
                               stdin=reader, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.close(reader)
        with os.fdopen(writer, "wb") as stream:
            stream.write(moving.y4m(passing(1)))
            stream.flush()
            run.stdout.readline()
            (self.directory / "s").rmdir()
            stream.write(moving.y4m(passing(12)).split(b"\n", 1)[1])
        _, messages = run.communicate(timeout=60)
        self.assertEqual((run.returncode, messages.count(b"\n")), (2, 1), messages)
        self.assertIn(b"cannot write: s/0000", messages)


if __name__ == "__main__":
    unittest.main()
