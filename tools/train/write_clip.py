#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a generated clip of moving digits as y4m, and what is true of it as JSON.

Python 3.9 or later and numpy.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import List, Optional

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from cli import Parser, run, whole  # noqa: E402
from fileio import check_outputs, write_together  # noqa: E402
from needs import numpy_or_exit  # noqa: E402

numpy_or_exit("write_clip")

from clips import Clip, y4m  # noqa: E402


def parse(argv: Optional[List[str]]) -> argparse.Namespace:
    """Parses the command line."""
    parser = Parser(prog="write_clip.py", description="Write a clip of moving digits, and where they are.",
                     epilog="The same options give the same files. Exit status: 0, or 2 with one line on stderr.")
    parser.add_argument("--out", metavar="CLIP.y4m", required=True, help="write the frames to this file")
    parser.add_argument("--truth", metavar="FILE", help="write digits and their boxes in each frame to this JSON file")
    parser.add_argument("--frames", type=whole(1, 10000, "count"), default=75,
                        help="number of frames, 25 a second (default 75)")
    parser.add_argument("--width", type=whole(64, 4096, "width"), default=320,
                        help="width in pixels, made even, 64 .. 4096 (default 320)")
    parser.add_argument("--height", type=whole(64, 4096, "height"), default=240,
                        help="height in pixels, made even, 64 .. 4096 (default 240)")
    parser.add_argument("--seed", type=whole(0, 1 << 32), default=0, help="seed of the random numbers (default 0)")
    return parser.parse_args(argv)


def write_clip(arguments: argparse.Namespace) -> None:
    """Writes both files."""
    outputs = [Path(name) for name in (arguments.out, arguments.truth) if name is not None]
    check_outputs(outputs, [])
    clip = Clip(arguments.width // 2 * 2, arguments.height // 2 * 2, arguments.frames, arguments.seed)
    data = [b"".join(y4m(clip)), json.dumps(clip.truth()).encode() + b"\n"]
    write_together(list(zip(outputs, data)))


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the program and returns its exit status."""
    return run("write_clip", lambda: write_clip(parse(argv)))


if __name__ == "__main__":
    sys.exit(main())
