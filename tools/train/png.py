# SPDX-License-Identifier: MIT
"""Writes 8-bit RGB PNG files with the standard library alone."""

from __future__ import annotations

import struct
import zlib

import numpy as np


def png_bytes(picture: np.ndarray) -> bytes:
    """Returns the file of a picture, uint8 [height][width][3]. Each row is stored as the difference from the
    row above.
    """
    height, width, _ = picture.shape
    rows = picture.reshape(height, -1)
    above = np.concatenate([np.zeros_like(rows[:1]), rows[:-1]])
    # modulo 256, as the format specifies
    filtered = np.concatenate([np.full((height, 1), 2, np.uint8), rows - above], 1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(filtered.tobytes(), 9))
            + _chunk(b"IEND", b""))


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
