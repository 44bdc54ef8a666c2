# SPDX-License-Identifier: MIT
"""Scales and zero points of whole tensors, uint8, from the ranges that `v5lite calibrate` measures.

v5lite has a scale for each channel; ONNX has one for each tensor. It is that of the widest range: from the smallest
minimum of all channels to the largest maximum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Dict, Tuple

import numpy as np

from evaluation.progress import Progress
from exporter.calibration import Calibrator, Pictures, range_shapes, ranges
from exporter.int8 import EXACT
from exporter.program import Program
from exporter.writer import file_bytes

LEVELS = 255
MAX_WEIGHT, MAX_BIAS = 127, 1 << 30
LEAST_CURVED = -6.0  # smaller inputs of SiLU are cut: SiLU(-6) = -0.015

Range = Tuple[float, float]


@dataclass(frozen=True)
class Scale:
    """A number is (q - zero) * scale, q of 0 .. 255."""

    scale: float  # a float32
    zero: int


PICTURE = Scale(float(np.float32(1 / 255)), 0)
SHARE = Scale(float(np.float32(1 / 255)), 0)  # of a sigmoid


def measured(program: Program, pictures: Pictures) -> Dict[str, Range]:
    """Returns the range of each op's output, by its name, over pictures."""
    count = len(pictures.paths)
    with Progress("ranges", count) as bar:
        batches = Calibrator(pictures, bar).statistics(file_bytes(program, bytes(32)), range_shapes(program), count,
                                                       *EXACT)
    return {program.ops[index].name: (float(low.min()), float(high.max()))
            for index, (low, high) in ranges(batches, program).items()}


def width(values: Range) -> float:
    """Returns the width of a range, with 0 in it."""
    return max(values[1], 0.0) - min(values[0], 0.0)


def scale_of(values: Range, widest: float = 0.0) -> Scale:
    """Returns the scale of a range, or that of a wider one with the zero point of this one."""
    scale = float(np.float32((max(width(values), widest) or 1.0) / LEVELS))
    return Scale(scale, min(max(round(-min(values[0], 0.0) / scale), 0), LEVELS))


def quantised_weights(weight: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Returns weights [out, ...] as int8, and the scale of each output."""
    largest = np.abs(weight).max(axis=tuple(range(1, weight.ndim)))
    scale = np.where(largest > 0, largest / MAX_WEIGHT, 1.0).astype(np.float32)
    by_output = scale.reshape(-1, *[1] * (weight.ndim - 1))
    return np.clip(np.rint(weight / by_output), -MAX_WEIGHT, MAX_WEIGHT).astype(np.int8), scale


def silu_input(output: Range) -> Range:
    """Returns the range of the inputs of SiLU that give these outputs, without those below LEAST_CURVED."""
    x = max(output[1], 0.0)
    for _ in range(50):  # the x with silu(x) = high: x = high / sigmoid(x), which converges
        x = max(output[1], 0.0) * (1 + math.exp(-x))
    return LEAST_CURVED, x
