# SPDX-License-Identifier: MIT
"""Formats the figures of a case as text, Markdown or JSON."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import Any, Dict, List, Optional, Sequence, Tuple

from .measure import Result, Row

COLUMNS = ["engine", "timed", "median ms", "min ms", "spread", "v5lite / peer", "quartiles", "first ms", "peak MB",
           "max diff", "cosine"]
LEFT = 2  # text columns, before the numbers


@dataclass(frozen=True)
class Figures:
    """Statistics of all timed runs of an engine. Spread: from the 10th to the 90th percentile, as a share of the
    median.
    """

    median: float
    minimum: float
    spread: float


def quantile(values: Sequence[float], part: float) -> float:
    """Returns the value below which a share of the values lies, interpolated linearly."""
    ordered = sorted(values)
    at = part * (len(ordered) - 1)
    low = math.floor(at)
    return ordered[low] + (at - low) * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low])


def figures(row: Row) -> Optional[Figures]:
    """Returns the statistics; None if nothing was timed."""
    times = row.all_times()
    if not times:
        return None
    middle = median(times)
    return Figures(middle, min(times), (quantile(times, 0.9) - quantile(times, 0.1)) / middle)


def ratio(row: Row) -> Optional[Tuple[float, float, float]]:
    """Returns median and quartiles of v5lite / peer over the turns."""
    return (median(row.ratios), quantile(row.ratios, 0.25), quantile(row.ratios, 0.75)) if row.ratios else None


def cells(row: Row) -> List[str]:
    """Returns a row of the table."""
    times, ratios = figures(row), ratio(row)
    if times is None:
        return [row.title, f"{row.state}: {row.why}"]
    return [row.title, row.what, f"{times.median:.2f}", f"{times.minimum:.2f}", f"{100 * times.spread:.0f} %",
            f"{ratios[0]:.3f}" if ratios else "-", f"{ratios[1]:.3f} to {ratios[2]:.3f}" if ratios else "-",
            f"{median(row.first_ms):.0f}" if row.first_ms else "-",
            f"{row.peak_bytes / 1e6:.0f}" if row.peak_bytes else "-",
            "-" if row.difference is None else f"{row.difference:.1e}",
            "-" if row.cosine is None else f"{row.cosine:.5f}"]


def headline(result: Result, setup: Dict[str, Any]) -> str:
    """Returns the title: what was measured."""
    threads = setup["threads"]
    return (f"{result.case}, {threads} thread{'s' if threads != 1 else ''}, --cpu {setup['cpu']}, {setup['image']}: "
            f"{result.detections} detection{'s' if result.detections != 1 else ''}")


def text(result: Result, setup: Dict[str, Any]) -> str:
    """Pads columns with blanks."""
    table = [COLUMNS, *map(cells, result.rows)]
    widths = [max(len(row[i]) for row in table if len(row) == len(COLUMNS)) for i in range(len(COLUMNS))]
    widths[0] = max(len(row[0]) for row in table)
    lines = [headline(result, setup)]
    for row in table:
        padded = [cell.ljust(w) if i < LEFT else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths))]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines) + "\n"


def markdown(result: Result, setup: Dict[str, Any]) -> str:
    """Returns a Markdown table."""
    lines = [headline(result, setup), "", "| " + " | ".join(COLUMNS) + " |",
             "|" + "---|" * LEFT + "--:|" * (len(COLUMNS) - LEFT)]
    for row in result.rows:
        filled = [cell.replace("|", "\\|") for cell in cells(row)]
        lines.append("| " + " | ".join(filled + [""] * (len(COLUMNS) - len(filled))) + " |")
    return "\n".join(lines) + "\n"


def row_object(row: Row) -> Dict[str, Any]:
    """Returns a row for JSON. Unknown values are null."""
    times, ratios = figures(row), ratio(row)
    finite = row.difference is not None and math.isfinite(row.difference)
    return {"engine": row.key, "title": row.title, "timed": row.what, "state": row.state, "why": row.why,
            "median_ms": times and times.median, "min_ms": times and times.minimum, "spread": times and times.spread,
            "v5lite_to_peer": ratios and ratios[0], "quartiles": ratios and list(ratios[1:]),
            "first_ms": median(row.first_ms) if row.first_ms else None,
            "peak_bytes": row.peak_bytes or None, "max_difference": row.difference if finite else None,
            "least_cosine": row.cosine,
            "turns_ms": row.turns}


def case_object(result: Result) -> Dict[str, Any]:
    """Returns a case for JSON."""
    return {"case": str(result.case), "size": result.case.size, "detections": result.detections,
            "engines": [row_object(row) for row in result.rows]}
