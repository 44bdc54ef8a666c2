# SPDX-License-Identifier: MIT
"""Tests of v5lite.Detector: the same results as the program, whatever the array's layout, and one thread at a time."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import Any, List

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from case import DIGITS, ROOT, SCENE, SHARED, SIZE, as_printed, found_by_program, read_picture, run  # noqa: E402

import v5lite  # noqa: E402
from v5lite import Detection, Detector, Model, StateError  # noqa: E402

MODELS = [(DIGITS, SIZE), (str(ROOT / "weights" / "digits-int8.v5l"), SIZE)]


def exported_official() -> str:
    """Returns the official e, exported, or an empty path without it."""
    for path in (ROOT / "weights" / "v5lite-e.v5l", ROOT / "build" / "test-data" / "v5lite-e.planned.v5l"):
        if path.exists():
            return str(path)
    return ""


class SameAsTheProgram(unittest.TestCase):
    def compare(self, model: str, size: int, picture: Path, **options: Any) -> None:
        flags = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        expected = found_by_program(model, size, picture, *flags)
        if "conf" in options:
            options["confidence"] = options.pop("conf")
        with Detector(model, size, **options) as detector:
            self.assertEqual(as_printed(detector(read_picture(picture))), expected)
        self.assertTrue(expected)

    def test_detections_are_the_programs(self) -> None:
        for model, size in MODELS:
            with self.subTest(model):
                self.compare(model, size, SCENE)
                self.compare(model, 320, SCENE, conf=0.01, iou=0.7)

    def test_detections_of_the_official_e_are_the_programs(self) -> None:
        model = exported_official()
        if not model:
            self.skipTest(f"no official model: expected its checkpoint in {SHARED}, or make weights")
        for name in ("coffee.png", "chelsea.png"):
            self.compare(model, 320, ROOT / "tests" / "images" / name, conf=0.05)
            self.compare(model, 416, ROOT / "tests" / "images" / name, conf=0.05, threads=2)

    def test_heads_are_the_bits_that_audit_writes(self) -> None:
        for model, size in MODELS:
            with tempfile.TemporaryDirectory() as folder:
                run("audit", model, "--size", size, "--image", SCENE, "--dump", folder)
                detector = Detector(model, size)
                heads = detector.network(read_picture(SCENE))
                self.assertEqual(len(heads), 3)
                for info, head in zip(detector.model.heads, heads):
                    self.assertEqual(head.shape, (size // info.stride, size // info.stride, len(info.anchors), 15))
                    self.assertEqual(head.tobytes(), np.load(Path(folder) / f"head_s{info.stride}.npy").tobytes())

    def test_the_scores_are_those_of_the_heads(self) -> None:
        detector = Detector(DIGITS, SIZE)
        image = read_picture(SCENE)
        logits = np.concatenate([head.reshape(-1, 15) for head in detector.network(image)]).astype(float)
        chances = 1 / (1 + np.exp(-logits))
        best = (chances[:, 4:5] * chances[:, 5:]).max()
        self.assertAlmostEqual(detector(image)[0].score, best, places=5)

    def test_threads_give_the_same_bits(self) -> None:
        image = read_picture(SCENE)
        expected = Detector(DIGITS, SIZE, confidence=0.01)(image).array()
        for threads in (2, 3, 64):
            with Detector(DIGITS, SIZE, confidence=0.01, threads=threads) as detector:
                self.assertEqual(detector(image).array().tobytes(), expected.tobytes())
                self.assertEqual(detector.info.threads, threads)


class Pictures(unittest.TestCase):
    def setUp(self) -> None:
        self.detector = Detector(DIGITS, SIZE)
        self.image = read_picture(SCENE)
        self.expected = self.detector(self.image).array().tobytes()

    def same(self, image: Any, format: str = "rgb") -> None:
        self.assertEqual(self.detector(image, format).array().tobytes(), self.expected)

    def test_every_format_finds_the_same(self) -> None:
        alpha = np.full_like(self.image[..., :1], 7)
        self.same(np.ascontiguousarray(self.image[..., ::-1]), "bgr")
        self.same(np.concatenate([self.image, alpha], 2), "rgba")
        self.same(np.concatenate([self.image[..., ::-1], alpha], 2), "bgra")

    def test_gray_is_three_equal_channels(self) -> None:
        gray = self.image[..., 0]
        expected = self.detector(np.dstack([gray, gray, gray]))
        self.assertTrue(expected)
        self.assertEqual(self.detector(gray, "gray"), expected)  # a stepped view, which is copied
        self.assertEqual(self.detector(gray.copy(), format="gray"), expected)
        self.assertEqual(self.detector(gray[..., None], "gray"), expected)

    def test_red_and_blue_are_not_confused(self) -> None:
        image = self.image.copy()
        image[..., 0] //= 2
        expected = self.detector.network(image)[0]
        for other in (self.detector.network(image[..., ::-1], "bgr"),
                      self.detector.network(np.ascontiguousarray(image[..., ::-1]), "bgr"),
                      self.detector.network(np.dstack([image, image[..., 0]]), "rgba"),
                      self.detector.network(np.dstack([image[..., ::-1], image[..., 0]]), "bgra")):
            np.testing.assert_array_equal(other[0], expected)
        self.assertFalse(np.array_equal(self.detector.network(image, "bgr")[0], expected))

    def test_layouts_of_memory_do_not_matter(self) -> None:
        height, width, _ = self.image.shape
        wide = np.zeros((height + 3, width + 5, 3), np.uint8)
        inner = wide[1:-2, 2:-3]
        inner[...] = self.image
        four = np.zeros((height, width, 4), np.uint8)
        four[..., :3] = self.image
        frozen = self.image.copy()
        frozen.flags.writeable = False
        for image in (inner, four[..., :3], frozen, np.repeat(self.image, 2, 0)[::2],
                      np.repeat(self.image, 2, 1)[:, ::2], self.image[::-1].copy()[::-1],
                      np.ascontiguousarray(self.image[:, ::-1])[:, ::-1], np.asfortranarray(self.image),
                      self.image.view(np.ndarray), self.image.transpose(2, 0, 1).copy().transpose(1, 2, 0),
                      np.ascontiguousarray(self.image[..., ::-1])[..., ::-1]):
            with self.subTest(strides=image.strides):
                self.same(image)

    def test_slices_are_read_in_place(self) -> None:
        from v5lite.pixels import as_picture
        wide = np.zeros((20, 30, 3), np.uint8)
        for image in (wide, wide[2:9, 3:17], wide[::2], wide[..., ::-1], wide[:1, ::1], wide[:, 4:5]):
            self.assertTrue(np.shares_memory(as_picture(image, "rgb").array, wide))
        for image in (wide[::-1], wide[:, ::2], wide[:, ::-1], np.broadcast_to(wide[0], (4, 30, 3))):
            picture = as_picture(image, "rgb").array
            self.assertFalse(np.shares_memory(picture, wide))
            np.testing.assert_array_equal(picture, image)

    def test_every_size_from_one_pixel(self) -> None:
        detector = Detector(DIGITS, 32)
        for shape in ((1, 1, 3), (1, 500, 3), (500, 1, 3), (2, 3, 3), (32768, 1, 3), (1, 32768, 3)):
            self.assertLessEqual(len(detector(np.zeros(shape, np.uint8))), 300)

    def test_an_object_with_the_array_interface_is_a_picture(self) -> None:
        class Other:
            __array_interface__ = self.image.__array_interface__
        self.same(Other())


class Results(unittest.TestCase):
    def setUp(self) -> None:
        self.found = Detector(DIGITS, SIZE)(read_picture(SCENE))

    def test_detections_are_a_list_of_tuples(self) -> None:
        first = self.found[0]
        self.assertIsInstance(first, Detection)
        self.assertEqual(first, (first.x0, first.y0, first.x1, first.y1, first.score, first.class_id, first.name))
        self.assertEqual([found.name for found in self.found], ["0", "7", "3", "4", "1", "7", "4"])
        self.assertEqual(self.found[-1], list(self.found)[6])
        self.assertEqual(self.found[1:3], list(self.found)[1:3])
        self.assertEqual(self.found[::-1][0], self.found[6])
        self.assertIn(first, self.found)
        self.assertEqual(self.found.index(first), 0)
        self.assertRaises(IndexError, lambda: self.found[7])
        self.assertEqual(repr(self.found), repr(list(self.found)))

    def test_the_array_has_the_same_numbers(self) -> None:
        array = self.found.array()
        self.assertEqual(array.dtype.names, Detection._fields[:-1])
        self.assertEqual([tuple(row) for row in array.tolist()], [found[:-1] for found in self.found])
        array["score"] = 0
        self.assertGreater(self.found[0].score, 0.9)

    def test_results_outlive_the_detector(self) -> None:
        detector = Detector(DIGITS, SIZE)
        image = read_picture(SCENE)
        found, heads = detector(image), detector.network(image)
        before = [head.copy() for head in heads]
        detector(np.zeros_like(image))
        detector.network(np.zeros_like(image))
        detector.close()
        self.assertEqual(found, self.found)
        for head, copy in zip(heads, before):
            np.testing.assert_array_equal(head, copy)

    def test_options_of_the_class_list(self) -> None:
        image = read_picture(SCENE)
        for classes in ([4, 7], ["7", "4"], np.array([4, 7]), (4, "7")):
            names = [found.name for found in Detector(DIGITS, SIZE, classes=classes)(image)]  # type: ignore[arg-type]
            self.assertEqual(names, ["7", "4", "7", "4"])
        self.assertEqual(len(Detector(DIGITS, SIZE, classes=[])(image)), 0)
        self.assertEqual(len(Detector(DIGITS, SIZE, max_detections=2)(image)), 2)


class Threads(unittest.TestCase):
    def test_a_detector_serves_one_thread_at_a_time(self) -> None:
        image = read_picture(SCENE)
        detector = Detector(DIGITS, 640)
        expected = detector(image)
        outcomes: List[Any] = []

        def work() -> None:
            for _ in range(10):
                try:
                    outcomes.append(detector(image) == expected)
                except StateError:
                    outcomes.append("busy")
        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertEqual(set(outcomes), {True, "busy"})
        self.assertEqual(detector(image), expected)

    def test_close_waits_for_no_one(self) -> None:
        detector = Detector(DIGITS, SIZE)
        with detector._lock, self.assertRaisesRegex(StateError, "another thread"):
            detector.close()
        self.assertEqual(len(detector(read_picture(SCENE))), 7)

    def test_detectors_share_a_model(self) -> None:
        image, model = read_picture(SCENE), Model(DIGITS)
        expected, outcomes = Detector(model, SIZE)(image), []

        def work() -> None:
            detector = Detector(model, SIZE)
            outcomes.extend(detector(image) == expected for _ in range(5))
        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertEqual(outcomes, [True] * 20)

    def test_the_gil_is_released(self) -> None:
        detector = Detector(DIGITS, 1920)
        image, ticks, done = read_picture(SCENE), [], threading.Event()

        def tick() -> None:
            while not done.is_set():
                ticks.append(time.perf_counter())
                time.sleep(0.001)
        worker = threading.Thread(target=tick)
        worker.start()
        start = time.perf_counter()
        detector(image)
        end = time.perf_counter()
        done.set()
        worker.join()
        self.assertGreater(sum(start < at < end for at in ticks), 3)

    @unittest.skipUnless(hasattr(os, "fork"), "no fork on this system")
    def test_a_child_of_fork_detects_alone(self) -> None:
        image, detector = read_picture(SCENE), Detector(DIGITS, SIZE, threads=2)
        expected = detector(image)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = 0 if detector(image) == expected else 1
                detector.close()
            finally:
                os._exit(status)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.assertEqual(detector(image), expected)


class Lifetime(unittest.TestCase):
    def test_a_closed_detector_refuses_all_calls(self) -> None:
        image = read_picture(SCENE)
        with Detector(DIGITS, SIZE, threads=2) as detector:
            detector(image)
        detector.close()
        for call in (lambda: detector(image), lambda: detector.network(image), lambda: detector.info):
            self.assertRaisesRegex(StateError, "closed", call)
        self.assertIn("closed", repr(detector))
        self.assertEqual(detector.model.classes[0], "0")

    def test_a_program_may_end_without_closing(self) -> None:
        program = ("import sys\nsys.path[:] = {!r}\nfrom v5lite import Detector\nimport numpy\n"
                   "detector = Detector({!r}, 64, threads=2)\ndetector(numpy.zeros((9, 9, 3), 'u1'))\n")
        done = subprocess.run([sys.executable, "-c", program.format(sys.path, DIGITS)], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_ten_thousand_calls_leak_nothing(self) -> None:
        image = read_picture(SCENE)
        detector = Detector(DIGITS, 32)

        def use(count: int) -> int:
            for index in range(count):
                list(detector(image))
                if index % 10 == 0:
                    detector.network(image)
                    try:
                        detector(image[..., :2])
                    except ValueError:
                        pass
                if index % 100 == 0:
                    Detector(detector.model, 64, threads=2).close()
                    Detector(DIGITS, 64)
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        before = use(2000)
        self.assertLess(use(10000) - before, 2000)  # KB; one model of a lost detector has 1400

    def test_the_version_is_the_headers(self) -> None:
        header = (ROOT / "include" / "v5lite.h").read_text()
        self.assertIn(f'#define V5L_VERSION "{v5lite.__version__}"', header)


if __name__ == "__main__":
    unittest.main()
