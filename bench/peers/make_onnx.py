#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a checkpoint of YOLOv5-Lite e or s as ONNX graphs for ONNX Runtime: float32, and 8 bits in three forms.

    python3 bench/peers/make_onnx.py v5lite-e.pt --images DIR --sizes 320 -o FOLDER

Writes FOLDER/v5lite-e-320.onnx, -qdq.onnx (the usual QuantizeLinear and DequantizeLinear), -qlinear.onnx
(channels-last QLinearConv) and -qlinear16.onnx (the same with multiples of 16 channels where depthwise convolutions
are: the fastest form). Ranges come from `v5lite calibrate`, over the pictures. Python 3.9 or
later and numpy, no ONNX package.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import List, Optional

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).resolve().parent), str(ROOT / "tools")]

from needs import numpy_or_exit  # noqa: E402

numpy_or_exit("make_onnx")

import export  # noqa: E402
from cli import Parser, run, whole  # noqa: E402
from evaluation.errors import EvalError  # noqa: E402
from exporter.checkpoint import MAX_FILE_BYTES, Checkpoint  # noqa: E402
from exporter.errors import ExportError  # noqa: E402
from exporter.int8 import DEFAULT_SIZE, pictures_of  # noqa: E402
from fileio import check_outputs, read_bytes, write_atomically  # noqa: E402
from onnxgraphs.channels_last import FAST, channels_last_graph  # noqa: E402
from onnxgraphs.plain import plain_graph  # noqa: E402
from onnxgraphs.ranges import measured  # noqa: E402

KINDS = ("", "-qdq", "-qlinear", "-qlinear16")
SIDE = whole(32, 4096, "multiple of 32", 32)


def sizes(text: str) -> List[int]:
    """Parses N,N... (an argparse type)."""
    return [SIDE(part) for part in text.split(",")]


def parse(argv: Optional[List[str]]) -> argparse.Namespace:
    """Parses the command line."""
    parser = Parser(prog="make_onnx.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                    epilog="Equal inputs give equal bytes. Exit status: 0, or 2 with one line on stderr.")
    parser.add_argument("checkpoint", metavar="CHECKPOINT.pt")
    parser.add_argument("--images", metavar="DIR", required=True, help="pictures to measure ranges on, as of export.py")
    parser.add_argument("--sizes", type=sizes, default="320", metavar="LIST", help="inputs, N,N... (default 320)")
    parser.add_argument("--engine", metavar="PROGRAM", default="",
                        help="the v5lite program (default: $V5LITE, or build/v5lite)")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="an existing folder")
    return parser.parse_args(argv)


def write(arguments: argparse.Namespace) -> None:
    """Writes all graphs, after all are made."""
    source = arguments.checkpoint
    pictures = pictures_of(arguments.images, DEFAULT_SIZE, arguments.engine)
    name = re.sub(r"\.pt$", "", Path(source).name)
    targets = {(size, kind): str(arguments.output / f"{name}-{size}{kind}.onnx")
               for size in arguments.sizes for kind in KINDS}
    check_outputs(list(targets.values()), [source, *pictures.sources])
    checkpoint = Checkpoint(read_bytes(source, MAX_FILE_BYTES))
    literal, planned = export.program_of(checkpoint, True), export.program_of(checkpoint, False)
    channels_last_graph(planned, {op.name: (0.0, 1.0) for op in planned.ops}, DEFAULT_SIZE[0])  # refuses early
    ranges = measured(planned, pictures)
    made = {}
    for size in arguments.sizes:
        made[size, ""] = plain_graph(literal, size)
        made[size, "-qdq"] = plain_graph(literal, size, ranges)
        made[size, "-qlinear"] = channels_last_graph(planned, ranges, size)
        made[size, "-qlinear16"] = channels_last_graph(planned, ranges, size, FAST)
    for key, data in made.items():
        write_atomically(targets[key], data)
        print(f"{targets[key]}: {len(data)} bytes")


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the program and returns its exit status."""
    return run("make_onnx", lambda: write(parse(argv)), ExportError, EvalError)


if __name__ == "__main__":
    sys.exit(main())
