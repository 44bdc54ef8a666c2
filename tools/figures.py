# SPDX-License-Identifier: MIT
"""Draws charts with matplotlib for the tools: checks first that it is installed, draws foreign names unchanged, and
writes whole files.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

from exporter.errors import one_line
from fileio import replacing

NEEDS = "matplotlib (Debian: python3-matplotlib)"


class FigureError(Exception):
    """An error: what is missing, where, and what was expected."""


def use_matplotlib() -> None:
    """Loads matplotlib without a display. Text stays text in SVG, and the same chart gives the same bytes."""
    try:
        import matplotlib
    except ImportError:
        raise FigureError(f"matplotlib: {sys.executable}: does not have it: expected a Python with {NEEDS}") from None
    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "v5lite", "font.size": 9,
                                "axes.spines.top": False,
                                "axes.spines.right": False, "axes.titlelocation": "left"})


def plain(text: str, limit: int = 60) -> str:
    """Returns a foreign name as matplotlib shows it unchanged. Escapes $, which begins a formula, and _, which hides a
    name from legends.
    """
    shown = one_line(text, limit).replace("$", r"\$")
    return f" {shown}" if shown.startswith("_") else shown


def save(figure: Any, path: Path) -> None:
    """Writes a figure, the whole file or nothing, and closes the figure. The name's ending, .svg or .png, selects the
    format.
    """
    from matplotlib import pyplot
    suffix = path.suffix.lower()
    try:
        with warnings.catch_warnings(), replacing(path) as file:
            warnings.simplefilter("ignore")  # about characters that no font has
            figure.savefig(file, format=suffix[1:], dpi=130, bbox_inches="tight",
                           metadata={"Date": None} if suffix == ".svg" else None)
    finally:
        pyplot.close(figure)
