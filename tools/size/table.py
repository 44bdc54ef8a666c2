#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the table of src/README.md: the memory of nets, for the models that are in weights/ or build/test-data.

    make memory-table
    python3 tools/size/table.py --check src/README.md --summary README.md

--check fails if a line is not in that file, --summary if a line for one of these models and sizes has other bytes of
RAM or flash. The pages have the figures of AVX-512. Without int8, NEON of AArch64 needs the same. Figures of other
kernels are not compared: a line says so.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import List

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from cli import Parser, run  # noqa: E402
from fileio import write_atomically  # noqa: E402
from known_models import find_model  # noqa: E402
from measure import TABLE, memory  # noqa: E402

# The network sizes and models of the table; c and g have random weights.
MODELS = {**TABLE, "digits-int8": [256, 384], "v5lite-e-int8": [160, 224, 320, 416], "v5lite-s-int8": [320, 416],
          "v5lite-e-fp16": [320], "v5lite-s-fp16": [320, 416], "v5lite-c-random": [320], "v5lite-g-random": [320]}
HEAD = ["| | RAM together | arena | Winograd weights | scratch, tables | flash for the model |",
        "|---|--:|--:|--:|--:|--:|"]


@dataclass(frozen=True)
class Row:
    """The memory of one model at one size."""
    title: str
    kernels: str
    ram: int
    flash: int
    text: str


def measure_rows(program: List[str]) -> List[Row]:
    """Measures each model at its sizes, with the kernels of this CPU."""
    rows = []
    for model, sizes in MODELS.items():
        path, name = find_model(model), model.replace("-random", "")
        if path is None:
            print(f"table: {model}: not in weights/ or build/test-data: left out", file=sys.stderr)
            continue
        for size in sizes:
            report = memory(program, path, size, cpu="all")
            parts, flash = report["memory"], report["flash"]["model"]
            rows.append(Row(f"| {name}, {size} |", report["kernels"], parts["total"], flash,
                            f"| {name}, {size} | {parts['total']} | {parts['arena']} | {parts['winograd']} | "
                            f"{parts['scratch'] + parts['tables']} | {flash} |"))
    return rows


def parse() -> argparse.Namespace:
    """Parses the command line."""
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--v5lite", default="build/v5lite", metavar="PROGRAM",
                        help="the program that reports the memory of nets")
    parser.add_argument("--check", type=Path, metavar="FILE", help="compare with the table in this file")
    parser.add_argument("--summary", type=Path, metavar="FILE", help="compare RAM and flash in the lines of this file")
    parser.add_argument("--update", action="store_true", help="write the measured figures into these files instead")
    return parser.parse_args()


def has_documented_memory(row: Row) -> bool:
    """Returns whether these kernels need as much memory as AVX-512's, whose figures the pages have."""
    return row.kernels.startswith("avx512") or (row.kernels.startswith("neon") and "-int8" not in row.title)


def summary_line(line: str, row: Row) -> str:
    """Returns a line `| model, input | AP | ms | RAM | flash | text |` with the row's RAM and flash."""
    cells = line.split("|")
    return "|".join(cells[:4] + [f" {row.ram} ", f" {row.flash} "] + cells[6:])


def expected(path: Path, rows: List[Row], summary: bool) -> str:
    """Returns the text of a document with the measured figures."""
    lines = path.read_text().split("\n")
    for i, line in enumerate(lines):
        for row in rows:
            if line.startswith(row.title):
                lines[i] = summary_line(line, row) if summary else row.text
    return "\n".join(lines)


def compare(args: argparse.Namespace) -> int:
    """Measures, compares, and returns the exit status."""
    rows = measure_rows(shlex.split(args.v5lite))
    if args.check is None and args.summary is None:
        print("\n".join(HEAD + [row.text for row in rows]))
        return 0
    for row in rows:
        if not has_documented_memory(row):
            print(f"table: {row.title}: not compared: this CPU runs the kernels of {row.kernels}", file=sys.stderr)
    rows = list(filter(has_documented_memory, rows))
    status = 0
    for path, summary in ((args.check, False), (args.summary, True)):
        text = expected(path, rows, summary) if path is not None else None
        if text is None:
            continue
        for row in rows:
            if not summary and row.title not in text:
                print(f"{path}: table of memory: expected the line '{row.text}'", file=sys.stderr)
                status = 1
        if text == path.read_text():
            continue
        if args.update:
            write_atomically(path, text.encode())
            continue
        status = 1
        for old, new in zip(path.read_text().split("\n"), text.split("\n")):
            if old != new:
                print(f"{path}: table of memory: '{old}': expected '{new}' (--update writes it)", file=sys.stderr)
    return status


def main() -> int:
    """Runs the tool and returns its exit status."""
    return run("table", lambda: compare(parse()), subprocess.CalledProcessError)


if __name__ == "__main__":
    sys.exit(main())
