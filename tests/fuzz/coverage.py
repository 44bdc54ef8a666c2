#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the lines of src that a fuzzer's build with --coverage has reached, as a table of files; status 1 below 95 %.

Without src/kernels, and without what no net calls: the tracker and the conversion of pictures.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Dict, Tuple

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 95.0  # percent
EXCLUDED = ("src/kernels/", "src/track", "src/image_rgb.c", "src/letterboxed.c")


def read(build: str) -> Dict[str, Tuple[int, int]]:
    """Returns the lines reached and all lines of each file."""
    command = ["gcovr", "--root", ".", "--filter", "src/",
               *(part for path in EXCLUDED for part in ("--exclude", path)), "--json", "--", f"{build}/src"]
    process = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if process.returncode != 0:
        raise SystemExit("coverage: gcovr failed")
    files = {}
    for file in json.loads(process.stdout)["files"]:
        lines = [line["count"] > 0 for line in file["lines"] if not line.get("gcovr/noncode")]
        files[file["file"]] = (sum(lines), len(lines))
    return files


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="folder of the build, from the repository's root on")
    files = read(parser.parse_args().build)
    reached, lines = (sum(counts[i] for counts in files.values()) for i in (0, 1))
    if lines == 0:
        raise SystemExit("coverage: nothing of src was measured")
    print("| file | lines | reached | % |\n|---|--:|--:|--:|")
    for name, counts in [*sorted(files.items()), ("all", (reached, lines))]:
        if counts[1] > 0:
            print(f"| {name} | {counts[1]} | {counts[0]} | {100.0 * counts[0] / counts[1]:.1f} |")
    return 0 if 100.0 * reached >= LIMIT * lines else 1


if __name__ == "__main__":
    sys.exit(main())
