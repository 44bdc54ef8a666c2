#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks src against MISRA C:2012 with cppcheck's addon: src/MISRA.md must list every finding, by rule and file.

Fails on a finding that no row of the table accepts, and on a row or file without a finding. Names rules by number only,
because their texts are not free. Needs cppcheck (Debian) and its addon misra.py.
"""

from __future__ import annotations

import argparse
import fnmatch
import re
import subprocess
import sys
from pathlib import Path
from typing import Dict, List, Set, Tuple

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = "{file}\t{line}\t{id}"
OPTIONS = ["--quiet", "--std=c11", "--platform=unix64", "--max-configs=1", "-D__x86_64__", "-Iinclude", "-Isrc",
           "--addon=misra", f"--template={TEMPLATE}"]

Finding = Tuple[str, str]  # rule, file


def run_cppcheck(files: List[str], jobs: int) -> Dict[Finding, List[int]]:
    """Returns the lines by rule and file. Counts a header's finding once."""
    dumps = ROOT / "build/misra"  # the default is next to the sources
    dumps.mkdir(parents=True, exist_ok=True)
    process = subprocess.run(["cppcheck", f"-j{jobs}", f"--cppcheck-build-dir={dumps}", *OPTIONS, *files], cwd=ROOT,
                             stderr=subprocess.PIPE, text=True)
    found: Dict[Finding, Set[int]] = {}
    for line in process.stderr.splitlines():
        parts = line.split("\t")
        match = re.fullmatch(r"misra-c2012-([0-9]+\.[0-9]+)", parts[-1])
        if len(parts) != 3:
            raise SystemExit(f"misra: cppcheck: {line}")
        if match:
            found.setdefault((match.group(1), parts[0]), set()).add(int(parts[1]))
    if process.returncode != 0:
        raise SystemExit(f"misra: cppcheck ended with status {process.returncode}")
    return {key: sorted(lines) for key, lines in found.items()}


def read_accepted(path: Path) -> Dict[str, List[str]]:
    """Returns the patterns of files by rule, from rows such as "| 11.5 | `src/a.c`, `src/ops/*` | ..."."""
    accepted: Dict[str, List[str]] = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        row = re.match(r"\| ([0-9]+\.[0-9]+) \| ([^|]*) \|", line)
        if not row:
            continue
        patterns = re.findall(r"`([^`]+)`", row.group(2))
        if row.group(1) in accepted or not patterns:
            raise SystemExit(f"{path.name}:{number}: expected each rule once, with files as `src/...`")
        accepted[row.group(1)] = patterns
    return accepted


def compare(found: Dict[Finding, List[int]], accepted: Dict[str, List[str]]) -> List[str]:
    errors, used = [], set()
    for (rule, file), lines in sorted(found.items()):
        patterns = [p for p in accepted.get(rule, []) if fnmatch.fnmatch(file, p)]
        used.update((rule, p) for p in patterns)
        if not patterns:
            errors.append(f"{file}:{lines[0]}: rule {rule}, {len(lines)} times: not among the deviations of "
                          "src/MISRA.md")
    for rule, patterns in accepted.items():
        errors += [f"src/MISRA.md: rule {rule}: nothing is found in {p} any more"
                   for p in patterns if (rule, p) not in used]
    return errors


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", help="sources, from the repository's root on")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", action="store_true",
                        help="print what is found, by rule and file, and compare nothing")
    options = parser.parse_args()
    found = run_cppcheck(options.files, options.jobs)
    if options.list:
        for (rule, file), lines in sorted(found.items(), key=lambda f: [int(n) for n in f[0][0].split(".")]):
            print(f"{rule}\t{file}\t{len(lines)}\t{lines[0]}")
        return 0
    errors = compare(found, read_accepted(ROOT / "src/MISRA.md"))
    print("\n".join(errors) if errors
          else f"misra: {sum(map(len, found.values()))} findings of {len({r for r, _ in found})} "
          "rules, all accepted in src/MISRA.md")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
