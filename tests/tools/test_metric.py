# SPDX-License-Identifier: MIT
"""Tests of the metric of tools/eval.py. From the repository's root: python3 -m unittest discover -s tests/tools"""

from __future__ import annotations

import importlib.util
import sys
import unittest
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple
from unittest import mock

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from evaluation import bootstrap, reference  # noqa: E402
from evaluation.detections import Detections  # noqa: E402
from evaluation.metric import METRICS, Evaluation, evaluate  # noqa: E402
from evaluation.truth import Truth, build  # noqa: E402

PYCOCOTOOLS = importlib.util.find_spec("pycocotools") is not None

Found = Tuple[int, int, Sequence[float], float]  # image, category index, box, score
SQUARE = (10.0, 10.0, 50.0, 50.0)  # medium


def truth_of(objects: Sequence[Tuple], images: int = 3, categories: int = 2) -> Truth:
    """Returns a truth. Objects are image, category, box, and optionally crowd and area."""
    rows = []
    for image, category, box, *rest in objects:
        crowd = bool(rest and rest[0])
        rows.append((image, category, box, rest[1] if len(rest) > 1 else box[2] * box[3], crowd))
    return build(range(images), {i: f"c{i}" for i in range(categories)}, rows)


def detections_of(found: Sequence[Found]) -> Detections:
    return Detections(np.array([f[0] for f in found], np.int64), np.array([f[1] for f in found], np.int64),
                      np.array([f[2] for f in found], float).reshape(-1, 4), np.array([f[3] for f in found], float), 0)


def measure(objects: Sequence[Tuple], found: Sequence[Found], **options: int) -> Dict[str, Optional[float]]:
    metrics = evaluate(truth_of(objects, **options), detections_of(found)).metrics
    return {name: None if value is None else round(value, 12) for name, value in metrics.items()}


def shifted(by: float) -> Tuple[float, ...]:
    """Returns SQUARE moved to the right; its overlap with SQUARE is (50 - by) / (50 + by)."""
    return (10.0 + by, 10.0, 50.0, 50.0)


