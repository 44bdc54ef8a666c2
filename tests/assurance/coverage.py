#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the coverage of src by the tests of a build with --coverage with limits, by gcovr.

Limits: every line of every file, and 95 % of all branches outside src/kernels. Branches of kernels are reported without
a limit: one macro generates kernels of many sizes, each with its own branches. Files of an instruction set that this
CPU lacks are listed, but not measured.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Dict, List

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from package.sets import feature_bits, set_of  # noqa: E402

BRANCHES = 95.0  # percent, outside kernels
HINTED = {"_12x32_avx512": "AVX512_FULL_RATE"}  # kernels that kernels.def selects by a tuning hint


class Counts:
    """Lines and branches of one or more files: covered and total."""

    def __init__(self) -> None:
        self.lines, self.lines_all, self.branches, self.branches_all = 0, 0, 0, 0
        self.missing: List[str] = []

    def add(self, file: dict) -> None:
        for line in file["lines"]:
            if line.get("gcovr/noncode"):
                continue
            self.lines_all += 1
            self.lines += line["count"] > 0
            if line["count"] == 0:
                self.missing.append(f"{file['file']}:{line['line_number']}")
            self.branches_all += len(line["branches"])
            self.branches += sum(branch["count"] > 0 for branch in line["branches"])

    def text(self) -> str:
        share = 100.0 * self.branches / self.branches_all if self.branches_all else 100.0
        return (f"{self.lines} of {self.lines_all} lines, "
                f"{self.branches} of {self.branches_all} branches ({share:.1f} %)")


def read(build: str, gcov: str) -> List[dict]:
    process = subprocess.run(["gcovr", "--root", ".", "--filter", "src/", "--gcov-executable", gcov, "--json", "--",
                              f"{build}/src"],
                             cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if process.returncode != 0:
        raise SystemExit("coverage: gcovr failed")
    return json.loads(process.stdout)["files"]


def lacks(name: str, features: int) -> bool:
    """Returns whether a CPU with these features cannot run the kernels of this file."""
    bits, group = feature_bits(), set_of(Path(name))
    needs = (group.features if group else []) + [hint for part, hint in HINTED.items() if part in name]
    return any(not bits[word] & features for word in needs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help="folder of the build, from the repository's root on")
    parser.add_argument("--gcov", default="gcov", help="gcov of the compiler")
    parser.add_argument("--features", type=lambda text: int(text, 0), default=0xFFFFFFFF,
                        help="V5L_CPU_... of the CPU that ran")
    parser.add_argument("--only", metavar="SET", help="measure the kernels of this instruction set and nothing else")
    options = parser.parse_args()
    parts: Dict[str, Counts] = {}
    skipped: List[str] = []
    for file in read(options.build, options.gcov):
        kernel = file["file"].startswith("src/kernels/")
        if options.only and not (kernel and (f"_{options.only}" in file["file"]
                                             or file["file"].endswith(("neon.h", "_a64.h")))):
            continue
        if kernel and lacks(file["file"], options.features):
            skipped.append(file["file"])
            continue
        parts.setdefault("kernels" if kernel else "outside kernels", Counts()).add(file)
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
