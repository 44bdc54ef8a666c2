# SPDX-License-Identifier: MIT
"""The package under test, the program that it is compared with, and their pictures.

V5LITE_INSTALLED: test the package that is installed; otherwise the one next to the program, build/python.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("V5LITE") or ROOT / "build" / "v5lite").resolve()
SHARED = Path(os.environ.get("V5LITE_SHARED") or ROOT.parent / "shared")
DIGITS = str(ROOT / "weights" / "digits.v5l")
SCENE = ROOT / "tests" / "images" / "digits.png"
SIZE = 384  # of digits.v5l

if not os.environ.get("V5LITE_INSTALLED"):
    sys.path.insert(0, str(PROGRAM.parent / "python"))


def run(*arguments: Any) -> str:
    """Runs the program and returns its output."""
    return subprocess.run([str(PROGRAM), *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True).stdout


def read_picture(path: Path) -> Any:
    """Returns a picture as the program decodes it, uint8 [height, width, 3]."""
    with tempfile.TemporaryDirectory() as folder:
        run("picture", "--out", Path(folder) / "picture.ppm", path)
        data = (Path(folder) / "picture.ppm").read_bytes()
    header = re.match(rb"P6\s(\d+)\s(\d+)\s255\s", data)
    assert header is not None
    return np.frombuffer(data, np.uint8, offset=header.end()).reshape(int(header[2]), int(header[1]), 3)


def found_by_program(model: str, size: Any, picture: Path, *options: str) -> List[Dict[str, Any]]:
    """Returns the detections that the program prints."""
    text = run("detect", "--model", model, "--size", size, "--format", "json", *options, picture)
    return json.loads(text)["detections"]  # type: ignore[no-any-return]


def as_printed(detections: Any) -> List[Dict[str, Any]]:
    """Returns detections with as many decimals as the program prints."""
    return [{"box": [float(f"{x:.4f}") for x in found[:4]], "score": float(f"{found.score:.6f}"),
             "class": found.class_id, "name": found.name} for found in detections]
