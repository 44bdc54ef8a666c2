# SPDX-License-Identifier: MIT
"""Draws into float32 pictures [height][width][3], 0 .. 1: shapes, strokes, letters, backgrounds, blur."""

from __future__ import annotations

from typing import Sequence, Tuple

import numpy as np

Points = Sequence[Tuple[float, float]]  # (x, y)

# Letters as strokes in a unit square, y down: text that is not digits. None resembles a digit (no I, O, S, Z, B, G, q).
LETTERS: Tuple[Tuple[Points, ...], ...] = (
    (((0, 1), (.5, 0), (1, 1)), ((.2, .6), (.8, .6))),             # A
    (((1, 0), (0, 0), (0, 1), (1, 1)), ((0, .5), (.7, .5))),       # E
    (((1, 0), (0, 0), (0, 1)), ((0, .5), (.7, .5))),               # F
    (((0, 0), (0, 1)), ((1, 0), (1, 1)), ((0, .5), (1, .5))),      # H
    (((0, 0), (0, 1)), ((1, 0), (0, .5), (1, 1))),                 # K
    (((0, 0), (0, 1), (1, 1)),),                                   # L
    (((0, 1), (0, 0), (.5, .6), (1, 0), (1, 1)),),                 # M
    (((0, 1), (0, 0), (1, 1), (1, 0)),),                           # N
    (((0, 1), (0, 0), (.8, .1), (.8, .4), (0, .5), (.9, 1)),),     # R
    (((0, 0), (1, 0)), ((.5, 0), (.5, 1))),                        # T
    (((0, 0), (0, .8), (.3, 1), (.7, 1), (1, .8), (1, 0)),),       # U
    (((0, 0), (.5, 1), (1, 0)),),                                  # V
    (((0, 0), (.25, 1), (.5, .3), (.75, 1), (1, 0)),),             # W
    (((0, 0), (1, 1)), ((1, 0), (0, 1))),                          # X
    (((.5, 0), (.5, 1)), ((0, .5), (1, .5))),                      # plus
    (((.3, 0), (.1, 1)), ((.8, 0), (.6, 1)), ((0, .3), (1, .3)), ((0, .7), (1, .7))),  # hash
)


def blend(picture: np.ndarray, x: int, y: int, coverage: np.ndarray, color: np.ndarray) -> None:
    """Blends `color` (3) in by `coverage` [h][w], 0 .. 1, with its corner at (x, y). Clips what lies outside."""
    height, width = picture.shape[:2]
    left, top = max(0, x), max(0, y)
    right, bottom = min(width, x + coverage.shape[1]), min(height, y + coverage.shape[0])
    if left >= right or top >= bottom:
        return
    part = picture[top:bottom, left:right]
    part += coverage[top - y:bottom - y, left - x:right - x, None] * (color - part)


def stroke(picture: np.ndarray, points: Points, width: float, color: np.ndarray) -> None:
    """Draws a polyline with a round pen, `width` pixels wide."""
    xs, ys = np.array(points, np.float32).T
    margin = width / 2 + 1
    # Skips what the window below would have outside the picture.
    left, top = max(0, int(xs.min() - margin)), max(0, int(ys.min() - margin))
    right, bottom = min(picture.shape[1], int(xs.max() + margin) + 1), min(picture.shape[0], int(ys.max() + margin) + 1)
    if left >= right or top >= bottom:
        return
    gx = np.arange(left, right, dtype=np.float32)[None, :]
    gy = np.arange(top, bottom, dtype=np.float32)[:, None]
    nearest = np.full((bottom - top, right - left), 1e9, np.float32)
    for x0, y0, x1, y1 in zip(xs, ys, xs[1:], ys[1:]):
        dx, dy = x1 - x0, y1 - y0
        along = np.clip(((gx - x0) * dx + (gy - y0) * dy) / max(dx * dx + dy * dy, 1e-6), 0, 1)
        np.minimum(nearest, (gx - x0 - along * dx) ** 2 + (gy - y0 - along * dy) ** 2, out=nearest)
    blend(picture, left, top, np.clip(width / 2 + 0.5 - np.sqrt(nearest), 0, 1), color)


def ellipse(picture: np.ndarray, x: float, y: float, rx: float, ry: float, ring: float, color: np.ndarray) -> None:
    """Draws an ellipse about (x, y). A `ring` above 0 leaves its inside free, except an edge of that many pixels."""
    left, top = int(x - rx - 1), int(y - ry - 1)
    gx = np.arange(left, int(x + rx + 2), dtype=np.float32)[None, :] - x
    gy = np.arange(top, int(y + ry + 2), dtype=np.float32)[:, None] - y
    radius = np.sqrt((gx / rx) ** 2 + (gy / ry) ** 2)
    coverage = np.clip((1 - radius) * min(rx, ry) + 0.5, 0, 1)
    if ring > 0:
        coverage = np.minimum(coverage, np.clip(ring - (1 - radius) * min(rx, ry) + 0.5, 0, 1))
    blend(picture, left, top, coverage, color)


def rectangle(picture: np.ndarray, x: int, y: int, width: int, height: int, opacity: float, color: np.ndarray) -> None:
    """Draws a filled rectangle."""
    blend(picture, x, y, np.full((height, width), opacity, np.float32), color)


def stretch(small: np.ndarray, size: int) -> np.ndarray:
    """Returns a small map [h][w][channels] enlarged linearly to [size][size][channels]."""
    return _stretch_rows(_stretch_rows(small, size).swapaxes(0, 1), size).swapaxes(0, 1)


def _stretch_rows(small: np.ndarray, size: int) -> np.ndarray:
    at = np.linspace(0, small.shape[0] - 1, size, dtype=np.float32)
    low = np.minimum(at.astype(int), small.shape[0] - 2)
    share = (at - low).reshape(-1, 1, 1)
    return small[low] + share * (small[low + 1] - small[low])


def blur(picture: np.ndarray, sigma: float) -> np.ndarray:
    """Returns a Gaussian blur, `sigma` in pixels; at the edges, of the pixels inside."""
    taps = np.exp(-0.5 * (np.arange(1 + int(2.5 * sigma + 0.5)) / sigma) ** 2)
    taps = (taps / (2 * taps.sum() - 1)).astype(np.float32)
    for axis in (0, 1):
        padded = np.pad(picture, [(len(taps) - 1,) * 2 if a == axis else (0, 0) for a in range(3)], mode="edge")
        lines = padded if axis == 0 else padded.swapaxes(0, 1)
        size, centre = picture.shape[axis], len(taps) - 1
        blurred = taps[0] * lines[centre:centre + size]
        for distance, tap in enumerate(taps[1:], 1):
            before, after = centre - distance, centre + distance
            blurred += tap * (lines[before:before + size] + lines[after:after + size])
        picture = blurred if axis == 0 else blurred.swapaxes(0, 1)
    return picture
