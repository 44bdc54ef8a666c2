# SPDX-License-Identifier: MIT
"""Finds the pictures of a directory, and reads how large they are from their headers."""

from __future__ import annotations

import os
import re
import struct
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Tuple

from .errors import EvalError

EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp", ".ppm", ".pgm")
Size = Tuple[int, int]


@dataclass(frozen=True)
class Picture:
    """A file, and the last number in its name, which is what COCO calls the image id; None if there is none."""

    path: str
    number: Optional[int]


def list_pictures(directory: str) -> List[Picture]:
    """The pictures of a directory by name."""
    try:
        names = sorted(name for name in os.listdir(directory) if name.lower().endswith(EXTENSIONS))
    except OSError as error:
        raise EvalError("images", directory, error.strerror or "cannot be listed") from None
    if not names:
        raise EvalError("images", directory, "expected files named *.jpg, jpeg, png, bmp, ppm or pgm")
    return [Picture(os.path.join(directory, name), _number(name)) for name in names]


def _number(name: str) -> Optional[int]:
    digits = re.findall(r"[0-9]+", name)
    return int(digits[-1]) if digits and len(digits[-1].lstrip("0")) <= 18 else None


def image_ids(pictures: Sequence[Picture], by_number: bool) -> List[int]:
    """An image id of each picture: the numbers in the names if results files say so, otherwise places in the list."""
    if not by_number:
        return list(range(len(pictures)))
    seen: Dict[int, str] = {}
    for picture in pictures:
        if picture.number is None:
            raise EvalError("images", picture.path,
                            "expected a number of up to 18 digits in the file name: results files have it as image id")
        other = seen.setdefault(picture.number, picture.path)
        if other != picture.path:
            raise EvalError("images", picture.path, f"expected another number in the name than {os.path.basename(other)} has")
    return list(seen)


def picture_size(path: str) -> Size:
    """Width and height of a picture, turned as its Exif orientation says, as the program turns it."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise EvalError("image", path, error.strerror or "cannot be read") from None
    size = None
    try:
        for read in (_jpeg_size, _png_size, _bmp_size, _pnm_size):
            size = size or read(data)
    except (struct.error, IndexError):  # the header goes on beyond the end of the file
        size = None
    if size is None or min(size) < 1:
        raise EvalError("image", path, "expected a JPEG, PNG, BMP, PPM or PGM file with a whole header")
    return size


def _png_size(data: bytes) -> Optional[Size]:
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[12:16] != b"IHDR":
        return None
    return struct.unpack(">II", data[16:24])  # type: ignore[return-value]


def _bmp_size(data: bytes) -> Optional[Size]:
    if data[:2] != b"BM":
        return None
    if struct.unpack("<I", data[14:18])[0] == 12:
        return struct.unpack("<HH", data[18:22])  # type: ignore[return-value]
    width, height = struct.unpack("<ii", data[18:26])
    return width, abs(height)  # negative: rows from the top


def _pnm_size(data: bytes) -> Optional[Size]:
    found = re.match(rb"P[56](?:\s|#[^\n]*\n)+([0-9]{1,9})(?:\s|#[^\n]*\n)+([0-9]{1,9})\s", data)
    return (int(found[1]), int(found[2])) if found else None


def _jpeg_size(data: bytes) -> Optional[Size]:
    """Walks the segments to the frame header."""
    if data[:2] != b"\xff\xd8":
        return None
    at, turned = 2, False
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        (length,) = struct.unpack(">H", data[at + 2:at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5:at + 9])
            return (height, width) if turned else (width, height)
        if marker == 0xE1 and data[at + 4:at + 10] == b"Exif\0\0":
            turned = _orientation(data[at + 10:at + 2 + length]) >= 5
        if marker == 0xDA or length < 2:
            return None
        at += 2 + length
    return None


def _orientation(tiff: bytes) -> int:
    """Exif orientation 1 .. 8; 5 and above swap width and height."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (directory,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, directory)
        for i in range(count):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, directory + 2 + 12 * i)
            if (tag, kind) == (0x0112, 3):
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1