class Metric(unittest.TestCase):
    """Cases small enough to compute by hand."""

    def test_perfect_detections_have_ap_1(self) -> None:
        objects = [(0, 0, SQUARE), (1, 0, (0, 0, 20, 20)), (1, 1, (0, 0, 200, 200))]
        metrics = measure(objects, [(*o, 0.9) for o in objects])
        self.assertEqual(metrics, dict.fromkeys(METRICS, 1.0))

    def test_a_false_detection_with_a_lower_score_costs_nothing(self) -> None:
        self.assertAlmostEqual(measure([(0, 0, SQUARE)], [(0, 0, SQUARE, 0.9), (1, 0, SQUARE, 0.8)])["AP"], 1)

    def test_a_false_detection_with_a_higher_score_halves_precision(self) -> None:
        metrics = measure([(0, 0, SQUARE)], [(0, 0, SQUARE, 0.9), (1, 0, SQUARE, 0.95)])
        self.assertAlmostEqual(metrics["AP"], 0.5)
        self.assertEqual(metrics["AR100"], 1)

    def test_precision_after_a_false_detection_is_read_at_101_recalls(self) -> None:
        # Found, false, found: precision 1 up to recall 0.5 (51 of the points), then 2/3.
        objects = [(0, 0, SQUARE), (1, 0, SQUARE)]
        found = [(0, 0, SQUARE, 0.9), (2, 0, SQUARE, 0.8), (1, 0, SQUARE, 0.7)]
        self.assertAlmostEqual(measure(objects, found)["AP"], (51 + 50 * 2 / 3) / 101)

    def test_a_missed_object_leaves_the_recalls_it_would_reach_at_0(self) -> None:
        metrics = measure([(0, 0, SQUARE), (1, 0, SQUARE)], [(0, 0, SQUARE, 0.9)])
        self.assertAlmostEqual(metrics["AP"], 51 / 101)
        self.assertEqual(metrics["AR100"], 0.5)

    def test_overlap_counts_at_the_thresholds_it_reaches(self) -> None:
        # Overlap 40/60 = 0.667: thresholds 0.50 .. 0.65, four of ten.
        metrics = measure([(0, 0, SQUARE)], [(0, 0, shifted(10), 0.9)])
        self.assertAlmostEqual(metrics["AP"], 0.4)
        self.assertEqual((metrics["AP50"], metrics["AP75"]), (1, 0))

    def test_overlap_equal_to_the_threshold_counts(self) -> None:
        metrics = measure([(0, 0, (0, 0, 10, 10))], [(0, 0, (0, 0, 10, 5), 0.9)])
        self.assertAlmostEqual(metrics["AP"], 0.1)

    def test_a_duplicate_is_a_false_detection(self) -> None:
        objects = [(0, 0, SQUARE), (1, 0, SQUARE)]
        found = [(0, 0, SQUARE, 0.9), (0, 0, SQUARE, 0.8), (1, 0, SQUARE, 0.7)]
        self.assertAlmostEqual(measure(objects, found)["AP"], (51 + 50 * 2 / 3) / 101)

    def test_the_higher_score_takes_the_object_even_if_the_other_overlaps_more(self) -> None:
        metrics = measure([(0, 0, SQUARE)], [(0, 0, SQUARE, 0.8), (0, 0, shifted(10), 0.9)])
        # Up to 0.65 the shifted one matches; above, it is a false detection before the matching one.
        self.assertAlmostEqual(metrics["AP"], (4 * 1 + 6 * 0.5) / 10)

    def test_equal_scores_keep_the_order_of_the_list(self) -> None:
        first = measure([(0, 0, SQUARE)], [(0, 0, SQUARE, 0.5), (0, 0, (200, 0, 50, 50), 0.5)])
        last = measure([(0, 0, SQUARE)], [(0, 0, (200, 0, 50, 50), 0.5), (0, 0, SQUARE, 0.5)])
        self.assertAlmostEqual(first["AP"], 1)
        self.assertAlmostEqual(last["AP"], 0.5)

    def test_detections_of_another_category_or_image_find_nothing(self) -> None:
        self.assertEqual(measure([(0, 0, SQUARE)], [(0, 1, SQUARE, 0.9), (1, 0, SQUARE, 0.9)])["AP"], 0)

    def test_categories_without_objects_do_not_count(self) -> None:
        result = evaluate(truth_of([(0, 0, SQUARE)]), detections_of([(0, 0, SQUARE, 0.9), (0, 1, SQUARE, 0.9)]))
        self.assertAlmostEqual(result.metrics["AP"], 1)
        self.assertEqual([c["name"] for c in result.classes], ["c0"])

    def test_categories_count_the_same_whatever_their_size(self) -> None:
        objects = [(0, 0, SQUARE), (1, 0, SQUARE), (2, 0, SQUARE), (0, 1, SQUARE)]
        self.assertAlmostEqual(measure(objects, [(*o, 0.9) for o in objects[:3]])["AP"], 0.5)

    def test_only_100_detections_of_an_image_and_category_count(self) -> None:
        wrong = [(0, 0, (300, 0, 50, 50), 0.9)] * 99
        self.assertAlmostEqual(measure([(0, 0, SQUARE)], [*wrong, (0, 0, SQUARE, 0.5)])["AP"], 0.01)
        self.assertEqual(measure([(0, 0, SQUARE)], [*wrong, wrong[0], (0, 0, SQUARE, 0.5)])["AP"], 0)
        elsewhere = [(1, 0, *w[2:]) for w in wrong]
        self.assertGreater(measure([(0, 0, SQUARE)], [*wrong, *elsewhere, (0, 0, SQUARE, 0.5)])["AP"], 0)

    def test_without_detections_ap_is_0(self) -> None:
        metrics = measure([(0, 0, SQUARE)], [])
        self.assertEqual((metrics["AP"], metrics["AR100"], metrics["AP small"]), (0, 0, None))

    def test_without_objects_there_is_no_ap(self) -> None:
        self.assertEqual(measure([], [(0, 0, SQUARE, 0.9)]), dict.fromkeys(METRICS))
        self.assertEqual(measure([], []), dict.fromkeys(METRICS))


