#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ESTIMATES, not measurements: milliseconds of one detection on one core of a board, from counts under qemu and
llvm-mca.

    cycles = multiply-adds * cycles each            (llvm-mca's, of their kernel's main loop, with its loads and branch)
           + other instructions / others per cycle  (what is executed outside inner loops)
           + L1D misses * cycles each               (what remains of the L2's latency after prefetching)
    ms     = cycles / clock + L2 misses * 64 bytes / memory bandwidth

The multiply-adds of a whole detection are those of all convolutions except the detect heads, of which little runs where
little is detected; large 3x3 convolutions by Winograd's transform do 4/9 of theirs. The constants are in BOARDS, each
with its source. Nothing was fitted to a board, because none was available. Two cores or four do not divide this by two
or four where memory bandwidth is the limit.

    python3 bench/qemu/estimate.py                  whole detections; needs run.py, loops.py and the official models
    python3 bench/qemu/estimate.py --update README.md bench/README.md    the same, into the tables of these pages
    python3 bench/qemu/estimate.py --ops v5lite-e   each op alone, heads whole: in total more than a detection
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Dict, List, NamedTuple, Tuple

import run
import cli
from cli import BAD_INPUT, Parser, whole
from loops import INORDER, Loop, LoopError, cycles, densest_loop, find_loop
from rows import PageError, read_page, update


@dataclass(frozen=True)
class Board:
    name: str
    core: str
    gigahertz: float
    pipes: int               # 4-lane multiply-adds of floats a cycle, by llvm-mca's one
    others_per_cycle: float  # instructions outside inner loops; in-order cores issue two at best
    miss_cycles: float  # of an L1D miss that hits in the L2
    gigabytes: float         # memory bandwidth, one core, one way
    l2: int  # of the cache next to memory, in KB
    l1_ways: int


# pipes: LLVM uses a model with one 4-lane multiply-add a cycle for cortex-a76; the core has two. Of sdot, and of fmla
# with 8 lanes, the model has two.
# others_per_cycle: guesses between 0.8 (in order) and 3 (four-wide). miss_cycles: half of the published L2 latencies.
# gigabytes: published one-way copies (Pi 4 2.8, Pi 5 4.9 to 6.3), 1.5 assumed for the older ones.
# l2: of a Pi 5 the L3, which stands between its 512 KB and memory.
BOARDS = [
    Board("Pi Zero 2 W", "cortex-a53", 1.0, 1, 0.8, 8, 1.5, 512, 4),
    Board("Pi 3B+", "cortex-a53", 1.4, 1, 0.8, 8, 1.5, 512, 4),
    Board("Pi 4B", "cortex-a72", 1.5, 1, 2.0, 9, 2.8, 1024, 2),
    Board("Pi 5", "cortex-a76", 2.4, 2, 3.0, 5, 5.0, 2048, 4),
]
ARCH = run.ARCHES[0]
MODELS = [name + type for type in ("", "-fp16", "-int8") for name in ("v5lite-e", "v5lite-s")]


class Parts(NamedTuple):
    """Milliseconds."""
    fma: float
    others: float
    l1: float
    l2: float


@lru_cache(maxsize=None)
def count(core: str, l2: int, l1_ways: int, program: Path, model: Path, size: int,
          ops: bool) -> Tuple[Dict[int, run.Counts], List[run.Op]]:
    return run.count(replace(ARCH, cpu=core), program, model, size, "0xFFFFFFFF", ops=ops, l2=l2, l1_ways=l1_ways)


def counts_of(board: Board, program: Path, model: Path, size: int, ops: bool) -> Tuple[Dict[int, run.Counts],
                                                                                       List[run.Op]]:
    return count(board.core, board.l2, board.l1_ways, program, model, size, ops)


def products(op: run.Op) -> float:
    """Returns the multiply-adds that the op executes."""
    return op.macs * (4 / 9 if "winograd" in op.kernel else 1)


def loop_of(op: run.Op, gemm: str) -> Loop:
    """Returns the inner loop that does an op's multiply-adds. gemm: the core's kernel for dense convolutions."""
    # Depthwise kernels of half floats in 32 bits convert weights, then run those of F32.
    kernel = op.kernel.replace("dwconv_w16", "dwconv_f32") if op.kind == "dwconv" else gemm
    if "_f32_" not in kernel:
        function = f"dw{op.size}x{op.size}s{op.stride}" if op.kind == "dwconv" else "stem" if op.stem else "(?!stem)"
        return densest_loop(kernel.replace("v5l_", ""), function)
    if op.kind == "dwconv":
        if op.size == 5:
            return find_loop(f"dw5x5s{op.stride}_rows5", 250 if op.stride == 1 else 75)
        return find_loop(f"dw3x3s{op.stride}_c8_rows3" + ("_relu" if op.relu else ""), 54 if op.stride == 1 else 36)
    if op.stem:
        return find_loop("one_tile", 144)
    return find_loop(INORDER, 128) if "inorder" in gemm else find_loop("one_tile", 64)


def estimate(board: Board, counts: run.Counts, ops: List[run.Op], gemm: str) -> Parts:
    """Returns the estimate of some ops that together have these counts."""
    fma_cycles, inside = 0.0, 0.0
    for op in ops:
        if op.macs:
            loop = loop_of(op, gemm)
            turns = products(op) / loop.products
            fma_cycles += turns * cycles(loop, board.core) / (board.pipes if loop.is_f32 else 1)
            inside += turns * len(loop.body)
    per_ms = board.gigahertz * 1e6
    return Parts(fma_cycles / per_ms, max(0.0, counts.instructions - inside) / board.others_per_cycle / per_ms,
                 (counts.l1_misses - counts.l2_misses) * board.miss_cycles / per_ms,
                 counts.l2_misses * 64 / (board.gigabytes * 1e6))


def gemm_of(ops: List[run.Op]) -> str:
    return next(op.kernel for op in ops if "gemm" in op.kernel)


def report_totals(models: List[Tuple[str, Path]], size: int, program: Path) -> List[List[str]]:
    """Prints the estimates. Returns a row of a table for each model: its name, and milliseconds on each board."""
    rows = []
    print("ESTIMATED ms of one detection, one thread, AArch64, from counts under qemu and llvm-mca (see --help)")
    print(f"{'board':12} {'core':11} {'model':10} {'total':>7}   {'fma':>6} {'other':>6} {'L1 miss':>7} {'L2 miss':>7}")
    for name, path in models:
        rows.append([f"{name}, ESTIMATED ms"])
        for board in BOARDS:
            slots, ops = counts_of(board, program, path, size, False)
            parts = estimate(board, slots[run.RUN_SLOT], [op for op in ops if op.kind != "detect"], gemm_of(ops))
            print(f"{board.name:12} {board.core:11} {name:10} {sum(parts):7.1f}   {parts.fma:6.1f} {parts.others:6.1f} "
                  f"{parts.l1:7.1f} {parts.l2:7.1f}", flush=True)
            rows[-1].append(f"{sum(parts):.0f}")
    return rows


def report_ops(path: Path, size: int, program: Path) -> None:
    print("ESTIMATED ms of each op on its own, one thread, AArch64, from counts under qemu and llvm-mca (see --help)")
    print(f"{'op':>4} {'kind':8} " + " ".join(f"{board.name:>12}" for board in BOARDS) + "  name")
    print(f"{'':13} " + " ".join(f"{board.core:>12}" for board in BOARDS))
    taken = [counts_of(board, program, path, size, True) for board in BOARDS]
    totals = [0.0] * len(BOARDS)
    for op in taken[0][1]:
        if op.kernel == "view":
            continue
        row = [sum(estimate(board, slots[op.number], [ops[op.number]], gemm_of(ops))) for board,
               (slots, ops) in zip(BOARDS, taken)]
        totals = [total + ms for total, ms in zip(totals, row)]
        print(f"{op.number:4} {op.kind:8} " + " ".join(f"{ms:12.3f}" for ms in row) + f"  {op.name}")
    print(f"{'all ops':13} " + " ".join(f"{ms:12.1f}" for ms in totals))


def parse() -> argparse.Namespace:
    """Parses the command line."""
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=MODELS, metavar="NAME",
                        help="models to estimate, names or files *.v5l (default: v5lite-e and v5lite-s in float32, and "
                             "in fp16 and int8 where these exist)")
    parser.add_argument("--size", type=whole(32, 8192, "multiple of 32", 32), default=320,
                        help="network input in pixels (default %(default)s)")
    parser.add_argument("--ops", metavar="NAME", help="estimate op by op, for this model")
    parser.add_argument("--update", type=Path, nargs="+", default=[], metavar="PAGE",
                        help="replace the figures of the lines '| NAME, ESTIMATED ms |' in these pages")
    return parser.parse_args()


def report(args: argparse.Namespace) -> int:
    """Estimates, prints, and returns the exit status."""
    found = [(name, run.find(name)) for name in ([args.ops] if args.ops else args.models)]
    optional = MODELS[2:] if args.models is MODELS else []
    missing = [name for name, path in found if path is None and name not in optional]
    if missing:
        print(f"estimate: model: {', '.join(missing)}: expected in weights/ or build/test-data (make "
              "build/test-data/cases.txt)",
              file=sys.stderr)
        return BAD_INPUT
    models = [(name, path) for name, path in found if path is not None]
    program = run.build(ARCH)
    if args.ops:
        report_ops(models[0][1], args.size, program)
        return 0
    for page in args.update:  # fails before it measures, not after
        read_page(page)
    rows = report_totals(models, args.size, program)
    for page in args.update:
        update(page, rows)
    return 0


def main() -> int:
    """Runs the tool and returns its exit status."""
    return cli.run("estimate", lambda: report(parse()), LoopError, PageError,
                   subprocess.CalledProcessError)


if __name__ == "__main__":
    sys.exit(main())
