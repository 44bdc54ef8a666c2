# SPDX-License-Identifier: MIT
"""Tests of the models that are part of the repository, weights/digits.v5l and digits-int8.v5l, on the scene bundled
with them."""

import json
import unittest
from itertools import product

from program import ROOT, ProgramTest

# Each with its largest size in bytes.
MODELS = {ROOT / "weights" / "digits.v5l": 1_700_000, ROOT / "weights" / "digits-int8.v5l": 500_000}
IMAGES = ROOT / "tests" / "images"
SIDE = 192  # pixels of the scene
NETWORK = 384  # input size of the training


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
    def read(self, model, *options):
        line = self.succeed("detect", "--model", model, "--size", NETWORK, "--agnostic", "--format", "json", *options,
                            IMAGES / "digits.png")
        return json.loads(line)["detections"]

    def test_reads_every_digit_of_the_scene_and_nothing_else(self):
        truth = list(written(IMAGES / "digits.txt"))
        self.assertGreater(len(truth), 5)
        for model, options in product(MODELS, ([], ["--cpu", "ref"])):
            found = self.read(model, *options)
            self.assertEqual(sorted(d["name"] for d in found), sorted(number for number, _ in truth))
            for number, box in truth:
                best = max(found, key=lambda d: iou(d["box"], box))
                self.assertGreater(iou(best["box"], box), 0.5)
                self.assertEqual(best["name"], number)

    def test_the_file_says_what_it_reads(self):
        for model, size in MODELS.items():
            information = json.loads(self.succeed("info", model, "--format", "json"))
            self.assertEqual(information["classes"], [str(number) for number in range(10)])
            self.assertLess(model.stat().st_size, size)


if __name__ == "__main__":
    unittest.main()
