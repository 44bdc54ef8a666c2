# SPDX-License-Identifier: MIT
"""Replaces figures in the tables of Markdown pages."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import List, Sequence

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
from fileio import read_bytes, write_atomically  # noqa: E402

MAX_BYTES = 1 << 20


class PageError(Exception):
    """A page that cannot be read: what is wrong, where, and what was expected."""


def line_of(cells: Sequence[str]) -> str:
    """Returns a line of a table."""
    return f"| {' | '.join(cells)} |"


def read_page(page: Path) -> List[str]:
    """Returns the lines of a page."""
    try:
        return read_bytes(page, MAX_BYTES).decode().split("\n")
    except UnicodeDecodeError:
        raise PageError(f"bad page: {page}: expected text in UTF-8") from None


def update_line(line: str, row: Sequence[str], keys: int) -> str:
    """Returns the line with the row's cells, if its first cells are those of the row. Keeps cells that the row has
    empty, and those after the row.
    """
    if not line.startswith(line_of(row[:keys])):
        return line
    cells = line.split("|")[1:-1]
    if len(cells) < len(row):
        return line
    shown = [new or old.strip() for new, old in zip(row, cells)]
    return line_of([*shown, *(cell.strip() for cell in cells[len(row):])]).replace("|  |", "| |")


def update(page: Path, rows: Sequence[Sequence[str]], keys: int = 1) -> int:
    """Replaces the figures of each line whose first cells, `keys` of them, are those of a row. Returns how many lines
    it found.
    """
    lines, found = read_page(page), 0
    for row in rows:
        found += sum(line.startswith(line_of(row[:keys])) for line in lines)
        lines = [update_line(line, row, keys) for line in lines]
    write_atomically(page, "\n".join(lines).encode())
    return found
