# SPDX-License-Identifier: MIT
"""Tests of what tools/eval.py refuses. From the repository's root: python3 -m unittest discover -s tests/tools"""

from __future__ import annotations

import gzip
import importlib.util
import unittest
from typing import Any, Dict
from unittest import mock

from eval_case import FileCase, program
from evaluation.classes import Classes

PYCOCOTOOLS = importlib.util.find_spec("pycocotools") is not None


class Refusals(FileCase):
    def test_usage(self) -> None:
        results = self.store("r.json", self.results)
        self.refuse("usage", "--labels", self.labels)
        self.refuse("usage.*--images", "--detections", results, "--labels", self.labels)
        self.refuse("usage.*--images", "--model", "m.v5l", "--labels", self.labels)
        self.refuse("usage", "--detections", results, "--labels", self.labels, "--resamples", "0")
        self.refuse("usage", "--compare", results, results, "--labels", self.labels, "--check")
        if not PYCOCOTOOLS:
            self.refuse("pycocotools", "--detections", results, "--images", self.images, "--labels", self.labels,
                        "--check")

    def test_missing_and_damaged_files(self) -> None:
        results = self.store("r.json", self.results)
        rest = ("--images", self.images, "--labels", self.labels)
        self.refuse("No such file", "--detections", self.folder / "none.json", *rest)
        self.refuse("No such file", "--detections", results, "--images", self.folder / "none", "--labels", self.labels)
        self.refuse("expected a directory", "--detections", results, "--images", self.images, "--labels",
                    self.folder / "none")
        self.refuse("expected files named", "--detections", results, "--images", self.labels, "--labels", self.labels)
        self.refuse("as each of the pictures", "--detections", results, "--images", self.images, "--labels",
                    self.images)
        (self.folder / "cut.json.gz").write_bytes(gzip.compress(b"[]")[:-9])
        self.refuse("whole gzip", "--detections", self.folder / "cut.json.gz", *rest)
        for text in ("", "[", "\xff", "[" * 100000):
            (self.folder / "bad.json").write_bytes(text.encode("latin-1"))
            self.refuse("expected JSON", "--detections", self.folder / "bad.json", *rest)
        (self.images / "b8.ppm").write_bytes(b"P6")
        (self.labels / "b8.txt").write_text("")
        self.refuse("whole header", "--detections", results, *rest)

    def test_results_that_are_none(self) -> None:
        good = self.results[0]
        for bad in ({}, [1], [dict(good, score=None)], [dict(good, score=float("nan"))], [dict(good, score=True)],
                    [dict(good, bbox=[1, 2, 3])], [dict(good, bbox=[1, 2, -3, 4])], [dict(good, bbox=[1, 2, 1e999, 4])],
                    [dict(good, image_id="7")], [dict(good, image_id=99)], [dict(good, category_id=1 << 70)],
                    [dict(good, category_id=5)]):
            results = self.store("r.json", bad)
            self.refuse("detections", "--detections", results, "--images", self.images, "--labels", self.labels)

    def test_yolo_labels_that_are_none(self) -> None:
        results = self.store("r.json", self.results)
        for line in ("1 0.5 0.5 0.5", "1 0.5 0.5 0.5 1.5", "1 0.5 0.5 0.5 nan", "x 0 0 0 0", "1.5 0 0 0 0",
                     "-1 0 0 0 0",
                     "inf 0 0 0 0", "1 2 3 4 5 6", "\xff"):
            (self.labels / "a_0007.txt").write_bytes(line.encode("latin-1"))
            self.refuse("labels: .*a_0007.txt", "--detections", results, "--images", self.images, "--labels",
                        self.labels)
        (self.labels / "a_0007.txt").write_text("80 0.5 0.5 0.5 0.5")
        self.refuse("below 80", "--detections", results, "--images", self.images, "--labels", self.labels, "--coco-ids")

    def test_coco_labels_that_are_none(self) -> None:
        results = self.store("r.json", self.results)
        good: Dict[str, Any] = {"images": [{"id": 7}, {"id": 8}], "categories": [{"id": 2}], "annotations": []}
        thing = {"image_id": 7, "category_id": 2, "bbox": [1, 2, 3, 4]}
        self.metrics("--detections", results, "--labels", self.store("l.json", {**good, "annotations": [thing]}))
        for change in ({"images": 1}, {"images": [{"id": "7"}]}, {"images": []}, {"categories": []},
                       {"annotations": [1]},
                       {"annotations": [dict(thing, image_id=6)]}, {"annotations": [dict(thing, category_id=1)]},
                       {"annotations": [dict(thing, bbox=4)]}, {"annotations": [dict(thing, area="1")]},
                       {"annotations": [dict(thing, iscrowd=[1])]}):
            self.refuse("labels", "--detections", results, "--labels", self.store("l.json", {**good, **change}))
        for images in ([{"id": 7}], [{"id": 7, "file_name": "other.jpg"}, {"id": 8}]):
            labels = self.store("l.json", {**good, "images": images})
            self.refuse("labels", "--detections", results, "--labels", labels, "--images", self.images)

    def test_pictures_of_results_files_have_numbers_of_their_own(self) -> None:
        results = self.store("r.json", self.results)
        (self.images / "c007.bmp").write_bytes(b"")
        self.refuse("another number", "--detections", results, "--images", self.images, "--labels", self.labels)
        (self.labels / "c007.txt").write_text("")

    def test_a_label_file_that_is_missing(self) -> None:
        arguments = ("--detections", self.store("r.json", self.results), "--images", self.images, "--labels",
                     self.labels)
        (self.labels / "b8.txt").unlink()
        self.refuse(r"labels: .*/b8\.txt: expected this file, empty if the picture has no objects \(or --allow-",
                    *arguments)
        self.assertEqual(self.metrics(*arguments, "--allow-missing")["objects"], 2)
        for name in ("c9", "d10"):
            (self.images / f"{name}.ppm").write_bytes((self.images / "b8.ppm").read_bytes())
        self.refuse("b8.txt: .*, nor have 2 more", *arguments)

    def test_coco_labels_name_images_and_categories_once(self) -> None:
        results = self.store("r.json", self.results)
        good: Dict[str, Any] = {"images": [{"id": 7}, {"id": 8}], "categories": [{"id": 2, "name": "a"}],
                                "annotations": []}
        thing = {"image_id": 7, "category_id": 2, "bbox": [1, 2, 3, 4], "area": -1}
        for pattern, change in (("taken", {"images": [{"id": 7}, {"id": 7}]}),
                                ("taken", {"categories": [{"id": 2, "name": "a"}, {"id": 2, "name": "b"}]}),
                                ('found two "a"', {"categories": [{"id": 2, "name": "a"}, {"id": 3, "name": "a"}]}),
                                ("area from 0", {"annotations": [thing]})):
            self.refuse(pattern, "--detections", results, "--labels", self.store("l.json", {**good, **change}))
        twice = [{"id": 1, "file_name": "x/a_0007.png"}, {"id": 2, "file_name": "y/a_0007.png"}, {"id": 8}]
        self.refuse('one image with "file_name" a_0007.png', "--detections", results, "--images", self.images,
                    "--labels", self.store("l.json", {**good, "images": twice}))

    def test_classes_of_two_models_that_have_other_names(self) -> None:
        models = mock.Mock()
        models.classes.side_effect = [Classes(("a", "b")), Classes(("a", "c"))]
        with self.assertRaisesRegex(program.EvalError, 'classes: y: expected class 1 to be "b" as in x, found "c"'):
            program.class_lists(["x", "y"], [True, True], models, False)

    def test_a_program_that_is_not_there(self) -> None:
        self.refuse("expected the v5lite program", "--model", "m.v5l", "--images", self.images, "--labels", self.labels,
                    "--v5lite", self.folder / "none")


if __name__ == "__main__":
    unittest.main()
