#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the table of weights/precision.md: AP against time, RAM and flash of each model in float32, fp16 and int8.

    python3 bench/precision_chart.py weights/precision.md -o precision.svg

Reads the lines `| MODEL, N | AP / AP50 | ms | RAM | flash |` of a page, as precision.py writes them. MODEL ends in
-int8 or -fp16, or is the network in float32. Writes SVG, the same bytes for the same table; `make check-docs`
compares it with bench/precision.svg.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Tuple
from xml.sax.saxutils import escape

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
from cli import Parser, run  # noqa: E402
from fileio import check_outputs, read_bytes, write_atomically  # noqa: E402

MAX_BYTES = 1 << 20
LINE = re.compile(r"\| (\S{1,60}), (\d{1,4}) \| (0\.\d+) / 0\.\d+ \| (\d{1,5}(?:\.\d+)?) \| "
                  r"(\d{1,10}) \| (\d{1,10}) \|")
# Suffix of the name: marker and colour, of Okabe and Ito's palette, which people with any colour vision can tell apart.
TYPES = {"": ("fp32", "triangle", "#0072B2"), "-fp16": ("fp16", "square", "#009E73"),
         "-int8": ("int8", "circle", "#D55E00")}
WIDTH, HEIGHT, TOP, BOTTOM, LEFT, GAP = 900, 330, 66, 46, 54, 26
INK, GRID, PALE = "#24292f", "#d0d7de", "#8c959f"


class ChartError(Exception):
    """An input that has no such table."""


class Point(NamedTuple):
    """A row of the table."""
    network: str  # name without the suffix, and size
    type: str     # a key of TYPES
    ap: float
    ms: float
    ram: float    # MB
    flash: float  # MB


PANELS: Tuple[Tuple[str, Callable[[Point], float]], ...] = (
    ("milliseconds a detection", lambda point: point.ms), ("RAM, MB", lambda point: point.ram),
    ("flash for the model, MB", lambda point: point.flash))


def read_points(text: str) -> List[Point]:
    """Returns the rows of the page that have an AP."""
    points = []
    for line in text.splitlines():
        found = LINE.match(line)
        if found:
            name, suffix = re.fullmatch(r"(.+?)(-int8|-fp16|)", found[1]).groups()  # type: ignore[union-attr]
            points.append(Point(f"{name}, {found[2]}", suffix, float(found[3]), float(found[4]), int(found[5]) / 1e6,
                                int(found[6]) / 1e6))
    if not points:
        raise ChartError("bad table: expected lines '| MODEL, N | AP / AP50 | ms | RAM | flash |'")
    return points


def step_of(most: float) -> float:
    """Returns the distance of the lines of a grid: 1, 2 or 5 times a power of ten, four to nine of them."""
    power = 10.0 ** math.floor(math.log10(most / 4))
    return max(factor * power for factor in (1, 2, 5) if factor * power <= most / 4)


def marker(shape: str, color: str, x: float, y: float) -> str:
    """Returns the mark of one point."""
    style = f'fill="{color}" stroke="white"'
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5.5" {style}/>'
    if shape == "square":
        return f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" {style}/>'
    return f'<path d="M{x:.1f} {y - 9:.1f}l9 15h-18z" {style}/>'


def text(x: float, y: float, words: str, more: str = "") -> str:
    """Returns one line of text."""
    return f'<text x="{x:.1f}" y="{y:.1f}"{more}>{escape(words)}</text>'


def draw_panel(points: List[Point], number: int, height_of: Callable[[float], float]) -> List[str]:
    """Returns one panel: grid, then each network as a line through its types."""
    title, value = PANELS[number]
    width = (WIDTH - LEFT - GAP) / len(PANELS) - GAP
    left, bottom = LEFT + number * (width + GAP), HEIGHT - BOTTOM
    most = max(map(value, points)) * 1.08
    step = step_of(most)
    lines = [text(left + width / 2, HEIGHT - 12, title, ' text-anchor="middle"')]
    for i in range(int(most / step) + 1):
        x = left + width * i * step / most
        lines.append(f'<path d="M{x:.1f} {TOP}V{bottom}" stroke="{GRID if i else PALE}"/>')
        lines.append(text(x, bottom + 16, f"{i * step:g}", f' text-anchor="middle" fill="{INK}" font-size="11"'))
    networks: Dict[str, List[Point]] = {}
    for point in points:
        networks.setdefault(point.network, []).append(point)
    for network, mine in networks.items():
        places = {point.type: (left + width * value(point) / most, height_of(point.ap)) for point in mine}
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in sorted(places.values()))
        lines.append(f'<path d="M{path}" fill="none" stroke="{PALE}"/>')
        lines += [marker(*TYPES[kind][1:], *places[kind]) for kind in TYPES if kind in places]
        x, y = max(places.values())
        top = min(y for _, y in places.values())
        lines.append(text(min(x + 8, left + width), top - 12, network, f' text-anchor="end" fill="{INK}"'))
    return lines


def draw(points: List[Point]) -> str:
    """Returns an SVG with a panel for each cost, all with the same axis of AP."""
    low = math.floor(min(point.ap for point in points) * 20 - 0.3) / 20
    high = math.ceil(max(point.ap for point in points) * 20 + 0.3) / 20
    bottom = HEIGHT - BOTTOM

    def height_of(ap: float) -> float:
        return bottom - (ap - low) / (high - low) * (bottom - TOP)

    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
             f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12" fill="{INK}">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" rx="6" fill="white"/>',
             text(14, 24, "Accuracy (AP) against cost. Left is cheaper, up is more accurate.",
                  ' font-size="14" font-weight="bold"')]
    for number, (name, shape, color) in enumerate(TYPES.values()):
        x = WIDTH - 210 + 70 * number
        lines += [marker(shape, color, x, 20), text(x + 13, 24, name)]
    for i in range(round(low * 20), round(high * 20) + 1):
        y = height_of(i / 20)
        lines.append(text(LEFT - 8, y + 4, f"{i / 20:.2f}", ' text-anchor="end" font-size="11"'))
        lines.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - 2 * GAP}" stroke="{GRID}"/>')
    lines.append(text(LEFT - 8, TOP - 14, "AP", ' text-anchor="end"'))
    for number in range(len(PANELS)):
        lines += draw_panel(points, number, height_of)
    return "\n".join(lines + ["</svg>\n"])


def work() -> int:
    """Reads, draws and writes."""
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path, help="a page with the table")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FILE.svg", help="the picture")
    args = parser.parse_args()
    check_outputs([args.out], [args.page])
    points = read_points(read_bytes(args.page, MAX_BYTES).decode("utf-8", "replace"))
    write_atomically(args.out, draw(points).encode())
    return 0


if __name__ == "__main__":
    sys.exit(run("precision_chart", work, ChartError))
