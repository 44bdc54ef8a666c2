#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes compile_commands.json, for clangd and clang-tidy, from the commands that make would run.

    make -nB all | python3 tools/package/compile_commands.py -o compile_commands.json

A command may compile several files and link them, as those of tests do: each C file gets an entry of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from pathlib import Path
from typing import Dict, Iterable, List

LINKING = (".a", ".o", ".so", ".S")  # endings of words that an entry does not need
SOURCES = (".c", ".cpp")


def is_compiler(words: List[str]) -> bool:
    """Whether a command compiles: it names an output and a source."""
    return "-o" in words and any(word.endswith(SOURCES) for word in words) and words[0] not in ("mkdir", "printf", "rm", "mv")


def options(words: List[str]) -> List[str]:
    """The words of a command that matter for each of its files."""
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
    """One entry a source file, from the first command that compiles it."""
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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", dest="output", required=True, type=Path, help="the file to write")
    args = parser.parse_args()
    found = entries(sys.stdin.read().replace("\\\n", " ").splitlines(), os.getcwd())
    if not found:
        print("compile_commands: expected commands of make on standard input", file=sys.stderr)
        return 1
    part = args.output.with_name(args.output.name + ".part")
    part.write_text(json.dumps(found, indent=1) + "\n")
    part.replace(args.output)
    print(f"{args.output}: {len(found)} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
