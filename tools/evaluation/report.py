# SPDX-License-Identifier: MIT
"""Writes evaluations as text or JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Dict, List, Optional

import numpy as np

from exporter.errors import one_line

from . import bootstrap, operating
from .confusion import IOU, MAX_CLASSES, Confusion, confusion
from .detections import Detections
from .metric import METRICS, Evaluation
from .truth import Truth

NAME_WIDTH = 24
MAX_COLUMNS = 20  # in a confusion matrix as text
CLASS_METRICS = ("AP", "AP50", "AP75", "AP small", "AP medium", "AP large", "AR100")


@dataclass(frozen=True)
class Side:
    """One evaluation: its input and its results."""

    source: str          # a model or a results file
    size: Optional[str]  # the network's input; None for a results file
    found: Detections
    result: Evaluation


@dataclass(frozen=True)
class Extras:
    """The results of one evaluation other than the challenge's numbers."""

    points: List[operating.Point]            # at a row of thresholds
    best: Optional[operating.Point]          # where F1 is highest
    classes: Dict[int, operating.Point]  # category id with objects -> its values at the threshold of `matrix`
    threshold: float
    matrix: Optional[Confusion]  # None: too many classes


def extras(truth: Truth, side: Side, threshold: Optional[float]) -> Extras:
    """Computes the details of an evaluation at a threshold, or at that of the best F1."""
    matches = side.result.matches
    pooled = operating.curve(matches)
    best = operating.best(pooled)
    at = threshold if threshold is not None else best.threshold if best is not None else 0.5
    classes = {identity: operating.point(operating.curve([category]), at)
               for identity, category in zip(truth.category_ids.tolist(), matches) if category.objects(0)}
    return Extras(operating.table(pooled), best, classes, at, confusion(truth, side.found, at))


def shown(value: Optional[float], signed: bool = False) -> str:
    """Formats a number of a table."""
    return "-" if value is None else f"{value:+.4f}" if signed else f"{value:.4f}"


def delta(a: Optional[float], b: Optional[float]) -> Optional[float]:
    """Returns b - a, where both exist."""
    return None if a is None or b is None else b - a


def _heading(truth: Truth, sides: List[Side]) -> List[str]:
    lines = [f"images {len(truth.image_ids)}, objects {len(truth.image)}"]
    for side in sides:
        extra = f", {side.found.dropped} of categories without labels left out" if side.found.dropped else ""
        at = f" at {side.size}" if side.size else ""
        lines.append(f"{one_line(side.source)}{at}: {len(side.found.scores)} detections{extra}")
        if side.found.unknown:
            names = one_line(", ".join(side.found.unknown))
            lines.append(f"  objects of classes that it does not have, their AP is 0: {names}")
    return lines


def _by_threshold(more: Extras) -> List[str]:
    """Returns the rows of precision, recall and F1."""
    lines = ["", f"{'from score':{NAME_WIDTH}} detections  precision   recall       F1"]
    rows = [(f"{p.threshold:.2f}", p) for p in more.points[1::2]]
    if more.best is not None:
        rows.append((f"{more.best.threshold:.6g}, the best F1", more.best))
    return lines + [f"{name:{NAME_WIDTH}} {p.detections:>10} {shown(p.precision):>10} {shown(p.recall):>8} "
                    f"{shown(p.f1):>8}"
                    for name, p in rows]


def _matrix(more: Extras) -> List[str]:
    """Returns the confusion matrix or, if it is too wide for a page, its largest cells off the diagonal."""
    matrix = more.matrix
    if matrix is None:
        return ["", f"confusion: not shown for more than {MAX_CLASSES} classes"]
    counts, names = matrix.counts, [one_line(name, NAME_WIDTH - 6) for name in matrix.names]
    title = f"confusion from score {matrix.threshold:.6g}, IoU {IOU}: objects (rows) as detections (columns)"
    if len(names) <= MAX_COLUMNS:
        width = max(5, len(str(counts.max(initial=0))) + 1)
        numbers = [*(str(i) for i in range(len(names) - 1)), "none"]
        lines = ["", title, " " * NAME_WIDTH + "".join(f"{number:>{width}}" for number in numbers)]
        return lines + [f"{number:>4} {name:{NAME_WIDTH - 5}}" + "".join(f"{count:>{width}}" for count in row)
                        for number, name, row in zip(numbers, names, counts.tolist())]
    off = counts * (1 - np.eye(len(counts), dtype=np.int64))
    order = np.argsort(-off, axis=None, kind="stable")[:MAX_COLUMNS]
    cells = [(int(off.flat[at]), *divmod(int(at), len(counts))) for at in order if off.flat[at]]
    return ["", f"{title}, the most frequent"] + [f"{names[row]:{NAME_WIDTH}} as {names[column]:{NAME_WIDTH}} "
                                                  f"{count:>7}"
                                                  for count, row, column in cells]


