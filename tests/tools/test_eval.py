# SPDX-License-Identifier: MIT
"""Tests of tools/eval.py. From the repository's root: python3 -m unittest discover -s tests/tools

Set V5LITE_SHARED to the folder that holds golden/ to compare with the reference results too, and V5LITE to the program if it
is not build/v5lite.
"""

from __future__ import annotations

import contextlib
import gzip
import importlib.util
import io
import json
import os
import shlex
import struct
import subprocess
import sys
import tempfile
import unittest
import warnings
from pathlib import Path
from typing import Any, Dict, Tuple

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "cli"), str(ROOT / "tests" / "export")]

import eval as program  # noqa: E402
import make_checkpoint  # noqa: E402
import pictures  # noqa: E402
from evaluation.classes import COCO_IDS, COCO_NAMES, Classes  # noqa: E402
from evaluation.metric import METRICS  # noqa: E402
from evaluation.pictures import picture_size  # noqa: E402

SHARED = os.environ.get("V5LITE_SHARED", "")
V5LITE = os.environ.get("V5LITE") or str(ROOT / "build" / "v5lite")
PYCOCOTOOLS = importlib.util.find_spec("pycocotools") is not None


def run(*arguments: Any) -> Tuple[int, str, str]:
    """Exit status, output and errors of a run here, with warnings as errors."""
    out, error = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error), warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            status = program.main([str(a) for a in arguments])
        except SystemExit as exit:  # argparse
            status = int(exit.code or 0)
    return status, out.getvalue(), error.getvalue()


