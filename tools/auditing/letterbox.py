# SPDX-License-Identifier: MIT
"""Letterboxes a picture as the original does: its letterbox() without minimum padding, and OpenCV's
resize(INTER_LINEAR) of bytes.
"""

from __future__ import annotations

from typing import Tuple

import numpy as np

GRAY, ONE = 114, 1 << 11  # padding; the weight 1 in OpenCV's filter, which has 11 bits


def letterbox(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """Returns uint8 [height][width][3]: the picture scaled to fit and centred. An odd pixel of padding is at the right
    and bottom.
    """
    rows, columns, _ = picture.shape
    scale = min(width / columns, height / rows)
    inner = max(1, round(columns * scale)), max(1, round(rows * scale))
    left, top = (round((size - part) / 2 - 0.1) for size, part in zip((width, height), inner))
    canvas = np.full((height, width, 3), GRAY, np.uint8)
    canvas[top:top + inner[1], left:left + inner[0]] = resize(picture, *inner)
    return canvas


def resize(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """Returns uint8 [height][width][3], resized by OpenCV's bilinear filter in its fixed point: along x, then
    along y.
    """
    rows, columns, _ = picture.shape
    at, weights = _taps(columns, width)
    outside = (at < 0) | (at >= columns - 1)  # such columns take the border pixel alone; rows keep their weights
    weights[outside] = ONE, 0
    at = at.clip(0, columns - 1)
    source = picture.astype(np.int64)
    wide = (source[:, at] * weights[:, :1] + source[:, (at + 1).clip(0, columns - 1)] * weights[:, 1:]) >> 4
    at, weights = _taps(rows, height)
    upper, lower = (wide[i.clip(0, rows - 1)] * weights[:, k, None, None] >> 16 for k, i in enumerate((at, at + 1)))
    return ((upper + lower + 2) >> 2).astype(np.uint8)


def _taps(source: int, target: int) -> Tuple[np.ndarray, np.ndarray]:
    """Returns for each target pixel the left (upper) source pixel, int64 [target], and the weights of it and the next,
    int64 [target][2]. Pixel centres are at halves.
    """
    position = ((np.arange(target) + 0.5) * (1.0 / (target / source)) - 0.5).astype(np.float32)
    at = np.floor(position).astype(np.int64)
    fraction = position - at.astype(np.float32)
    weights = np.stack([(np.float32(1) - fraction) * np.float32(ONE), fraction * np.float32(ONE)], 1)
    return at, np.rint(weights.astype(np.float64)).astype(np.int64)
