# SPDX-License-Identifier: MIT
"""Computes the same numbers with pycocotools, where it is installed."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple

from .detections import Detections
from .errors import EvalError
from .metric import Evaluation
from .truth import Truth

SAME = 1e-9  # largest difference that rounding can make
# Our names of its twelve numbers; None: we do not compute it (the recalls of fewer detections).
STATS = {"AP": 0, "AP50": 1, "AP75": 2, "AP small": 3, "AP medium": 4, "AP large": 5, "AR100": 8, "AR small": 9,
         "AR medium": 10, "AR large": 11}


@dataclass(frozen=True)
class Reference:
    """The numbers of pycocotools; None where it has -1."""

    metrics: Dict[str, Optional[float]]
    classes: List[Optional[float]]  # category of the truth -> AP


def pycocotools_metrics(truth: Truth, found: Detections) -> Reference:
    """Evaluates with pycocotools. Raises EvalError if it is not installed."""
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError:
        raise EvalError("--check", "pycocotools", "expected it to be installed") from None
    annotations = [
        # ids from 1: pycocotools takes an object with id 0 as unmatched
        {"id": at + 1, "image_id": int(truth.image[at]), "category_id": int(truth.category[at]),
         "area": float(truth.areas[at]),
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
    precision = run.eval["precision"][:, :, :, 0, -1]  # (thresholds, recalls, categories), of all sizes, 100 detections
    means = [precision[..., k][precision[..., k] > -1] for k in range(precision.shape[-1])]
    return Reference({name: None if run.stats[at] < 0 else float(run.stats[at]) for name, at in STATS.items()},
                     [float(p.mean()) if p.size else None for p in means])


def differences(truth: Truth, ours: Evaluation, theirs: Reference) -> List[str]:
    """Returns the differences, our number first."""
    classes = {c["id"]: c["AP"] for c in ours.classes}
    pairs: List[Tuple[str, Any, Any]] = [(name, ours.metrics[name], value) for name, value in theirs.metrics.items()]
    pairs += [(f"AP of {name}", classes.get(identity), value)
              for name, identity, value in zip(truth.names, truth.category_ids.tolist(), theirs.classes)]
    return [f"{name} {_shown(a)} and {_shown(b)}" for name, a, b in pairs
            if (a is None) != (b is None) or abs((a or 0.0) - (b or 0.0)) > SAME]


def _shown(value: Optional[float]) -> str:
    return "-" if value is None else f"{value:.10g}"
