# SPDX-License-Identifier: MIT
"""Tests of weights/digits.v5l, the model that is part of the repository, on the scene bundled with it."""

import json
import unittest

from program import ROOT, ProgramTest

MODEL, IMAGES = ROOT / "weights" / "digits.v5l", ROOT / "tests" / "images"
SIDE = 192  # pixels of the scene
NETWORK = 384  # input size of the training
MAX_BYTES = 1_700_000


def iou(a, b):
    """Returns the IoU of two boxes: left, top, right, bottom."""
    width, height = (min(a[i + 2], b[i + 2]) - max(a[i], b[i]) for i in (0, 1))
    if min(width, height) <= 0:
        return 0.0
    union = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)) - width * height
    return width * height / union


def written(labels):
    """Returns digits and boxes in pixels from the YOLO labels of the scene."""
    for line in labels.read_text().splitlines():
        number, x, y, width, height = (float(word) for word in line.split())
        yield f"{number:.0f}", [SIDE * v for v in (x - width / 2, y - height / 2, x + width / 2, y + height / 2)]


class Digits(ProgramTest):
    def read(self, *options):
        line = self.succeed("detect", "--model", MODEL, "--size", NETWORK, "--agnostic", "--format", "json", *options,
                            IMAGES / "digits.png")
        return json.loads(line)["detections"]

    def test_reads_every_digit_of_the_scene_and_nothing_else(self):
        truth = list(written(IMAGES / "digits.txt"))
        self.assertGreater(len(truth), 5)
        for options in ([], ["--cpu", "ref"]):
            found = self.read(*options)
            self.assertEqual(sorted(d["name"] for d in found), sorted(number for number, _ in truth))
            for number, box in truth:
                best = max(found, key=lambda d: iou(d["box"], box))
                self.assertGreater(iou(best["box"], box), 0.5)
                self.assertEqual(best["name"], number)

    def test_the_file_says_what_it_reads(self):
        information = json.loads(self.succeed("info", MODEL, "--format", "json"))
        self.assertEqual(information["classes"], [str(number) for number in range(10)])
        self.assertLess(MODEL.stat().st_size, MAX_BYTES)


if __name__ == "__main__":
    unittest.main()
