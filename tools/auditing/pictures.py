# SPDX-License-Identifier: MIT
"""Reads pictures with the standard library and numpy: plain 8-bit PNG, binary PPM and PGM, and the letterboxed picture
of a dump.

The v5lite program decodes all others.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from typing import Tuple

import numpy as np

from decoder import DecodeError, decode

from .errors import AuditError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}  # by PNG's colour type: gray, RGB, gray and alpha, RGB and alpha
MAX_SIDE, MAX_PIXELS = 32768, 200_000_000
PLAIN = {b"IHDR", b"IDAT", b"IEND", b"tEXt", b"zTXt", b"iTXt", b"pHYs", b"tIME", b"gAMA", b"cHRM", b"sRGB", b"iCCP",
         b"tRNS", b"bKGD"}
EXPECTED = "expected a picture, or input.npy of v5lite audit --dump"


def read_picture(path: str) -> Tuple[np.ndarray, bool]:
    """Returns the picture, uint8 [height][width][3], R, G, B, without alpha, and whether it is already letterboxed, as
    input.npy is.
    """
    with open(path, "rb") as file:
        data = file.read()
    try:
        if data.startswith(b"\x93NUMPY"):
            return _dumped(data), True
        if data.startswith(SIGNATURE):
            return _rgb(_png(data)), False
        return _rgb(_pnm(data)), False
    except (struct.error, zlib.error, ValueError, IndexError):
        if data.startswith(b"\x93NUMPY"):
            raise AuditError(path, EXPECTED) from None
    try:
        return decode(path), False
    except DecodeError as error:
        raise AuditError(path, str(error)) from None


def _dumped(data: bytes) -> np.ndarray:
    array = np.load(io.BytesIO(data), allow_pickle=False)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or not array.size:
        raise ValueError
    return np.ascontiguousarray(array)


def _rgb(samples: np.ndarray) -> np.ndarray:
    """Converts [height][width][channels] to [height][width][3]."""
    color = samples[:, :, :3] if samples.shape[2] >= 3 else samples[:, :, :1].repeat(3, 2)
    return np.ascontiguousarray(color)


def _check_size(width: int, height: int) -> None:
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
        raise ValueError


def _pnm(data: bytes) -> np.ndarray:
    header = re.match(rb"P([56])(?:\s+|#[^\n]*\n)+(\d{1,5})(?:\s+|#[^\n]*\n)+(\d{1,5})(?:\s+|#[^\n]*\n)+255\s", data)
    if header is None:
        raise ValueError
    channels, width, height = 3 if header[1] == b"6" else 1, int(header[2]), int(header[3])
    _check_size(width, height)
    return np.frombuffer(data, np.uint8, width * height * channels, header.end()).reshape(height, width, channels)


def _png(data: bytes) -> np.ndarray:
    width, height, depth, color, compression, filtering, interlace = struct.unpack_from(">IIBBBBB", data, 16)
    if data[12:16] != b"IHDR" or (depth, compression, filtering, interlace) != (8, 0, 0, 0) or color not in CHANNELS:
        raise ValueError
    _check_size(width, height)
    at, packed = len(SIGNATURE), b""
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind not in PLAIN or struct.unpack_from(">I", data,
                                                   at + 8 + size)[0] != zlib.crc32(data[at + 4:at + 8 + size]):
            raise ValueError
        if kind == b"IDAT":
            packed += data[at + 8:at + 8 + size]
        at += 12 + size
    channels = CHANNELS[color]
    line = width * channels
    unpacker = zlib.decompressobj()
    raw = unpacker.decompress(packed, height * (line + 1))
    if len(raw) != height * (line + 1) or unpacker.unconsumed_tail:
        raise ValueError
    rows, above = bytearray(), bytes(line)
    for start in range(0, len(raw), line + 1):
        above = _unfilter(raw[start], raw[start + 1:start + 1 + line], above, channels)
        rows += above
    return np.frombuffer(bytes(rows), np.uint8).reshape(height, width, channels)


def _unfilter(kind: int, line: bytes, above: bytes, step: int) -> bytes:
    """Reverses the PNG filter `kind` of one row. `step` is the number of bytes a pixel."""
    if kind == 0:
        return line
    if kind == 2:
        return (np.frombuffer(line, np.uint8) + np.frombuffer(above, np.uint8)).tobytes()
    if kind not in (1, 3, 4):
        raise ValueError
    row = bytearray(step) + line
    up = bytes(step) + above
    for i in range(step, len(row)):
        left, over, corner = row[i - step], up[i], up[i - step]
        if kind == 4:
            to_left, to_over, to_corner = abs(over - corner), abs(left - corner), abs(left + over - 2 * corner)
            if to_left <= to_over and to_left <= to_corner:
                predicted = left
            else:
                predicted = over if to_over <= to_corner else corner
        else:
            predicted = left if kind == 1 else (left + over) // 2
        row[i] = (row[i] + predicted) & 255
    return bytes(row[step:])