class FileCase(unittest.TestCase):
    """A folder with two pictures, YOLO labels and a results file."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.images, self.labels = self.folder / "images", self.folder / "labels"
        self.images.mkdir()
        self.labels.mkdir()
        (self.images / "a_0007.png").write_bytes(pictures.png(pictures.scene(200, 100), 200))
        (self.images / "b8.ppm").write_bytes(pictures.ppm(pictures.scene(100, 60), 100))
        (self.labels / "a_0007.txt").write_text("2 0.5 0.5 0.25 0.5\n\n11 0.1 0.1 0.1 0.1\n")
        self.results = [{"image_id": 7, "category_id": 2, "bbox": [75, 25, 50, 50], "score": 0.9},
                        {"image_id": 7, "category_id": 11, "bbox": [20, 5, 20, 10], "score": 0.8},
                        {"image_id": 8, "category_id": 5, "bbox": [10, 5, 20, 10], "score": 0.7}]

    def store(self, name: str, value: Any) -> Path:
        data = json.dumps(value).encode()
        (self.folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return self.folder / name

    def metrics(self, *arguments: Any) -> Dict[str, Any]:
        status, out, error = run(*arguments, "--format", "json")
        self.assertEqual((status, error), (0, ""))
        return json.loads(out)

    def refuse(self, pattern: str, *arguments: Any) -> None:
        status, out, error = run(*arguments)
        self.assertEqual((status, out), (2, ""), error)
        self.assertRegex(error, r"\Aeval: [^\n]+: [^\n]+: [^\n]+\n\Z")
        self.assertRegex(error, pattern)


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
        data = self.metrics("--detections", self.store("r.json.gz", results), "--images", self.images, "--labels", self.labels,
                            "--coco-ids", "--per-class")
        self.assertEqual([(c["name"], c["id"]) for c in data["classes"]], [("car", 3), ("stop sign", 13)])
        self.assertAlmostEqual(data["metrics"]["AP"], 1)

    def test_coco_labels_need_no_pictures_and_with_pictures_count_only_those(self) -> None:
        instances = {"images": [{"id": 7, "file_name": "a_0007.png"}, {"id": 8}, {"id": 9}],
                     "categories": [{"id": 2, "name": "x"}],
                     "annotations": [{"image_id": i, "category_id": 2, "bbox": [75, 25, 50, 50], "area": 2500, "iscrowd": 0}
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
        self.assertRegex(out, r"images 2, objects 2\n.*: 2 detections, 1 of categories without labels left out\nAP +0\.5000\n")
        self.assertRegex(out, r"\nAP large +-\n")
        self.assertRegex(out, r"\n2 +1 +1\.0000 +1\.0000 +1\.0000 +- +1\.0000 +- +1\.0000\n")

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
        self.assertRegex(out, r"\nAP +0\.0000  0\.5000  \+0\.5000  [+-]\d\.\d{4} \.\. [+-]\d\.\d{4}  \d\.\d{4} +\d+\.\d%")
        self.assertRegex(out, r"\nAR100 +0\.0000  0\.5000  \+0\.5000\n")
        self.assertRegex(out, r"\ninterval of B - A: paired percentile bootstrap over images, 20 resamples, seed 0\n")

    def test_class_numbers_map_to_the_ids_of_the_coco_data_set(self) -> None:
        self.assertEqual((len(COCO_NAMES), len(COCO_IDS), COCO_IDS[0], COCO_IDS[11], COCO_IDS[-1]), (80, 80, 1, 13, 90))
        self.assertEqual((Classes(COCO_NAMES).category(11), Classes(("a", "b")).category(1)), (13, 1))
        self.assertEqual((Classes(("a", "b")).category(2), Classes(None).category(2)), (None, 2))


class Reference(unittest.TestCase):
    @unittest.skipUnless(SHARED, "V5LITE_SHARED is not set: no reference results to compare with")
    def test_reference_results_have_their_known_ap(self) -> None:
        golden = Path(SHARED) / "golden"
        for name, ap, ap50 in (("e320", 0.2994, 0.4643), ("s416", 0.4018, 0.5852)):
            results = golden / f"{name}_val64_conf0001_iou06_multilabel.json.gz"
            status, out, error = run("--detections", results, "--labels", golden / "instances_val64.json", "--format", "json")
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
        for data in (pictures.png(rows, 30), pictures.bmp(rows, 30), pictures.ppm(rows, 30), b"P5\n# c\n30 # d\n20\n255\n"):
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


class Refusals(FileCase):
    def test_usage(self) -> None:
        results = self.store("r.json", self.results)
        self.refuse("usage", "--labels", self.labels)
        self.refuse("usage.*--images", "--detections", results, "--labels", self.labels)
        self.refuse("usage.*--images", "--model", "m.v5l", "--labels", self.labels)
        self.refuse("usage", "--detections", results, "--labels", self.labels, "--resamples", "0")
        self.refuse("usage", "--compare", results, results, "--labels", self.labels, "--check")
        if not PYCOCOTOOLS:
            self.refuse("pycocotools", "--detections", results, "--images", self.images, "--labels", self.labels, "--check")

    def test_missing_and_damaged_files(self) -> None:
        results = self.store("r.json", self.results)
        rest = ("--images", self.images, "--labels", self.labels)
        self.refuse("No such file", "--detections", self.folder / "none.json", *rest)
        self.refuse("No such file", "--detections", results, "--images", self.folder / "none", "--labels", self.labels)
        self.refuse("expected a directory", "--detections", results, "--images", self.images, "--labels", self.folder / "none")
        self.refuse("expected files named", "--detections", results, "--images", self.labels, "--labels", self.labels)
        self.refuse("as at least one", "--detections", results, "--images", self.images, "--labels", self.images)
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
        for line in ("1 0.5 0.5 0.5", "1 0.5 0.5 0.5 1.5", "1 0.5 0.5 0.5 nan", "x 0 0 0 0", "1.5 0 0 0 0", "-1 0 0 0 0",
                     "inf 0 0 0 0", "1 2 3 4 5 6", "\xff"):
            (self.labels / "a_0007.txt").write_bytes(line.encode("latin-1"))
            self.refuse("labels: .*a_0007.txt", "--detections", results, "--images", self.images, "--labels", self.labels)
        (self.labels / "a_0007.txt").write_text("80 0.5 0.5 0.5 0.5")
        self.refuse("below 80", "--detections", results, "--images", self.images, "--labels", self.labels, "--coco-ids")

    def test_coco_labels_that_are_none(self) -> None:
        results = self.store("r.json", self.results)
        good: Dict[str, Any] = {"images": [{"id": 7}, {"id": 8}], "categories": [{"id": 2}], "annotations": []}
        thing = {"image_id": 7, "category_id": 2, "bbox": [1, 2, 3, 4]}
        self.metrics("--detections", results, "--labels", self.store("l.json", {**good, "annotations": [thing]}))
        for change in ({"images": 1}, {"images": [{"id": "7"}]}, {"images": []}, {"categories": []}, {"annotations": [1]},
                       {"annotations": [dict(thing, image_id=6)]}, {"annotations": [dict(thing, category_id=1)]},
                       {"annotations": [dict(thing, bbox=4)]}, {"annotations": [dict(thing, area="1")]},
                       {"annotations": [dict(thing, iscrowd=[1])]}):
            self.refuse("labels", "--detections", results, "--labels", self.store("l.json", {**good, **change}))
        for images in ([{"id": 7}], [{"id": 7, "file_name": "other.jpg"}, {"id": 8}]):
            labels = self.store("l.json", {**good, "images": images})
            self.refuse("labels", "--detections", results, "--labels", labels, "--images", self.images)

    def test_pictures_need_numbers_of_their_own(self) -> None:
        results = self.store("r.json", self.results)
        (self.images / "c007.bmp").write_bytes(b"")
        self.refuse("another number", "--detections", results, "--images", self.images, "--labels", self.labels)
        (self.images / "c007.bmp").rename(self.images / "none.bmp")
        self.refuse("expected a number", "--detections", results, "--images", self.images, "--labels", self.labels)

    def test_a_program_that_is_not_there(self) -> None:
        self.refuse("expected the v5lite program", "--model", "m.v5l", "--images", self.images, "--labels", self.labels,
                    "--v5lite", self.folder / "none")


@unittest.skipUnless(os.path.exists(V5LITE), "the program is not built: make, or set V5LITE")
class WithProgram(FileCase):
    """A random network; what it finds itself, in part, serves as labels."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.kept = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.kept.cleanup)
        folder = Path(cls.kept.name)
        cls.models = [folder / "one.v5l", folder / "two.v5l"]
        for seed, path in enumerate(cls.models, 1):
            path.with_suffix(".pt").write_bytes(make_checkpoint.make(seed=seed))
            command = [sys.executable, ROOT / "tools" / "export.py", path.with_suffix(".pt"), "-o", path]
            subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL)

    def setUp(self) -> None:
        super().setUp()
        command = [*shlex.split(os.environ.get("RUN", "")), V5LITE, "detect", "--model", str(self.models[0]), "--size", "64",
                   "--format", "coco", "--multi-label", "--conf", "0.001", "--iou", "0.6", "--max-det", "300", str(self.images)]
        self.found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        self.assertTrue(self.found, "the random network has to find something")
        chosen = self.found[::5]
        self.coco = self.store("labels.json", {  # ids from 1, as most tools number them: classes go by name
            "images": [{"id": 7}, {"id": 8}], "categories": [{"id": i + 1, "name": f"class {i}"} for i in range(3)],
            "annotations": [{"image_id": d["image_id"], "category_id": d["category_id"] + 1, "bbox": d["bbox"]}
                            for d in chosen]})
        sizes = {7: ("a_0007", 200, 100), 8: ("b8", 100, 60)}
        for image, (name, width, height) in sizes.items():
            rows = [(d["category_id"], (d["bbox"][0] + d["bbox"][2] / 2) / width, (d["bbox"][1] + d["bbox"][3] / 2) / height,
                     d["bbox"][2] / width, d["bbox"][3] / height) for d in chosen if d["image_id"] == image]
            (self.labels / f"{name}.txt").write_text("".join("%d %.9f %.9f %.9f %.9f\n" % r for r in rows))

    def run_model(self, labels: Path) -> Dict[str, Any]:
        return self.metrics("--model", self.models[0], "--images", self.images, "--labels", labels, "--size", "64",
                            "--v5lite", V5LITE)

    def test_a_model_gives_what_its_results_give(self) -> None:
        data = self.run_model(self.labels)
        again = self.metrics("--detections", self.store("r.json", self.found), "--images", self.images, "--labels", self.labels)
        self.assertEqual(data["metrics"], again["metrics"])
        self.assertEqual((data["detections"], data["left_out"]), (len(self.found), 0))
        self.assertGreater(data["metrics"]["AP"], 0)

    def test_both_kinds_of_labels_agree(self) -> None:
        yolo, coco = self.run_model(self.labels), self.run_model(self.coco)
        self.assertEqual(yolo["objects"], coco["objects"])
        for name in METRICS:
            self.assertAlmostEqual(yolo["metrics"][name] or 0, coco["metrics"][name] or 0, 6)

    def test_two_models_are_compared(self) -> None:
        data = self.metrics("--compare", *self.models, "--images", self.images, "--labels", self.coco, "--size", "64",
                            "--resamples", "10", "--rect", "--threads", "2", "--v5lite", V5LITE)
        self.assertGreater(data["a"]["detections"], 0)
        self.assertIn("AP", data["delta"])

    def test_what_the_program_refuses_is_passed_on(self) -> None:
        rest = ("--images", self.images, "--labels", self.labels, "--v5lite", V5LITE)
        self.refuse("program: .*one.v5l.none", "--model", f"{self.models[0]}.none", *rest)
        self.refuse("program: .*size", "--model", self.models[0], "--size", "33", *rest)
        (self.images / "b8.ppm").write_bytes(b"P6 100 60 255\n")
        self.refuse("program: .*b8.ppm", "--model", self.models[0], "--size", "64", *rest)

    def test_a_run_as_a_command(self) -> None:
        command = [sys.executable, ROOT / "tools" / "eval.py", "--model", self.models[0], "--images", self.images,
                   "--labels", self.labels, "--size", "64", "--v5lite", V5LITE]
        done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn(b"\nAP50 ", done.stdout)


if __name__ == "__main__":
    unittest.main()
