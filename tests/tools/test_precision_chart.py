# SPDX-License-Identifier: MIT
"""bench/precision.py measures models side by side. From the repository's root: python3 -m unittest discover -s
tests/tools -p test_precision_chart.py
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any

from eval_case import ROOT, FileCase

V5LITE = os.environ.get("V5LITE") or str(ROOT / "build" / "v5lite")
DIGITS = ROOT / "weights" / "digits.v5l"


@unittest.skipUnless(os.path.exists(V5LITE), "the program is not built: make, or set V5LITE")
class Chart(FileCase):
    def setUp(self) -> None:
        super().setUp()
        (self.labels / "a_0007.txt").write_text("2 0.5 0.5 0.25 0.5\n")

    def measure(self, *options: Any) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, ROOT / "bench" / "precision.py", *options, "--size", "64,96", "--images",
                   self.images, "--labels", self.labels, "--turns", "1", "--v5lite", V5LITE]
        return subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)

    def test_a_row_for_each_model_and_size(self) -> None:
        done = self.measure(DIGITS)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in done.stdout.splitlines()[2:]]
        self.assertEqual([row[0] for row in rows], ["digits, 64", "digits, 96"])
        for row in rows:
            self.assertEqual((row[1], row[5]), ("fp32", str(DIGITS.stat().st_size)))
            self.assertRegex(row[2], r"\A[01]\.\d{3} / [01]\.\d{3}\Z")
            self.assertGreater(float(row[3]), 0)
        self.assertLess(int(rows[0][4]), int(rows[1][4]))

    def test_the_chart_shows_every_row(self) -> None:
        chart = self.folder / "chart.svg"
        done = self.measure(DIGITS, "-o", chart)
        if "matplotlib" in done.stderr:
            self.skipTest("this Python has no matplotlib (Debian: python3-matplotlib)")
        self.assertEqual(done.returncode, 0, done.stderr)
        for size in ("64", "96"):
            self.assertEqual(len(re.findall(f"digits {size}", chart.read_text())), 2)

    def test_bad_input_is_one_line(self) -> None:
        for options, pattern in (([DIGITS, "-o", self.folder / "chart.gif"], r"\.svg or \.png"),
                                 ([self.folder / "none.v5l"], "none.v5l")):
            done = self.measure(*options)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertRegex(done.stderr, r"\Aprecision: [^\n]*" + pattern + r"[^\n]*\n\Z")
        self.assertFalse((self.folder / "chart.gif").exists())
        out = Path(self.folder) / "same.svg"
        out.symlink_to(DIGITS)
        before = DIGITS.read_bytes()
        self.assertEqual(self.measure(DIGITS, "-o", out).returncode, 2)
        self.assertEqual(DIGITS.read_bytes(), before)


if __name__ == "__main__":
    unittest.main()
