# SPDX-License-Identifier: MIT
"""Computes the detection metric of the COCO challenge: the bbox protocol of pycocotools, without pycocotools.

Precision is made monotonic from the right and read at 101 recalls from 0 to 1; the mean is the AP of a category and an
IoU threshold. AP is the mean over thresholds 0.50, 0.55 .. 0.95 and over the categories that have objects; AP50 and
AP75 are at one threshold. Small, medium and large are objects up to 32 x 32, up to 96 x 96 and above, by their labelled
area. AR is the recall reached with 100 detections an image and category, averaged the same way. A mean over nothing is
None. matching.py defines which detections found an object.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from .detections import Detections
from .matching import AREA_NAMES, IOU_THRESHOLDS, CategoryMatches, match_all
from .truth import Truth

RECALLS = np.linspace(0, 1, 101)
# The parts of an array (areas, thresholds, ..) that each AP is the mean of. Thresholds 0 and 5 are 0.50 and 0.75.
AP_PARTS: Dict[str, Tuple[Any, ...]] = {"AP": (0,), "AP50": (0, 0), "AP75": (0, 5),
                                        **{f"AP {name}": (a,) for a, name in enumerate(AREA_NAMES) if a}}
AR_PARTS: Dict[str, Tuple[Any, ...]] = {"AR100": (0,), **{f"AR {name}": (a,) for a, name in enumerate(AREA_NAMES) if a}}
METRICS = (*AP_PARTS, *AR_PARTS)
TINY = float(np.spacing(1))  # added to the precision's divisor, as in pycocotools


@dataclass(frozen=True)
class Evaluation:
    """The results of one set of detections."""

    metrics: Dict[str, Optional[float]]           # METRICS
    classes: List[Dict[str, object]]              # name, id, objects and METRICS of categories with objects
    matches: List[CategoryMatches]


def curve(matches: CategoryMatches, area: int, threshold: int) -> Optional[Tuple[np.ndarray, float]]:
    """Returns the precision at RECALLS, and the recall reached; None if there are no objects to find."""
    objects = matches.objects(area)
    if objects == 0:
        return None
    counts = ~matches.ignored[area, threshold]
    hits = matches.matched[area, threshold][counts]
    true, false = np.cumsum(hits), np.cumsum(~hits)
    recall = true / objects
    precision = true / (true + false + TINY)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, RECALLS, side="left")
    return np.append(precision, 0.0)[at], float(recall[-1]) if len(recall) else 0.0


def _at_thresholds(matches: CategoryMatches, area: int) -> Tuple[np.ndarray, np.ndarray]:
    """Returns the mean precision and the recall reached at each threshold. Measures equal matches once."""
    precision, recall = np.zeros(len(IOU_THRESHOLDS)), np.zeros(len(IOU_THRESHOLDS))
    before = None
    for at in range(len(IOU_THRESHOLDS)):
        here = matches.ignored[area, at], matches.matched[area, at]
        if before is not None and all(map(np.array_equal, before, here)):
            precision[at], recall[at] = precision[at - 1], recall[at - 1]
            continue
        measured = curve(matches, area, at)
        if measured is not None:
            precision[at], recall[at] = measured[0].mean(), measured[1]
        before = here
    return precision, recall


def mean(values: np.ndarray) -> Optional[float]:
    """Returns the mean of the values that are not NaN; None if there are none."""
    there = values[~np.isnan(values)]
    return float(there.mean()) if there.size else None


def evaluate(truth: Truth, found: Detections) -> Evaluation:
    """Matches the detections and measures."""
    matches = match_all(truth, found)
    shape = (len(AREA_NAMES), len(IOU_THRESHOLDS), len(matches))
    precision, recall = np.full(shape, np.nan), np.full(shape, np.nan)
    present = [k for k, category in enumerate(matches) if category.objects(0)]
    for k, area in product(present, range(len(AREA_NAMES))):
        if matches[k].objects(area):
            precision[area, :, k], recall[area, :, k] = _at_thresholds(matches[k], area)
    classes: List[Dict[str, object]] = [
        {"name": truth.names[k], "id": int(truth.category_ids[k]), "objects": matches[k].objects(0),
         **_means(precision[..., k], recall[..., k])} for k in present]
    return Evaluation(_means(precision, recall), classes, matches)


def _means(precision: np.ndarray, recall: np.ndarray) -> Dict[str, Optional[float]]:
    """Returns METRICS of mean precisions and recalls, (areas, thresholds) or (.., categories), NaN where no object
    exists.
    """
    return {**{name: mean(precision[part]) for name, part in AP_PARTS.items()},
            **{name: mean(recall[part]) for name, part in AR_PARTS.items()}}
