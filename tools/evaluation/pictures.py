# SPDX-License-Identifier: MIT
"""Finds the pictures of a directory, and reads their sizes from their headers."""

from __future__ import annotations

import os
import re
import struct
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Tuple

from decoder import EXTENSIONS
from fileio import read_bytes

from .errors import EvalError

PNG = b"\x89PNG\r\n\x1a\n"
MAX_BYTES = 1 << 28  # of a picture's file
Size = Tuple[int, int]


@dataclass(frozen=True)
class Picture:
    """A file, and the last number in its name, which COCO uses as the image id; None if the name has no number."""

    path: str
    number: Optional[int]


def list_pictures(directory: str) -> List[Picture]:
    """Returns the pictures of a directory in the order of v5lite detect: by the bytes of their names, without hidden
    files.

    Leaves out pipes and devices, because reading them could block.
    """
    try:
        names = sorted((name for name in os.listdir(directory) if name.lower().endswith(EXTENSIONS) and name[0] != "."),
                       key=os.fsencode)
    except OSError as error:
        raise EvalError("images", directory, error.strerror or "cannot be listed") from None
    paths = [os.path.join(directory, name) for name in names]
    paths = [path for path in paths if os.path.isfile(path) or not os.path.exists(path)]
    if not paths:
        raise EvalError("images", directory, "expected files named *.jpg, jpeg, png, bmp, ppm, pgm, pbm, pnm or pam")
    return [Picture(path, _number(os.path.basename(path))) for path in paths]


def _number(name: str) -> Optional[int]:
    digits = re.findall(r"[0-9]+", name)
    return int(digits[-1]) if digits and len(digits[-1].lstrip("0")) <= 18 else None


def image_ids(pictures: Sequence[Picture]) -> Tuple[List[int], Optional[str]]:
    """Returns the image ids of pictures in results files, as v5lite detect --format coco writes them.

    These are the numbers in the names or, if a name has none, 1, 2, 3 .. in the order of the list. Returns also the
    first picture without a number, or None.
    """
    seen: Dict[int, str] = {}
    for picture in pictures:
        if picture.number is None:
            return list(range(1, len(pictures) + 1)), picture.path
        other = seen.setdefault(picture.number, picture.path)
        if other != picture.path:
            raise EvalError("images", picture.path,
                            f"expected another number in the name than {os.path.basename(other)} has")
    return list(seen), None


def picture_size(path: str) -> Size:
    """Returns width and height of a picture, after its Exif orientation is applied, as the program does."""
    data = read_bytes(path, MAX_BYTES)
    size = None
    try:
        for read in (_jpeg_size, _png_size, _bmp_size, _pnm_size):
            size = size or read(data)
    except (struct.error, IndexError):  # the header continues after the end of the file
        size = None
    if size is None or min(size) < 1:
        raise EvalError("image", path, "expected a JPEG, PNG, BMP, PPM or PGM file with a whole header")
    return size


def _png_size(data: bytes) -> Optional[Size]:
    if data[:8] != PNG:
        return None
    at = 8
    if data[12:16] == b"CgBI":  # Apple's chunk, before the header
        at += 12 + struct.unpack_from(">I", data, at)[0]
    if data[at + 4:at + 8] != b"IHDR":
        return None
    width, height = struct.unpack(">II", data[at + 8:at + 16])
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"eXIf" and _orientation(data[at + 8:at + 8 + length]) >= 5:
            return height, width
        at += 12 + length
    return width, height


def _bmp_size(data: bytes) -> Optional[Size]:
    if data[:2] != b"BM":
        return None
    if struct.unpack("<I", data[14:18])[0] == 12:
        return struct.unpack("<HH", data[18:22])  # type: ignore[return-value]
    width, height = struct.unpack("<ii", data[18:26])
    return width, abs(height)  # negative: rows from bottom to top are reversed


def _pnm_size(data: bytes) -> Optional[Size]:
    gap = rb"(?:\s|#[^\r\n]*[\r\n])+"
    found = re.match(rb"P[1-6]" + gap + rb"([0-9]{1,9})" + gap + rb"([0-9]{1,9})(?:\s|#)", data)
    if data[:2] == b"P7":
        header = data[:data.find(b"ENDHDR") + 1]
        sides = [re.search(rb"^" + name + rb"\s+([0-9]{1,9})\s", header, re.MULTILINE)
                 for name in (b"WIDTH", b"HEIGHT")]
        return (int(sides[0][1]), int(sides[1][1])) if sides[0] and sides[1] else None
    return (int(found[1]), int(found[2])) if found else None


def _jpeg_size(data: bytes) -> Optional[Size]:
    """Reads the segments before the picture's data: the frame header has the size, the first Exif segment the
    orientation.
    """
    if data[:2] != b"\xff\xd8":
        return None
    at, size, orientation = 2, None, None
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if size is None and 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            size = struct.unpack_from(">HH", data, at + 5)[::-1]
        if orientation is None and marker == 0xE1 and data[at + 4:at + 10] == b"Exif\0\0":
            orientation = _orientation(data[at + 10:at + 2 + length])
        if length < 2:
            break
        at += 2 + length
    if size is None:
        return None
    return (size[1], size[0]) if (orientation or 1) >= 5 else size


def _orientation(tiff: bytes) -> int:
    """Returns the Exif orientation, 1 .. 8; 5 and above swap width and height."""
    tiff = tiff[6:] if tiff.startswith(b"Exif\0\0") else tiff
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (directory,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, directory)
        for i in range(count):
            at = directory + 2 + 12 * i
            tag, kind = struct.unpack_from(order + "HH", tiff, at)
            if tag == 0x0112 and kind in (3, 4):  # SHORT, LONG
                (value,) = struct.unpack_from(order + ("H" if kind == 3 else "I"), tiff, at + 8)
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1
