# SPDX-License-Identifier: MIT
"""Brings the raw heads of engines to one order and compares them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, List, Optional, Sequence, Tuple

import numpy as np

from .errors import Failed, Refused

TOLERANCE = 1e-3
LEAST_COSINE = 0.99


@dataclass(frozen=True)
class Head:
    """A head's map: height, width, anchors, and channels of an anchor (x, y, w, h, objectness, classes)."""

    height: int
    width: int
    anchors: int
    channels: int

    @property
    def size(self) -> int:
        """Returns the number of floats in it."""
        return self.height * self.width * self.anchors * self.channels


def read_reference(path: Path, heads: Sequence[Head]) -> List[np.ndarray]:
    """Reads v5lite's heads, [height][width][anchor][channel] concatenated. Returns them as [anchor][pixel][channel]."""
    values = np.fromfile(path, np.float32)
    if values.size != sum(h.size for h in heads):
        raise Failed(f"{path}: {values.size} floats, expected {sum(h.size for h in heads)}")
    parts = np.split(values, np.cumsum([h.size for h in heads])[:-1])
    return [p.reshape(-1, h.anchors, h.channels).transpose(1, 0, 2) for p, h in zip(parts, heads)]


def arranged(values: np.ndarray, shape: Sequence[int], head: Head) -> Optional[np.ndarray]:
    """Returns a peer's head as [anchor][pixel][channel]; None if the shape is not a layout of that head."""
    lean = tuple(n for n in shape[:-3] if n != 1) + tuple(shape[-3:])
    pixels, depth = head.height * head.width, head.anchors * head.channels
    values = values.reshape(shape)
    if lean == (head.anchors, pixels, head.channels) or lean == (head.anchors, head.height, head.width, head.channels):
        return values.reshape(head.anchors, pixels, head.channels)
    if lean == (depth, head.height, head.width):  # NCHW
        return values.reshape(head.anchors, head.channels, pixels).transpose(0, 2, 1)
    if lean in ((head.height, head.width, depth), (pixels, depth)):  # NHWC
        return values.reshape(pixels, head.anchors, head.channels).transpose(1, 0, 2)
    return None


def read_peer(path: Path, shapes: Any, heads: Sequence[Head]) -> List[np.ndarray]:
    """Returns a peer's heads in v5lite's order. Outputs may come in any order: a head is recognised by its shape."""
    values = np.fromfile(path, np.float32)
    sizes = [math.prod(shape) for shape in shapes]
    if values.size != sum(sizes):
        raise Failed(f"the worker wrote {values.size} floats, expected {sum(sizes)}")
    outputs: List[Tuple[Sequence[int], np.ndarray]] = list(zip(shapes, np.split(values, np.cumsum(sizes)[:-1])))
    found = []
    for head in heads:
        fitting = [a for a in (arranged(part, shape, head) for shape, part in outputs) if a is not None]
        if len(fitting) != 1 or len(outputs) != len(heads):
            raise Refused(f"its outputs have the shapes {shapes}, expected heads like {heads}", math.inf)
        found += fitting
    return found


@dataclass(frozen=True)
class Likeness:
    """The similarity of two sets of heads."""

    difference: float  # the largest
    cosine: float  # of the head that is least alike


def likeness(reference: Sequence[np.ndarray], peer: Sequence[np.ndarray]) -> Likeness:
    """Compares two sets of heads. NaN gives NaN."""
    pairs = [(r.astype(np.float64).ravel(), p.astype(np.float64).ravel()) for r, p in zip(reference, peer)]
    # NumPy's max and min, unlike Python's, propagate NaN.
    return Likeness(float(np.max([np.max(np.abs(r - p)) for r, p in pairs])),
                    float(np.min([r @ p / max(np.sqrt((r @ r) * (p @ p)), 1e-30) for r, p in pairs])))


def compare(reference: Sequence[np.ndarray], peer: Sequence[np.ndarray], int8: bool = False) -> Likeness:
    """Compares two sets of heads. Refuses a difference above TOLERANCE, in 8 bits a cosine below LEAST_COSINE, or NaN.
    """
    found = likeness(reference, peer)
    if int8 and not found.cosine >= LEAST_COSINE:
        raise Refused(f"its heads have a cosine of {found.cosine:.4f} with v5lite's, at least {LEAST_COSINE:g} is "
                      "expected", found.difference)
    if not int8 and not found.difference <= TOLERANCE:
        raise Refused(f"its heads differ from v5lite's by {found.difference:.3g}, at most {TOLERANCE:g} is allowed",
                      found.difference)
    return found
