# SPDX-License-Identifier: MIT
"""Weights in 8 bits whose products two at a time fit 16 bits: weights/FORMAT.md, "Neighbours".

Few pairs of weights exceed that. Their output gets a larger step. To reduce the weights instead costs more accuracy,
since such an error does not average out over the inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import List

import numpy as np

from .layout import grouped_columns

MAX_WEIGHT = 127
MAX_SUM = 128  # of two neighbours, in magnitude: 128 * 255 < 2^15
STEPS = [1 + i / 40 for i in range(41)]  # with twice the step all fit


@dataclass(frozen=True)
class Neighbours:
    """Pairs of weights of a convolution, by column in (ky, kx, in)."""

    first: np.ndarray
    second: np.ndarray

    @staticmethod
    def within(lengths: List[int]) -> Neighbours:
        """Returns the neighbours in the groups of segments of these lengths; none of no segment."""
        pairs = (grouped_columns(lengths) if lengths else np.empty(0, int)).reshape(-1, 2)
        pairs = pairs[(pairs >= 0).all(axis=1)]
        return Neighbours(pairs[:, 0], pairs[:, 1])

    def best_unit(self, weight: np.ndarray, unit: np.ndarray) -> np.ndarray:
        """Returns for each output of weight [out][in][kh][kw] the multiple of its unit by which the rounded weights fit
        and are nearest to the weights.
        """
        rows = weight.transpose(0, 2, 3, 1).reshape(len(weight), -1)
        best, least = unit, np.full(len(rows), np.inf)
        for step in STEPS:
            tried = unit * step
            integers = np.clip(np.rint(rows / tried[:, None]), -MAX_WEIGHT, MAX_WEIGHT)
            fits = (np.abs(integers[:, self.first] + integers[:, self.second]) <= MAX_SUM).all(axis=1)
            error = (integers * tried[:, None] - rows) ** 2
            total = np.where(fits, np.cumsum(error, axis=1)[:, -1], np.inf)  # the same on every machine, unlike sum
            best, least = np.where(total < least, tried, best), np.minimum(total, least)
        return best
