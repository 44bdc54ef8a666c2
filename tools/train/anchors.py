# SPDX-License-Identifier: MIT
"""Chooses anchors for a data set: k-means of the boxes' sizes, in logarithms, so that a ratio is a distance."""

from __future__ import annotations

from typing import List, Tuple

import numpy as np

ROUNDS = 50


def choose(sizes: np.ndarray, levels: int, per_level: int, seed: int) -> List[List[Tuple[float, float]]]:
    """Returns [level][anchor] (width, height) for sizes [count][2], in the same unit, smallest first; whole numbers."""
    points = np.log(np.maximum(sizes, 1.0))
    count = levels * per_level
    random = np.random.RandomState(seed)
    centres = points[[random.randint(len(points))]]
    while len(centres) < count:  # random, with a preference for those far from the chosen ones (k-means++)
        distance = ((points[:, None] - centres) ** 2).sum(2).min(1)
        total = distance.sum()
        share = distance / total if total > 0 else np.full(len(points), 1 / len(points))
        centres = np.concatenate([centres, points[[random.choice(len(points), p=share)]]])
    for _ in range(ROUNDS):
        nearest = ((points[:, None] - centres) ** 2).sum(2).argmin(1)
        centres = np.stack([points[nearest == c].mean(0) if (nearest == c).any() else centres[c] for c in range(count)])
    ordered = np.exp(centres[np.argsort(centres.sum(1), kind="stable")])
    whole = np.maximum(np.rint(ordered), 1).reshape(levels, per_level, 2)
    return [[(float(w), float(h)) for w, h in level] for level in whole]
