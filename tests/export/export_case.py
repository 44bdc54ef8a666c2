# SPDX-License-Identifier: MIT
"""Shared parts of the tests of tools/export.py: run it as a user does, and inspect its output."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import unittest
import warnings
from pathlib import Path
from typing import Any, Dict, List, Tuple

import numpy as np

HERE = Path(__file__).resolve().parent
EXPORT = HERE.parents[1] / "tools" / "export.py"
sys.path[:0] = [str(HERE), str(EXPORT.parent)]

import export  # noqa: E402
from interpreter import Model  # noqa: E402
from png import read_png  # noqa: E402

SHARED = os.environ.get("V5LITE_SHARED", "")
needs_shared = unittest.skipUnless(SHARED, "no official checkpoints: pass SHARED=DIR")
PICTURE = np.random.RandomState(0).randint(0, 256, (64, 96, 3)).astype(np.uint8)


class ExportCase(unittest.TestCase):
    """A folder for each test, and methods that run the exporter as a user does."""

    def setUp(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        self.addCleanup(self._folder.cleanup)

    def run_export(self, source: Path, *options: str) -> Tuple[subprocess.CompletedProcess, Path]:
        """Runs the exporter's main in this process (a new process each would dominate the time), with warnings as
        errors.
        """
        target = self.folder / "out" / "model.v5l"
        target.parent.mkdir(exist_ok=True)
        arguments = [str(source), "-o", str(target), *options]
        out, error = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error), warnings.catch_warnings():
            warnings.simplefilter("error")
            status = export.main(arguments)
        return subprocess.CompletedProcess(arguments, status, out.getvalue(), error.getvalue()), target

    def store(self, data: bytes) -> Path:
        path = self.folder / "file.pt"
        path.write_bytes(data)
        return path

    def export(self, source: Any, *options: str) -> Model:
        """Exports a path or a checkpoint's bytes. The export must succeed."""
        done, target = self.run_export(self.store(source) if isinstance(source, bytes) else source, *options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout.count("\n"), 1)
        self.assertEqual([p.name for p in target.parent.iterdir()], ["model.v5l"])
        return Model(target.read_bytes())

    def both(self, source: Any) -> Tuple[Model, Model]:
        """Returns (literal, planned)."""
        return self.export(source, "--literal"), self.export(source)

    def refused(self, source: Any, *expected: str) -> None:
        """Checks that the export fails with one line that states what is expected, status 2, and no file left."""
        done, target = self.run_export(self.store(source) if isinstance(source, bytes) else source)
        self.assertEqual((done.returncode, done.stdout, list(target.parent.iterdir())), (2, "", []), done.stderr)
        self.assertRegex(done.stderr, r"\Aexport: [^\n]+\n\Z")
        for text in expected:
            self.assertIn(text, done.stderr)

    def assert_same_values(self, literal: Model, planned: Model,
                           picture: np.ndarray = PICTURE) -> Dict[str, np.ndarray]:
        """Checks that every value of the planned file is the literal file's value of that name, within rounding."""
        expected, got = literal.run(picture), planned.run(picture)
        self.assertEqual(list(expected), list(got))
        for name, value in expected.items():
            error = np.abs(value - got[name]).max() / max(np.abs(value).max(), 1e-30)
            self.assertLess(error, 1e-4, name)
        return expected


@needs_shared
class OfficialCase(ExportCase):
    """Compares with the original's outputs."""

    def compare(self, name: str, size: int, heads: List[np.ndarray]) -> Model:
        """Exports a checkpoint in both forms, checks them against the original's raw heads, and returns the planned
        one.
        """
        picture = read_png(Path(SHARED) / "golden" / "inputs" / f"horse_lb{size}.png")
        literal, planned = self.both(Path(SHARED) / "checkpoints" / name)
        self.assert_same_values(literal, planned, picture)
        for model in (literal, planned):
            values = model.run(picture)
            for index, head in enumerate(heads):
                self.assertLess(np.abs(values[f"head.{index}"].reshape(-1) - head.reshape(-1)).max(), 1e-3)
        return planned

    def compare_random(self, name: str) -> Model:
        """Runs `compare` for a checkpoint of random weights."""
        heads = np.load(Path(SHARED) / "golden" / f"{name}_horse320_heads.npz")
        return self.compare(f"{name}.pt", 320, [heads[f"s{s}"] for s in (8, 16, 32)])
