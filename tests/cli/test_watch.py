# SPDX-License-Identifier: MIT
"""v5lite watch: frames, detections, and the options that choose them."""

import datetime
import json
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import moving  # noqa: E402
from watching import MODEL, NETWORK, WatchTest, passing  # noqa: E402


class Frames(WatchTest):
    def test_a_line_for_each_frame_and_a_summary(self):
        began = datetime.datetime.now(datetime.timezone.utc)
        frames, summary = self.watch(self.stream(passing(12)))
        self.assertEqual([line["frame"] for line in frames], list(range(1, 13)))
        self.assertEqual([line["time"] for line in frames], [i / 10 for i in range(12)])
        self.assertEqual({(line["width"], line["height"]) for line in frames}, {(moving.WIDTH, moving.HEIGHT)})
        self.assertEqual((summary["frames"], summary["kind"], summary["dropped"]), (12, "y4m", 0))
        self.assertEqual(summary["detections"], sum(len(line["detections"]) for line in frames))
        self.assertNotIn("events", frames[0])
        at = [datetime.datetime.fromisoformat(line["utc"].replace("Z", "+00:00")) for line in frames]
        self.assertEqual(at, sorted(at))
        self.assertLess(abs((at[0] - began).total_seconds()), 60)

    def test_boxes_are_where_the_digits_are(self):
        frames, _ = self.watch(self.stream(passing()))
        for number, line in enumerate(frames):
            x = -60 + 8 * number
            zeros = [d["box"] for d in line["detections"] if d["name"] == "0"]
            if 0 <= x <= moving.WIDTH - 60:
                self.assertEqual(len(zeros), 1, line)
                for got, want in zip(zeros[0], (x + 3, 22, x + 57, 84)):
                    self.assertLess(abs(got - want), 8)

    def test_the_same_boxes_as_detect(self):
        import pictures
        picture = moving.frame(passing()[20])
        path = self.directory / "a.ppm"
        path.write_bytes(pictures.ppm([row.tobytes() for row in picture], moving.WIDTH))
        line = self.succeed("detect", "--model", MODEL, "--size", NETWORK,
                            "--agnostic", "--format", "json", path)
        want = json.loads(line)["detections"]
        frames, _ = self.watch(path)
        got = frames[0]["detections"]
        self.assertEqual([(d["class"], d["score"]) for d in got], [(d["class"], round(d["score"], 4)) for d in want])

    def test_the_same_boxes_whichever_thread_letterboxes(self):
        path = self.stream(passing(45)) # all frames: the reading thread; with --max-fps that of detection
        ahead, own = (self.watch(*options, path)[0] for options in ((), ("--max-fps", "1000")))
        self.assertEqual(len(ahead), 45)
        self.assertEqual([line["detections"] for line in ahead], [line["detections"] for line in own])
        self.assertGreater(sum(len(line["detections"]) for line in ahead), 45)

    def test_standard_input_and_pipes(self):
        stream = moving.y4m(passing(3))
        for source in ("-", "/dev/stdin"):
            frames, summary = self.watch(source, stdin=stream)
            self.assertEqual((len(frames), summary["source"]), (3, source))

    def test_every_frames_and_skipped(self):
        path = self.stream(passing(20))
        for options, numbers, skipped in ((("--every", "3"), [1, 4, 7, 10, 13, 16, 19], 13),
                                          (("--frames", "4"), [1, 2, 3, 4], 0),
                                          (("--max-fps", "5"), list(range(1, 20, 2)), 10),
                                          (("--max-fps", "10"), list(range(1, 21)), 0),
                                          (("--max-fps", "30"), list(range(1, 21)), 0),
                                          (("--max-fps", "4"), [1, 4, 6, 9, 11, 14, 16, 19], 12),
                                          (("--duration", "0.5"), [1, 2, 3, 4, 5], 0),
                                          (("--every", "2", "--frames", "3"), [1, 3, 5], 2)):
            with self.subTest(options=options):
                frames, summary = self.watch(*options, path)
                self.assertEqual([line["frame"] for line in frames], numbers)
                self.assertEqual((summary["frames"], summary["skipped"]), (len(numbers), skipped))

    def test_classes_sizes_and_scores(self):
        path = self.stream(passing()[15:25])
        names = lambda *options: {d["name"] for line in self.watch(*options, path)[0] for d in line["detections"]}
        self.assertEqual(names(), {"0", "7"})
        self.assertEqual(names("--classes", "7"), {"7"})
        self.assertEqual(names("--classes", "7", "--track"), {"7"})
        self.assertEqual(names("--min-size", "40"), {"0"})
        self.assertEqual(names("--min-size", "20x90"), set())
        self.assertEqual(names("--conf", "0.99"), set())
        self.assertEqual({len(line["detections"]) for line in self.watch("--max-det", "1", path)[0]}, {1})

    def test_the_same_detections_with_threads(self):
        path = self.stream(passing(10))
        boxes = lambda *options: [line["detections"] for line in self.watch(*options, path)[0]]
        self.assertEqual(boxes("--threads", "3"), boxes())

    def test_realtime_paces_a_file(self):
        path = self.stream([passing()[20]] * 20, fps=20)
        frames, summary = self.watch("--realtime", path)
        self.assertEqual(summary["frames"] + summary["dropped"], 20)
        self.assertGreater(summary["seconds"], 0.5)
        self.assertEqual(frames[-1]["frame"], 20)

    def test_stats_and_events_into_files(self):
        path = self.stream(passing(6))
        done = subprocess.run(self.command("--events", "e.jsonl", "--stats", "s.json", "--quiet", path),
                              cwd=self.directory, capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))
        frames, summary = self.parse((self.directory / "e.jsonl").read_bytes())
        self.assertEqual(len(frames), 6)
        self.assertEqual(json.loads((self.directory / "s.json").read_text()), summary)
        self.assertEqual(self.files(), ["e.jsonl", "s.json", "s.y4m"])


