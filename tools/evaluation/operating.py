# SPDX-License-Identifier: MIT
"""Computes precision, recall and F1 by confidence threshold, for programs that keep detections from a score on.

Found is as for AP50 (matching.py, IoU 0.50, objects of all sizes), pooled over classes: an object counts the same
whatever its class. A detection is kept if its score is at least the threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence

import numpy as np

from .matching import CategoryMatches

IOU = 0.5  # the first of matching.IOU_THRESHOLDS
THRESHOLDS = tuple(round(0.05 * i, 2) for i in range(1, 20))


@dataclass(frozen=True)
class Curve:
    """The counts after each detection, by falling score. Detections of equal score are one point."""

    scores: np.ndarray
    kept: np.ndarray  # detections with at least this score
    true: np.ndarray  # of which found an object
    objects: int


@dataclass(frozen=True)
class Point:
    """The values at one threshold; None where no detection is kept, or there is no object to find."""

    threshold: float
    detections: int
    precision: Optional[float]
    recall: Optional[float]
    f1: Optional[float]

    def as_json(self) -> Dict[str, Optional[float]]:
        """Returns the members by the names of reports."""
        return {"threshold": self.threshold, "detections": self.detections, "precision": self.precision,
                "recall": self.recall,
                "F1": self.f1}


def curve(matches: Sequence[CategoryMatches]) -> Curve:
    """Returns the curve of some categories together."""
    counted = [~category.ignored[0, 0] for category in matches]
    scores = np.concatenate([np.empty(0), *(category.scores[counts] for category, counts in zip(matches, counted))])
    hits = np.concatenate([np.empty(0, bool),
                           *(category.matched[0, 0][counts] for category, counts in zip(matches, counted))])
    order = np.argsort(-scores, kind="stable")
    scores, true = scores[order], np.cumsum(hits[order])
    ends = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)) if len(scores) else np.empty(0, np.int64)
    return Curve(scores[ends], ends + 1, true[ends], sum(category.objects(0) for category in matches))


def point(of: Curve, threshold: float) -> Point:
    """Returns the values of the detections that a threshold keeps."""
    at = int(np.searchsorted(-of.scores, -threshold, side="right")) - 1
    kept, true = (int(of.kept[at]), int(of.true[at])) if at >= 0 else (0, 0)
    f1 = 2 * true / (kept + of.objects) if kept + of.objects else None
    return Point(threshold, kept, true / kept if kept else None, true / of.objects if of.objects else None, f1)


def best(of: Curve) -> Optional[Point]:
    """Returns the point of the highest F1; of equal ones, that of the highest threshold. None if nothing was found."""
    if not len(of.true) or of.true[-1] == 0:
        return None
    return point(of, float(of.scores[int(np.argmax(2 * of.true / (of.kept + of.objects)))]))


def table(of: Curve) -> List[Point]:
    """Returns the points at THRESHOLDS."""
    return [point(of, threshold) for threshold in THRESHOLDS]
