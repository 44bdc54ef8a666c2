# SPDX-License-Identifier: MIT
"""Tests of the package with arguments that are wrong: an exception that says what was expected, never a crash."""

from __future__ import annotations

import copy
import pickle
import random
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from case import DIGITS, SCENE, SIZE, read_picture  # noqa: E402

from v5lite import ArgumentError, Detector, Model, ModelError, Tracker, V5liteError  # noqa: E402

WEIGHTS = Path(DIGITS).read_bytes()
PICTURE = np.zeros((40, 50, 3), np.uint8)


class Pictures(unittest.TestCase):
    def setUp(self) -> None:
        self.detector = Detector(DIGITS, 32)

    def refused(self, kind: type, image: Any, *format: Any) -> None:
        for call in (self.detector, self.detector.network):
            with self.assertRaises(kind) as caught:
                call(image, *format)
            self.assertRegex(str(caught.exception), r"expected")

    def test_other_types_than_uint8_are_refused(self) -> None:
        for dtype in (np.float32, np.int8, np.uint16, bool, object, "S1", "datetime64[s]", [("a", "u1")]):
            self.refused(TypeError, PICTURE.astype(np.uint8).astype(dtype) if dtype != [("a", "u1")] else
                         np.zeros((4, 4, 3), dtype))
        for thing in (None, 3, "picture.jpg", {}, object(), [[[1, 2, 3]]], [], b"bytes"):
            self.refused(TypeError, thing)

    def test_other_shapes_are_refused(self) -> None:
        for shape in ((), (3,), (4, 4), (4, 4, 1), (4, 4, 2), (4, 4, 4), (1, 4, 4, 3), (3, 4, 4), (0, 4, 3), (4, 0, 3),
                      (4, 4, 0), (0, 0, 3), (32769, 1, 3), (1, 32769, 3)):
            self.refused(ArgumentError, np.zeros(shape, np.uint8))
        for shape in ((4, 4, 3), (4, 4, 2), (4,), (0, 0), (4, 0), (32769, 1)):
            self.refused(ArgumentError, np.zeros(shape, np.uint8), "gray")
        self.refused(ArgumentError, PICTURE, "rgba")

    def test_huge_pictures_are_refused_before_they_are_copied(self) -> None:
        self.refused(ArgumentError, np.broadcast_to(np.uint8(3), (1 << 30, 1 << 30, 3)))
        self.refused(ArgumentError, np.broadcast_to(np.uint8(3), (1 << 40, 2)), "gray")
        self.refused(ArgumentError, np.lib.stride_tricks.as_strided(PICTURE, (1 << 20, 1, 3), (0, 3, 1)))

    def test_other_formats_are_refused(self) -> None:
        for format in ("", "RGB", "hsv", "nv12", None, 3, b"rgb", ["rgb"], {}):
            self.refused(ArgumentError, PICTURE, format)

    def test_overlapping_and_wide_strides_read_nothing_else(self) -> None:
        base = np.arange(6000, dtype=np.uint8)
        for strides in ((0, 0, 0), (0, 3, 1), (1, 1, 1), (3, 3, 1), (29, 3, 1), (-30, 3, 1), (30, -3, -1),
                        (100, 3, -1)):
            start = 3000
            image = np.lib.stride_tricks.as_strided(base[start:], (9, 10, 3), strides)
            expected = self.detector.network(image.copy())
            for ours, theirs in zip(self.detector.network(image), expected):
                np.testing.assert_array_equal(ours, theirs)


class Options(unittest.TestCase):
    def refused(self, kind: type, **options: Any) -> None:
        with self.assertRaises(kind) as caught:
            Detector(DIGITS, **{"size": SIZE, **options})
        self.assertTrue(str(caught.exception))

    def test_numbers_out_of_range_are_refused_by_name(self) -> None:
        nan, infinity = float("nan"), float("inf")
        for name, values in (("confidence", (-0.1, 1.1, nan, infinity, -infinity, 1e300, 10 ** 30)),
                             ("iou", (-0.1, 1.1, nan, infinity)),
                             ("max_detections", (0, -1, 30001, 1 << 31, 1 << 80, -1 << 80)),
                             ("max_candidates", (-1, 30001, 1 << 40)),
                             ("threads", (0, -1, 65, 1 << 40, -1 << 70)),
                             ("size", (0, -32, 33, 8224, 1 << 40, (32, 0), (32, 1 << 33)))):
            for value in values:
                with self.subTest(name, value=value):
                    self.refused(ArgumentError, **{name: value})
        with self.assertRaisesRegex(ArgumentError, r"^confidence=nan: an argument is null or outside its documented"):
            Detector(DIGITS, confidence=nan)

    def test_other_types_are_refused(self) -> None:
        for name in ("confidence", "iou", "max_detections", "max_candidates", "threads", "size"):
            for value in ("1", None, [], object(), b"", 1j, (1, 2, 3)):
                with self.subTest(name, value=value):
                    self.refused(TypeError, **{name: value})
        self.refused(TypeError, size=320.5)
        self.refused(TypeError, unknown=1)

    def test_unknown_classes_are_refused(self) -> None:
        for classes in ([-1], [10], ["cat"], [1.0], [None], [1 << 70], [[1]], [{}]):
            self.refused(ArgumentError, classes=classes)
        for some in ("7", b"7", 7, 7.0):
            self.refused(TypeError, classes=some)

    def test_a_failed_detector_can_be_collected(self) -> None:
        detector = Detector.__new__(Detector)
        del detector

    def test_what_holds_addresses_is_neither_copied_nor_pickled_nor_exchanged(self) -> None:
        for thing in (Detector(DIGITS, 32), Model(DIGITS), Tracker()):
            for act in (copy.copy, copy.deepcopy, pickle.dumps):
                self.assertRaises(TypeError, act, thing)
        for thing, name in ((Detector(DIGITS, 32), "model"), (Model(DIGITS), "classes")):
            self.assertRaises(AttributeError, setattr, thing, name, ())


