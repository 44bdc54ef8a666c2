# SPDX-License-Identifier: MIT
"""Tests of precision, recall and F1 by threshold, the confusion matrix and the charts of tools/eval.py, on cases small
enough to compute by hand. From the repository's root: python3 -m unittest discover -s tests/tools
"""

from __future__ import annotations

import importlib.util
import json
import os
import unittest
from typing import Any, Dict, List, Sequence, Tuple
from unittest import mock

import numpy as np

from eval_case import FileCase, run
from evaluation import confusion, operating
from evaluation.metric import evaluate
from test_metric import SQUARE, detections_of, shifted, truth_of

MATPLOTLIB = importlib.util.find_spec("matplotlib") is not None
FAR = (200.0, 200.0, 50.0, 50.0)


def curve_of(objects: Sequence[Tuple], found: Sequence[Tuple]) -> operating.Curve:
    return operating.curve(evaluate(truth_of(objects), detections_of(found)).matches)


def values(point: operating.Point) -> Tuple:
    return (point.detections, *(None if v is None else round(v, 6) for v in (point.precision, point.recall, point.f1)))


class Operating(unittest.TestCase):
    # Three objects of two classes: found at 0.9, not at 0.8, found at 0.5; one is missed.
    OBJECTS = [(0, 0, SQUARE), (1, 1, SQUARE), (2, 0, SQUARE)]
    FOUND = [(0, 0, SQUARE, 0.9), (0, 1, SQUARE, 0.8), (1, 1, SQUARE, 0.5)]

    def test_precision_recall_and_f1_of_all_classes_together(self) -> None:
        curve = curve_of(self.OBJECTS, self.FOUND)
        for threshold, expected in ((0.95, (0, None, 0, 0)), (0.9, (1, 1, 0.333333, 0.5)),
                                    (0.85, (1, 1, 0.333333, 0.5)),
                                    (0.8, (2, 0.5, 0.333333, 0.4)), (0.5, (3, 0.666667, 0.666667, 0.666667)),
                                    (0, (3, 0.666667, 0.666667, 0.666667))):
            self.assertEqual(values(operating.point(curve, threshold)), expected, threshold)
        self.assertEqual((operating.best(curve).threshold, values(operating.best(curve))),
                         (0.5, (3, 0.666667, 0.666667, 0.666667)))

    def test_the_highest_threshold_of_equal_f1_is_the_best(self) -> None:
        # F1 2/3 after one of two detections with one of two objects found, and after four with two found.
        curve = curve_of([(0, 0, SQUARE), (1, 0, SQUARE)],
                         [(0, 0, SQUARE, 0.9), (0, 0, FAR, 0.8), (1, 0, FAR, 0.7), (1, 0, SQUARE, 0.6)])
        self.assertEqual(operating.best(curve).threshold, 0.9)

    def test_detections_of_one_score_are_kept_or_left_together(self) -> None:
        curve = curve_of([(0, 0, SQUARE), (1, 0, SQUARE)],
                         [(0, 0, SQUARE, 0.5), (2, 0, SQUARE, 0.5), (1, 0, SQUARE, 0.5)])
        self.assertEqual(len(curve.scores), 1)
        self.assertEqual(values(operating.point(curve, 0.5)), (3, 0.666667, 1, 0.8))

    def test_nothing_found_or_nothing_to_find(self) -> None:
        self.assertIsNone(operating.best(curve_of(self.OBJECTS, [])))
        self.assertEqual(values(operating.point(curve_of(self.OBJECTS, []), 0.1)), (0, None, 0, 0))
        self.assertIsNone(operating.best(curve_of([], self.FOUND)))
        self.assertEqual(values(operating.point(curve_of([], self.FOUND), 0.1)), (3, 0, None, 0))
        self.assertEqual(values(operating.point(curve_of([], []), 0.1)), (0, None, None, None))

    def test_crowds_are_not_counted(self) -> None:
        curve = curve_of([(0, 0, SQUARE, True), (1, 0, SQUARE)], [(0, 0, SQUARE, 0.9), (1, 0, SQUARE, 0.8)])
        self.assertEqual(values(operating.point(curve, 0.1)), (1, 1, 1, 1))


