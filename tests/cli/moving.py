# SPDX-License-Identifier: MIT
"""Streams in which two digits of tests/images/digits.png move over a plain background."""

from functools import lru_cache

import numpy as np

import pictures
from program import ROOT

WIDTH, HEIGHT = 320, 240
DIGITS = {"0": (6, 0, 66, 66), "7": (0, 112, 48, 188)}  # left, top, right, bottom of a tile of the scene


@lru_cache(maxsize=None)
def tile(name):
    """Returns a tile as an array of R, G, B."""
    width, rows = pictures.png_rows((ROOT / "tests" / "images" / "digits.png").read_bytes())
    scene = np.frombuffer(b"".join(rows), np.uint8).reshape(-1, width, 3)
    left, top, right, bottom = DIGITS[name]
    return scene[top:bottom, left:right]


def frame(places, width=WIDTH, height=HEIGHT):
    """Returns the R, G, B of a frame. places: pairs of a digit and the left upper corner of its tile."""
    picture = np.full((height, width, 3), 128, np.uint8)
    for name, (x, y) in places:
        what = tile(name)
        left, top = max(x, 0), max(y, 0)
        right, bottom = min(x + what.shape[1], width), min(y + what.shape[0], height)
        if left < right and top < bottom:
            picture[top:bottom, left:right] = what[top - y:bottom - y, left - x:right - x]
    return picture


def planes(picture):
    """Returns Y, U and V of a frame, 4:2:0, BT.601, limited range."""
    rgb = picture.astype(np.float32)
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    luma = 0.299 * red + 0.587 * green + 0.114 * blue

    def halved(plane):
        small = plane.reshape(plane.shape[0] // 2, 2, plane.shape[1] // 2, 2).mean((1, 3))
        return np.clip(small * 224 / 255 + 128.5, 16, 240).astype(np.uint8).tobytes()

    return (np.clip(luma * 219 / 255 + 16.5, 16, 235).astype(np.uint8).tobytes() + halved((blue - luma) * 0.564)
            + halved((red - luma) * 0.713))


@lru_cache(maxsize=200)
def y4m_frame(places, width, height):
    return b"FRAME\n" + planes(frame(places, width, height))


def y4m(frames, fps=10, width=WIDTH, height=HEIGHT):
    """Returns a stream of frames, each a list of places."""
    return (f"YUV4MPEG2 W{width} H{height} F{fps}:1 Ip A1:1 C420jpeg\n".encode()
            + b"".join(y4m_frame(tuple(places), width, height) for places in frames))
