# SPDX-License-Identifier: MIT
"""Computes confidence intervals of the difference of two evaluations: a paired bootstrap over the images.

Each resample draws as many images as there are, with replacement, and computes the APs of both sides on the same draw;
the interval lies between percentiles of the differences. Matching does not change when images repeat, so it is done
once; a resample only weighs detections and objects by how often their image was drawn. Precision at a detection that
found nothing never decides the curve (the previous match is better), so the curve keeps the matches only.
"""

from __future__ import annotations

from typing import Dict, List, Sequence

import numpy as np

from .errors import EvalError
from .matching import AREA_NAMES, IOU_THRESHOLDS, CategoryMatches
from .metric import AP_PARTS, RECALLS, TINY
from .progress import Progress

METHOD = "paired percentile bootstrap over images"
CONFIDENCE = 0.95
CHUNK = 1 << 22  # numbers in one working array
MAX_DRAWN = 1 << 27  # images times resamples


def draws(images: int, resamples: int, seed: int) -> np.ndarray:
    """Returns how often each image was drawn: int32 (images, resamples)."""
    random = np.random.RandomState(seed)
    counts = np.empty((images, resamples), np.int32)
    for at in range(resamples):
        counts[:, at] = np.bincount(random.randint(images, size=images), minlength=images)
    return counts


def weighted_ap(images: np.ndarray, hits: np.ndarray, objects: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Returns the AP at one threshold for each resample: (resamples).

    images: int (detections by falling score), those that count; hits: bool (detections); objects: the drawn ones,
    (resamples); weights: (images, resamples).
    """
    rows = np.flatnonzero(hits)
    true = np.cumsum(weights[images[rows]], axis=0, dtype=np.int32)
    # Detections from one hit (exclusive) to the next (inclusive), summed; detections after the last hit change nothing.
    between = np.add.reduceat(weights[images[:rows[-1] + 1]], np.append(0, rows[:-1] + 1), axis=0, dtype=np.int32)
    precision = true / (np.cumsum(between, axis=0, dtype=np.int32) + TINY)
    precision = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
    # Number of RECALLS that each hit reaches: the nearest one, less 1 if rounding went up.
    recall = true / np.maximum(objects, 1)
    nearest = np.rint(recall * (len(RECALLS) - 1)).astype(np.int32)
    reached = nearest + (RECALLS[nearest] <= recall)
    reached[true == 0] = 0  # an object not drawn reaches no recall, not even 0
    return (precision * np.diff(reached, axis=0, prepend=0)).sum(axis=0) / len(RECALLS)


def category_ap(matches: CategoryMatches, area: int, weights: np.ndarray) -> np.ndarray:
    """Returns the AP of one category and size at each threshold: (thresholds, resamples); NaN where no object was
    drawn.
    """
    images, count = np.unique(matches.object_image[matches.object_counts[area]], return_counts=True)
    objects = count @ weights[images]
    result = np.zeros((len(IOU_THRESHOLDS), weights.shape[1]))
    before = None
    for at in range(len(IOU_THRESHOLDS)):
        counts = ~matches.ignored[area, at]
        hits = counts & matches.matched[area, at]
        if before is not None and all(map(np.array_equal, before, (counts, hits))):
            result[at] = result[at - 1]
        elif hits.any():
            result[at] = weighted_ap(matches.image[counts], hits[counts], objects, weights)
        before = counts, hits
    result[:, objects == 0] = np.nan
    return result


def resampled(matches: Sequence[CategoryMatches], weights: np.ndarray,
              title: str = "bootstrap") -> Dict[str, np.ndarray]:
    """Returns the APs of each resample by name, each (resamples), NaN where no object was drawn; weights: (images,
    resamples).
    """
    shape = (len(AREA_NAMES), len(IOU_THRESHOLDS), weights.shape[1])
    total, present = np.zeros(shape), np.zeros(shape, np.int32)
    with Progress(title, len(matches)) as bar:
        for done, category in enumerate(matches, 1):
            step = max(1, CHUNK // max(1, len(category.image), len(category.object_image)))
            for area in np.flatnonzero(category.object_counts.any(axis=1)):
                for start in range(0, weights.shape[1], step):
                    ap = category_ap(category, area, weights[:, start:start + step])
                    present[area, :, start:start + step] += ~np.isnan(ap)
                    total[area, :, start:start + step] += np.nan_to_num(ap)
            bar.show(done)
    mean = total / np.maximum(present, 1)
    mean[present == 0] = np.nan
    return {name: mean[part].reshape(-1, weights.shape[1]).mean(axis=0) for name, part in AP_PARTS.items()}


def compare(a: List[CategoryMatches], b: List[CategoryMatches], images: int, resamples: int,
            seed: int) -> Dict[str, Dict[str, float]]:
    """Returns the interval, the deviation and the sign of b - a for each AP.

    For each AP: the interval's ends, the standard deviation, the share of resamples above 0, and the number of
    resamples that have this AP (one that drew no object of a size has no AP of that size). Returns an empty dictionary
    for a single image, because every draw of it is the same.
    """
    if images < 2:
        return {}
    if images * resamples > MAX_DRAWN:
        raise EvalError("--resamples", str(resamples), f"expected at most {MAX_DRAWN // images} for {images} images")
    weights = draws(images, resamples, seed)
    first, second = resampled(a, weights, "bootstrap A"), resampled(b, weights, "bootstrap B")
    result = {}
    for name in AP_PARTS:
        delta = second[name] - first[name]
        delta = delta[~np.isnan(delta)]
        if delta.size == 0:
            continue
        low, high = np.quantile(delta, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
        result[name] = {"low": float(low), "high": float(high), "sd": float(delta.std()),
                        "above 0": float((delta > 0).mean()), "resamples": int(delta.size)}
    return result
