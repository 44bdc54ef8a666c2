# SPDX-License-Identifier: MIT
"""Weights in 8 bits whose products two at a time fit 16 bits: weights/FORMAT.md, "Neighbours".

Few pairs of weights exceed that. An output then gets a larger step, fewer of its largest weights are reduced, or both:
whatever changes its weights least.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import List

import numpy as np

from .layout import grouped_columns

MAX_WEIGHT = 127
MAX_SUM = 128  # of two neighbours, in magnitude: 128 * 255 < 2^15
STEPS = [1 + i / 20 for i in range(21)]  # twice the step is enough for all


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

    def rounded(self, weight: np.ndarray, unit: np.ndarray) -> np.ndarray:
        """Returns weight [out][in][kh][kw] in units [out], as integers that fit."""
        rows = _rows(weight)
        return _like(weight, self._rounded_rows(rows, unit)).astype(np.int8)

    def best_unit(self, weight: np.ndarray, unit: np.ndarray) -> np.ndarray:
        """Returns for each output the multiple of its unit by which the rounded weights are nearest to the weights."""
        rows, best = _rows(weight), unit
        least = np.full(len(rows), np.inf)
        for step in STEPS:
            tried = unit * step
            error = (self._rounded_rows(rows, tried) * tried[:, None] - rows) ** 2
            total = np.cumsum(error, axis=1)[:, -1]  # the same on every machine, unlike sum
            best, least = np.where(total < least, tried, best), np.minimum(total, least)
        return best

    def _rounded_rows(self, rows: np.ndarray, unit: np.ndarray) -> np.ndarray:
        integers = np.clip(np.rint(rows / unit[:, None]), -MAX_WEIGHT, MAX_WEIGHT)
        total = integers[:, self.first] + integers[:, self.second]
        above = np.maximum(np.abs(total) - MAX_SUM, 0)
        half = np.floor(above / 2)
        integers[:, self.first] -= np.sign(total) * half
        integers[:, self.second] -= np.sign(total) * (above - half)
        return integers


def _rows(weight: np.ndarray) -> np.ndarray:
    return weight.transpose(0, 2, 3, 1).reshape(len(weight), -1)


def _like(weight: np.ndarray, rows: np.ndarray) -> np.ndarray:
    out, inputs, height, width = weight.shape
    return rows.reshape(out, height, width, inputs).transpose(0, 3, 1, 2)
