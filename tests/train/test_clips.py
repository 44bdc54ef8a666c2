# SPDX-License-Identifier: MIT
"""Tests of the clips that tools/train composes. From the repository's root:
python3 -m unittest discover -s tests/train"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools" / "train"), str(ROOT / "tools")]

from clips import DIGITS, Clip, crossings, y4m  # noqa: E402


class TestClips(unittest.TestCase):
    def test_same_arguments_same_clip(self) -> None:
        one, same, other = (Clip(96, 64, 5, seed) for seed in (1, 1, 2))
        np.testing.assert_array_equal(one.frame(3), same.frame(3))
        self.assertEqual(one.truth(), same.truth())
        self.assertFalse(np.array_equal(one.frame(3), other.frame(3)))

    def test_boxes_hold_the_ink_and_stay_inside(self) -> None:
        for seed in range(4):
            clip = Clip(160, 120, 20, seed)
            self.assertEqual(len({mover.number for mover in clip.movers}), len(clip.movers))
            for index in (0, 19):
                picture = clip.frame(index)
                ink = picture.astype(int).mean(2) < 110
                for mover in clip.movers:
                    self.assertIn(mover.number, DIGITS)
                    left, top, right, bottom = mover.box(index)
                    self.assertTrue(0 <= left and 0 <= top and right <= 160 and bottom <= 120)
                    part = ink[int(top):int(bottom) + 1, int(left):int(right) + 1]
                    self.assertTrue(part.any())
                    for edge in (part[:3], part[-3:], part[:, :3], part[:, -3:]):
                        self.assertTrue(edge.any(), (seed, mover))
                    ink[int(top):int(bottom) + 1, int(left):int(right) + 1] = False
                self.assertFalse(ink.any(), (seed, index))

    def test_crossings(self) -> None:
        """The middle of the lower edge goes from (5, 10) to (25, 10)."""
        boxes = [(0, 0, 10, 10), (10, 0, 20, 10), (20, 0, 30, 10)]
        # Walks down: the right is at the left of the picture.
        self.assertEqual(crossings(boxes, (15, 0, 15, 20)), (0, 1))
        self.assertEqual(crossings(boxes, (15, 20, 15, 0)), (1, 0))
        self.assertEqual(crossings(boxes[::-1], (15, 0, 15, 20)), (1, 0))
        self.assertEqual(crossings(boxes, (15, 11, 15, 20)), (0, 0))  # passes the end of the line
        self.assertEqual(crossings(boxes, (26, 0, 26, 20)), (0, 0))

    def test_y4m(self) -> None:
        clip = Clip(64, 64, 3, 0)
        head, *frames = b"".join(y4m(clip)).split(b"FRAME\n")
        self.assertEqual(head, b"YUV4MPEG2 W64 H64 F25:1 Ip A1:1 C420jpeg\n")
        self.assertEqual([len(frame) for frame in frames], [64 * 64 * 3 // 2] * 3)
        luma = np.frombuffer(frames[0][:64 * 64], np.uint8).reshape(64, 64)
        gray = clip.frame(0) @ np.array([0.299, 0.587, 0.114])
        self.assertLess(np.abs(luma - (16 + gray * 219 / 255)).max(), 0.51)

    def test_program_writes_clip_and_truth(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            clip, truth = Path(folder) / "clip.y4m", Path(folder) / "truth.json"
            command = [sys.executable, ROOT / "tools" / "train" / "write_clip.py", "--out", clip, "--truth", truth,
                       "--frames", "2", "--width", "64", "--height", "64"]
            subprocess.run([str(word) for word in command], check=True)
            self.assertEqual(clip.read_bytes(), b"".join(y4m(Clip(64, 64, 2, 0))))
            told = json.loads(truth.read_text())
            self.assertEqual((told["frames"], len(told["digits"])), (2, 6))
            self.assertEqual([len(digit["boxes"]) for digit in told["digits"]], [2] * 6)


if __name__ == "__main__":
    unittest.main()
