#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures the largest errors of raw heads against PyTorch in double precision, over checkpoints and pictures.

Compares v5lite's float32 heads with those of PyTorch's own float32, and names the op whose rounding changes a head
most. Needs PyTorch, numpy and the v5lite program. Executes nothing in the checkpoints.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from needs import numpy_or_exit, torch_or_exit

numpy_or_exit("audit_heads")

import numpy as np  # noqa: E402

from auditing.errors import AuditError  # noqa: E402
from cli import LINE, Parser, run  # noqa: E402
from exporter.checkpoint import MAX_FILE_BYTES, Checkpoint  # noqa: E402
from exporter.errors import ExportError, one_line  # noqa: E402
from fileio import read_bytes  # noqa: E402

TOOLS = Path(__file__).resolve().parent
PARTLY = 1  # exit status: some checkpoints were refused
COLUMNS = "{:<32} {:>7} {:>10} {:>10} {:>10}  {}"


@dataclass(frozen=True)
class Program:
    """The v5lite program, with the options that choose its kernels."""

    command: List[str]
    options: List[str]
    size: str

    def audit(self, model: str, *arguments: str) -> bytes:
        """Returns the standard output of `v5lite audit`. Raises AuditError if the program cannot run or fails."""
        command = [*self.command, "audit", "--size", self.size, *self.options, *arguments, "--", model]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        except OSError as error:
            raise AuditError(command[0],
                             f"{error.strerror}: expected the v5lite program (build it, or --v5lite PATH)") from None
        if done.returncode != 0:
            raise AuditError("v5lite audit", one_line(done.stderr.decode("utf-8", "replace").strip(), LINE))
        return done.stdout

    def ops(self, model: str) -> List[Dict[str, Any]]:
        """Returns the ops of a model, in order."""
        return json.loads(self.audit(model, "--format", "json"))["ops"]

    def outputs(self, model: str, picture: str, ops: List[Dict[str, Any]]) -> Tuple[Dict[str, np.ndarray], np.ndarray]:
        """Returns the output of each op by name, float32 [height][width][channels], and the letterboxed picture, uint8
        [height][width][3].
        """
        with tempfile.TemporaryDirectory() as directory:
            self.audit(model, "--image", picture, "--dump", directory)
            files = {path.name[:3]: path for path in Path(directory).iterdir() if path.name[:3].isdecimal()}
            arrays = {op["name"]: np.load(files[f"{op['op']:03d}"]) for op in ops if f"{op['op']:03d}" in files}
            return arrays, np.load(os.path.join(directory, "input.npy"))


@dataclass
class Worst:
    """The largest absolute errors of one checkpoint's heads over all pictures."""

    value: float = 0.0  # largest |value| of a head
    program: float = 0.0
    torch: float = 0.0
    fused: float = 0.0
    picture: str = ""  # the picture with the largest `program`
    origin: Tuple[str, float, float] = ("", 0.0, 0.0)


def measure(program: Program, checkpoint: str, model: str, pictures: List[str]) -> Worst:
    """Returns the largest errors of a checkpoint's heads over the pictures. `model` is the exported checkpoint."""
    import torch

    from auditing import rounding
    from auditing.modules import Network
    double, single, fused = (Network(Checkpoint(read_bytes(checkpoint, MAX_FILE_BYTES))) for _ in range(3))
    rounding.fuse(fused)
    ops = program.ops(model)
    heads = [op["name"] for op in ops if op["kind"] == "detect"]
    worst, kept = Worst(), None
    for path in pictures:
        arrays, picture = program.outputs(model, path, ops)
        ours, reference = rounding.as_tensors(arrays), rounding.run(double, picture, torch.float64)
        error = rounding.largest(ours, reference, heads)
        worst.value = max(worst.value, max(float(reference[name].abs().max()) for name in heads))
        worst.torch = max(worst.torch, rounding.largest(rounding.run(single, picture, torch.float32), reference, heads))
        worst.fused = max(worst.fused, rounding.largest(rounding.run(fused, picture, torch.float32), reference, heads))
        if kept is None or error > worst.program:
            worst.program, worst.picture, kept = error, path, (picture, ours, reference)
    picture, ours, reference = kept
    worst.origin = rounding.origin(double, picture, ours, reference, heads)
    return worst


