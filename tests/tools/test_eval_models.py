# SPDX-License-Identifier: MIT
"""Tests of tools/eval.py with the program. From the repository's root: python3 -m unittest discover -s tests/tools

V5LITE is the program if it is not build/v5lite. Set V5LITE_SHARED to the folder that holds checkpoints/ and coco/ to
measure the official models too.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any, Dict

from eval_case import ROOT, FileCase, run
from decoder import decode
from evaluation.metric import METRICS

import make_checkpoint  # found by eval_case

SHARED = os.environ.get("V5LITE_SHARED", "")
V5LITE = os.environ.get("V5LITE") or str(ROOT / "build" / "v5lite")


@unittest.skipUnless(os.path.exists(V5LITE), "the program is not built: make, or set V5LITE")
class WithProgram(FileCase):
    """A random network. A part of its own detections serves as labels."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.kept = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.kept.cleanup)
        folder = Path(cls.kept.name)
        cls.models = [folder / "one.v5l", folder / "two.v5l"]
        for seed, path in enumerate(cls.models, 1):
            cls.export(path, seed=seed)

    @staticmethod
    def export(path: Path, **options: int) -> None:
        path.with_suffix(".pt").write_bytes(make_checkpoint.make(**options))
        command = [sys.executable, ROOT / "tools" / "export.py", path.with_suffix(".pt"), "-o", path]
        subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL)

    def setUp(self) -> None:
        super().setUp()
        command = [*shlex.split(os.environ.get("RUN", "")), V5LITE, "detect", "--model", str(self.models[0]), "--size",
                   "64",
                   "--format", "coco", "--multi-label", "--conf", "0.001", "--iou", "0.6", "--max-det", "300",
                   str(self.images)]
        self.found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        self.assertTrue(self.found, "the random network has to find something")
        chosen = self.found[::5]
        self.coco = self.store("labels.json", {  # ids from 1, as most tools number them: classes are matched by name
            "images": [{"id": 7}, {"id": 8}], "categories": [{"id": i + 1, "name": f"class {i}"} for i in range(3)],
            "annotations": [{"image_id": d["image_id"], "category_id": d["category_id"] + 1, "bbox": d["bbox"]}
                            for d in chosen]})
        sizes = {7: ("a_0007", 200, 100), 8: ("b8", 100, 60)}
        for image, (name, width, height) in sizes.items():
            rows = [(d["category_id"], (d["bbox"][0] + d["bbox"][2] / 2) / width,
                     (d["bbox"][1] + d["bbox"][3] / 2) / height,
                     d["bbox"][2] / width, d["bbox"][3] / height) for d in chosen if d["image_id"] == image]
            (self.labels / f"{name}.txt").write_text("".join("%d %.9f %.9f %.9f %.9f\n" % r for r in rows))

    def run_model(self, labels: Path) -> Dict[str, Any]:
        return self.metrics("--model", self.models[0], "--images", self.images, "--labels", labels, "--size", "64",
                            "--v5lite", V5LITE)

    def test_a_model_gives_what_its_results_give(self) -> None:
        data = self.run_model(self.labels)
        again = self.metrics("--detections", self.store("r.json", self.found), "--images", self.images, "--labels",
                             self.labels)
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

    def test_sizes_are_compared(self) -> None:
        arguments = ("--images", self.images, "--labels", self.labels, "--v5lite", V5LITE)
        data = self.metrics("--compare", self.models[0], self.models[0], "--size", "64,96x64", "--resamples", "10",
                            *arguments)
        self.assertEqual((data["a"]["size"], data["b"]["size"]), ("64", "96x64"))
        self.assertNotEqual(data["a"]["metrics"], data["b"]["metrics"])
        self.assertEqual(data["a"]["metrics"], self.run_model(self.labels)["metrics"])
        self.refuse("usage: --size 64,96", "--model", self.models[0], "--size", "64,96", *arguments)
        self.refuse("usage: --size 1,2,3", "--compare", *self.models, "--size", "1,2,3", *arguments)

    def test_mirrored_pictures_are_measured_with_mirrored_labels(self) -> None:
        images, labels = self.folder / "mirrored images", self.folder / "mirrored labels"
        images.mkdir()
        labels.mkdir()
        for path in self.images.iterdir():
            pixels = decode(str(path), V5LITE)
            height, width = pixels.shape[:2]
            flipped = images / path.with_suffix(".ppm").name
            flipped.write_bytes(b"P6 %d %d 255\n" % (width, height) + pixels[:, ::-1].tobytes())
            rows = [line.split() for line in (self.labels / f"{path.stem}.txt").read_text().splitlines()]
            (labels / f"{path.stem}.txt").write_text(
                "".join(f"{r[0]} {1 - float(r[1]):.9f} {' '.join(r[2:])}\n" for r in rows))
        arguments = ("--model", self.models[0], "--size", "64", "--v5lite", V5LITE)
        want = self.metrics(*arguments, "--images", images, "--labels", labels)
        for truth in (self.labels, self.coco):
            got = self.metrics(*arguments, "--images", self.images, "--labels", truth, "--mirror")
            self.assertEqual(got["detections"], want["detections"])
            for name in METRICS:
                self.assertAlmostEqual(got["metrics"][name] or 0, want["metrics"][name] or 0, 6)
        self.assertNotEqual(want["metrics"], self.run_model(self.labels)["metrics"])
        self.refuse("usage: --mirror: expected models", "--detections", self.store("r.json", self.found), "--images",
                    self.images, "--labels", self.labels, "--mirror")

    def test_pictures_need_no_numbers(self) -> None:
        before = self.run_model(self.labels)["metrics"]
        for folder in (self.images, self.labels):
            for path in folder.iterdir():
                path.rename(path.with_stem("one" if path.stem == "b8" else "other"))
        self.assertEqual(self.run_model(self.labels)["metrics"], before)
        data = json.loads(self.coco.read_text())
        data["images"] = [{"id": 7, "file_name": "train/other.png"}, {"id": 8, "file_name": "one.ppm"}]
        named = self.run_model(self.store("named.json", data))["metrics"]
        for name in METRICS:
            self.assertAlmostEqual(named[name] or 0, before[name] or 0, 6)

    def test_classes_that_the_model_does_not_have_are_named(self) -> None:
        data = json.loads(self.coco.read_text())
        data["categories"][1]["name"], data["categories"][2]["name"] = "other", "class 1"
        kinds = {a["category_id"] for a in data["annotations"]}
        result = self.run_model(self.store("other.json", data))
        self.assertEqual(result["unknown"], ["other"] if 2 in kinds else [])
        data["annotations"].append({"image_id": 7, "category_id": 2, "bbox": [1, 2, 3, 4]})
        arguments = ("--model", self.models[0], "--images", self.images, "--labels", self.store("other.json", data),
                     "--size",
                     "64", "--v5lite", V5LITE)
        status, out, _ = run(*arguments)
        self.assertEqual(status, 0)
        self.assertRegex(out, r"\n  objects of classes that it does not have, their AP is 0: other\n")

    def test_models_of_other_classes_are_not_compared(self) -> None:
        rest = ("--images", self.images, "--labels", self.labels, "--v5lite", V5LITE)
        other = Path(self.kept.name) / "other.v5l"
        self.export(other, seed=3, classes=2)
        self.refuse("classes: .*other.v5l: expected 3 classes as .*one.v5l has, found 2", "--compare", self.models[0],
                    other,
                    *rest)
        (self.labels / "b8.txt").write_text("3 0.5 0.5 0.5 0.5")
        self.refuse("b8.txt:1: expected a class number below 3", "--model", self.models[0], *rest)

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


