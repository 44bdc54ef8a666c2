# SPDX-License-Identifier: MIT
"""Reads classes, anchors and strides from the Detect module and the model."""

from __future__ import annotations

from typing import List, Optional, Sequence

import numpy as np

from .errors import ExportError, brief
from .graph import HeadInfo
from .names import Object
from .rebuild import array_items, text_of
from .tree import Module

MAX_HEADS = 8
MAX_ANCHORS = 16
MAX_CLASSES = 4096
MAX_STRING_BYTES = 255

# anchors are stored in units of the stride and again in pixels, each rounded to fp16 on its own.
ANCHOR_TOLERANCE = 0.01


def class_names(model: Module, count: int) -> List[str]:
    """Returns the `count` class names, from a list or from a dictionary by number. Converts what YAML makes of some
    names (numbers, dates and so on) to text.
    """
    stored = model.attribute("names")
    if isinstance(stored, Object):
        stored = array_items(stored)
    if not isinstance(stored, (dict, list, tuple)) or len(stored) != count:
        raise ExportError("names", f"expected {count} class names, as many as Detect.nc")
    if isinstance(stored, dict):
        stored = [stored.get(index, stored.get(str(index), ())) for index in range(count)]
    names = []
    for value in stored:
        name = text_of(value)
        if name is None:
            raise ExportError("names", f"class name {brief(value)}, expected a text or a number")
        names.append(name)
        size = len(name[:MAX_STRING_BYTES + 1].encode("utf-8", "replace"))
        if size > MAX_STRING_BYTES or any(ord(c) < 0x20 or ord(c) == 0x7F or 0xD800 <= ord(c) < 0xE000 for c in name):
            raise ExportError("names", f"class name {brief(name)}, expected at most {MAX_STRING_BYTES} bytes "
                                       "and no control characters")
    return names


def head_infos(model: Module, detect: Module, strides: Sequence[int]) -> List[HeadInfo]:
    """Returns stride and anchors of each level. `strides`: those of the maps that Detect reads."""
    levels, anchor_count, classes = detect.integer("nl"), detect.integer("na"), detect.integer("nc")
    if not (1 <= levels <= MAX_HEADS and 1 <= anchor_count <= MAX_ANCHORS and 1 <= classes <= MAX_CLASSES):
        raise detect.fail(f"{levels} levels, {anchor_count} anchors, {classes} classes: expected at most "
                          f"{MAX_HEADS}, {MAX_ANCHORS}, {MAX_CLASSES}")
    if detect.has("no") and detect.integer("no") != classes + 5:
        raise detect.fail(f"no is {detect.integer('no')}, expected nc + 5")
    if len(strides) != levels or len(detect.child("m").children()) != levels:
        raise detect.fail(f"expected {levels} input maps and convolutions")
    stated = detect.tensor("stride")
    if stated is None:
        stated = model.tensor("stride")
    if stated is None or stated.shape != (levels,) or list(stated) != list(strides):
        raise detect.fail(f"expected a stride of {list(strides)}, as the maps have it")
    pixels = _anchors(detect, stated, anchor_count)
    return [HeadInfo(stride, tuple((float(w), float(h)) for w, h in level)) for stride, level in zip(strides, pixels)]


def _anchors(detect: Module, strides: np.ndarray, count: int) -> np.ndarray:
    """Returns anchors in pixels, [level][anchor][width, height]: `anchor_grid`, which the original decodes with, or
    `anchors`.
    """
    shape = (len(strides), count, 2)
    scaled = detect.tensor("anchors")
    if scaled is None or scaled.shape != shape:
        raise detect.fail(f"anchors are {None if scaled is None else scaled.shape}, expected {shape}")
    pixels = scaled * strides[:, None, None]
    grid: Optional[np.ndarray] = detect.tensor("anchor_grid")
    if grid is not None and grid.size == pixels.size:
        grid = grid.reshape(shape)
        if not (np.abs(grid - pixels) <= ANCHOR_TOLERANCE * np.abs(pixels)).all():
            raise detect.fail("anchors and anchor_grid disagree, expected anchors * stride = anchor_grid")
        pixels = grid
    if not (np.isfinite(pixels).all() and (pixels.astype(np.float32) > 0).all()):
        raise detect.fail("anchors are not positive numbers")
    return pixels
