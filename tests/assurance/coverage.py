#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the coverage of src by the tests of a build with --coverage with limits, by gcov.

Limits: every line of every file, and 95 % of all branches outside src/kernels. Branches of kernels are reported without
a limit: one macro generates kernels of many sizes, each with its own branches. Files of an instruction set that this
CPU lacks are listed, but not measured.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Dict, List, Tuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from package.sets import feature_bits, set_of  # noqa: E402

BRANCHES = 95.0  # percent, outside kernels
HINTED = {"_12x32_avx512": "AVX512_FULL_RATE"}  # kernels that kernels.def selects by a tuning hint


Branches = Dict[Tuple[str, int], int]  # counts by function and position


class Lines:
    """Counts of a file's lines, and of their branches, added up over all objects that contain the file. Functions of
    the same name may be at different lines of it: an object has those that its macros choose."""

    def __init__(self) -> None:
        self.counts: Dict[int, int] = {}
        self.branches: Dict[int, Branches] = {}

    def add(self, line: dict) -> None:
        number = line["line_number"]
        self.counts[number] = self.counts.get(number, 0) + line["count"]
        branches = self.branches.setdefault(number, {})
        for i, branch in enumerate(line["branches"]):
            key = line.get("function_name", ""), i
            branches[key] = branches.get(key, 0) + branch["count"]


class Counts:
    """Lines and branches of one or more files: covered and total."""

    def __init__(self) -> None:
        self.lines, self.lines_all, self.branches, self.branches_all = 0, 0, 0, 0
        self.missing: List[str] = []

    def add(self, name: str, lines: Lines) -> None:
        self.lines_all += len(lines.counts)
        self.lines += sum(count > 0 for count in lines.counts.values())
        self.missing += [f"{name}:{number}" for number, count in sorted(lines.counts.items()) if count == 0]
        for branches in lines.branches.values():
            self.branches_all += len(branches)
            self.branches += sum(count > 0 for count in branches.values())

    def text(self) -> str:
        share = 100.0 * self.branches / self.branches_all if self.branches_all else 100.0
        return (f"{self.lines} of {self.lines_all} lines, "
                f"{self.branches} of {self.branches_all} branches ({share:.1f} %)")


def lacks(name: str, features: int) -> bool:
    """Returns whether a CPU with these features cannot run the kernels of this file."""
    bits, group = feature_bits(), set_of(Path(name))
    needs = (group.features if group else []) + [hint for part, hint in HINTED.items() if part in name]
    return any(not bits[word] & features for word in needs)


def read(build: str, gcov: str, features: int) -> Tuple[Dict[str, Lines], List[str]]:
    """Returns the counts of src by file, and the kernels that are left out: those that this CPU cannot run.
    An object that no test linked or ran counts as not executed."""
    objects = sorted(str(path.relative_to(ROOT)) for path in (ROOT / build / "src").rglob("*.gcno"))
    process = subprocess.run([gcov, "--json-format", "--stdout", "--branch-probabilities", *objects], cwd=ROOT,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if process.returncode != 0:
        raise SystemExit(f"coverage: {gcov} failed: {process.stderr.strip()}")
    files: Dict[str, Lines] = {}
    skipped: List[str] = []
    for text in filter(None, process.stdout.splitlines()):
        measured = json.loads(text)
        source = Path(measured["data_file"]).with_suffix(".c")
        if source.parent.name == "kernels" and lacks(source.name, features):
            skipped += [source.name] if measured["files"] else []
            continue
        for file in measured["files"]:
            name = os.path.normpath(file["file"])
            if name.startswith("src/"):
                for line in file["lines"]:
                    files.setdefault(name, Lines()).add(line)
    return files, skipped


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help="folder of the build, from the repository's root on")
    parser.add_argument("--gcov", default="gcov", help="gcov of the compiler")
    parser.add_argument("--features", type=lambda text: int(text, 0), default=0xFFFFFFFF,
                        help="V5L_CPU_... of the CPU that ran")
    parser.add_argument("--only", metavar="SET", nargs="+",
                        help="measure the kernels of these instruction sets and nothing else")
    options = parser.parse_args()
    parts: Dict[str, Counts] = {}
    files, skipped = read(options.build, options.gcov, options.features)
    for name, lines in sorted(files.items()):
        kernel = name.startswith("src/kernels/")
        if options.only and not (kernel and (any(f"_{only}" in name for only in options.only)
                                             or name.endswith(("neon.h", "neon_f16.h", "_a64.h")))):
            continue
        parts.setdefault("kernels" if kernel else "outside kernels", Counts()).add(name, lines)
    if not parts:
        raise SystemExit(f"coverage: nothing of src was measured in {options.build}")
    errors = []
    for name, counts in sorted(parts.items()):
        print(f"coverage, {name}: {counts.text()}")
        errors += [f"coverage: {place}: not reached" for place in counts.missing]
        if name == "outside kernels" and 100.0 * counts.branches < BRANCHES * counts.branches_all:
            errors.append(f"coverage: {BRANCHES} % of branches outside kernels are required")
    if skipped:
        print(f"coverage: NOT measured, for want of a CPU that has the instruction set: {' '.join(sorted(skipped))}")
    print("\n".join(errors), end="\n" if errors else "")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
