# SPDX-License-Identifier: MIT
"""Checks that pages agree: a figure that several tables have is the same in each."""

from __future__ import annotations

import re
from typing import Callable, Dict, Iterator, List, NamedTuple, Tuple

from documents import ROOT

# Pages whose rows `| MODEL, N | ..` start with the same cells, and those of the estimates.
PAGES = ("README.md", "weights/precision.md", "bench/README.md")
MODEL = re.compile(r"[\w-]+, \d+")
ESTIMATE = re.compile(r"[\w-]+, ESTIMATED ms")


class Row(NamedTuple):
    """A line of a table."""

    page: str
    cells: List[str]


def rows(page: str, text: str) -> Iterator[Row]:
    """Yields the lines of all tables that name a model."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and (MODEL.fullmatch(cells[0]) or ESTIMATE.fullmatch(cells[0])):
            yield Row(page, cells)


def disagreements(found: List[Row], key: Callable[[Row], Tuple[str, List[str]]]) -> List[str]:
    """Returns a line for each row that differs from the first of its name. key: a row's name, and its figures."""
    first: Dict[str, Tuple[str, List[str]]] = {}
    faults = []
    for row in found:
        name, figures = key(row)
        page, expected = first.setdefault(name, (row.page, figures))
        if figures != expected:
            faults.append(f"{row.page}: '{name}': {', '.join(figures)}: expected {', '.join(expected)}, as in {page}")
    return faults


def figures_of(row: Row) -> Tuple[str, List[str]]:
    """Returns AP, ms, RAM and flash of a model, or the estimates of four boards."""
    return row.cells[0], row.cells[1:5]


def memory_of(row: Row) -> Tuple[str, List[str]]:
    """Returns RAM and flash: src/README.md has other columns."""
    return row.cells[0], [row.cells[1], row.cells[5]] if row.page == "src/README.md" else row.cells[3:5]


def faults_of(pages: Dict[str, str]) -> List[str]:
    """Returns the disagreements of these pages."""
    found = [row for page in PAGES if page in pages for row in rows(page, pages[page])]
    memory = [row for row in [*found, *rows("src/README.md", pages.get("src/README.md", ""))]
              if MODEL.fullmatch(row.cells[0])]
    return disagreements(found, figures_of) + disagreements(memory, memory_of)


def faults() -> List[str]:
    """Returns the disagreements of the repository's pages."""
    return faults_of({page: (ROOT / page).read_text() for page in (*PAGES, "src/README.md")})