def text(truth: Truth, side: Side, per_class: bool, reference: Optional[Dict[str, Optional[float]]], more: Extras,
         matrix: bool) -> str:
    """Returns a table of one evaluation, with the numbers of pycocotools if they exist."""
    lines = _heading(truth, [side])
    if reference is not None:
        lines.append(f"{'':{NAME_WIDTH}}    ours  pycocotools")
    for name in METRICS:
        beside = f" {shown(reference[name]):>12}" if reference is not None else ""
        lines.append(f"{name:{NAME_WIDTH}} {shown(side.result.metrics[name]):>7}{beside}")
    lines += _by_threshold(more)
    if per_class:
        heads = [*(key.replace("AP ", "") for key in CLASS_METRICS), "prec", "recall", "F1"]
        lines += ["", f"{f'class (from {more.threshold:.4g})':{NAME_WIDTH}} objects"
                  + "".join(f" {head:>7}" for head in heads)]
        for c in side.result.classes:
            at = more.classes[c["id"]]  # type: ignore[index]
            numbers = " ".join(f"{shown(v):>7}" for v in (*(c[key] for key in CLASS_METRICS), at.precision, at.recall,
                                                          at.f1))  # type: ignore[arg-type]
            lines.append(f"{one_line(str(c['name']), NAME_WIDTH - 3):{NAME_WIDTH}} {c['objects']:>7} {numbers}")
    if matrix:
        lines += _matrix(more)
    return "\n".join(lines)


def _interval(interval: Optional[Dict[str, float]], resamples: int) -> str:
    """Returns the columns of a metric that has an interval."""
    if interval is None:
        return ""
    drawn = f"  {interval['resamples']} resamples" if interval["resamples"] != resamples else ""
    return (f"  {shown(interval['low'], True)} .. {shown(interval['high'], True)}  {shown(interval['sd'])} "
            f"{interval['above 0']:>7.1%}{drawn}")


def text_comparison(truth: Truth, a: Side, b: Side, interval: Dict[str, Dict[str, float]], resamples: int, seed: int,
                    per_class: bool) -> str:
    """Returns a table of two evaluations."""
    columns = f"  {f'{bootstrap.CONFIDENCE:.0%} interval':<18}      sd above 0" if interval else ""
    lines = _heading(truth, [a, b]) + [f"{'':{NAME_WIDTH}}       A       B    B - A{columns}"]
    for name in METRICS:
        x, y = a.result.metrics[name], b.result.metrics[name]
        lines.append(f"{name:{NAME_WIDTH}} {shown(x):>7} {shown(y):>7} {shown(delta(x, y), True):>8}"
                     f"{_interval(interval.get(name), resamples)}")
    if interval:
        lines.append(f"interval of B - A: {bootstrap.METHOD}, {resamples} resamples, seed {seed}")
    else:
        lines.append("no interval of B - A: expected at least 2 images and an object")
    if per_class:
        lines += ["", f"{'class':{NAME_WIDTH}} objects    AP A    AP B    B - A"]
        for x, y in zip(a.result.classes, b.result.classes):
            change = shown(delta(x["AP"], y["AP"]), True)  # type: ignore[arg-type]
            lines.append(f"{one_line(str(x['name']), NAME_WIDTH - 3):{NAME_WIDTH}} {x['objects']:>7} "
                         f"{shown(x['AP']):>7} {shown(y['AP']):>7} {change:>8}")  # type: ignore[arg-type]
    return "\n".join(lines)


def _side_json(side: Side, per_class: bool) -> Dict[str, Any]:
    result: Dict[str, Any] = {"source": side.source, "size": side.size, "detections": len(side.found.scores),
                              "left_out": side.found.dropped, "unknown": list(side.found.unknown),
                              "metrics": side.result.metrics}
    if per_class:
        result["classes"] = side.result.classes
    return result


def as_json(truth: Truth, side: Side, per_class: bool, reference: Optional[Dict[str, Optional[float]]],
            more: Extras) -> str:
    """Returns one evaluation as a JSON object."""
    data = {"images": len(truth.image_ids), "objects": len(truth.image), **_side_json(side, per_class)}
    if per_class:
        data["classes"] = [{**c, **more.classes[c["id"]].as_json()} for c in side.result.classes]  # type: ignore[index]
    data["by_threshold"] = {"IoU": operating.IOU, "points": [point.as_json() for point in more.points],
                            "best_F1": more.best.as_json() if more.best is not None else None}
    data["confusion"] = more.matrix.as_json() if more.matrix is not None else None
    if reference is not None:
        data["pycocotools"] = reference
    return json.dumps(data, indent=1)


def json_comparison(truth: Truth, a: Side, b: Side, interval: Dict[str, Dict[str, float]], resamples: int, seed: int,
                    per_class: bool) -> str:
    """Returns two evaluations as a JSON object."""
    change = {name: delta(a.result.metrics[name], b.result.metrics[name]) for name in METRICS}
    return json.dumps({"images": len(truth.image_ids), "objects": len(truth.image), "a": _side_json(a, per_class),
                       "b": _side_json(b, per_class), "delta": change,
                       "bootstrap": {"method": bootstrap.METHOD, "resamples": resamples, "seed": seed,
                                     "confidence": bootstrap.CONFIDENCE, **interval}}, indent=1)
