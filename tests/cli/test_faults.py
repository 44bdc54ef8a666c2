# SPDX-License-Identifier: MIT
"""Lets each allocation and each system call of every command fail once: one line on stderr, status 2, no crash, files
complete or missing, no temporary files. The program is build/tests/faulty (faults.c)."""

import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import live  # noqa: E402
import moving  # noqa: E402
import pictures  # noqa: E402
from program import PROGRAM, ProgramTest  # noqa: E402

FAULTY = str(Path(PROGRAM[-1]).parent / "tests" / "faulty")
SANITIZED = "V5L_SANITIZED" in os.environ
# Number of calls of each kind tried one by one; later ones are tried at growing steps. Most commands have fewer.
ALL = 40 if SANITIZED else 1000

# Messages of a run that continues after a fault.
WITHOUT = ("v5lite: skipped: ", "v5lite: done: ", "v5lite: preview: ")
# Ends of names of files with times.
VARYING = (".html", ".jsonl", "times.json")


@unittest.skipUnless(len(PROGRAM) == 1 and os.access(FAULTY, os.X_OK),
                     "RUN is set, or no program: make build/tests/faulty")
class Faults(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.small = cls.inputs / "small"
        cls.small.mkdir()
        (cls.small / "7.png").write_bytes(pictures.png(pictures.scene(24, 20), 24))
        cls.picture = cls.small / "7.png"
        program = PROGRAM + ["audit", str(cls.model), "--size", "32", "--image", str(cls.picture)]
        subprocess.run([*program, "--dump", str(cls.inputs / "reference")], check=True, stdout=subprocess.DEVNULL)
        import numpy
        arrays = {p.stem: numpy.load(p) for p in sorted((cls.inputs / "reference").glob("0*.npy"))[:6]}
        numpy.savez_compressed(cls.inputs / "reference.npz", **arrays)

    def run_faulty(self, arguments, fault):
        """Returns the result, whether the fault happened, and the files that were written. Removes these."""
        reader, writer = os.pipe()
        environment = {**os.environ, "V5LITE_FAULT": fault, "V5LITE_FAULT_FD": str(writer)}
        done = subprocess.run([FAULTY, *map(str, arguments)], cwd=self.directory, env=environment, pass_fds=[writer],
                              capture_output=True,
                              timeout=60)
        os.close(writer)
        with open(reader, "rb") as report:
            happened = report.read() != b""
        files = {}
        for path in sorted(self.directory.rglob("*"), reverse=True):
            if path.is_dir():
                path.rmdir()
            else:
                files[str(path.relative_to(self.directory))] = path.read_bytes()
                path.unlink()
        return done, happened, files

    def try_all(self, *arguments, each=ALL):
        usual, _, whole = self.run_faulty(arguments, "none")
        self.assertEqual(usual.returncode, 0, usual.stderr)
        for kind in ("memory", "system"):
            number, step, happened = 1, 1, True
            while happened:
                fault = f"{kind} {number}"
                done, happened, files = self.run_faulty(arguments, fault)
                with self.subTest(arguments=arguments[:-1], fault=fault):
                    self.check(done, files, whole)
                    if kind == "memory" and done.returncode != 0:
                        self.assertIn("memory", done.stderr.decode().lower())
                step = 1 if number < min(each, ALL) else step + step // 4 + 1
                number += step

    def check(self, done, files, whole):
        lines = [line for line in done.stderr.decode().splitlines() if not line.startswith(WITHOUT)]
        if done.returncode == 0: # it could do without
            self.assertEqual((lines, sorted(files)), ([], sorted(whole)))
        else:
            # 1: of watch, if the stream cannot be read on after its frame.
            self.assertIn(done.returncode, (1, 2) if b"v5lite: done: 1 frames" in done.stderr else (2,), done.stderr)
            self.assertEqual(len(lines), 1, done.stderr)
            self.assertRegex(lines[0], "^v5lite: [^:]+: .+: .+$")
        for name, data in files.items():
            self.assertIn(name, whole)
            self.assertTrue(data == whole[name] or name.endswith(VARYING), name)

    def detect(self, *arguments):
        self.try_all("detect", "--model", self.model, "--size", "32", "--conf", "0.01", *arguments)

    def test_detect_in_every_format(self):
        for form in ("text", "json", "coco", "yolo", "tsv", "csv"):
            self.detect("--format", form, "--out", "d",
                        self.picture) if form == "yolo" else self.detect("--format", form, self.picture)

    def test_detect_with_classes_threads_and_folders(self):
        self.detect("--classes", "cat,2", "--threads", "3", "--rect", self.small)

    def test_drawings(self):
        for name in ("a.png", "a.jpg", "d"):
            self.detect("--draw", name, self.picture)

    def test_crops(self):
        self.detect("--max-det", "2", "--save-crops", "d", self.picture)

    def test_info(self):
        self.try_all("info", self.model, "--memory", "--svg", "a.svg")
        self.try_all("info", self.model, "--format", "json")

    def test_audit(self):
        on_picture = ("audit", self.model, "--size", "32", "--image", self.picture)
        self.try_all("audit", self.model, "--size", "32", "--html", "a.html")
        self.try_all(*on_picture, "--against", self.inputs / "reference.npz", "--html", "a.html", "--format", "json")
        self.try_all(*on_picture, "--against", self.inputs / "reference")
        self.try_all(*on_picture, "--dump", "d", each=60) # 122 files, one like the other

    def test_calibrate(self):
        self.try_all("calibrate", "--model", self.model, "--size", "32", "--out", "s.npz", self.picture, each=60)

    def test_bench(self):
        self.try_all("bench", "--model", self.model, "--size", "32", "--runs", "2", "--warmup", "0", "--image",
                     self.picture)

    def watch(self, *arguments):
        self.try_all("watch", "--model", self.model, "--size", "32", *arguments)

    def test_picture(self):
        self.try_all("picture", self.picture)
        self.try_all("picture", "--out", "a.jpg", self.picture)

    def test_watch_of_every_kind_of_stream(self):
        raw, video, jpegs = self.inputs / "s.rgb", self.inputs / "s.y4m", self.inputs / "s.mjpeg"
        raw.write_bytes(bytes(3 * 32 * 32))
        video.write_bytes(moving.y4m([[("0", (0, 0))]], width=32, height=32))
        (self.inputs / "s.ppm").write_bytes(b"P6 32 32 255\n" + raw.read_bytes())
        subprocess.run([*PROGRAM, "watch", "--model", str(self.model), "--size", "32", "--quiet", "--draw", str(jpegs),
                        "--draw-format", "mjpeg", str(video)], check=True, stdout=subprocess.DEVNULL)
        if live.LiveTest.http_name() is not None:
            self.watch("--preview", "0", video)
        self.watch("--classes", "1", "--min-size", "3", jpegs)
        self.watch("--only-events", "--track", self.inputs / "s.ppm")
        self.watch("--pixel-format", "rgb24", "--video-size", "32x32", "--threads", "2", raw)

    def test_watch_of_a_picture(self):
        self.watch(self.picture)

    def test_watch(self):
        stream = self.inputs / "s.y4m"
        side = 32
        stream.write_bytes(moving.y4m([[("0", (0, 0))]], width=side, height=side))
        self.try_all("watch", "--model", self.model, "--size", "32", "--conf", "0.01", "--stats", "times.json",
                     "--events",
                     "e.jsonl", "--track", "--zone", "z:0,0,32,0,32,32", "--count-line", "l:0,0,32,32", "--threads",
                     "2",
                     stream)
        self.try_all("watch", "--model", self.model, "--size", "32", "--realtime", stream)
        self.try_all("watch", "--model", self.model, "--size", "32", "--conf", "0.01", "--max-det", "2", "--track",
                     "--track-conf", "0.01", "--zone", "z:0,0,32,0,32,32", "--draw", "v", "--draw-format", "mjpeg",
                     "--snapshot", "d", stream)


if __name__ == "__main__":
    unittest.main()
