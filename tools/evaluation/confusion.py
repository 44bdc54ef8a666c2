# SPDX-License-Identifier: MIT
"""Builds the confusion matrix: objects (rows) by detections (columns), with a background row and column for what has no
match.

By falling score, each detection first takes the free object of its own class that it overlaps most; then the remaining
detections take free objects of any class. An overlap counts from IoU 0.45. Crowds are not objects, and detections in
them are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional

import numpy as np

from .detections import Detections
from .matching import iou
from .truth import Truth

IOU = 0.45
MAX_DETECTIONS = 1000  # best detections of an image
MAX_CLASSES = 1000  # most classes in a matrix
BACKGROUND = "background"


@dataclass(frozen=True)
class Confusion:
    """Counts [classes + 1][classes + 1]: a row for the class of objects, a column for that of detections; the last of
    both is the background.
    """

    threshold: float
    names: List[str]  # of the classes that have objects or detections, and of the background
    counts: np.ndarray

    def as_json(self) -> Dict[str, Any]:
        """Returns the matrix for the report."""
        return {"threshold": self.threshold, "IoU": IOU, "classes": self.names,
                "objects by detections": self.counts.tolist()}


def confusion(truth: Truth, found: Detections, threshold: float) -> Optional[Confusion]:
    """Returns the matrix of detections with at least this score; None if it would have too many classes."""
    kept = np.flatnonzero(found.scores >= threshold)
    kept = kept[np.lexsort((-found.scores[kept], found.image[kept]))]
    objects = np.argsort(truth.image, kind="stable")
    present = np.union1d(found.category[kept], truth.category[~truth.crowd])
    if len(present) > MAX_CLASSES:
        return None
    counts = np.zeros((len(present) + 1, len(present) + 1), np.int64)
    place = np.full(len(truth.category_ids) + 1, len(present))
    place[present] = np.arange(len(present))
    detections_of = np.searchsorted(found.image[kept], np.arange(len(truth.image_ids) + 1))
    objects_of = np.searchsorted(truth.image[objects], np.arange(len(truth.image_ids) + 1))
    for image in range(len(truth.image_ids)):
        mine = kept[detections_of[image]:detections_of[image + 1]][:MAX_DETECTIONS]
        _count(truth, found, objects[objects_of[image]:objects_of[image + 1]], mine, counts, place)
    return Confusion(threshold, [truth.names[k] or str(truth.category_ids[k]) for k in present] + [BACKGROUND], counts)


def _count(truth: Truth, found: Detections, objects: np.ndarray, mine: np.ndarray, counts: np.ndarray,
           place: np.ndarray) -> None:
    """Adds the counts of one image. objects, mine: indices of its objects and detections; place: row of a category in
    the matrix.
    """
    crowd, wanted = truth.crowd[objects], truth.category[objects]
    overlap = iou(found.boxes[mine], truth.boxes[objects], crowd)
    same = found.category[mine][:, None] == wanted
    free, taken = ~crowd, np.full(len(mine), -1)
    for allowed in (same, ~same):
        for at in np.flatnonzero(((overlap >= IOU) & allowed).any(axis=1)):
            row = np.where(free & allowed[at], overlap[at], 0)
            if taken[at] < 0 and row.max() >= IOU:
                taken[at] = int(row.argmax())
                free[taken[at]] = False
    hidden = (taken < 0) & ((overlap >= IOU) & crowd & same).any(axis=1)
    background = len(counts) - 1
    detected = place[found.category[mine]]
    true = np.where(taken >= 0, place[wanted[taken]] if len(objects) else background, background)
    np.add.at(counts, (true[~hidden], detected[~hidden]), 1)
    np.add.at(counts, (place[wanted[free]], np.full(int(free.sum()), background)), 1)
