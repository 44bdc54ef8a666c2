#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the library's bytes of code, built for several targets, and the memory of nets against tests/size/budget.json.
Fails if a number exceeds its budget by more than 1 %, or its limit.

    make check-size                       measures and compares what this machine can measure
    python3 tests/size/check.py --all     also fails if a target's compiler is missing
    python3 tests/size/check.py --update  writes the measured numbers into the budget; limits stay

Needs gcc for the targets (Debian: gcc-aarch64-linux-gnu, gcc-arm-linux-gnueabihf), build/v5lite and the models of
build/test-data (`make build/test-data/cases.txt`). Measures the official models where they exist there or in weights/.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Dict, List

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tools" / "size"), str(ROOT / "tools")]
import budget  # noqa: E402
from cli import Parser, run  # noqa: E402
from known_models import find_model  # noqa: E402
from measure import PARTS, TABLE, TARGETS, code_bytes, compiler_version, has_compiler, memory  # noqa: E402

SYNTHETIC = ["synthetic-e", "synthetic-s", "synthetic-2021", "synthetic-c", "synthetic-g", "synthetic-v5"]
SIZES = {**{name: [320] for name in SYNTHETIC}, **TABLE}


def measure_code(totals: budget.Totals, allowed: budget.Totals, require: bool, force: bool) -> int:
    """Fills totals. Returns failures. With a compiler other than the budget's, only the limit is compared."""
    failures = 0
    measured: Dict[str, int] = {}
    for target in TARGETS:
        if not has_compiler(target):
            print(f"{target.name:24} no {target.compiler} for it: skipped")
            failures += require
            continue
        value = measured[target.name] = code_bytes(target)
        version, expected = compiler_version(target), allowed.get("compiler", {}).get("gcc")
        failures += over_limit(target.name, value, allowed)
        if force or expected in (None, version):
            totals.setdefault("code", {})[target.name] = value
            totals.setdefault("compiler", {})["gcc"] = version
        else:
            print(f"{'':24} gcc {version}: the budget is that of gcc {expected} and was not compared")
    for name, whole, without in PARTS:
        if whole in measured:
            failures += over_limit(name, measured[whole] - measured[without], allowed)
    return failures


def over_limit(name: str, value: int, allowed: budget.Totals) -> int:
    """Prints bytes of code. Returns 1 if they exceed their limit."""
    limit = allowed.get("limits", {}).get(name)
    print(f"{name:24} {value:7} bytes of code" + (f", limit {limit}" if limit else ""), flush=True)
    if limit is None or value <= limit:
        return 0
    print(f"code {name}: {value} bytes, over the limit of {limit}", file=sys.stderr)
    return 1


def measure_memory(totals: budget.Totals, program: List[str]) -> None:
    for name, sizes in SIZES.items():
        path = find_model(name)
        if path is None:
            print(f"{name:24} not there: skipped")
            continue
        for size in sizes:
            parts, key = memory(program, path, size)["memory"], f"{name}@{size}"
            totals.setdefault("arena", {})[key] = parts["arena"]
            totals.setdefault("memory", {})[key] = parts["total"]
            print(f"{key:24} {parts['total']:7} bytes of memory, arena {parts['arena']}")


def parse() -> argparse.Namespace:
    """Parses the command line."""
    parser = Parser(prog="check.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=Path, default=ROOT / "tests/size/budget.json", metavar="FILE")
    parser.add_argument("--v5lite", default="build/v5lite", metavar="PROGRAM",
                        help="what says how much memory nets take")
    parser.add_argument("--all", action="store_true", help="a missing compiler is a failure")
    parser.add_argument("--update", action="store_true", help="write the budget")
    return parser.parse_args()


def measure(args: argparse.Namespace) -> int:
    """Measures, compares, and returns the exit status."""
    allowed = budget.load(args.budget)
    totals: Dict[str, Dict[str, int]] = {}
    failures = measure_code(totals, allowed, args.all, args.update)
    measure_memory(totals, shlex.split(args.v5lite))
    if args.update:
        budget.update(totals, args.budget)
    else:
        totals.pop("compiler", None)
        failures += budget.check(totals, allowed, "bytes")
    return 1 if failures else 0


def main() -> int:
    """Runs the tool and returns its exit status."""
    return run("check", lambda: measure(parse()), subprocess.CalledProcessError)


if __name__ == "__main__":
    sys.exit(main())
