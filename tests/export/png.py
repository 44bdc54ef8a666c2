# SPDX-License-Identifier: MIT
"""Reads the PNG files of the golden data: 8-bit RGB, not interlaced."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np


def read_png(path: Path) -> np.ndarray:
    """Returns height x width x 3 bytes."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed, shape = 8, b"", (0, 0)
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        chunk = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, color, _, _, interlace = struct.unpack(">IIBBBBB", chunk)
            assert (depth, color, interlace) == (8, 2, 0)
            shape = (height, 3 * width)
        elif kind == b"IDAT":
            packed += chunk
        at += 12 + size
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(shape[0], 1 + shape[1])
    picture = np.zeros((shape[0], shape[1] // 3, 3), np.uint8)
    above = np.zeros((shape[1] // 3, 3), np.int64)
    for y, (filter_type, line) in enumerate(zip(rows[:, 0], rows[:, 1:].astype(np.int64).reshape(shape[0], -1, 3))):
        above = _unfilter(int(filter_type), line, above)
        picture[y] = above
    return picture


def _unfilter(filter_type: int, line: np.ndarray, above: np.ndarray) -> np.ndarray:
    if filter_type in (0, 2):
        return line if filter_type == 0 else (line + above) & 255
    if filter_type == 1:
        return np.cumsum(line, axis=0) & 255
    result, left, corner = np.empty_like(line), np.zeros(3, np.int64), np.zeros(3, np.int64)
    for x in range(len(line)):
        if filter_type == 3:
            predicted = (left + above[x]) // 2
        else:
            a, b, c = (np.abs(left + above[x] - corner - p) for p in (left, above[x], corner))
            predicted = np.where((a <= b) & (a <= c), left, np.where(b <= c, above[x], corner))
        left, corner = (line[x] + predicted) & 255, above[x]
        result[x] = left
    return result
