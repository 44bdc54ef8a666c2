# SPDX-License-Identifier: MIT
"""The detection metric of the COCO challenge: the bbox protocol of pycocotools, implemented here without it.

Precision is made falling from the right and read at 101 recalls from 0 to 1; the mean of that is the AP of a category and an
IoU threshold. AP is the mean over thresholds 0.50, 0.55 .. 0.95 and over the categories that have objects; AP50 and AP75 are
at one threshold. Small, medium and large are objects up to 32 x 32, up to 96 x 96 and above, by their labelled area. AR is
the recall reached with 100 detections an image and category, averaged the same way. A mean over nothing is None.
matching.py says what counts as found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

import numpy as np

from .detections import Detections
from .matching import AREA_NAMES, IOU_THRESHOLDS, CategoryMatches, match_all
from .truth import Truth

RECALLS = np.linspace(0, 1, 101)
METRICS = ("AP", "AP50", "AP75", "AP small", "AP medium", "AP large", "AR100", "AR small", "AR medium", "AR large")
TINY = float(np.spacing(1))  # in the precision's divisor, as pycocotools has it


@dataclass(frozen=True)
class Evaluation:
    """Numbers of one set of detections."""

    metrics: Dict[str, Optional[float]]           # METRICS
    classes: List[Dict[str, object]]              # name, id, objects, AP, AP50, AR100 of categories with objects
    matches: List[CategoryMatches]


def curve(matches: CategoryMatches, area: int, threshold: int) -> Optional[Tuple[np.ndarray, float]]:
    """Precision at RECALLS, and the recall reached; None if there are no objects to find."""
    objects = int(matches.objects[area].sum())
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


def mean(values: np.ndarray) -> Optional[float]:
    """The mean of what is there; None if nothing is."""
    there = values[~np.isnan(values)]
    return float(there.mean()) if there.size else None


def evaluate(truth: Truth, found: Detections) -> Evaluation:
    """Matches and measures."""
    matches = match_all(truth, found)
    shape = (len(AREA_NAMES), len(IOU_THRESHOLDS), len(matches))
    precision, recall = np.full(shape, np.nan), np.full(shape, np.nan)
    for at in np.ndindex(*shape):
        measured = curve(matches[at[2]], at[0], at[1])
        if measured is not None:
            precision[at], recall[at] = measured[0].mean(), measured[1]
    half, three_quarters = 0, 5  # thresholds 0.50 and 0.75
    metrics = {"AP": mean(precision[0]), "AP50": mean(precision[0, half]), "AP75": mean(precision[0, three_quarters])}
    metrics.update({f"AP {name}": mean(precision[a]) for a, name in enumerate(AREA_NAMES) if a})
    metrics["AR100"] = mean(recall[0])
    metrics.update({f"AR {name}": mean(recall[a]) for a, name in enumerate(AREA_NAMES) if a})
    classes: List[Dict[str, object]] = [
        {"name": truth.names[k], "id": int(truth.category_ids[k]), "objects": int(matches[k].objects[0].sum()),
         "AP": mean(precision[0, :, k]), "AP50": mean(precision[0, half, k]), "AR100": mean(recall[0, :, k])}
        for k in range(len(matches)) if matches[k].objects[0].any()]
    return Evaluation(metrics, classes, matches)