@unittest.skipUnless(SHARED and os.path.exists(V5LITE), "no official checkpoints or no program: make, pass SHARED=DIR")
class Official(FileCase):
    def test_official_models_have_the_accuracy_of_the_original(self) -> None:
        # What the original's detections have on these pictures (test_eval.py measures them), to four digits.
        # libjpeg-turbo gives the original's pixels; stb's differ by up to 3 levels.
        version = subprocess.run([*shlex.split(os.environ.get("RUN", "")), V5LITE, "--version"], check=True,
                                 stdout=subprocess.PIPE).stdout
        delta = 0.00006 if b"libjpeg-turbo" in version else 0.001
        coco = Path(SHARED) / "coco" / "val"
        for name, size, ap, ap50 in (("v5lite-e", 320, 0.2994, 0.4643), ("v5lite-s", 416, 0.4018, 0.5852)):
            model = self.folder / f"{name}.v5l"
            command = [sys.executable, ROOT / "tools" / "export.py", Path(SHARED) / "checkpoints" / f"{name}.pt", "-o",
                       model]
            subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL)
            metrics = self.metrics("--model", model, "--size", size, "--images", coco / "images", "--labels",
                                   coco / "labels",
                                   "--v5lite", V5LITE)["metrics"]
            self.assertAlmostEqual(metrics["AP"], ap, delta=delta)
            self.assertAlmostEqual(metrics["AP50"], ap50, delta=delta)


if __name__ == "__main__":
    unittest.main()
