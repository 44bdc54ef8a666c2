# SPDX-License-Identifier: MIT
"""How sure the difference of two evaluations is: a paired bootstrap over the images.

Each resample draws as many images as there are, with replacement, and takes AP and AP50 of both sides on the same draw.
Matching does not change when images repeat, so it is done once; a resample only weighs detections and objects by how often
their image was drawn. Precision at a detection that found nothing never decides the curve (the found one before it is
better), so the curve is kept at the found ones alone.
"""

from __future__ import annotations

from typing import Dict, List, Sequence

import numpy as np

from .matching import IOU_THRESHOLDS, CategoryMatches
from .metric import RECALLS, TINY

CONFIDENCE = 0.95
CHUNK = 1 << 22  # numbers in one working array


def draws(images: int, resamples: int, seed: int) -> np.ndarray:
    """How often each image was drawn: (resamples, images)."""
    random = np.random.RandomState(seed)
    return np.stack([np.bincount(random.randint(images, size=images), minlength=images) for _ in range(resamples)])


def category_ap(matches: CategoryMatches, weights: np.ndarray) -> np.ndarray:
    """AP of one category over all sizes, for each resample and threshold; NaN where no object was drawn."""
    objects = weights @ matches.objects[0]
    result = np.zeros((len(weights), len(IOU_THRESHOLDS)))
    drawn = weights[:, matches.image]
    seen = before = None
    for at in range(len(IOU_THRESHOLDS)):
        counts = ~matches.ignored[0, at]
        if seen is None or not np.array_equal(counts, before):
            seen, before = np.cumsum(drawn * counts, axis=1), counts
        hits = np.flatnonzero(counts & matches.matched[0, at])
        true = np.cumsum(drawn[:, hits], axis=1)
        precision = true / (seen[:, hits] + TINY)
        precision = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        reached = np.searchsorted(RECALLS, true / np.maximum(objects, 1)[:, None], side="right")
        reached[true == 0] = 0  # an object not drawn reaches no recall, not even 0
        result[:, at] = (precision * np.diff(reached, axis=1, prepend=0)).sum(axis=1) / len(RECALLS)
    result[objects == 0] = np.nan
    return result


def resampled(matches: Sequence[CategoryMatches], weights: np.ndarray) -> Dict[str, np.ndarray]:
    """AP and AP50 of each resample."""
    total = np.zeros((len(weights), len(IOU_THRESHOLDS)))
    present = np.zeros(len(weights))
    for category in matches:
        if not category.objects[0].any():
            continue
        step = max(1, CHUNK // max(1, len(category.image)))
        ap = np.concatenate([category_ap(category, weights[i:i + step]) for i in range(0, len(weights), step)])
        present += ~np.isnan(ap[:, 0])
        total += np.nan_to_num(ap)
    ap = total / np.maximum(present, 1)[:, None]
    ap[present == 0] = np.nan  # nothing but images without objects was drawn
    return {"AP": ap.mean(axis=1), "AP50": ap[:, 0]}


def compare(a: List[CategoryMatches], b: List[CategoryMatches], images: int, resamples: int,
            seed: int) -> Dict[str, Dict[str, float]]:
    """For AP and AP50, of b - a: the interval's ends, the standard deviation, and the share of resamples above 0."""
    weights = draws(images, resamples, seed)
    first, second = resampled(a, weights), resampled(b, weights)
    result = {}
    for name in ("AP", "AP50"):
        delta = second[name] - first[name]
        delta = delta[~np.isnan(delta)]
        if delta.size == 0:
            continue
        low, high = np.quantile(delta, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
        result[name] = {"low": float(low), "high": float(high), "sd": float(delta.std()),
                        "above 0": float((delta > 0).mean())}
    return result
