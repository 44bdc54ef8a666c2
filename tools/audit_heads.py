#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The largest errors of raw heads over checkpoints and pictures: the program's, and those of PyTorch's own float32, against PyTorch in
double precision; and the op whose rounding does most.

Needs PyTorch and numpy, and the v5lite program. Nothing in the checkpoints is executed.
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
        """Standard output of `v5lite audit`."""
        command = [*self.command, "audit", "--size", self.size, *self.options, *arguments, "--", model]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        except OSError as error:
            raise AuditError(command[0], f"{error.strerror}: expected the v5lite program (build it, or --v5lite PATH)") from None
        if done.returncode != 0:
            raise AuditError("v5lite audit", one_line(done.stderr.decode("utf-8", "replace").strip(), LINE))
        return done.stdout

    def ops(self, model: str) -> List[Dict[str, Any]]:
        """The ops of a model, in order."""
        return json.loads(self.audit(model, "--format", "json"))["ops"]

    def outputs(self, model: str, picture: str, ops: List[Dict[str, Any]]) -> Tuple[Dict[str, np.ndarray], np.ndarray]:
        """What each op computes, by name, and the letterboxed picture."""
        with tempfile.TemporaryDirectory() as directory:
            self.audit(model, "--image", picture, "--dump", directory)
            files = {path.name[:3]: path for path in Path(directory).iterdir() if path.name[:3].isdecimal()}
            arrays = {op["name"]: np.load(files[f"{op['op']:03d}"]) for op in ops if f"{op['op']:03d}" in files}
            return arrays, np.load(os.path.join(directory, "input.npy"))


@dataclass
class Worst:
    """Of one checkpoint over all pictures."""

    value: float = 0.0  # largest |value| of a head
    program: float = 0.0
    torch: float = 0.0
    fused: float = 0.0
    picture: str = ""  # of `program`
    origin: Tuple[str, float, float] = ("", 0.0, 0.0)


def measure(program: Program, checkpoint: str, model: str, pictures: List[str]) -> Worst:
    """The largest errors of a checkpoint's heads."""
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
    """A line of the table."""
    name, size, effect = worst.origin
    told = f"{os.path.basename(worst.picture)}: {name}, off by {size:.1e}, makes {effect:.1e}"
    return one_line(COLUMNS.format(os.path.basename(checkpoint), f"{worst.value:.1f}", f"{worst.program:.1e}", f"{worst.torch:.1e}",
                                   f"{worst.fused:.1e}", told), LINE)


def export(checkpoint: str, model: str) -> Optional[str]:
    """Writes the model of a checkpoint, or returns why it is refused."""
    done = subprocess.run([sys.executable, str(TOOLS / "export.py"), "-o", model, "--", checkpoint], capture_output=True, check=False)
    return None if done.returncode == 0 else one_line(done.stderr.decode("utf-8", "replace").strip(), LINE)


def parse(argv: Optional[List[str]]) -> argparse.Namespace:
    """The command line."""
    parser = Parser(
        prog="audit_heads.py", description="Compare the raw heads of checkpoints with PyTorch in double precision: the largest absolute "
                                           "error over all pictures of v5lite, of PyTorch in float32 as the checkpoint is, and of "
                                           "PyTorch in float32 with BatchNorm folded, as the original detects. Last, for the picture "
                                           "with the largest error of v5lite: the op whose own rounding does most to a head.",
        epilog="Exit status: 0; 1 if a checkpoint was refused, and the others were measured; 2 with one line on stderr.")
    parser.add_argument("checkpoints", metavar="CHECKPOINT", nargs="+", help="checkpoint, as for export.py")
    parser.add_argument("--images", metavar="IMAGE", nargs="+", required=True, help="pictures, as for v5lite")
    parser.add_argument("--size", metavar="N|WxH", default="320", help="network input (320)")
    parser.add_argument("--cpu", metavar="SET", default="all", help="instruction set of v5lite (all)")
    parser.add_argument("--direct", action="store_true", help="v5lite without Winograd's transform")
    parser.add_argument("--v5lite", metavar="PATH", default=os.environ.get("V5LITE", str(TOOLS.parent / "build" / "v5lite")),
                        help="the program ($V5LITE, or build/v5lite)")
    return parser.parse_args(argv)


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the program and returns its exit status."""
    def work() -> int:
        arguments = parse(argv)
        torch_or_exit("audit_heads")
        options = ["--cpu", arguments.cpu] + ["--direct"] * arguments.direct
        program = Program(shlex.split(os.environ.get("RUN", "")) + [os.path.abspath(arguments.v5lite)], options, arguments.size)
        print(COLUMNS.format("checkpoint", "largest", "v5lite", "PyTorch", "folded", "most comes from"))
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
