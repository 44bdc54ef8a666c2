#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints README's table of the memory of nets, for the models that are in weights/ or build/test-data.

    make memory-table
    python3 tools/size/table.py --check README.md    fails if a line is not in that file
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from pathlib import Path
from typing import List

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "bench"), str(Path(__file__).resolve().parents[1])]
from budget import find_model  # noqa: E402
from cli import Parser, run  # noqa: E402
from measure import TABLE, memory  # noqa: E402

HEAD = ["| | RAM together | arena | transformed weights | scratch, tables | flash for the model |", "|---|--:|--:|--:|--:|--:|"]


def lines(program: List[str]) -> List[str]:
    """The table's lines, one a model and size."""
    rows = []
    for name, sizes in TABLE.items():
        path = find_model(name)
        if path is None:
            print(f"table: {name}: not in weights/ or build/test-data: left out", file=sys.stderr)
            continue
        for size in sizes:
            report = memory(program, path, size)
            parts = report["memory"]
            rows.append(f"| {name}, {size} | {parts['total']} | {parts['arena']} | {parts['winograd']} | "
                        f"{parts['scratch'] + parts['tables']} | {report['flash']['model']} |")
    return rows


def parse() -> argparse.Namespace:
    """The command line."""
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--v5lite", default="build/v5lite", metavar="PROGRAM", help="what says how much memory nets take")
    parser.add_argument("--check", type=Path, metavar="FILE", help="compare with the table in this file")
    return parser.parse_args()


def compare(args: argparse.Namespace) -> int:
    """Measures, compares, and returns the exit status."""
    rows = lines(shlex.split(args.v5lite))
    if args.check is None:
        print("\n".join(HEAD + rows))
        return 0
    stale = [row for row in rows if row not in args.check.read_text().splitlines()]
    for row in stale:
        print(f"{args.check}: table of memory: expected the line '{row}' (make memory-table)", file=sys.stderr)
    return 1 if stale else 0


def main() -> int:
    """Runs the program and returns its exit status."""
    return run("table", lambda: compare(parse()), subprocess.CalledProcessError)


if __name__ == "__main__":
    sys.exit(main())
