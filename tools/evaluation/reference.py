# SPDX-License-Identifier: MIT
"""The same numbers by pycocotools, where it is installed."""

from __future__ import annotations

import contextlib
import io
from typing import Dict, Optional

from .detections import Detections
from .errors import EvalError
from .truth import Truth

# Our name of each of its twelve numbers; the two recalls with fewer detections are not ours.
STATS = {"AP": 0, "AP50": 1, "AP75": 2, "AP small": 3, "AP medium": 4, "AP large": 5, "AR100": 8, "AR small": 9,
         "AR medium": 10, "AR large": 11}


def pycocotools_metrics(truth: Truth, found: Detections) -> Dict[str, Optional[float]]:
    """Evaluates with pycocotools."""
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError:
        raise EvalError("--check", "pycocotools", "expected it to be installed") from None
    annotations = [
        # ids from 1: pycocotools takes an object with id 0 for unmatched
        {"id": at + 1, "image_id": int(truth.image[at]), "category_id": int(truth.category[at]), "area": float(truth.areas[at]),
         "bbox": truth.boxes[at].tolist(), "iscrowd": int(truth.crowd[at])} for at in range(len(truth.image))]
    results = [{"id": at + 1, "image_id": int(found.image[at]), "category_id": int(found.category[at]), "iscrowd": 0,
                "bbox": found.boxes[at].tolist(), "area": float(found.boxes[at, 2] * found.boxes[at, 3]),
                "score": float(found.scores[at])} for at in range(len(found.image))]
    with contextlib.redirect_stdout(io.StringIO()):
        sides = []
        for items in (annotations, results):
            side = COCO()
            side.dataset = {"images": [{"id": i} for i in range(len(truth.image_ids))], "annotations": items,
                            "categories": [{"id": k, "name": name} for k, name in enumerate(truth.names)]}
            side.createIndex()
            sides.append(side)
        run = COCOeval(*sides, "bbox")
        run.evaluate()
        run.accumulate()
        run.summarize()
    return {name: None if run.stats[at] < 0 else float(run.stats[at]) for name, at in STATS.items()}