class Matrix(unittest.TestCase):
    def counts(self, objects: Sequence[Tuple], found: Sequence[Tuple], threshold: float = 0.25) -> List[List[int]]:
        matrix = confusion.confusion(truth_of(objects), detections_of(found), threshold)
        self.assertEqual(matrix.names[-1], "background")
        return matrix.counts.tolist()

    def test_right_wrong_missed_and_invented(self) -> None:
        objects = [(0, 0, SQUARE), (1, 0, SQUARE), (2, 1, SQUARE)]
        found = [(0, 0, SQUARE, 0.9), (1, 1, SQUARE, 0.8), (2, 1, FAR, 0.7), (2, 1, SQUARE, 0.1)]
        self.assertEqual(self.counts(objects, found), [[1, 1, 0], [0, 0, 1], [0, 1, 0]])
        self.assertEqual(self.counts(objects, found, 0.05), [[1, 1, 0], [0, 1, 0], [0, 1, 0]])

    def test_overlaps_count_from_the_stated_iou(self) -> None:
        at = 50 * (1 - confusion.IOU) / (1 + confusion.IOU)
        for by, expected in ((at - 0.01, [[1, 0], [0, 0]]), (at + 0.01, [[0, 1], [1, 0]])):
            self.assertEqual(self.counts([(0, 0, SQUARE)], [(0, 0, shifted(by), 0.9)]), expected)

    def test_an_object_is_taken_once_and_by_its_own_class_first(self) -> None:
        self.assertEqual(self.counts([(0, 0, SQUARE)], [(0, 0, SQUARE, 0.9), (0, 0, SQUARE, 0.8)]), [[1, 0], [1, 0]])
        self.assertEqual(self.counts([(0, 0, SQUARE)], [(0, 1, SQUARE, 0.9), (0, 0, SQUARE, 0.8)]),
                         [[1, 0, 0], [0, 0, 0], [0, 1, 0]])
        # The better one takes the object it overlaps most; the other takes the remaining one.
        self.assertEqual(self.counts([(0, 0, SQUARE), (0, 0, shifted(5))], [(0, 0, SQUARE, 0.9), (0, 0, SQUARE, 0.8)]),
                         [[2, 0], [0, 0]])

    def test_crowds_are_no_objects_and_hide_detections_of_their_class(self) -> None:
        self.assertEqual(self.counts([(0, 0, SQUARE, True)], [(0, 0, (20, 20, 9, 9), 0.9), (0, 1, SQUARE, 0.9)]),
                         [[0, 0, 0], [0, 0, 0], [0, 1, 0]])

    def test_sums_are_objects_and_detections(self) -> None:
        random = np.random.RandomState(3)
        objects = [(int(random.randint(3)), int(random.randint(2)), tuple(random.uniform(10, 90, 4)))
                   for _ in range(60)]
        found = [(int(random.randint(3)), int(random.randint(2)), tuple(random.uniform(10, 90, 4)),
                  float(random.rand())) for _ in range(80)]
        counts = np.array(self.counts(objects, found, 0))
        self.assertEqual(counts[:-1].sum(1).tolist(), np.bincount([o[1] for o in objects]).tolist())
        self.assertEqual(counts[:, :-1].sum(0).tolist(), np.bincount([f[1] for f in found]).tolist())

    def test_too_many_classes_have_none(self) -> None:
        with mock.patch.object(confusion, "MAX_CLASSES", 1):
            self.assertIsNone(confusion.confusion(truth_of([(0, 0, SQUARE), (0, 1, SQUARE)]), detections_of([]), 0.1))


