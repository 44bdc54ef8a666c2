# SPDX-License-Identifier: MIT
"""The error of each op in 8 bits against the same network in float32, as `v5lite audit --against` measures it."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path
from typing import Any, Dict, List

from evaluation.program import operand
from fileio import write_temporary

from .calibration import Pictures, size_options

PICTURES = 8
HEADER = """\
# Error of each op's output against float32, over {count} pictures: rms of the difference, ratio of signal to noise \
in dB; share
# of values that are cut at the lowest and at the highest integer; smallest and largest scale of a channel.
# op  kind           error   snr dB    % low   % high  smallest scale  largest scale  name
"""


class _Row:
    """Sums of an op over pictures."""

    def __init__(self, op: Dict[str, Any]) -> None:
        self.op, self.noise, self.signal = op, 0.0, 0.0
        self.values, self.low, self.high = 0, 0, 0

    def add(self, op: Dict[str, Any], compared: Dict[str, Any]) -> None:
        """Adds a picture."""
        noise = compared["rms_error"] ** 2
        self.noise += noise
        self.signal += noise * 10.0 ** ((compared["snr_db"] or 0.0) / 10.0)
        for name, count in op.get("saturation", {}).items():
            setattr(self, name, getattr(self, name) + count)

    def line(self, pictures: int) -> str:
        op, error = self.op, math.sqrt(self.noise / pictures)
        snr = f"{10.0 * math.log10(self.signal / self.noise):8.1f}" if self.noise and self.signal else "       -"
        cut = [f"{100.0 * n / self.values:8.3f}" if self.values else "       -" for n in (self.low, self.high)]
        low, high = (f"{scale:13.5g}" for scale in op["scale"]) if "scale" in op else ("            -",) * 2
        return f"{op['op']:4}  {op['kind']:9} {error:10.5g} {snr} {cut[0]} {cut[1]}   {low}  {high}  {op['name']}\n"


def layer_report(pictures: Pictures, plain: bytes, quantised: bytes) -> str:
    """Returns a table with a line for each op that computes something. plain, quantised: the files of both networks."""
    rows: Dict[int, _Row] = {}
    chosen = pictures.paths[::-(-len(pictures.paths) // PICTURES)]
    with tempfile.TemporaryDirectory(prefix="v5lite-") as folder:
        paths = [Path(folder) / "plain.v5l", Path(folder) / "quantised.v5l"]
        for path, data in zip(paths, (plain, quantised)):
            write_temporary(path, data)
        for picture in chosen:
            _add_picture(rows, pictures, picture, paths)
    return HEADER.format(count=len(chosen)) + "".join(row.line(len(chosen)) for row in rows.values())


def _add_picture(rows: Dict[int, _Row], pictures: Pictures, picture: str, paths: List[Path]) -> None:
    with tempfile.TemporaryDirectory(prefix="v5lite-") as dump:
        run, engine = ["audit", *size_options(pictures), "--image", operand(picture)], pictures.engine
        engine.run(*run, "--dump", dump, str(paths[0]))
        # Any error passes.
        output = engine.run(*run, "--against", dump, "--tolerance", "1e9", "--format", "json", str(paths[1]))
    audit = json.loads(output)
    compared = {array["op"]: array for array in audit["comparison"]["arrays"]}
    for op in audit["ops"]:
        if not op["view"] and op["op"] in compared:
            rows.setdefault(op["op"], _Row(op)).add(op, compared[op["op"]])
