# SPDX-License-Identifier: MIT
"""Reads JSON files, plain or gzip, and checks the numbers in them."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any, List, Union

import numpy as np

from .errors import EvalError


def read_bytes(path: str, what: str) -> bytes:
    """The file's bytes, unpacked if it is gzip."""
    try:
        with open(path, "rb") as file:
            data = file.read()
        return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise EvalError(what, path, "expected a whole gzip file") from None
    except OSError as error:
        raise EvalError(what, path, error.strerror or "cannot be read") from None


def read_json(path: str, what: str) -> Any:
    """The JSON value in a file."""
    return parse_json(read_bytes(path, what), path, what)


def parse_json(data: Union[bytes, str], where: str, what: str) -> Any:
    """The JSON value in some bytes or text."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise EvalError(what, where, "expected JSON") from None


def member(item: Any, key: str, kind: type, what: str, where: str) -> Any:
    """item[key], which has to be of a type."""
    value = item.get(key) if isinstance(item, dict) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        name = {int: "an integer", list: "an array", str: "a string", dict: "an object"}[kind]
        raise EvalError(what, where, f'expected {name} as "{key}"')
    return value


def number(value: Any, key: str, what: str, where: str) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -1e18 < value < 1e18:
        raise EvalError(what, where, f'expected a finite number as "{key}"')
    return float(value)


def identity(item: Any, key: str, what: str, where: str) -> int:
    """An id: an integer from 0 that fits 63 bits."""
    value: int = member(item, key, int, what, where)
    if not 0 <= value < 1 << 63:
        raise EvalError(what, where, f'expected an integer from 0 as "{key}"')
    return value


def numbers(item: Any, key: str, what: str, where: str) -> List[float]:
    """item[key], 4 finite numbers."""
    values = member(item, key, list, what, where)
    if len(values) != 4:
        raise EvalError(what, where, f'expected 4 numbers as "{key}"')
    return [number(v, key, what, where) for v in values]


def box(item: Any, what: str, where: str) -> np.ndarray:
    """The item's "bbox": x, y, width, height, finite, sizes not negative."""
    result = np.array(numbers(item, "bbox", what, where))
    if result[2] < 0 or result[3] < 0:
        raise EvalError(what, where, 'expected width and height from 0 in "bbox"')
    return result
