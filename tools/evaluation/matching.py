# SPDX-License-Identifier: MIT
"""Decides which detections found an object, as pycocotools' COCOeval.evaluateImg does.

For each image and category, the best 100 detections, by falling score, each take the free object they overlap most, if
the overlap reaches the threshold. Objects outside the size range, and crowds, are ignored: a detection takes one only
when no other object qualifies, and then does not count. A detection outside the size range that found nothing does not
count either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Tuple

import numpy as np

from .detections import Detections
from .truth import Truth

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
MAX_DETECTIONS = 100  # an image and category
AREA_NAMES = ("all", "small", "medium", "large")
AREA_RANGES = np.array([(0, 1e10), (0, 32 ** 2), (32 ** 2, 96 ** 2), (96 ** 2, 1e10)])  # both ends belong to a range


@dataclass(frozen=True)
class CategoryMatches:
    """All detections of one category by falling score; equal scores in order of image, then of the list."""

    image: np.ndarray    # index of the image (detections)
    scores: np.ndarray   # float64 (detections)
    matched: np.ndarray  # bool (areas, thresholds, detections): found an object
    ignored: np.ndarray  # bool (areas, thresholds, detections): does not count
    object_image: np.ndarray   # index of the image (objects)
    object_counts: np.ndarray  # bool (areas, objects): counts as an object to find

    def objects(self, area: int) -> int:
        """Returns the number of objects to find: int (areas)."""
        return int(np.count_nonzero(self.object_counts[area]))


def iou(found: np.ndarray, objects: np.ndarray, crowd: np.ndarray) -> np.ndarray:
    """Returns the overlap of boxes x y w h, (detections, objects): intersection over union; for a crowd, over the
    detection's area.
    """
    low = np.maximum(found[:, None, :2], objects[None, :, :2])
    high = np.minimum(found[:, None, :2] + found[:, None, 2:], objects[None, :, :2] + objects[None, :, 2:])
    sides = np.maximum(high - low, 0)
    common = sides[..., 0] * sides[..., 1]
    area = (found[:, 2] * found[:, 3])[:, None]
    union = np.where(crowd, area, area + objects[:, 2] * objects[:, 3] - common)
    return np.divide(common, union, out=np.zeros_like(common), where=common > 0)


def outside(areas: np.ndarray) -> np.ndarray:
    """Returns which areas lie outside each range: bool (ranges, areas)."""
    return (areas < AREA_RANGES[:, :1]) | (areas > AREA_RANGES[:, 1:])


def match(overlap: np.ndarray, ignore: np.ndarray, crowd: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Matches greedily in one image and category.

    overlap: (detections by falling score, objects); ignore: bool (areas, objects); crowd: bool (objects). Returns
    matched and ignored, bool (areas, thresholds, detections).
    """
    count, objects = overlap.shape
    areas, limits = len(ignore), np.minimum(IOU_THRESHOLDS, 1 - 1e-10)
    matched = np.zeros((areas, len(limits), count), bool)
    ignored = np.zeros_like(matched)
    taken = np.zeros((areas, len(limits), objects), bool)
    rows = np.arange(areas)[:, None]
    for at in np.flatnonzero(overlap.max(axis=1, initial=0) >= limits[0]):
        free = (overlap[at] >= limits[:, None]) & ~(taken & ~crowd)
        counting = free & ~ignore[:, None, :]
        usable = np.where(counting.any(axis=-1, keepdims=True), counting, free)
        # Among equal overlaps pycocotools chooses the last.
        best = objects - 1 - np.argmax(np.where(usable, overlap[at], -1)[..., ::-1], axis=-1)
        found = usable.any(axis=-1)
        taken |= found[..., None] & (np.arange(objects) == best[..., None])
        matched[:, :, at] = found
        ignored[:, :, at] = found & ignore[rows, best]
    return matched, ignored


def match_all(truth: Truth, found: Detections) -> List[CategoryMatches]:
    """Matches every image. Returns one entry a category of the truth."""
    images = len(truth.image_ids)
    order = np.lexsort((-found.scores, found.image, found.category))  # stable sort
    keys = found.category[order] * images + found.image[order]
    order = order[_rank(keys) < MAX_DETECTIONS]
    keys = found.category[order] * images + found.image[order]
    object_order = np.argsort(truth.category * images + truth.image, kind="stable")
    object_keys = (truth.category * images + truth.image)[object_order]
    object_ignored = truth.crowd | outside(truth.areas)

    shape = (len(AREA_NAMES), len(IOU_THRESHOLDS), len(order))
    matched, ignored = np.zeros(shape, bool), np.zeros(shape, bool)
    for key in np.intersect1d(keys, object_keys):
        here = slice(*np.searchsorted(keys, (key, key + 1)))
        objects = object_order[slice(*np.searchsorted(object_keys, (key, key + 1)))]
        crowd = truth.crowd[objects]
        overlap = iou(found.boxes[order[here]], truth.boxes[objects], crowd)
        matched[:, :, here], ignored[:, :, here] = match(overlap, object_ignored[:, objects], crowd)
    sizes = found.boxes[order, 2] * found.boxes[order, 3]
    ignored |= ~matched & outside(sizes)[:, None, :]

    result = []
    for category in range(len(truth.category_ids)):
        start, end = np.searchsorted(keys, (category * images, (category + 1) * images))
        by_score = start + np.argsort(-found.scores[order[start:end]], kind="stable")
        mine = object_order[slice(*np.searchsorted(object_keys, (category * images, (category + 1) * images)))]
        result.append(CategoryMatches(found.image[order[by_score]], found.scores[order[by_score]],
                                      matched[..., by_score],
                                      ignored[..., by_score], truth.image[mine], ~object_ignored[:, mine]))
    return result


def _rank(keys: np.ndarray) -> np.ndarray:
    """Returns the position of each entry among its equals, in sorted keys."""
    return np.arange(len(keys)) - np.searchsorted(keys, keys)
