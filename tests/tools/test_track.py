# SPDX-License-Identifier: MIT
"""Tests the tracker's quality on made scenes of different frame rates, things and detectors, and on a public
sequence."""

from __future__ import annotations

import os
import subprocess
import sys
import unittest
from pathlib import Path
from typing import List, Optional

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))
from track_measure import Frames, Quality, measure  # noqa: E402
from track_scenes import CARS, PEOPLE, SMALL, Detection, Scene, make  # noqa: E402

PROGRAM = Path(os.environ.get("V5LITE", ROOT / "build" / "v5lite")).parent / "tests" / "track_file"
SHARED = os.environ.get("V5LITE_SHARED", "")
HARD = {"miss": 0.2, "alarms": 1.0, "noise": 0.06}


def read(text: str) -> Frames:
    """Returns the boxes of lines of MOTChallenge by frame."""
    frames: Frames = {}
    for line in text.splitlines():
        frame, number, *box = (float(field) for field in line.split(",")[:6])
        frames.setdefault(int(frame), []).append((int(number), *box))
    return frames


def track(lines: str, rate: float, *options: str) -> str:
    """Returns the tracks of detections, both as lines of MOTChallenge."""
    done = subprocess.run([PROGRAM, str(rate), *options], input=lines, capture_output=True, text=True, check=True)
    return done.stdout


def lines_of(found: List[Detection]) -> str:
    return "".join(f"{frame},-1,{x:.3f},{y:.3f},{w:.3f},{h:.3f},{score:.3f}\n" for frame, x, y, w, h, score in found)


class Scenes(unittest.TestCase):
    def quality(self, scene: Scene) -> Quality:
        truth, found = make(scene)
        return measure(truth, read(track(lines_of(found), scene.rate)))

    def check(self, mota: float, idf1: float, **how: object) -> None:
        """Expects at least this quality, in the mean of three scenes."""
        results = [self.quality(Scene(seed=seed, **how)) for seed in (1, 2, 3)]  # type: ignore[arg-type]
        mean = [sum(column) / len(results) for column in zip(*results)]
        self.assertGreaterEqual(mean[0], mota, results)
        self.assertGreaterEqual(mean[1], idf1, results)

    def test_people(self) -> None:
        self.check(0.88, 0.90, rate=25, things=10, **PEOPLE)

    def test_a_crowd(self) -> None:
        self.check(0.89, 0.89, rate=30, things=20, **PEOPLE)

    def test_cars_with_a_poor_detector(self) -> None:
        self.check(0.72, 0.77, rate=25, things=8, **CARS, **HARD)

    def test_small_things(self) -> None:
        self.check(0.93, 0.95, rate=30, things=20, **SMALL)

    def test_few_frames_a_second(self) -> None:
        self.check(0.86, 0.88, rate=5, things=8, **PEOPLE)

    def test_many_frames_a_second(self) -> None:
        self.check(0.85, 0.91, rate=60, things=8, **CARS)

    def test_the_program_refuses_what_it_cannot_track(self) -> None:
        for lines, rate in (("1,-1,0,0,nan,9,0.9\n", 25), ("1,-1,0,0,9,9,0.9\nx\n", 25),
                            ("2,-1,0,0,9,9,1\n1,-1,0,0,9,9,1\n", 25), ("", 0)):
            done = subprocess.run([PROGRAM, str(rate)], input=lines, capture_output=True, text=True)
            self.assertEqual(done.returncode, 2)
            self.assertEqual(done.stderr.count("track_file: "), 1)


class PublicSequence(unittest.TestCase):
    """TUD-Campus with the detections that SORT is distributed with. SORT: MOTA 0.627, IDF1 0.607."""

    folder: Optional[Path] = None

    def setUp(self) -> None:
        self.folder = Path(SHARED) / "mot"
        if not SHARED or not (self.folder / "TUD-Campus-det.txt").is_file():
            self.skipTest("no mot/TUD-Campus-det.txt: set SHARED to a folder that has it")

    def test_better_than_sort(self) -> None:
        truth = read((self.folder / "TUD-Campus-gt.txt").read_text())
        result = measure(truth, read(track((self.folder / "TUD-Campus-det.txt").read_text(), 25)))
        print(f"TUD-Campus: MOTA {result.mota:.3f}, IDF1 {result.idf1:.3f}, {result.switches} switches",
              file=sys.stderr)
        self.assertGreaterEqual(result.mota, 0.65)
        self.assertGreaterEqual(result.idf1, 0.65)


if __name__ == "__main__":
    unittest.main()
