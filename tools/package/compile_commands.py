#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes compile_commands.json, for clangd and clang-tidy, from the commands that make would run.

    make -nB all | python3 tools/package/compile_commands.py -o compile_commands.json

A command may compile and link several files, as for tests. Each C file gets its own entry.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from pathlib import Path
from typing import Dict, Iterable, List

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from cli import Parser, run  # noqa: E402
from fileio import check_outputs, write_atomically  # noqa: E402

LINKING = (".a", ".o", ".so", ".S")  # endings of words that an entry omits
SOURCES = (".c", ".cpp")


def is_compiler(words: List[str]) -> bool:
    """Returns whether a command compiles: it names an output and a source."""
    has_source = any(word.endswith(SOURCES) for word in words)
    return "-o" in words and has_source and words[0] not in ("mkdir", "printf", "rm", "mv")


def options(words: List[str]) -> List[str]:
    """Returns the words of a command that concern all of its files."""
    kept: List[str] = []
    skip = False
    for word in words:
        if skip or word == "-c" or word.endswith(SOURCES + LINKING) or word.startswith(("-l", "-L", "-Wl,")):
            skip = False
        elif word == "-o":
            skip = True
        else:
            kept.append(word)
    return kept


def entries(lines: Iterable[str], folder: str) -> List[dict]:
    """Returns one entry per source file, from the first command that compiles it."""
    found: Dict[str, dict] = {}
    for line in lines:
        try:
            words = shlex.split(line)
        except ValueError:  # a line of a shell script
            continue
        if not is_compiler(words):
            continue
        common = options(words)
        for file in (word for word in words if word.endswith(SOURCES)):
            found.setdefault(file, {"directory": folder, "file": file, "arguments": [*common, "-c", file]})
    return [found[file] for file in sorted(found)]


def main() -> None:
    parser = Parser(prog="compile_commands.py", description=__doc__,
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", dest="output", required=True, type=Path, help="the file to write")
    args = parser.parse_args()
    check_outputs([args.output], ["-"])
    found = entries(sys.stdin.read().replace("\\\n", " ").splitlines(), os.getcwd())
    if not found:
        raise SystemExit("standard input: expected commands of make")
    write_atomically(args.output, (json.dumps(found, indent=1) + "\n").encode())
    print(f"{args.output}: {len(found)} files")


if __name__ == "__main__":
    sys.exit(run("compile_commands", main))