class Ignored(unittest.TestCase):
    """Sizes and crowds."""

    def test_objects_belong_to_a_size_by_their_labelled_area(self) -> None:
        self.assertEqual(measure([(0, 0, SQUARE, False, 100)], [(0, 0, SQUARE, 0.9)])["AP small"], 1)
        self.assertIsNone(measure([(0, 0, SQUARE, False, 100)], [(0, 0, SQUARE, 0.9)])["AP medium"])

    def test_both_ends_belong_to_a_size(self) -> None:
        metrics = measure([(0, 0, (0, 0, 32, 32)), (0, 1, (0, 0, 96, 96))], [])
        self.assertEqual([metrics[f"AP {size}"] for size in ("small", "medium", "large")], [0, 0, 0])

    def test_a_detection_of_an_object_of_another_size_does_not_count(self) -> None:
        small = (200.0, 200.0, 20.0, 20.0)
        metrics = measure([(0, 0, SQUARE), (0, 0, small)], [(0, 0, SQUARE, 0.9), (0, 0, small, 0.8)])
        self.assertAlmostEqual(metrics["AP small"], 1)

    def test_a_false_detection_of_another_size_does_not_count(self) -> None:
        small = (200.0, 200.0, 20.0, 20.0)
        found = [(0, 0, (0, 300, 200, 200), 0.95), (0, 0, (300, 0, 10, 10), 0.9), (0, 0, small, 0.8)]
        metrics = measure([(0, 0, small)], found)
        self.assertAlmostEqual(metrics["AP small"], 0.5)
        self.assertAlmostEqual(metrics["AP"], 1 / 3)

    def test_detections_in_a_crowd_do_not_count_however_many(self) -> None:
        crowd = (0.0, 200.0, 300.0, 100.0)
        inside = [(0, 0, (20.0 * i, 210, 20, 20), 0.9) for i in range(5)]
        self.assertAlmostEqual(measure([(0, 0, SQUARE), (0, 0, crowd, True)], [*inside, (0, 0, SQUARE, 0.5)])["AP"], 1)

    def test_a_crowd_alone_is_no_object(self) -> None:
        self.assertIsNone(measure([(0, 0, SQUARE, True)], [(0, 0, SQUARE, 0.9)])["AP"])

    def test_an_object_is_preferred_to_a_crowd_that_overlaps_more(self) -> None:
        # The shifted one overlaps the crowd fully and the object at 0.667.
        metrics = measure([(0, 0, (0, 0, 500, 500), True), (0, 0, SQUARE)], [(0, 0, shifted(10), 0.9)])
        self.assertAlmostEqual(metrics["AP"], 0.4)


def random_case(seed: int) -> Tuple[Truth, Detections]:
    """Returns objects of all sizes, some crowds, detections near and far, and with an odd seed equal scores."""
    random = np.random.RandomState(seed)
    images = random.randint(1, 8)
    objects = [(int(random.randint(images)), int(random.randint(3)), tuple(map(float, (
        *random.randint(0, 100, 2), *random.choice([8, 32, 50, 96, 150], 2)))), bool(random.rand() < 0.15),
        float(random.randint(1, 20000))) for _ in range(random.randint(1, 60))]
    found: List[Found] = []
    for _ in range(random.randint(0, 600)):
        image, category, box = objects[random.randint(len(objects))][:3]
        moved = tuple(np.maximum(np.add(box, random.randint(-8, 8, 4)), 0.0)) if random.rand() < 0.7 else box
        score = random.randint(0, 20) / 20 if seed % 2 else random.rand()
        found.append((image, category if random.rand() < 0.8 else 0, moved, score))
    return truth_of(objects, images, 3), detections_of(found)


