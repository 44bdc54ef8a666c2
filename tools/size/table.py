#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the table of src/README.md: the memory of nets, for the models that are in weights/ or build/test-data.

    make memory-table
    python3 tools/size/table.py --check src/README.md --summary README.md

--check fails if a line is not in that file, --summary if a line for one of these models and sizes has other bytes of
RAM or flash. Both compare figures of AVX-512 or AArch64's NEON, which use the same amount of memory; elsewhere they say
so and pass.
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
from known_models import find_model  # noqa: E402
from measure import TABLE, memory  # noqa: E402

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
    for name, sizes in TABLE.items():
        path = find_model(name)
        if path is None:
            print(f"table: {name}: not in weights/ or build/test-data: left out", file=sys.stderr)
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
    return parser.parse_args()


def differences(args: argparse.Namespace, rows: List[Row]) -> List[str]:
    """Returns a message for each line of the documents that differs."""
    found = []
    if args.check is not None:
        lines = args.check.read_text().splitlines()
        found += [f"{args.check}: table of memory: expected the line '{row.text}' (make memory-table)"
                  for row in rows if row.text not in lines]
    if args.summary is not None:
        lines = args.summary.read_text().splitlines()
        found += [f"{args.summary}: '{line}': expected {row.ram} bytes of RAM and {row.flash} of flash (make "
                  "memory-table)"
                  for row in rows for line in lines
                  if line.startswith(row.title)
                  and not {str(row.ram), str(row.flash)} <= set(line.replace("|", " ").split())]
    return found


def compare(args: argparse.Namespace) -> int:
    """Measures, compares, and returns the exit status."""
    rows = measure_rows(shlex.split(args.v5lite))
    if args.check is None and args.summary is None:
        print("\n".join(HEAD + [row.text for row in rows]))
        return 0
    other = next((row.kernels for row in rows if not row.kernels.startswith(("avx512", "neon"))), None)
    if other is not None:
        print(f"table: not compared: this CPU runs the kernels of {other}: expected avx512 or neon", file=sys.stderr)
        return 0
    stale = differences(args, rows)
    for message in stale:
        print(message, file=sys.stderr)
    return 1 if stale else 0


def main() -> int:
    """Runs the tool and returns its exit status."""
    return run("table", lambda: compare(parse()), subprocess.CalledProcessError)


if __name__ == "__main__":
    sys.exit(main())