class Refusals(WatchTest):
    def test_options(self):
        path = self.stream(passing(1))
        for options, want in ((("--count-line", "a:1,2,3,4"), "--track"), (("--zone", "a:1,2,3,4,5,6"), "--track"),
                              (("--only-events",), "--track"), (("--track-conf", "0.5"), "--track"),
                              (("--draw-format", "mjpeg"), "--draw"),
                              (("--preview-token", "x"), "--preview"),
                              (("--track", "--only-events", "--draw", "-"), "--events FILE"),
                              (("--events", "-"), "expected a file"), (("--stats", "-"), "expected a file"),
                              (("--track", "--max-det", "2000"), "at most 1024"),
                              (("--track", "--count-line", "a:1,2,3"), "x and y"),
                              (("--track", "--count-line", "a:1,2,1,2"), "differ"),
                              (("--track", "--zone", "a:1,2,3,4"), "three points"),
                              (("--track", "--zone", "a:0,0,9,0,9,9", "--zone", "a:0,0,9,0,9,9"), "taken"),
                              (("--size", "100"), "multiples"), (("--every", "0"), "whole number"),
                              (("--max-fps", "0"), "number"), (("--classes", "x"), "class"),
                              (("--reconnect",), "camera"), (("--cpu", "none"), "all|")):
            with self.subTest(options=options):
                self.assertIn(want, self.refuse(*options, path))
        self.assertEqual(self.files(), ["s.y4m"])

    def test_too_many_lines(self):
        many = [x for i in range(65) for x in ("--count-line", f"l{i}:0,0,9,{i}")]
        self.assertIn("at most 64", self.refuse("--track", *many, self.stream(passing(1))))

    def test_no_frame(self):
        header = moving.y4m([])
        for stdin, source in ((header, "-"), (b"", "-"), (b"", "missing.y4m"), (b"", self.directory)):
            with self.subTest(source=source, size=len(stdin)):
                self.refuse("--events", "e.jsonl", source, stdin=stdin)
                self.assertEqual(self.files(), [])

    def test_outputs_do_not_replace_inputs(self):
        path = self.stream(passing(2))
        for option in ("--events", "--stats"):
            self.refuse(option, path, path)
        self.refuse("--events", "x", "--stats", "x", path)
        self.assertEqual(path.read_bytes(), moving.y4m(passing(2)))

    def test_sizes_that_change(self):
        import pictures
        for number, (width, height) in enumerate(((64, 48), (80, 48), (64, 48))):
            (self.directory / f"{number}.ppm").write_bytes(pictures.ppm(pictures.scene(width, height), width))
        paths = sorted(self.directory.glob("*.ppm"))
        frames, _ = self.watch(*paths)
        self.assertEqual([line["width"] for line in frames], [64, 80, 64])
        self.assertEqual([line["image"] for line in frames], [str(path) for path in paths])
        done = subprocess.run(self.command("--track", "--quiet", *paths), cwd=self.directory, capture_output=True,
                              timeout=60)
        self.assertEqual((done.returncode, done.stderr.count(b"\n")), (2, 1))
        self.assertIn(b"80x48 after 64x48", done.stderr)


if __name__ == "__main__":
    unittest.main()
