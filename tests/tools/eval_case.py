# SPDX-License-Identifier: MIT
"""Shared parts of the tests of tools/eval.py: a run in this process, and a folder of pictures, labels and results."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import sys
import tempfile
import unittest
import warnings
from pathlib import Path
from typing import Any, Dict, Tuple

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "cli"), str(ROOT / "tests" / "export")]

import eval as program  # noqa: E402
import pictures  # noqa: E402


def run(*arguments: Any) -> Tuple[int, str, str]:
    """Returns exit status, output and errors of a run in this process, with warnings as errors."""
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
        (self.labels / "b8.txt").write_text("")
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
