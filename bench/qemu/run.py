#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the cost of one detection on ARM, under qemu-user: instructions and, with --cache, loads, stores and cache
misses.

Needs Debian's qemu-user, gcc, gcc-aarch64-linux-gnu, gcc-arm-linux-gnueabihf and the models of build/test-data (`make
build/test-data/cases.txt`). Counts the official models, too, where they exist there, in weights/ or, in int8, in
build/precision (`make precision-models`). Counts are exact and reproducible; they are not times.

    python3 bench/qemu/run.py                      instructions of every model on both instruction sets; on AArch64
                                                   without dot products and, for models in 8 and 16 bits, with them
                                                   and with halves
    python3 bench/qemu/run.py --ops v5lite-e       the same, op by op and summed by kind, for one model
    python3 bench/qemu/run.py --arch aarch64 --cpu cortex-a76 --models best-int8.v5l
                                                   a file, on a core with dot products (max: with SMMLA, too)
    python3 bench/qemu/run.py --cache 512 1024     with caches: L1D 32 KB, L2 of so many KB
    python3 bench/qemu/run.py --check bench/qemu/budget.json    fails if a count exceeds its budget by more than 1 %
    python3 bench/qemu/run.py --cache 1024 --pages bench/README.md    writes the counts into the page's table
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Dict, List, Optional, Tuple

BENCH = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(BENCH), str(BENCH.parent / "tools")]
import budget  # noqa: E402
from cli import BAD_INPUT, Parser, run, whole  # noqa: E402
from guest import ARCHES, Arch, Counts, build, run_guest  # noqa: E402
from known_models import find_model  # noqa: E402
from rows import PageError, read_page, update  # noqa: E402

NARROW = ("-int8", "-fp16")
MODELS = ["synthetic-e", "synthetic-s", "synthetic-2021", "synthetic-e-fp16", "synthetic-s-fp16", "digits-int8",
          *(name + suffix for suffix in ("", *NARROW) for name in ("v5lite-e", "v5lite-s"))]
# For models in 8 and 16 bits: a core with dot products and half-precision arithmetic. Others run as on ARCHES.
NARROW_ARCH = replace(ARCHES[0], cpu="cortex-a76")
RUN_SLOT, STAGE_SLOT = 1028, 1024  # mark.h
STAGES = ["letterbox", "network", "decode", "nms"]


@dataclass(frozen=True)
class Op:
    number: int
    kind: str
    kernel: str  # the function that does the work
    macs: int
    size: int    # of the convolution's window
    stride: int
    relu: bool
    stem: bool   # reads the picture
    name: str


def count(arch: Arch, program: Path, model: Path, size: int, mask: str, ops: bool = False,
          l2: int = 0, l1_ways: int = 2) -> Tuple[Dict[int, Counts], List[Op]]:
    """Returns the counts of each slot and the ops, of the second detection of two, with warm tables and caches."""
    slots, listing = run_guest(arch, [program, model, size, 2, mask, *(["ops"] if ops else [])], l2, l1_ways)
    op_list = []
    for line in listing.splitlines():
        number, kind, kernel, *numbers, name = line.split(" ", 8)
        macs, window, stride, relu, stem = map(int, numbers)
        op_list.append(Op(int(number), kind, kernel, macs, window, stride, bool(relu), bool(stem), name))
    return slots, op_list


def cores(args: argparse.Namespace, name: str) -> List[Arch]:
    """Returns the cores to count a model on."""
    if args.cpu:
        return [replace(arch, cpu=args.cpu) for arch in ARCHES if arch.name == args.arch]
    narrow = [NARROW_ARCH] if Path(name).stem.endswith(NARROW) else []
    return [arch for arch in [ARCHES[0], *narrow, ARCHES[1]] if args.arch in (None, arch.name)]


def find(name: str) -> Optional[Path]:
    """Returns the path of a model, by its name or the path of its file; None if there is none."""
    return Path(name) if name.endswith(".v5l") and Path(name).is_file() else find_model(name)


def report_totals(args: argparse.Namespace) -> Tuple[Dict[str, Dict[str, int]], List[List[str]]]:
    """Counts whole detections and prints them. Returns instructions by group and model, and rows of a page's table."""
    totals: Dict[str, Dict[str, int]] = {}
    rows = []
    print(f"{'model':16} {'core':10} {'size':>4} {'M insns':>9} {'MAC/insn':>8}  " + " ".join(f"{s:>9}" for s in STAGES)
          + ("   L2 KB  M loads  M stores  M L1D miss  M L2 miss" if args.cache else ""))
    programs: Dict[str, Path] = {}
    for name in args.models:
        path = find(name)
        if path is None:
            print(f"{name:16} not there: skipped")
            continue
        for arch in cores(args, name):
            program = programs[arch.name] = programs.get(arch.name) or build(arch)
            for l2 in args.cache or [0]:
                slots, ops = count(arch, program, path, args.size, args.mask, l2=l2, l1_ways=args.l1_ways)
                run = slots[RUN_SLOT]
                stages = " ".join(f"{slots[STAGE_SLOT + i].instructions / 1e6:9.3f}" for i in range(len(STAGES)))
                cache = (f"  {l2:6} {run.loads / 1e6:8.3f} {run.stores / 1e6:9.3f} {run.l1_misses / 1e6:11.4f} "
                         f"{run.l2_misses / 1e6:10.4f}") if l2 else ""
                print(f"{name:16} {arch.cpu:10} {args.size:4} {run.instructions / 1e6:9.3f} "
                      f"{sum(op.macs for op in ops) / run.instructions:8.2f}  {stages}{cache}", flush=True)
                group = arch.name if arch in ARCHES else f"{arch.name} {arch.cpu}"
                totals.setdefault(group, {})[f"{name}@{args.size}"] = run.instructions
                misses = [f"{run.l1_misses / 1e6:.2f}", f"{run.l2_misses / 1e6:.3f}"] if l2 else ["", ""]
                rows.append([name, arch.cpu, f"{run.instructions / 1e6:.1f}", *misses])
    return totals, rows


def report_ops(args: argparse.Namespace) -> None:
    """Counts one model op by op and prints it."""
    for arch in cores(args, args.ops):
        program = build(arch)
        path = find(args.ops)
        if path is None:
            sys.exit(f"run.py: {args.ops}: no such model in weights/ or build/test-data/")
        l2 = args.cache[0] if args.cache else 0
        slots, ops = count(arch, program, path, args.size, args.mask, ops=True, l2=l2, l1_ways=args.l1_ways)
        print(f"{args.ops} {arch.cpu} {args.size}, every op on its own (no chains), M instructions")
        kinds: Dict[str, List[float]] = defaultdict(lambda: [0.0, 0.0, 0.0, 0.0])
        for op in ops:
            c = slots[op.number]
            row = (c.instructions / 1e6, op.macs / 1e6, c.l1_misses / 1e6, c.l2_misses / 1e6)
            kinds[f"{op.kind} {op.kernel}"] = [a + b for a, b in zip(kinds[f"{op.kind} {op.kernel}"], row)]
            if op.kernel != "view":
                misses = f" {row[2]:9.4f} {row[3]:9.4f}" if l2 else ""
                print(f"{op.number:4} {op.kind:8} {row[0]:9.3f} {op.macs / c.instructions:7.2f}{misses}  {op.name}")
        for i, stage in enumerate(STAGES):
            if stage != "network":
                kinds[stage] = [slots[STAGE_SLOT + i].instructions / 1e6, 0, 0, 0]
        print("sum by kind: M instructions, M MACs, MAC/insn" + (", M L1D misses, M L2 misses" if l2 else ""))
        for kind, (insns, macs, l1, l2_misses) in sorted(kinds.items(), key=lambda item: -item[1][0]):
            print(f"  {kind:40} {insns:9.3f} {macs:9.3f} {macs / insns:7.2f}"
                  + (f" {l1:9.4f} {l2_misses:9.4f}" if l2 else ""))


def parse() -> argparse.Namespace:
    """Parses the command line."""
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", choices=[a.name for a in ARCHES],
                        help="count only this instruction set (default: both)")
    parser.add_argument("--cpu",
                        help="core to emulate, a name of qemu's, with --arch (default: one without dot products)")
    parser.add_argument("--models", nargs="+", metavar="NAME",
                        help="models to count, names or files *.v5l (default: all names that exist)")
    parser.add_argument("--size", type=whole(32, 8192, "multiple of 32", 32), default=320,
                        help="network input in pixels (default 320)")
    parser.add_argument("--mask", default="0xFFFFFFFF", help="CPU features to use; 0: reference kernels (default: all)")
    parser.add_argument("--cache", type=whole(1, 1 << 20), nargs="+", default=[], metavar="KB",
                        help="model caches, with an L2 of so many KB")
    parser.add_argument("--l1-ways", type=whole(1, 64), default=2, help="ways of the 32 KB L1D (default 2)")
    parser.add_argument("--ops", metavar="NAME", help="count op by op, for this model or file")
    parser.add_argument("--check", type=Path, metavar="BUDGET",
                        help="fail if a count exceeds this budget by more than 1 %%")
    parser.add_argument("--update", type=Path, metavar="BUDGET", help="write the counts into this budget")
    parser.add_argument("--pages", type=Path, nargs="+", default=[], metavar="PAGE",
                        help="replace the figures of the lines '| MODEL | CORE | M instructions | M L1D misses | M L2 "
                             "misses |' in these pages")
    return parser.parse_args()


def count_models(args: argparse.Namespace) -> int:
    """Counts, prints, and returns the exit status."""
    if args.cpu and args.arch is None:
        print("run: --cpu: expected --arch with it", file=sys.stderr)
        return BAD_INPUT
    wanted = [args.ops] if args.ops else args.models or MODELS
    missing = [name for name in wanted if find(name) is None]
    args.models = wanted
    if len(missing) == len(wanted) or (missing and wanted is not MODELS):
        print(f"run: model: {', '.join(missing) or 'none at all'}: expected in weights/ or build/test-data "
              "(make build/test-data/cases.txt)", file=sys.stderr)
        return BAD_INPUT
    if args.ops:
        report_ops(args)
        return 0
    for page in args.pages:  # fails before it counts, not after
        read_page(page)
    totals, rows = report_totals(args)
    if args.update:
        budget.update(totals, args.update)
    for page in args.pages:
        update(page, rows, keys=2)
    return 1 if args.check and budget.check(totals, budget.load(args.check), "instructions") else 0


def main() -> int:
    """Runs the tool and returns its exit status."""
    return run("run", lambda: count_models(parse()), PageError, subprocess.CalledProcessError)


if __name__ == "__main__":
    sys.exit(main())
