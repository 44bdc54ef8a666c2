# SPDX-License-Identifier: MIT
"""Runs v5lite watch on streams of moving digits, and checks each of its JSON lines."""

import json
import re
import subprocess
import tempfile
import threading
from pathlib import Path

import moving
from program import PROGRAM, ROOT, ProgramTest

MODEL = ROOT / "weights" / "digits.v5l"
NETWORK = "384x288"
TIMES = ["decode", "letterbox", "network", "boxes", "nms", "track", "latency"]
UTC = re.compile(r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d\.\d{6}Z")
SUMMARY = re.compile(rb"v5lite: done: (\d+) frames, (\d+) dropped, (\d+) broken: (\d+) detections, \d+\.\d\d s, "
                     rb"\d+\.\d frames/s, latency \d+\.\d ms \(p95 \d+\.\d, p99 \d+\.\d\)\n")


def passing(count=45):
    """Frames in which a 0 passes from left to right at the top, and a 7 from right to left at the bottom."""
    return [[("0", (-60 + 8 * i, 20)), ("7", (300 - 7 * i, 140))] for i in range(count)]


class WatchTest(ProgramTest):
    @classmethod
    def setUpClass(cls): # the model is part of the repository
        cls.kept = tempfile.TemporaryDirectory()
        cls.inputs = Path(cls.kept.name)

    def command(self, *arguments):
        return PROGRAM + ["watch", "--model", str(MODEL), "--size", NETWORK, "--agnostic", *map(str, arguments)]

    def start(self, *arguments, **options):
        return subprocess.Popen(self.command(*arguments), cwd=self.directory, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **options)

    def stream(self, frames, name="s.y4m", **options):
        path = self.directory / name
        path.write_bytes(moving.y4m(frames, **options))
        return path

    def watch(self, *arguments, status=0, stdin=b""):
        """Returns the lines of frames and the summary of a run that has to end with this status."""
        done = subprocess.run(self.command(*arguments), input=stdin, cwd=self.directory, timeout=600,
                              capture_output=True)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(SUMMARY.sub(b"", done.stderr), b"")
        return self.parse(done.stdout)

    def refuse(self, *arguments, stdin=b"", status=2):
        """Returns the one line of a run that is refused."""
        done = subprocess.run(self.command(*arguments), input=stdin, cwd=self.directory, timeout=600,
                              capture_output=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr.count(b"\n")), (status, b"", 1), done.stderr)
        return done.stderr.decode()

    def feed(self, run, header, frames, count):
        """Writes frames into the standard input of a run until it ends, on a thread."""
        def write():
            try:
                run.stdin.write(header)
                for i in range(count):
                    run.stdin.write(frames[i % len(frames)])
                run.stdin.close()
            except (BrokenPipeError, ValueError): # ValueError: communicate has closed it
                pass

        thread = threading.Thread(target=write, daemon=True)
        thread.start()
        return thread

    def endless(self, *arguments, count=1000000):
        frames = [moving.y4m_frame(tuple(places), moving.WIDTH, moving.HEIGHT) for places in passing()]
        run = self.start(*arguments, "-", stdin=subprocess.PIPE)
        thread = self.feed(run, moving.y4m([]), frames, count)
        self.addCleanup(thread.join, 10)
        return run

    # ---- the schema of tools/README.md, Streams ----

    def parse(self, text, tracked=None):
        """Checks every line of an output, and returns those of frames and the summary."""
        self.assertTrue(text.endswith(b"\n"))
        *frames, last = [json.loads(line) for line in text.splitlines()]
        self.assertEqual(list(last), ["summary"])
        for line in frames:
            self.check_frame(line)
        for before, after in zip(frames, frames[1:]):
            self.assertLess(before["frame"], after["frame"])
            self.assertLessEqual(before["time"], after["time"])
            self.assertLessEqual((before["dropped"], before["broken"]), (after["dropped"], after["broken"]))
        self.check_summary(last["summary"])
        return frames, last["summary"]

    def check_numbers(self, values, *kinds):
        for value in values:
            self.assertIn(type(value), kinds)
            self.assertGreaterEqual(value, 0)

    def check_frame(self, line):
        required = {"frame", "time", "utc", "width", "height", "dropped", "broken", "detections", "ms"}
        self.assertEqual(required, set(line) - {"events", "image"})
        self.check_numbers([line[key] for key in ("frame", "width", "height", "dropped", "broken")], int)
        self.check_numbers([line["time"]], float)
        self.assertRegex(line["utc"], UTC)
        self.assertEqual(list(line["ms"]), TIMES)
        self.check_numbers(line["ms"].values(), float)
        for found in line["detections"]:
            self.assertEqual({"box", "score", "class", "name"}, set(found) - {"id"})
            self.check_numbers(found["box"], float)
            left, top, right, bottom = found["box"]
            self.assertTrue(left <= right <= line["width"] and top <= bottom <= line["height"])
            self.assertTrue(0 <= found["score"] <= 1)
            self.check_numbers([found["class"], found.get("id", 1)], int)
            self.assertEqual(found["name"], str(found["class"]))
        for event in line.get("events", []):
            self.check_event(event)

    def check_event(self, event):
        more = {"enter": {"zone"}, "leave": {"zone", "dwell"}, "cross": {"line", "direction"}, "start": set(),
                "end": {"dwell"}}
        self.assertEqual({"event", "id", "class", "name", "at"} | more[event["event"]], set(event))
        self.assertEqual([type(x) for x in event["at"]], [float, float])
        self.check_numbers([event["id"], event["class"]], int)
        self.check_numbers([event.get("dwell", 0.0)], float)
        self.assertIn(event.get("direction", "left"), ("left", "right"))

    def check_summary(self, summary):
        self.assertEqual({"source", "kind", "frames", "skipped", "dropped", "broken", "reconnected", "seconds", "fps",
                          "detections", "ms"}, set(summary) - {"tracks", "lines", "zones"})
        self.check_numbers([summary[key] for key in ("frames", "skipped", "dropped", "broken", "reconnected",
                                                     "detections")], int)
        self.check_numbers([summary["seconds"], summary["fps"]], float)
        self.assertEqual(list(summary["ms"]), TIMES)
        for times in summary["ms"].values():
            self.assertEqual(list(times), ["mean", "p50", "p95", "p99", "max"])
            self.check_numbers(times.values(), float)
            self.assertTrue(times["p50"] <= times["p95"] <= times["p99"] <= times["max"])
        for line in summary.get("lines", []):
            self.assertEqual(list(line), ["name", "right", "left", "classes"])
            for direction in ("right", "left"):
                self.assertEqual(sum(c[direction] for c in line["classes"]), line[direction])
        for zone in summary.get("zones", []):
            self.assertEqual(list(zone), ["name", "inside", "entered", "left", "dwell", "classes"])
            for key in ("inside", "entered", "left"):
                self.assertEqual(sum(c[key] for c in zone["classes"]), zone[key])
