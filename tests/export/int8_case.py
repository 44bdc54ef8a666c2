# SPDX-License-Identifier: MIT
"""Shared parts of the tests of export.py --int8: pictures, runs, and the values in a network as v5lite dumps them."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any, Dict, List, Tuple
from unittest import mock

import numpy as np
from export_case import ExportCase
from interpreter_s8 import QuantisedModel

ENGINE = os.environ.get("V5LITE") or str(Path(__file__).resolve().parents[2] / "build" / "v5lite")
needs_engine = unittest.skipUnless(os.access(ENGINE, os.X_OK), "no v5lite program: make")
SIZE = 64


def write_pictures(folder: Path, count: int, colours: int = 3, contrast: int = 256) -> List[Path]:
    """Writes pictures of random patches. colours: 1 for gray ones. contrast: number of different values."""
    folder.mkdir(exist_ok=True)
    paths = []
    for index in range(count):
        random = np.random.RandomState(index)
        patches = random.randint(0, contrast, (8, 8, colours)).repeat(8, 0).repeat(8, 1)
        noise = random.randint(0, max(contrast // 8, 1), (SIZE, SIZE, colours))
        pixels = np.clip(patches + noise, 0, 255).astype(np.uint8)
        pixels = np.broadcast_to(pixels, (SIZE, SIZE, 3))
        paths.append(folder / f"{index:03}.ppm")
        paths[-1].write_bytes(b"P6\n%d %d\n255\n" % (SIZE, SIZE) + pixels.tobytes())
    return paths


@needs_engine
class Int8Case(ExportCase):
    """A folder with pictures, and a folder for temporary files, which must be empty after each export."""

    def setUp(self) -> None:
        super().setUp()
        self.images = self.folder / "images"
        self.pictures = write_pictures(self.images, 4)
        temporary = self.folder / "tmp"
        temporary.mkdir()
        for patch in (mock.patch.dict(os.environ, {"V5LITE": ENGINE}),
                      mock.patch.object(tempfile, "tempdir", str(temporary))):
            patch.start()
            self.addCleanup(patch.stop)
        self.addCleanup(lambda: self.assertEqual(list(temporary.iterdir()), []))

    def run_int8(self, source: Any, *options: str) -> Tuple[subprocess.CompletedProcess, Path]:
        path = self.store(source) if isinstance(source, bytes) else source
        return self.run_export(path, "--int8", "--images", str(self.images), "--size", str(SIZE), *options)

    def int8(self, source: Any, *options: str) -> bytes:
        """Returns the file of an export that succeeds."""
        done, target = self.run_int8(source, *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("int8", done.stdout)
        return target.read_bytes()

    def int8_refused(self, source: Any, expected: str, *options: str) -> None:
        """Checks that the export fails with one line, status 2, and no file."""
        done, target = self.run_int8(source, *options)
        self.assertEqual((done.returncode, done.stdout, target.exists()), (2, "", False), done.stderr)
        self.assertRegex(done.stderr, r"\Aexport: [^\n]+\n\Z")
        self.assertIn(expected, done.stderr)

    def dump(self, data: bytes, picture: Path) -> Dict[str, np.ndarray]:
        """Returns the outputs of all ops in the engine, by name, S8 as integers, and the input as "input"."""
        path, folder = self.folder / "dumped.v5l", self.folder / "dump"
        path.write_bytes(data)
        subprocess.run([ENGINE, "audit", str(path), "--size", str(SIZE), "--image", str(picture), "--raw", "--dump",
                        str(folder)], check=True, stdout=subprocess.DEVNULL)
        values = {"input": np.load(folder / "input.npy")}
        model = QuantisedModel(data)
        for index, op in enumerate(model.ops):
            name = model.name(op)
            values[name] = np.load(folder / f"{index:03}_{re.sub('[^A-Za-z0-9.-]', '_', name)}.npy").astype(float)
        return values
