# SPDX-License-Identifier: MIT
"""Reads detections in COCO's results format: a list of image_id, category_id, bbox (x, y, width, height), score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Optional, Tuple

import numpy as np

from . import files
from .classes import Classes
from .errors import EvalError
from .truth import Truth


@dataclass(frozen=True)
class Detections:
    """Detections in the order of their list, with indices into the truth's images and categories."""

    image: np.ndarray     # int64 (detections)
    category: np.ndarray  # int64 (detections)
    boxes: np.ndarray     # x, y, width, height in pixels (detections, 4)
    scores: np.ndarray    # float64 (detections)
    dropped: int  # detections of categories that the labels do not have; pycocotools drops them too
    unknown: Tuple[str, ...] = ()  # categories with objects that the network has no class for: their AP is 0


def from_results(results: Any, truth: Truth, where: str, classes: Optional[Classes] = None) -> Detections:
    """Checks a results list and converts it. With `classes`, the network's, categories are matched by name where the
    labels have names.
    """
    if not isinstance(results, list):
        raise EvalError("detections", where, "expected an array")
    indices = _category_indices(truth, classes)
    images = {image: at for at, image in enumerate(truth.image_ids.tolist())}
    table = np.empty((len(results), 7))
    for at, item in enumerate(results):
        row_where = f"{where} [{at}]"
        image = images.get(files.identity(item, "image_id", "detections", row_where))
        if image is None:
            raise EvalError("detections", row_where, "expected the id of an image that is evaluated")
        category = indices.get(files.identity(item, "category_id", "detections", row_where), -1)
        score = files.number(item.get("score"), "score", "detections", row_where)
        table[at] = (image, category, score, *files.box(item, "detections", row_where))
    kept = table[table[:, 1] >= 0]
    if len(table) and not len(kept):
        raise EvalError("detections", where, "expected detections of categories that the labels have")
    known = set(indices.values())
    unknown = tuple(truth.names[k] for k in np.unique(truth.category[~truth.crowd]).tolist() if k not in known)
    return Detections(kept[:, 0].astype(np.int64), kept[:, 1].astype(np.int64), kept[:, 3:], kept[:, 2],
                      len(table) - len(kept), unknown)


def _category_indices(truth: Truth, classes: Optional[Classes]) -> Dict[int, int]:
    """Returns category id in the detections -> index in the truth."""
    if classes is None or classes.names is None or not truth.named:
        return {category: at for at, category in enumerate(truth.category_ids.tolist())}
    by_name = {name: at for at, name in enumerate(truth.names)}
    return {category: by_name[name] for category, name in classes.categories().items() if name in by_name}
