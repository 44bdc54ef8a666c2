# SPDX-License-Identifier: MIT
"""Tests of export.py --layout winograd: transforms the same convolutions as the library, with the same detections."""

import json
import subprocess
import sys
import unittest

from program import ROOT, ProgramTest

sys.path.insert(0, str(ROOT / "tests" / "export"))
import make_checkpoint  # noqa: E402

SIZES = ["96", "128", "256x64", "320"]


class Layout(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.checkpoint = cls.inputs / "g.pt"
        cls.checkpoint.write_bytes(make_checkpoint.make("g", width=24))
        cls.default = cls.inputs / "g.v5l"
        cls.export(cls.default)

    @classmethod
    def export(cls, target, *options):
        return subprocess.run([sys.executable, str(ROOT / "tools" / "export.py"), str(cls.checkpoint), "-o",
                               str(target), *options],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def memory(self, model, size):
        return json.loads(self.succeed("info", model, "--size", size, "--format", "json"))["memory"]

    def ops(self, model, size):
        """Returns the names of the ops that use Winograd."""
        audit = json.loads(self.succeed("audit", model, "--size", size, "--format", "json"))
        return [op["name"] for op in audit["ops"] if op["run_by"] == "v5l_winograd_run"]

    def found(self, model, size):
        said = self.succeed("detect", "--model", model, "--size", size, "--conf", "0.01", "--format", "coco", self.png)
        self.assertGreater(len(json.loads(said)), 0)
        return said

    def test_at_its_size_a_file_runs_as_the_default_one_and_takes_less_memory(self):
        counts = set()
        for size in SIZES:
            with self.subTest(size=size):
                model = self.directory / "w.v5l"
                said = self.export(model, "--layout", "winograd", "--size", size).stdout.decode()
                before, after, ops = self.memory(self.default, size), self.memory(model, size), self.ops(self.default,
                                                                                                         size)
                self.assertIn(f"weights of {len(ops)} convolutions transformed", said)
                self.assertEqual(self.ops(model, size), ops)
                self.assertEqual(after, {**before, "winograd": 0, "total": before["total"] - before["winograd"]})
                # 16 floats instead of 9
                self.assertEqual(model.stat().st_size - self.default.stat().st_size, before["winograd"] * 7 // 16)
                self.assertEqual(self.found(model, size), self.found(self.default, size))
                counts.add(len(ops))
        self.assertIn(0, counts)
        self.assertGreater(len(counts), 2)

    def test_other_sizes_run_and_direct_is_refused(self):
        model = self.directory / "w.v5l"
        self.assertEqual(self.export(model, "--layout", "winograd", "--size", "128").returncode, 0)
        self.assertEqual(self.memory(model, "64")["winograd"], 0)
        self.found(model, "64")
        done = self.run_program("detect", "--model", model, "--size", "128", "--direct", self.png)
        self.assertEqual((done.returncode, done.stdout, done.stderr.count(b"\n")), (2, b"", 1))
        self.assertIn(b": --direct: ", done.stderr)

    def test_impossible_layouts_are_one_line_and_leave_nothing(self):
        target = self.directory / "x.v5l"
        for options, said in ((["--layout", "winograd"], b"expected --size"), (["--size", "128"], b"expected --size"),
                              (["--layout", "neon", "--size", "128"], b"invalid choice"),
                              (["--layout", "winograd", "--size", "100"], b"100x100: expected multiples of 32"),
                              (["--layout", "winograd", "--size", "9600"], b"at most 8192"),
                              (["--layout", "winograd", "--size", "0"], b"expected N or WxH"),
                              (["--layout", "winograd", "--size", "64x"], b"expected N or WxH")):
            with self.subTest(options=options):
                done = self.export(target, *options)
                self.assertEqual((done.returncode, done.stdout, done.stderr.count(b"\n")), (2, b"", 1), done.stderr)
                self.assertIn(said, done.stderr)
        self.assertEqual(self.files(), [])


if __name__ == "__main__":
    unittest.main()
