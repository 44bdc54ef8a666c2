# SPDX-License-Identifier: MIT
"""Decides which convolutions use Winograd F(2x2, 3x3) (Lavin and Gray 2016), and transforms their weights.

src/fuse.c and src/ops/winograd.c do the same; tests check that both are bit-identical.
"""

from __future__ import annotations

from typing import Optional, Tuple

import numpy as np

from .errors import ExportError
from .graph import Kind
from .program import Op, Program, width

Size = Tuple[int, int]  # network input: width, height

MIN_CHANNELS, MIN_TILES, MAX_INPUT = 16, 64, 8192


def check_size(program: Program, size: Optional[Size]) -> None:
    """Refuses an input size that the network cannot have."""
    stride = max(tensor.stride for tensor in program.tensors)
    if size is not None and any(side % stride or side > MAX_INPUT for side in size):
        raise ExportError("--size", f"{size[0]}x{size[1]}: expected multiples of {stride}, at most {MAX_INPUT}")


def takes_transform(program: Program, op: Op, size: Optional[Size]) -> bool:
    """Returns whether the library, at this input size, computes the convolution by the transform."""
    if size is None or op.kind != Kind.CONV or op.a[0].tensor == 0 or (op.kernel, op.step, op.pad) != ((3, 3), 1, 1):
        return False
    tiles_x, tiles_y = ((side // program.tensors[op.out[0].tensor].stride + 1) // 2 for side in size)
    return min(width(op.a), width(op.out)) >= MIN_CHANNELS and tiles_x * tiles_y >= MIN_TILES


def transformed(weight: np.ndarray) -> np.ndarray:
    """Returns G g G^T of weights [out][in][3][3], as 16 layers [out][in][1][1], in float32 and in the library's order
    of operations.
    """
    columns = _by_g(np.moveaxis(weight.astype(np.float32), 2, 0))  # y out in 3
    planes = _by_g(np.moveaxis(columns, 3, 0))  # x y out in
    return np.moveaxis(planes, 0, 1).reshape(16, *weight.shape[:2], 1, 1)


def _by_g(g: np.ndarray) -> np.ndarray:
    """Returns the four rows of G times the three g[0], g[1], g[2]."""
    outer, half = g[0] + g[2], np.float32(0.5)
    return np.stack([g[0], half * (outer + g[1]), half * (outer - g[1]), g[2]])
