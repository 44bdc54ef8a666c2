#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a checkpoint in PyTorch and writes the expected output of every op of the exported model, for v5lite audit
--against.

Needs PyTorch and numpy. Executes nothing in the checkpoint, unless --upstream is given.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from typing import Dict, List, Optional, Tuple

from needs import numpy_or_exit, torch_or_exit

numpy_or_exit("audit_torch")

import numpy as np  # noqa: E402

from auditing.errors import AuditError  # noqa: E402
from auditing.letterbox import letterbox  # noqa: E402
from auditing.pictures import read_picture  # noqa: E402
from cli import LINE, Parser, run  # noqa: E402
from exporter.checkpoint import MAX_FILE_BYTES, Checkpoint  # noqa: E402
from exporter.errors import ExportError, one_line  # noqa: E402
from exporter.modules import build_graph  # noqa: E402
from fileio import check_outputs, is_standard_output, read_bytes, write_atomically  # noqa: E402

MAX_SIDE = 8192


def network_input(path: str, size: Optional[Tuple[int, int]]) -> np.ndarray:
    """Returns the letterboxed picture, uint8 [height][width][3]."""
    picture, letterboxed = read_picture(path)
    if not letterboxed:
        return letterbox(picture, *(size or (320, 320)))
    height, width, _ = picture.shape
    if size not in (None, (width, height)):
        raise AuditError(path, f"is letterboxed to {width}x{height}: expected that as --size, or no --size")
    return picture


def outputs(checkpoint: str, picture: np.ndarray, upstream: bool) -> Dict[str, np.ndarray]:
    """Returns every op's output by name, float32 [height][width][channels], and the picture as "input"."""
    torch_or_exit("audit_torch")
    from auditing.record import record  # imports torch
    if upstream:
        from auditing.upstream import load_upstream
        model = load_upstream(checkpoint)
    else:
        from auditing.modules import Network
        data = read_bytes(checkpoint, MAX_FILE_BYTES)
        build_graph(Checkpoint(data))  # checks sizes and attributes, which PyTorch would accept unchecked
        model = Network(Checkpoint(data))
    try:
        return record(model, picture)
    except (RuntimeError, IndexError, TypeError, AttributeError) as error:
        where = f"{checkpoint} on {picture.shape[1]}x{picture.shape[0]}"
        reason = str(error).splitlines()[0]
        raise AuditError(where, f"PyTorch: {reason}: expected a network that runs at this --size") from None


def npy_bytes(array: np.ndarray) -> bytes:
    """Returns the bytes of an .npy file."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def paths_of(path: str, arrays: Dict[str, np.ndarray]) -> List[str]:
    """Returns the paths to write: one archive, or one file an array in a folder."""
    if path.endswith(".npz"):
        return [path]
    for name in arrays:
        if "/" in name or "\0" in name:
            raise AuditError(name, "expected names of modules that can be names of files, or an .npz to write")
    return [os.path.join(path, name + ".npy") for name in arrays]


def write(path: str, arrays: Dict[str, np.ndarray], inputs: List[str]) -> None:
    """Writes an .npz file if the path ends in .npz, otherwise a directory of .npy files. Refuses to overwrite
    an input.
    """
    paths = paths_of(path, arrays)
    check_outputs(paths, inputs)
    if path.endswith(".npz"):
        file = io.BytesIO()
        np.savez_compressed(file, **arrays)
        write_atomically(path, file.getvalue())
        return
    os.makedirs(path, exist_ok=True)
    for target, array in zip(paths, arrays.values()):
        write_atomically(target, npy_bytes(array))


def parse_size(text: str) -> Tuple[int, int]:
    """Parses N or WxH into (width, height)."""
    sides = text.split("x")
    if len(sides) > 2 or not all(s.isdecimal() and s.isascii() and 0 < int(s[:6]) <= MAX_SIDE for s in sides):
        raise argparse.ArgumentTypeError(f"{text!r}, expected N or WxH, each at most {MAX_SIDE}")
    return int(sides[0]), int(sides[-1])


def parse(argv: Optional[List[str]]) -> argparse.Namespace:
    """Parses the command line."""
    parser = Parser(
        prog="audit_torch.py",
        description="Run a checkpoint in PyTorch, in double precision, and write the expected output of every op of "
                                           "the exported model, as a reference for v5lite audit --against.",
        epilog="IMAGE is a picture, which this tool letterboxes as the original does, or the input.npy that 'v5lite "
               "audit MODEL --image PICTURE --dump DIR' writes. This tool decodes plain PNG, PPM and PGM; the v5lite "
               "program ($V5LITE, or build/v5lite) decodes all others. The arrays have the names of the ops and are "
               "float32 [height, width, channels]; 'input' is the letterboxed picture. Exit status: 0, or 2 with one "
               "line on stderr.")
    parser.add_argument("checkpoint", metavar="CHECKPOINT",
                        help="checkpoint that the original saved (e, s, c, g, YOLOv5 v5.0 to v7)")
    parser.add_argument("image", metavar="IMAGE", help="picture to run")
    parser.add_argument("-o", "--output", metavar="OUT.npz|DIR", required=True,
                        help="archive to write, or directory for .npy files")
    parser.add_argument("--size", metavar="N|WxH", type=parse_size, help="network input in pixels (default 320)")
    parser.add_argument("--upstream", action="store_true",
                        help="use the original's modules, from its checkout on PYTHONPATH, instead of this tool's own; "
                             "torch.load then loads the checkpoint and executes code in it")
    return parser.parse_args(argv)


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the tool and returns its exit status."""
    def work() -> None:
        arguments = parse(argv)
        inputs = [arguments.checkpoint, arguments.image]
        check_outputs([arguments.output], inputs)
        try:
            arrays = outputs(arguments.checkpoint, network_input(arguments.image, arguments.size), arguments.upstream)
        except ExportError as error:
            raise AuditError(arguments.checkpoint, str(error)) from None
        write(arguments.output, arrays, inputs)
        height, width, _ = arrays["input"].shape
        print(one_line(f"{arguments.output}: outputs of {len(arrays) - 1} ops at {width}x{height}", LINE),
              file=sys.stderr if is_standard_output(arguments.output) else sys.stdout)
    return run("audit_torch", work, AuditError)


if __name__ == "__main__":
    sys.exit(main())
