#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the table of README.md's section Speed as bars.

    python3 bench/speed.py README.md -o speed.svg

Reads a Markdown table whose header names the cases and whose rows are engines with milliseconds, and in brackets the
ratio: `| ncnn | 10.5 (0.63) | 12.7 (0.70) |`. Writes SVG, the same bytes for the same table; `make check-docs` compares
it with bench/speed.svg.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import List, NamedTuple, Tuple
from xml.sax.saxutils import escape

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
from cli import Parser, run  # noqa: E402
from fileio import check_outputs, read_bytes, write_atomically  # noqa: E402

SECTION = "## Speed"
MAX_BYTES = 1 << 20
WIDTH, LEFT, RIGHT, BAR, GAP, TOP = 760, 210, 90, 15, 14, 40
COLORS = ("#1a7f37", "#8c959f")  # the first engine, others


class SpeedError(Exception):
    """An input that has no such table."""


class Engine(NamedTuple):
    """A row of the table."""
    name: str
    cells: List[str]


def read_table(text: str) -> Tuple[List[str], List[Engine]]:
    """Returns the cases and the engines of the first table below the heading."""
    part = text.partition(f"\n{SECTION}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")]
    if len(rows) < 3 or any(len(row) != len(rows[0]) or len(row) < 2 for row in rows):
        raise SpeedError(f"bad table: below '{SECTION}': expected a header, a line of dashes, and engines with a cell "
                         "a case")
    engines = [Engine(row[0], row[1:]) for row in rows[2:]]
    for engine in engines:
        for cell in engine.cells:
            if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?( \(\d+\.\d+\))?", cell) or float(cell.split()[0]) == 0:
                raise SpeedError(f"bad table: {engine.name}: '{cell}': "
                                 "expected milliseconds, or 'MILLISECONDS (RATIO)'")
    return rows[0][1:], engines


def draw(cases: List[str], engines: List[Engine]) -> str:
    """Returns an SVG with a group of bars for each case, to scale within the group."""
    group = len(engines) * (BAR + 3) + 22 + GAP
    height = TOP + group * len(cases)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} '
             f'{height}" '
             'font-family="sans-serif" font-size="12">', f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
             '<text x="10" y="22" font-size="14" font-weight="bold">Milliseconds, one core; shorter is faster. '
             'Each group has its own scale.</text>']
    for number, case in enumerate(cases):
        y = TOP + number * group
        lines.append(f'<text x="{LEFT}" y="{y + 12}" font-weight="bold">v5lite-{escape(case)}</text>')
        times = [float(engine.cells[number].split()[0]) for engine in engines]
        for row, engine in enumerate(engines):
            at = y + 20 + row * (BAR + 3)
            length = (WIDTH - LEFT - RIGHT) * times[row] / max(times)
            lines.append(f'<text x="{LEFT - 8}" y="{at + 12}" text-anchor="end">{escape(engine.name)}</text>')
            lines.append(f'<rect x="{LEFT}" y="{at}" width="{length:.1f}" height="{BAR}" fill="{COLORS[row > 0]}"/>')
            lines.append(f'<text x="{LEFT + length + 6:.1f}" '
                         f'y="{at + 12}">{escape(engine.cells[number].split()[0])}</text>')
    return "\n".join(lines + ["</svg>\n"])


def main() -> int:
    """Runs the program and returns its exit status."""
    return run("speed", work, SpeedError)


def work() -> int:
    """Reads, draws and writes."""
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path, help="a page with the table")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FILE.svg", help="the picture")
    args = parser.parse_args()
    check_outputs([args.out], [args.page])
    text = read_bytes(args.page, MAX_BYTES).decode("utf-8", "replace")
    write_atomically(args.out, draw(*read_table(text)).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
