# SPDX-License-Identifier: MIT
"""Tests of tools/eval.py on files. From the repository's root: python3 -m unittest discover -s tests/tools

Set V5LITE_SHARED to the folder that holds golden/ to compare with the reference results too.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import struct
import unittest
from pathlib import Path
from typing import Tuple
from unittest import mock

from eval_case import FileCase, pictures, program, run
from evaluation.classes import COCO_IDS, COCO_NAMES, Classes
from evaluation.pictures import picture_size

SHARED = os.environ.get("V5LITE_SHARED", "")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Files(FileCase):
    def test_yolo_labels_are_scaled_by_the_picture(self) -> None:
        # 2 is found; 11 overlaps by 100 of 300.
        results = self.store("r.json", self.results)
        data = self.metrics("--detections", results, "--images", self.images, "--labels", self.labels)
        self.assertEqual((data["images"], data["objects"]), (2, 2))
        self.assertAlmostEqual(data["metrics"]["AP"], 0.5)
        self.assertEqual(data["left_out"], 1)

    def test_coco_ids_are_mapped_on_request(self) -> None:
        results = [dict(self.results[0], category_id=3), dict(self.results[1], category_id=13, bbox=[10, 5, 20, 10])]
        data = self.metrics("--detections", self.store("r.json.gz", results), "--images", self.images, "--labels",
                            self.labels,
                            "--coco-ids", "--per-class")
        self.assertEqual([(c["name"], c["id"]) for c in data["classes"]], [("car", 3), ("stop sign", 13)])
        self.assertAlmostEqual(data["metrics"]["AP"], 1)

    def test_coco_labels_need_no_pictures_and_with_pictures_count_only_those(self) -> None:
        instances = {"images": [{"id": 7, "file_name": "a_0007.png"}, {"id": 8}, {"id": 9}],
                     "categories": [{"id": 2, "name": "x"}],
                     "annotations": [{"image_id": i, "category_id": 2, "bbox": [75, 25, 50, 50], "area": 2500,
                                      "iscrowd": 0}
                                     for i in (7, 9)]}
        labels, results = self.store("labels.json", instances), self.store("r.json", self.results)
        self.assertAlmostEqual(self.metrics("--detections", results, "--labels", labels)["metrics"]["AP"], 51 / 101)
        data = self.metrics("--detections", results, "--labels", labels, "--images", self.images)
        self.assertAlmostEqual(data["metrics"]["AP"], 1)
        self.assertEqual(data["left_out"], 2)

    def test_text_has_metrics_and_classes(self) -> None:
        results = self.store("r.json", self.results)
        status, out, _ = run("--detections", results, "--images", self.images, "--labels", self.labels, "--per-class")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"images 2, objects 2\n.*: 2 detections, 1 of categories without labels left out\nAP "
                              r"+0\.5000\n")
        self.assertRegex(out, r"\nAP large +-\n")
        self.assertRegex(out, r"\n2 +1 +1\.0000 +1\.0000 +1\.0000 +- +1\.0000 +- +1\.0000 +1\.0000 +1\.0000 +1\.0000\n")

    def test_comparison_has_both_and_an_interval(self) -> None:
        a, b = self.store("a.json", self.results[1:]), self.store("b.json", self.results)
        arguments = ("--compare", a, b, "--images", self.images, "--labels", self.labels, "--resamples", 20)
        data = self.metrics(*arguments)
        self.assertEqual(data["a"]["metrics"]["AP"], 0)
        self.assertAlmostEqual(data["delta"]["AP"], 0.5)
        self.assertEqual(data["bootstrap"]["resamples"], 20)
        self.assertGreaterEqual(data["bootstrap"]["AP"]["high"], data["bootstrap"]["AP"]["low"])
        status, out, _ = run(*arguments, "--per-class")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"\nAP +0\.0000  0\.5000  \+0\.5000  [+-]\d\.\d{4} \.\. [+-]\d\.\d{4}  \d\.\d{4} "
                              r"+\d+\.\d%")
        self.assertRegex(out, r"\nAR100 +0\.0000  0\.5000  \+0\.5000\n")
        self.assertRegex(out, r"\ninterval of B - A: paired percentile bootstrap over images, 20 resamples, seed 0\n")

    def test_progress_is_drawn_on_a_terminal_alone(self) -> None:
        results = self.store("r.json", self.results)
        arguments = ("--compare", results, results, "--images", self.images, "--labels", self.labels, "--resamples", 10)
        self.assertEqual(run(*arguments)[2], "")
        with mock.patch("io.StringIO", Terminal):
            status, out, error = run(*arguments)
        self.assertEqual(status, 0)
        self.assertNotIn("\r", out)
        self.assertRegex(error, r"\A\r\033\[Kbootstrap A \[\.+\] 0/2\r.*\r\033\[Kbootstrap B \[#+\] 2/2\r\033\[K\Z")

    def test_class_numbers_map_to_the_ids_of_the_coco_data_set(self) -> None:
        self.assertEqual((len(COCO_NAMES), len(COCO_IDS), COCO_IDS[0], COCO_IDS[11], COCO_IDS[-1]), (80, 80, 1, 13, 90))
        self.assertEqual((Classes(COCO_NAMES).category(11), Classes(("a", "b")).category(1)), (13, 1))
        self.assertEqual((Classes(("a", "b")).category(2), Classes(None).category(2)), (None, 2))


class Reference(unittest.TestCase):
    @unittest.skipUnless(SHARED, "no reference results: pass SHARED=DIR")
    def test_reference_results_have_their_known_ap(self) -> None:
        golden = Path(SHARED) / "golden"
        for name, ap, ap50 in (("e320", 0.2994, 0.4643), ("s416", 0.4018, 0.5852)):
            results = golden / f"{name}_val64_conf0001_iou06_multilabel.json.gz"
            status, out, error = run("--detections", results, "--labels", golden / "instances_val64.json", "--format",
                                     "json")
            self.assertEqual((status, error), (0, ""))
            metrics = json.loads(out)["metrics"]
            self.assertEqual((round(metrics["AP"], 4), round(metrics["AP50"], 4)), (ap, ap50))


class PictureSizes(FileCase):
    def size(self, data: bytes) -> Tuple[int, int]:
        path = self.folder / "picture"
        path.write_bytes(data)
        return picture_size(str(path))

    def test_sizes_are_read_from_the_header(self) -> None:
        rows = pictures.scene(30, 20)
        for data in (pictures.png(rows, 30), pictures.bmp(rows, 30), pictures.ppm(rows, 30),
                     b"P5\n# c\n30 # d\n20\n255\n"):
            self.assertEqual(self.size(data), (30, 20))

    def test_jpeg_is_turned_as_exif_says(self) -> None:
        frame = b"\xff\xc2" + struct.pack(">HBHHB", 17, 8, 20, 30, 3) + bytes(9)
        plain = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xc4\x00\x03a" + frame
        self.assertEqual(self.size(plain), (30, 20))
        for order, tiff in (("<", b"II*\0"), (">", b"MM\0*")):
            for orientation, expected in ((1, (30, 20)), (3, (30, 20)), (6, (20, 30)), (8, (20, 30)), (9, (30, 20))):
                body = b"Exif\0\0" + tiff + struct.pack(order + "IHHHIHHI", 8, 1, 0x112, 3, 1, orientation, 0, 0)
                exif = b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
                self.assertEqual(self.size(b"\xff\xd8" + exif + frame), expected)

    def test_every_cut_of_a_header_is_refused_or_has_a_size(self) -> None:
        whole = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0" + struct.pack(">HBHHB", 17, 8, 20, 30, 3)
        for data in (whole, pictures.png(pictures.scene(3, 2), 3)[:40], pictures.bmp(pictures.scene(3, 2), 3)[:40]):
            for end in range(len(data)):
                with contextlib.suppress(program.EvalError):
                    self.size(data[:end])


if __name__ == "__main__":
    unittest.main()
