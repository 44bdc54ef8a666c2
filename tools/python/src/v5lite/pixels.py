# SPDX-License-Identifier: MIT
"""Pictures: numpy arrays as the library reads them, without a copy where their layout allows it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ._library import CONSTANTS, Bytes
from .errors import ArgumentError

MAX_SIDE = 32768  # pixels, as in v5l_image
MAX_INT = 0x7FFFFFFF
# Name -> number in v5lite.h, bytes of a pixel, and the name with red and blue exchanged.
FORMATS = {"rgb": (CONSTANTS["V5L_RGB"], 3, "bgr"), "bgr": (CONSTANTS["V5L_BGR"], 3, "rgb"),
           "rgba": (CONSTANTS["V5L_RGBA"], 4, ""), "bgra": (CONSTANTS["V5L_BGRA"], 4, ""),
           "gray": (CONSTANTS["V5L_GRAY"], 1, "")}


class Picture(NamedTuple):
    """Arguments of v5lpy_detect."""
    array: Bytes  # owns the pixels
    address: int
    width: int
    height: int
    row_bytes: int  # 0: no gaps
    format: int


def as_picture(image: Any, format: str) -> Picture:
    """Returns where the pixels of an image are.

    image: uint8 [height, width, channels], or [height, width] for gray, of 1 .. 32768 pixels a side; an array, or what
    numpy.asarray accepts. Copied unless the bytes of each row follow each other, and rows go down with a stride of at
    least their length. So slices of rows and columns are not copied, nor is an array [..., ::-1] of 3 channels.
    """
    if not isinstance(format, str) or format not in FORMATS:
        raise ArgumentError(f"format={format!r}: expected one of {', '.join(FORMATS)}")
    array = image if type(image) is np.ndarray else np.asarray(image)
    if array.dtype != np.uint8:
        raise TypeError(f"image of {array.dtype}: expected uint8")
    code, channels, swapped = FORMATS[format]
    gray = channels == 1 and array.ndim == 2
    if not gray and (array.ndim != 3 or array.shape[2] != channels):
        expected = "[height, width]" if channels == 1 else f"[height, width, {channels}]"
        raise ArgumentError(f"image of shape {list(array.shape)}: expected {expected} for format={format!r}")
    height, width = array.shape[:2]
    if not (1 <= height <= MAX_SIDE and 1 <= width <= MAX_SIDE):
        raise ArgumentError(f"image of shape {list(array.shape)}: expected 1 to {MAX_SIDE} pixels a side")
    if swapped and array.strides[2] == -1:
        array, code = array[..., ::-1], FORMATS[swapped][0]
    if not ((height == 1 or width * channels <= array.strides[0] <= MAX_INT) and
            (width == 1 or array.strides[1] == channels) and (channels == 1 or array.strides[2] == 1)):
        array = np.ascontiguousarray(array)
    return Picture(array, array.__array_interface__["data"][0], width, height,
                   array.strides[0] if height > 1 else 0, code)
