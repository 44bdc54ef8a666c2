#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the tables of bench/article.md: the output of build/bench_article, with the costs of the same program on ARM
under qemu.

Times are this machine's. Instructions, loads, stores and misses are counted (qemu/guest.py; an L1D of 32 KB), not
timed: with an L2 of 512 KB the L1D has 4 ways, with 1 MB 2. Needs what qemu/run.py needs; without it, or with --native,
prints only times.

    make bench-article
    python3 bench/article.py --rounds 101 --cpu 0     more rounds; on this CPU
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import List

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "qemu"))
import guest  # noqa: E402

sys.path.insert(0, str(HERE.parent / "tools"))
from cli import Parser, run, whole  # noqa: E402

SOURCES = [*sorted(HERE.glob("article*.c")), HERE / "trial.c",
           *sorted((HERE.parent / "tests" / "unit").glob("builder*.c"))]
FOLDERS = ["include", "src", "bench"]
CACHES = [(512, 4), (1024, 2)]  # KB of L2, ways of L1D
HEADS = ["M instr. A64", "M loads", "M stores", *(f"K L1D, L2 misses, {l2} KB" for l2, _ in CACHES), "M instr. ARMv7"]


def counted_columns() -> List[List[str]]:
    """Returns the fields of each case, in the program's order."""
    a64, a32 = guest.ARCHES
    programs = {arch: guest.build(arch, "article", SOURCES, FOLDERS) for arch in guest.ARCHES}
    with_caches = [guest.run_guest(a64, [programs[a64], "--once"], l2, ways)[0] for l2, ways in CACHES]
    plain = guest.run_guest(a32, [programs[a32], "--once"])[0]
    columns = []
    for case in sorted(plain):
        one = with_caches[0][case]
        misses = [f"{c[case].l1_misses / 1e3:.1f}, {c[case].l2_misses / 1e3:.1f}" for c in with_caches]
        columns.append([*(f"{value / 1e6:.2f}" for value in (one.instructions, one.loads, one.stores)), *misses,
                        f"{plain[case].instructions / 1e6:.2f}"])
    return columns


def beside(table: str, columns: List[List[str]]) -> str:
    """Returns the program's Markdown with these fields appended to each row."""
    rest = iter(columns)
    lines = []
    for line in table.splitlines():
        if line.startswith("| |"):
            line += "".join(f" {head} |" for head in HEADS)
        elif line.startswith("|---"):
            line += "--:|" * len(HEADS)
        elif line.startswith("|"):
            line += "".join(f" {field} |" for field in next(rest))
        lines.append(line)
    return "\n".join(lines)


def parse() -> argparse.Namespace:
    """Parses the command line."""
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=HERE.parent / "build" / "bench_article",
                        help="build/bench_article")
    parser.add_argument("--rounds", type=whole(1, 999), default=41, help="rounds of the timings (default 41)")
    parser.add_argument("--mask", default="0xFFFFFFFF",
                        help="CPU features to use for the timings; 0: reference kernels (default: all)")
    parser.add_argument("--cpu", type=whole(0, 4095), help="CPU to stay on for the timings (default: any)")
    parser.add_argument("--native", action="store_true", help="print no counts on ARM")
    return parser.parse_args()


def report(args: argparse.Namespace) -> None:
    """Measures and prints."""
    everywhere = os.sched_getaffinity(0)
    if args.cpu is not None:
        os.sched_setaffinity(0, [args.cpu])
    table = subprocess.run([args.program, "--rounds", str(args.rounds), "--mask", args.mask], check=True,
                           capture_output=True,
                           text=True).stdout
    os.sched_setaffinity(0, everywhere)
    missing = [tool for arch in guest.ARCHES
               for tool in (arch.qemu, f"{arch.triple}-gcc") if shutil.which(tool) is None]
    if missing and not args.native:
        print(f"article.py: not there: {', '.join(missing)}: times alone", file=sys.stderr)
    print(table if missing or args.native else beside(table, counted_columns()))


def main() -> int:
    """Runs the tool and returns its exit status."""
    return run("article", lambda: report(parse()), subprocess.CalledProcessError)


if __name__ == "__main__":
    sys.exit(main())
