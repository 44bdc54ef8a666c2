# SPDX-License-Identifier: MIT
"""Accuracy of the official models in 8 and 16 bits, against the same engine in fp32. From the repository's root:
V5LITE_SHARED=DIR python3 -m unittest discover -s tests/tools -p test_precision.py

DIR holds checkpoints/ and coco/. AP on 64 pictures is noisy, so what counts is the mean over them and their mirrored
pictures.
"""

from __future__ import annotations

import os
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Tuple

from eval_case import ROOT, FileCase

SHARED = os.environ.get("V5LITE_SHARED", "")
V5LITE = os.environ.get("V5LITE") or str(ROOT / "build" / "v5lite")
CASES = (("v5lite-e", 320, 0.004), ("v5lite-s", 416, 0.006))  # name, size, most AP lost in 8 bits


@unittest.skipIf(os.environ.get("V5L_SANITIZED"), "sanitizers: a plain build measures the same detections")
@unittest.skipUnless(SHARED and os.path.exists(V5LITE), "no official checkpoints or no program: make, pass SHARED=DIR")
class Precision(FileCase):
    def export(self, name: str, suffix: str, *options: object) -> Path:
        path = self.folder / f"{name}{suffix}.v5l"
        command = [sys.executable, ROOT / "tools" / "export.py", Path(SHARED) / "checkpoints" / f"{name}.pt", "-o",
                   path, *options]
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return path

    def lost(self, fp32: Path, other: Path, size: int) -> Tuple[float, str]:
        """Returns the loss of AP, mean of both sets, and a line for a person: loss and interval of each set."""
        coco = Path(SHARED) / "coco" / "val"
        losses, lines = [], []
        for mirror in ((), ("--mirror",)):
            data = self.metrics("--compare", fp32, other, "--size", size, "--images", coco / "images", "--labels",
                                coco / "labels", "--v5lite", V5LITE, *mirror)
            interval = data["bootstrap"]["AP"]
            losses.append(-data["delta"]["AP"])
            lines.append(f"{data['delta']['AP']:+.4f} [{interval['low']:+.4f}, {interval['high']:+.4f}]")
        return sum(losses) / 2, f"{other.stem}@{size}: AP minus that of fp32: {', mirrored '.join(lines)}"

    def test_8_bits_lose_little(self) -> None:
        for name, size, most in CASES:
            with self.subTest(name):
                calibration = Path(SHARED) / "coco" / "calibration" / "images"
                int8 = self.export(name, "-int8", "--int8", "--images", calibration, "--size", size, "--engine", V5LITE)
                lost, line = self.lost(self.export(name, ""), int8, size)
                self.assertLessEqual(lost, most, line)

    def test_half_floats_lose_nothing(self) -> None:
        for name, size, _ in CASES:
            with self.subTest(name):
                lost, line = self.lost(self.export(name, ""), self.export(name, "-fp16", "--fp16"), size)
                self.assertLessEqual(abs(lost), 0.001, line)


if __name__ == "__main__":
    unittest.main()