def row(checkpoint: str, worst: Worst) -> str:
    """Returns one line of the table."""
    name, size, effect = worst.origin
    told = f"{os.path.basename(worst.picture)}: {name}, off by {size:.1e}, makes {effect:.1e}"
    return one_line(COLUMNS.format(os.path.basename(checkpoint), f"{worst.value:.1f}", f"{worst.program:.1e}",
                                   f"{worst.torch:.1e}",
                                   f"{worst.fused:.1e}", told), LINE)


def export(checkpoint: str, model: str) -> Optional[str]:
    """Writes the model of a checkpoint to the path `model`. Returns None, or the reason for a refusal."""
    done = subprocess.run([sys.executable, str(TOOLS / "export.py"), "-o", model, "--", checkpoint],
                          capture_output=True, check=False)
    return None if done.returncode == 0 else one_line(done.stderr.decode("utf-8", "replace").strip(), LINE)


def parse(argv: Optional[List[str]]) -> argparse.Namespace:
    """Parses the command line."""
    parser = Parser(
        prog="audit_heads.py",
        description="Compare the raw heads of checkpoints with PyTorch in double precision: the largest absolute error "
                    "over all "
                    "pictures of v5lite, of PyTorch in float32 as the checkpoint is, and of PyTorch in float32 with "
                    "BatchNorm "
                    "folded, as the original detects. The last column names, for the picture with the largest error of "
                    "v5lite, the op whose own rounding changes a head most.",
        epilog="Exit status: 0; 1 if some checkpoints were refused; 2 with one line on stderr.")
    parser.add_argument("checkpoints", metavar="CHECKPOINT", nargs="+", help="checkpoint that export.py reads")
    parser.add_argument("--images", metavar="IMAGE", nargs="+", required=True, help="pictures that v5lite detect reads")
    parser.add_argument("--size", metavar="N|WxH", default="320",
                        help="network input in pixels, multiples of 32 (default 320)")
    parser.add_argument("--cpu", metavar="SET", default="all", help="instruction set that v5lite uses (default all)")
    parser.add_argument("--direct", action="store_true", help="disable Winograd convolutions in v5lite")
    parser.add_argument("--v5lite", metavar="PATH",
                        default=os.environ.get("V5LITE", str(TOOLS.parent / "build" / "v5lite")),
                        help="program to run (default: $V5LITE, or build/v5lite)")
    return parser.parse_args(argv)


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the tool and returns its exit status."""
    def work() -> int:
        arguments = parse(argv)
        torch_or_exit("audit_heads")
        options = ["--cpu", arguments.cpu] + ["--direct"] * arguments.direct
        program = Program(shlex.split(os.environ.get("RUN", "")) + [os.path.abspath(arguments.v5lite)], options,
                          arguments.size)
        print(COLUMNS.format("checkpoint", "largest", "v5lite", "PyTorch", "folded", "largest contribution"))
        done = 0
        with tempfile.TemporaryDirectory() as directory:
            for checkpoint in arguments.checkpoints:
                model = os.path.join(directory, "model.v5l")
                refusal = export(checkpoint, model)
                if refusal is not None:
                    print(refusal, file=sys.stderr)
                    continue
                try:
                    worst = measure(program, checkpoint, model, arguments.images)
                except ExportError as error:
                    raise AuditError(checkpoint, str(error)) from None
                print(row(checkpoint, worst), flush=True)
                done += 1
        return 0 if done == len(arguments.checkpoints) else PARTLY if done else 2
    return run("audit_heads", work, AuditError)


if __name__ == "__main__":
    sys.exit(main())
