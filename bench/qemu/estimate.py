#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ESTIMATES, not measurements: milliseconds of one detection on one core of a board, from counts under qemu.

    cycles = vector multiply-adds * cycles each   (inner loops, by what llvm-mca and the cores' manuals say)
           + other instructions / others per cycle (the rest of the program; 0 where the core hides it)
           + L1D misses * cycles each              (what remains of the L2's latency after prefetching)
    ms     = cycles / clock + L2 misses * 64 bytes / memory bandwidth

Multiply-adds are MACs / 4 of all convolutions but the detect heads, of which little runs where little is detected. The
constants are in BOARDS, each with its source. Nothing was fitted to a board: none was at hand. Two cores or four do not
divide this by two or four where memory bandwidth is what is short.

    python3 bench/qemu/estimate.py            needs what run.py needs, and the official models
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass

import run
from cli import Parser, whole


@dataclass(frozen=True)
class Board:
    name: str
    core: str
    gigahertz: float
    fma_cycles: float     # of a 4-lane multiply-add in the gemm loop, its loads included
    others_per_cycle: float  # other instructions beside them; in-order cores issue two at best
    miss_cycles: float    # of an L1D miss that hits L2
    gigabytes: float      # memory bandwidth, one core, one way
    l2: int               # KB
    l1_ways: int


# fma_cycles. A72: 146 instructions, 128 fmla: 128.1 cycles in llvm-mca 19 -> 1.0. A76: LLVM uses a model with one 4-lane
# multiply-add a cycle for it; the core has two pipes -> 0.5. A53: llvm-mca says 234 cycles, because its in-order model lets
# no load finish before an earlier fmla; by the core's rule that a 128-bit load issues alone, twice 64 bits wide: 128 + 32 to
# 128 + 64 -> 1.25 to 1.5, 1.4 taken.
# others_per_cycle: guesses between 0.8 (in order) and 3 (four-wide). miss_cycles: half of the published L2 latencies.
# gigabytes: published one-way copies (Pi 4 2.8, Pi 5 4.9 to 6.3), 1.5 assumed for the older ones.
BOARDS = [
    Board("Pi Zero 2 W", "Cortex-A53", 1.0, 1.4, 0.8, 8, 1.5, 512, 4),
    Board("Pi 3B+", "Cortex-A53", 1.4, 1.4, 0.8, 8, 1.5, 512, 4),
    Board("Pi 4B", "Cortex-A72", 1.5, 1.0, 2.0, 9, 2.8, 1024, 2),
    Board("Pi 5", "Cortex-A76", 2.4, 0.5, 3.0, 5, 5.0, 512, 4),
]


def estimate(board: Board, counts: run.Counts, macs: int) -> tuple[float, float, float, float]:
    """Milliseconds of the multiply-adds, other instructions, L1D misses and L2 misses."""
    fmas = macs / 4
    hertz = board.gigahertz * 1e9
    return (1e3 * fmas * board.fma_cycles / hertz,
            1e3 * max(0.0, counts.instructions - 1.14 * fmas) / board.others_per_cycle / hertz,
            1e3 * (counts.l1_misses - counts.l2_misses) * board.miss_cycles / hertz,
            1e3 * counts.l2_misses * 64 / (board.gigabytes * 1e9))


def main() -> int:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=["v5lite-e", "v5lite-s"], metavar="NAME")
    parser.add_argument("--size", type=whole(32, 8192, "multiple of 32", 32), default=320, help="network input (320)")
    args = parser.parse_args()
    arch = run.ARCHES[0]
    program = run.build(arch)
    print("ESTIMATED ms of one detection, one thread, AArch64, from counts under qemu (see --help)")
    print(f"{'board':12} {'core':11} {'model':10} {'total':>7}   {'fma':>6} {'other':>6} {'L1 miss':>7} {'L2 miss':>7}")
    for name in args.models:
        path = run.find_model(name)
        if path is None:
            print(f"{name}: not there: skipped")
            continue
        for board in BOARDS:
            slots, ops = run.count(arch, program, path, args.size, "0xFFFFFFFF", l2=board.l2, l1_ways=board.l1_ways)
            macs = sum(op.macs for op in ops if op.kind != "detect")
            parts = estimate(board, slots[run.RUN_SLOT], macs)
            print(f"{board.name:12} {board.core:11} {name:10} {sum(parts):7.1f}   {parts[0]:6.1f} {parts[1]:6.1f} "
                  f"{parts[2]:7.1f} {parts[3]:7.1f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
