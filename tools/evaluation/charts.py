# SPDX-License-Identifier: MIT
"""Draws the charts of an evaluation: precision over recall, precision, recall and F1 over the threshold, and the
confusion matrix.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional

import numpy as np

from figures import plain, save

from . import operating
from .confusion import Confusion
from .matching import CategoryMatches
from .metric import RECALLS, Evaluation, curve
from .truth import Truth

FILES = ("precision-recall.svg", "thresholds.svg", "confusion.svg")
NAMED = 10     # classes with a colour and a name; more are gray
MAX_CELLS = 40  # classes of a matrix whose counts and names can be read
GRAY = "#999999"


def paths(directory: str) -> List[Path]:
    """Returns the files that `draw` writes."""
    return [Path(directory) / name for name in FILES]


def draw(directory: str, truth: Truth, result: Evaluation, matrix: Optional[Confusion]) -> List[Path]:
    """Writes the charts and returns the names of the files. Leaves out a matrix of too many classes."""
    written = paths(directory)[:2 if matrix is None else 3]
    Path(directory).mkdir(parents=True, exist_ok=True)
    save(precision_recall(truth, result.matches), written[0])
    save(thresholds(operating.curve(result.matches)), written[1])
    if matrix is not None:
        save(cells(matrix), written[2])
    return written


def precision_recall(truth: Truth, matches: List[CategoryMatches]) -> Any:
    """Draws a curve for each class that has objects, and their mean, at IoU 0.50: the area under it is AP50."""
    from matplotlib import pyplot
    curves: Dict[int, np.ndarray] = {}
    for k, category in enumerate(matches):
        measured = curve(category, 0, 0)
        if measured is not None:
            curves[k] = measured[0]
    figure, axes = pyplot.subplots(figsize=(7, 5))
    for k, precision in curves.items():
        named = len(curves) <= NAMED
        axes.plot(RECALLS, precision, lw=1.1 if named else 0.6, color=None if named else GRAY,
                  label=f"{plain(truth.names[k] or str(truth.category_ids[k]))}  {precision.mean():.3f}" if named
                  else None)
    if curves:
        mean = np.mean(list(curves.values()), axis=0)
        axes.plot(RECALLS, mean, color="black", lw=2, label=f"mean of {len(curves)} classes  {mean.mean():.3f}")
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall", ylabel="precision",
             title="IoU 0.50; after a name: its AP50")
    _finish(axes)
    return figure


def thresholds(of: operating.Curve) -> Any:
    """Draws precision, recall and F1 over the threshold, and marks the best F1."""
    from matplotlib import pyplot
    figure, axes = pyplot.subplots(figsize=(7, 5))
    if len(of.scores) and of.objects:
        for name, values, color in (("precision", of.true / of.kept, "#0072B2"),
                                    ("recall", of.true / of.objects, "#D55E00"),
                                    ("F1", 2 * of.true / (of.kept + of.objects), "black")):
            axes.step(of.scores, values, where="pre", color=color, lw=1.4, label=name)
    best = operating.best(of)
    title = "all classes together, IoU 0.50"
    if best is not None:
        axes.axvline(best.threshold, color=GRAY, lw=0.8, ls=(0, (4, 3)))
        title += f"; best F1 {best.f1:.3f} at {best.threshold:.3f}"
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence threshold", title=title)
    _finish(axes)
    return figure


def cells(matrix: Confusion) -> Any:
    """Draws the counts, coloured by their share of the row."""
    from matplotlib import pyplot
    count, labels = len(matrix.names), [plain(name, 24) for name in matrix.names]
    shares = matrix.counts / np.maximum(matrix.counts.sum(axis=1, keepdims=True), 1)
    side = 2 + 0.3 * min(count, MAX_CELLS)
    figure, axes = pyplot.subplots(figsize=(side + 1, side))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    if count <= MAX_CELLS:
        axes.set_xticks(range(count), labels, rotation=90, fontsize=7)
        axes.set_yticks(range(count), labels, fontsize=7)
        for row, column in zip(*np.nonzero(matrix.counts)):
            axes.text(column, row, f"{matrix.counts[row, column]}", ha="center", va="center", fontsize=6,
                      color="white" if shares[row, column] > 0.6 else "black")
    axes.set(xlabel="detections", ylabel="objects", title=f"from a score of {matrix.threshold:.3f}, IoU 0.45")
    return figure


def _finish(axes: Any) -> None:
    """Draws the grid, and the names outside the axes, where they cover nothing."""
    axes.grid(color="0.92", lw=0.6)
    axes.set_axisbelow(True)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0, frameon=False, fontsize=8)