class Reports(FileCase):
    def setUp(self) -> None:
        super().setUp()
        self.names = ["$a$", "b & <c>"]
        self.labels_file = self.store("labels.json", {
            "images": [{"id": 7}, {"id": 8}],
            "categories": [{"id": 2, "name": self.names[0]}, {"id": 5, "name": self.names[1]}],
            "annotations": [{"image_id": 7, "category_id": 2, "bbox": [75, 25, 50, 50]},
                            {"image_id": 8, "category_id": 5, "bbox": [0, 0, 9, 9]}]})
        self.arguments = ("--detections", self.store("r.json", self.results), "--labels", self.labels_file)

    def test_json_has_points_the_best_and_the_matrix(self) -> None:
        data: Dict[str, Any] = self.metrics(*self.arguments, "--per-class")
        points = data["by_threshold"]["points"]
        self.assertEqual([p["threshold"] for p in points], [round(0.05 * i, 2) for i in range(1, 20)])
        self.assertEqual(points[15], {"threshold": 0.8, "detections": 1, "precision": 1.0, "recall": 0.5, "F1": 2 / 3})
        self.assertEqual(points[18], {"threshold": 0.95, "detections": 0, "precision": None, "recall": 0.0, "F1": 0.0})
        self.assertEqual(data["by_threshold"]["best_F1"], {**points[15], "threshold": 0.9})
        self.assertEqual(data["confusion"], {"threshold": 0.9, "IoU": 0.45, "classes": [*self.names, "background"],
                                             "objects by detections": [[1, 0, 0], [0, 0, 1], [0, 0, 0]]})
        self.assertEqual([(c["precision"], c["recall"], c["F1"]) for c in data["classes"]], [(1, 1, 1), (None, 0, 0)])
        lower = self.metrics(*self.arguments, "--threshold", "0.5")["confusion"]
        self.assertEqual((lower["threshold"], lower["objects by detections"]), (0.5, [[1, 0, 0], [0, 0, 1], [0, 1, 0]]))

    def test_text_has_a_table_and_on_request_the_matrix(self) -> None:
        status, out, _ = run(*self.arguments)
        self.assertEqual(status, 0)
        self.assertRegex(out, r"\nfrom score +detections  precision   recall       F1\n0\.10 +2 +0\.5000   0\.5000   "
                              r"0\.5000\n")
        self.assertRegex(out, r"\n0\.9, the best F1 +1 +1\.0000   0\.5000   0\.6667\n")
        self.assertNotIn("confusion", out)
        out = run(*self.arguments, "--confusion")[1]
        self.assertRegex(out, r"\nconfusion from score 0\.9, IoU 0\.45: .*\n +0    1 none\n   0 \$a\$ +1    0    0\n   "
                              r"1 b & <c> +0    0    1\n"
                              r"none background +0    0    0\n\Z")

    def test_bad_thresholds_and_comparisons(self) -> None:
        for text in ("1.1", "-0.1", "nan", "1e-1", ".", "", "0x1", "\u0661"):
            self.refuse("usage: .*not a number from 0 to 1", *self.arguments, f"--threshold={text}")
        results = self.arguments[1]
        for option in (("--plot", "x"), ("--confusion",), ("--threshold", "0.1")):
            self.refuse("expected --model or --detections", "--compare", results, results, "--labels", self.labels_file,
                        *option)

    @unittest.skipUnless(MATPLOTLIB, "matplotlib is not installed: install python3-matplotlib")
    def test_charts(self) -> None:
        status, _, error = run(*self.arguments, "--plot", self.folder / "new" / "charts")
        self.assertEqual((status, error), (0, ""))
        drawings = {path.name: path.read_text() for path in (self.folder / "new" / "charts").iterdir()}
        self.assertEqual(sorted(drawings), ["confusion.svg", "precision-recall.svg", "thresholds.svg"])
        for words in ("$a$  1.000", "b &amp; &lt;c&gt;  0.000", "mean of 2 classes  0.500"):
            self.assertIn(words, drawings["precision-recall.svg"])
        self.assertIn("best F1 0.667 at 0.900", drawings["thresholds.svg"])
        self.assertIn("background", drawings["confusion.svg"])
        self.assertIn("$a$", drawings["confusion.svg"])
        again = self.folder / "again"
        run(*self.arguments, "--plot", again)
        self.assertEqual({path.name: path.read_text() for path in again.iterdir()}, drawings)

    @unittest.skipUnless(MATPLOTLIB, "matplotlib is not installed: install python3-matplotlib")
    def test_charts_of_nothing(self) -> None:
        nothing = self.store("none.json", [])
        empty = self.store("empty.json", {"images": [{"id": 7}], "categories": [{"id": 2}], "annotations": []})
        for at, (results, labels) in enumerate(((nothing, self.labels_file), (nothing, empty),
                                                (self.store("one.json", self.results[:1]), empty))):
            status, _, error = run("--detections", results, "--labels", labels, "--plot", self.folder / str(at))
            self.assertEqual((status, error, len(os.listdir(self.folder / str(at)))), (0, "", 3))

    @unittest.skipUnless(MATPLOTLIB, "matplotlib is not installed: install python3-matplotlib")
    def test_charts_are_no_inputs(self) -> None:
        before = json.dumps(self.results)
        out = self.folder / "out"
        out.mkdir()
        for source in (self.folder / "r.json", self.labels_file, self.images / "b8.ppm", self.labels / "b8.txt"):
            labels = self.labels if source.parent == self.labels else self.labels_file
            os.link(source, out / "thresholds.svg")
            self.refuse("thresholds.svg: is the input", "--detections", self.folder / "r.json", "--labels", labels,
                        "--images", self.images,
                        "--plot", out)
            (out / "thresholds.svg").unlink()
        for folder in (self.images, self.labels):
            self.refuse("is the input", "--detections", self.folder / "r.json", "--labels", self.labels, "--images",
                        self.images, "--plot", folder)
        self.assertEqual((self.folder / "r.json").read_text(), before)

    def test_without_matplotlib_nothing_is_read(self) -> None:
        with mock.patch.dict("sys.modules", {"matplotlib": None}):
            self.refuse("matplotlib: .*python3-matplotlib", "--detections", "none.json", "--labels", "none.json",
                        "--plot", "x")


if __name__ == "__main__":
    unittest.main()
