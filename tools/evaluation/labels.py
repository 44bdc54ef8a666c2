# SPDX-License-Identifier: MIT
"""Reads label files in YOLO's format, for tools/eval.py and for training.

A line is an object: class, centre x, centre y, width, height, the last four as shares of the picture, 0 to 1; a sixth
number, the score of a detector, is ignored. A line with the corners of a polygon, class x y x y x y .., is the object
in the box around it. Blank lines, tabs, CR LF and a byte order mark are accepted, because labelling programs write
them.
"""

from __future__ import annotations

import codecs
import os
import re
from typing import List, Optional

import numpy as np

from fileio import read_bytes

from .errors import EvalError

MAX_FILE = 1 << 22  # of a file, in bytes
MAX_OBJECTS = 10_000  # in one picture
MAX_TOKEN = 64  # characters of a number
MAX_CLASS = (1 << 31) - 1
NUMBERS = re.compile(r"[0-9eE.+\-\s]*")
EXPECTED = ("expected class, centre x, centre y, width, height, the last four 0 to 1; or class and the corners of a "
            "polygon, x y each, 0 to 1")


def read_labels(path: str, classes: Optional[int]) -> np.ndarray:
    """Returns the objects of a file: float64 (objects, 5), class, centre x, centre y, width, height. classes: number of
    classes, or None to accept any class number.
    """
    rows: List[List[float]] = []
    for at, line in enumerate(_text(path).splitlines(), 1):
        if not line.strip():
            continue
        if len(rows) == MAX_OBJECTS:
            raise EvalError("labels", f"{path}:{at}", f"expected at most {MAX_OBJECTS} objects in a picture")
        rows.append(_object(line, f"{path}:{at}", classes))
    return np.array(rows, float).reshape(-1, 5)


def _text(path: str) -> str:
    """Decodes the file as UTF-8 or, with a byte order mark, as UTF-16, which Windows writes."""
    if os.path.exists(path) and not os.path.isfile(path):  # reading a pipe could block
        raise EvalError("labels", path, "expected a file")
    data = read_bytes(path, MAX_FILE)
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if not text.isascii() or "\0" in text:
        raise EvalError("labels", path, "expected plain text")
    return text


def _object(line: str, where: str, classes: Optional[int]) -> List[float]:
    """Returns the class and the box of a line."""
    fields = line.split()
    values: List[float] = []
    if NUMBERS.fullmatch(line) and max(map(len, fields)) <= MAX_TOKEN:
        try:
            values = [float(field) for field in fields]
        except ValueError:
            pass
    polygon = len(values) >= 7 and len(values) % 2 == 1
    if not (len(values) in (5, 6) or polygon) or not all(0 <= v <= 1 for v in values[1:]):
        raise EvalError("labels", where, EXPECTED)
    limit = MAX_CLASS + 1 if classes is None else classes
    if not 0 <= values[0] < limit or not values[0].is_integer():
        raise EvalError("labels", where, f"expected a class number below {limit}")
    if not polygon:
        return values[:5]
    xs, ys = values[1::2], values[2::2]
    left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
    return [values[0], (left + right) / 2, (top + bottom) / 2, right - left, bottom - top]
