# SPDX-License-Identifier: MIT
"""Precision, recall and F1 by confidence threshold: what a program that keeps detections from a score on will see.

Found is as for AP50 (matching.py, IoU 0.50, objects of all sizes), pooled over classes: an object counts the same whatever its
class. A detection is kept if its score is at least the threshold.
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
    """After each detection, by falling score: those of equal score are one point."""

    scores: np.ndarray
    kept: np.ndarray  # detections with at least this score
    true: np.ndarray  # of which found an object
    objects: int


@dataclass(frozen=True)
class Point:
    """At one threshold; None where nothing is kept, or there is nothing to find."""

    threshold: float
    detections: int
    precision: Optional[float]
    recall: Optional[float]
    f1: Optional[float]

    def as_json(self) -> Dict[str, Optional[float]]:
        """Its members by the names of reports."""
        return {"threshold": self.threshold, "detections": self.detections, "precision": self.precision, "recall": self.recall,
                "F1": self.f1}


def curve(matches: Sequence[CategoryMatches]) -> Curve:
    """Of some categories together."""
    counted = [~category.ignored[0, 0] for category in matches]
    scores = np.concatenate([np.empty(0), *(category.scores[counts] for category, counts in zip(matches, counted))])
    hits = np.concatenate([np.empty(0, bool), *(category.matched[0, 0][counts] for category, counts in zip(matches, counted))])
    order = np.argsort(-scores, kind="stable")
    scores, true = scores[order], np.cumsum(hits[order])
    ends = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)) if len(scores) else np.empty(0, np.int64)
    return Curve(scores[ends], ends + 1, true[ends], sum(category.objects(0) for category in matches))


def point(of: Curve, threshold: float) -> Point:
    """What is kept from a threshold on."""
    at = int(np.searchsorted(-of.scores, -threshold, side="right")) - 1
    kept, true = (int(of.kept[at]), int(of.true[at])) if at >= 0 else (0, 0)
    f1 = 2 * true / (kept + of.objects) if kept + of.objects else None
    return Point(threshold, kept, true / kept if kept else None, true / of.objects if of.objects else None, f1)


def best(of: Curve) -> Optional[Point]:
    """Where F1 is highest; of equal ones the highest threshold. None if nothing was found."""
    if not len(of.true) or of.true[-1] == 0:
        return None
    return point(of, float(of.scores[int(np.argmax(2 * of.true / (of.kept + of.objects)))]))


def table(of: Curve) -> List[Point]:
    """At THRESHOLDS."""
    return [point(of, threshold) for threshold in THRESHOLDS]