class Files(unittest.TestCase):
    def test_paths_that_cannot_be_read(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self.assertRaises(FileNotFoundError, Model, Path(folder) / "none.v5l")
            self.assertRaises(FileNotFoundError, Detector, str(Path(folder) / "none.v5l"))
            self.assertRaises(IsADirectoryError, Model, folder)
            empty = Path(folder) / "empty.v5l"
            empty.write_bytes(b"")
            with self.assertRaisesRegex(ModelError, r"empty\.v5l: .*shorter|truncated|size") as caught:
                Model(empty)
            self.assertIsInstance(caught.exception.status, int)
        self.assertRaises(ValueError, Model, "a\0b")

    def test_other_types_are_refused(self) -> None:
        for source in (None, 3, 1.5, [], {}, object(), np.zeros((4, 4), np.uint8)[:, ::2], memoryview(WEIGHTS)[::2]):
            self.assertRaises(TypeError, Model, source)

    def test_truncated_models_are_refused(self) -> None:
        for size in (0, 1, 7, 8, 15, 16, 100, len(WEIGHTS) // 2, len(WEIGHTS) - 1):
            self.assertRaises(ModelError, Model, WEIGHTS[:size])
        self.assertRaises(ModelError, Model, WEIGHTS + b"\0")

    def test_changed_models_are_refused(self) -> None:
        chosen = random.Random(1)
        for _ in range(60):
            damaged = bytearray(WEIGHTS)
            damaged[chosen.randrange(len(damaged))] ^= 1 << chosen.randrange(8)
            self.assertRaises(ModelError, Model, damaged)

    def test_all_kinds_of_bytes_are_a_model(self) -> None:
        for source in (WEIGHTS, bytearray(WEIGHTS), memoryview(b"x" + WEIGHTS)[1:], np.frombuffer(WEIGHTS, np.uint8),
                       np.frombuffer(WEIGHTS[:len(WEIGHTS) // 4 * 4], "u4"), Path(DIGITS)):
            self.assertEqual(len(Model(source).classes), 10)

    def test_bytes_that_change_later_do_not_matter(self) -> None:
        image, data = read_picture(SCENE), bytearray(WEIGHTS)
        detector = Detector(data, SIZE)
        expected = detector(image)
        data[:] = bytes(len(data))
        data.clear()
        self.assertEqual(detector(image), expected)
        self.assertEqual(len(expected), 7)


class Trackers(unittest.TestCase):
    def test_options_out_of_range_are_refused(self) -> None:
        for options in ({"max_tracks": 0}, {"max_tracks": 1 << 40}, {"max_boxes": 4097}, {"high_score": float("nan")},
                        {"max_lost_us": -1}, {"max_lost_us": 600000001}, {"confirm_boxes": 0}, {"low_iou": 1e300}):
            with self.assertRaises(ArgumentError) as caught:
                Tracker(**options)
            self.assertIn(next(iter(options)), str(caught.exception))
        for wrong in ({"high_score": "1"}, {"max_tracks": 1.5}, {"unknown": 1}, {"reserved": 1}):
            self.assertRaises(TypeError, Tracker, **wrong)

    def test_boxes_and_times_are_checked(self) -> None:
        tracker, box = Tracker(max_boxes=2), (0.0, 0.0, 10.0, 10.0, 0.9, 0)
        nan = float("nan")
        for boxes in ([(nan, *box[1:])], [(9.0, 0.0, 1.0, 1.0, 0.9, 0)], [(*box[:4], 2.0, 0)], [(1e300, *box[1:])],
                      [box] * 3):
            self.assertRaises(V5liteError, tracker.update, boxes, 0)
        for boxes in ([(1, 2)], ["abcdef"], [None], 3, None, np.zeros(3), np.zeros((2, 2), "f4"), [[box]],
                      [(*box[:5], "x")]):
            self.assertRaises(TypeError, tracker.update, boxes, 0)
        for time in (-1, 1 << 64):
            self.assertRaises(ArgumentError, tracker.update, [box], time)
        for time in (0.5, "0", None):
            self.assertRaises(TypeError, tracker.update, [box], time)
        tracker.update([box], 1000)
        self.assertRaises(ArgumentError, tracker.update, [box], 999)
        self.assertEqual(len(tracker.update([box], 1000)), 1)


if __name__ == "__main__":
    unittest.main()