class Bootstrap(unittest.TestCase):
    def agree(self, quick: Dict[str, np.ndarray], slow: Evaluation) -> None:
        """Measures one resample, and the same without the shortcut."""
        self.assertEqual(list(quick), [name for name in METRICS if name.startswith("AP")])
        for name, (value,) in quick.items():
            expected = slow.metrics[name]
            self.assertEqual(np.isnan(value), expected is None)
            self.assertAlmostEqual(np.nan_to_num(value), expected or 0, 12)

    def test_every_image_once_gives_the_metric_itself(self) -> None:
        for seed in range(10):
            truth, found = random_case(seed)
            result = evaluate(truth, found)
            self.agree(bootstrap.resampled(result.matches, np.ones((len(truth.image_ids), 1), int)), result)

    def test_a_draw_gives_what_repeating_its_images_gives(self) -> None:
        for seed in range(0, 40, 2):  # repeated images make equal scores, whose order is not the same
            truth, found = random_case(seed)
            draw = np.random.RandomState(seed).randint(len(truth.image_ids), size=len(truth.image_ids))
            weights = np.bincount(draw, minlength=len(truth.image_ids))[:, None]
            self.agree(bootstrap.resampled(evaluate(truth, found).matches, weights), self.repeated(truth, found, draw))

    def test_recalls_between_points_are_counted_as_the_metric_counts_them(self) -> None:
        # Every recall that up to 120 objects can have, points of the curve among them.
        for objects in range(1, 121):
            things = [(0, 0, (20.0 * i, 0, 10, 10)) for i in range(objects)]
            truth = truth_of(things, 1, 1)
            found = detections_of([(*o, 1 - i / 200) for i, o in enumerate(things)])
            result = evaluate(truth, found)
            self.agree(bootstrap.resampled(result.matches, np.ones((1, 1), int)), result)

    def test_draws_are_of_as_many_images_and_in_chunks_the_same(self) -> None:
        weights = bootstrap.draws(7, 30, 3)
        self.assertEqual(weights.shape, (7, 30))
        self.assertTrue((weights.sum(axis=0) == 7).all())
        truth, found = random_case(6)
        matches, weights = evaluate(truth, found).matches, bootstrap.draws(len(truth.image_ids), 30, 3)
        whole = bootstrap.resampled(matches, weights)
        with mock.patch.object(bootstrap, "CHUNK", 1):
            single = bootstrap.resampled(matches, weights)
        for name, values in whole.items():
            np.testing.assert_allclose(values, single[name], rtol=0, atol=1e-15)

    def test_the_interval_lies_between_percentiles(self) -> None:
        # Of two images A finds the first object and B both: B - A is 1 - 51/101, 0 or 1 by draws (1, 1), (2, 0), (0,
        # 2).
        objects = [(0, 0, SQUARE), (1, 0, SQUARE)]
        b = [(*o, 0.9) for o in objects]
        matches = [evaluate(truth_of(objects, 2), detections_of(found)).matches for found in (b[:1], b)]
        drawn = bootstrap.draws(2, 400, 1)[0]
        delta = np.where(drawn == 1, 50 / 101, np.where(drawn == 2, 0.0, 1.0))
        low, high = np.quantile(delta, [0.025, 0.975])
        result = bootstrap.compare(*matches, 2, 400, 1)
        for name, expected in (("low", low), ("high", high), ("sd", delta.std()), ("above 0", (delta > 0).mean()),
                               ("resamples", 400)):
            self.assertAlmostEqual(result["AP"][name], expected, 12)
        self.assertEqual(sorted(result), ["AP", "AP medium", "AP50", "AP75"])

    def test_draws_without_objects_are_not_counted(self) -> None:
        matches = evaluate(truth_of([(0, 0, SQUARE)], 2), detections_of([(0, 0, SQUARE, 0.9)])).matches
        with_object = int((bootstrap.draws(2, 100, 0)[0] > 0).sum())
        self.assertEqual(bootstrap.compare(matches, matches, 2, 100, 0)["AP"]["resamples"], with_object)
        self.assertTrue(0 < with_object < 100)

    def test_one_image_has_no_interval(self) -> None:
        matches = evaluate(truth_of([(0, 0, SQUARE)], 1), detections_of([(0, 0, SQUARE, 0.9)])).matches
        self.assertEqual(bootstrap.compare(matches, matches, 1, 100, 0), {})

    def repeated(self, truth: Truth, found: Detections, draw: np.ndarray) -> Evaluation:
        objects = [(j, int(truth.category[k]), truth.boxes[k], bool(truth.crowd[k]), truth.areas[k])
                   for j, i in enumerate(draw) for k in np.flatnonzero(truth.image == i)]
        again = [(j, int(found.category[k]), found.boxes[k], found.scores[k])
                 for j, i in enumerate(draw) for k in np.flatnonzero(found.image == i)]
        return evaluate(truth_of(objects, len(draw), 3), detections_of(again))

    def test_the_same_on_both_sides_differs_by_nothing_and_a_seed_repeats(self) -> None:
        truth, found = random_case(4)
        self.assertGreater(len(truth.image_ids), 2)
        other = detections_of([f for f in zip(found.image, found.category, found.boxes, found.scores)][::2])
        a, b = evaluate(truth, found).matches, evaluate(truth, other).matches
        images = len(truth.image_ids)
        nothing = {"low": 0, "high": 0, "sd": 0, "above 0": 0, "resamples": 50}
        self.assertEqual(bootstrap.compare(a, a, images, 50, 0)["AP"], nothing)
        self.assertEqual(bootstrap.compare(a, b, images, 50, 7), bootstrap.compare(a, b, images, 50, 7))
        self.assertNotEqual(bootstrap.compare(a, b, images, 50, 7), bootstrap.compare(a, b, images, 50, 8))


class Reference(unittest.TestCase):
    @unittest.skipUnless(PYCOCOTOOLS, "pycocotools is not installed: pip install pycocotools")
    def test_random_cases_agree_with_pycocotools(self) -> None:
        for seed in range(40):
            truth, found = random_case(seed)
            theirs = reference.pycocotools_metrics(truth, found)
            self.assertEqual(reference.differences(truth, evaluate(truth, found), theirs), [])

    def test_differences_are_named(self) -> None:
        truth, found = truth_of([(0, 0, SQUARE)]), detections_of([(0, 0, SQUARE, 0.9)])
        ours = evaluate(truth, found)
        theirs = reference.Reference({**ours.metrics, "AP50": 0.5, "AP small": 0.0}, [1.0, None])
        self.assertEqual(reference.differences(truth, ours, theirs), ["AP50 1 and 0.5", "AP small - and 0"])
        theirs = reference.Reference({**ours.metrics, "AP": ours.metrics["AP"] + 1e-12}, [0.5, 0.0])
        self.assertEqual(reference.differences(truth, ours, theirs), ["AP of c0 1 and 0.5", "AP of c1 - and 0"])


if __name__ == "__main__":
    unittest.main()
