# SPDX-License-Identifier: MIT
"""Statistics of a network over pictures, measured by `v5lite calibrate`."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterable, List, Sequence, Tuple
from zipfile import BadZipFile

import numpy as np

from evaluation.errors import EvalError
from evaluation.pictures import list_pictures
from evaluation.program import Program as Engine
from evaluation.program import operand
from evaluation.progress import Progress
from fileio import write_temporary

from .errors import ExportError
from .program import Program, width
from .winograd import Size

BATCH = 16  # pictures of a run: few enough for a progress bar
Arrays = Dict[str, np.ndarray]  # by name, as `v5lite calibrate --help` describes them
Shapes = Dict[str, Tuple[int, ...]]
Batches = Sequence[Tuple[int, Arrays]]  # with the number of pictures of each


@dataclass(frozen=True)
class Pictures:
    """Pictures, and how a network is run on them."""

    paths: Sequence[str]
    size: Size
    engine: Engine

    @property
    def sources(self) -> List[str]:
        """Returns all pictures of the folder, also those that are not run, and the program, for
        fileio.check_outputs."""
        folder = os.path.dirname(self.paths[0])
        return [*(picture.path for picture in list_pictures(folder)), self.engine.file]


class Calibrator:
    """Runs networks on pictures and shows how many are done."""

    def __init__(self, pictures: Pictures, bar: Progress) -> None:
        self.pictures, self.bar, self.done = pictures, bar, 0

    def statistics(self, data: bytes, wanted: Shapes, count: int, *options: str) -> Batches:
        """Runs the network of a file on the first `count` pictures. Returns the wanted arrays of each batch."""
        batches = []
        with tempfile.TemporaryDirectory(prefix="v5lite-") as folder:
            model, archive = Path(folder) / "model.v5l", Path(folder) / "statistics.npz"
            write_temporary(model, data)
            command = ["calibrate", "--model", str(model), *size_options(self.pictures), *options, "--quiet", "--out",
                       str(archive)]
            for start in range(0, count, BATCH):
                batch = self.pictures.paths[start:min(start + BATCH, count)]
                try:
                    self.pictures.engine.run(*command, *map(operand, batch))
                except EvalError as error:  # without the temporary name
                    error.args = (str(error).replace(f"{model}: ", ""),)
                    raise
                batches.append((len(batch), self._arrays(archive, wanted)))
                self.done += len(batch)
                self.bar.show(self.done)
        return batches

    def _arrays(self, archive: Path, wanted: Shapes) -> Arrays:
        """Returns the wanted arrays of an archive, checked."""
        where, found = f"{self.pictures.engine.path} calibrate", {}
        try:
            with np.load(archive) as arrays:
                for name, shape in wanted.items():
                    found[name] = arrays[name]
                    if found[name].shape != shape:
                        raise ExportError(where, f"expected {name} of shape {shape}: it is of another version")
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise ExportError(where, f"{error}: expected an archive of this version") from None
        return found


def size_options(pictures: Pictures) -> List[str]:
    """Returns options that commands of the program share."""
    return ["--size", "x".join(map(str, pictures.size)), "--threads", str(pictures.engine.threads)]


def range_shapes(program: Program) -> Shapes:
    """Returns the arrays with the ranges of all outputs."""
    return {f"{name}.{index}": (width(op.out),) for index, op in enumerate(program.ops) if not op.view
            for name in ("min", "max")}


def mean_shapes(program: Program, ops: Iterable[int]) -> Shapes:
    """Returns the arrays with the means of what these ops read."""
    return {f"mean.{index}": (op.kernel[0] * op.kernel[1], width(op.a))
            for index, op in ((index, program.ops[index]) for index in ops)}


def ranges(batches: Batches, program: Program) -> Dict[int, Tuple[np.ndarray, np.ndarray]]:
    """Returns the smallest and the largest value of each channel of each op's output."""
    return {index: (np.min([arrays[f"min.{index}"] for _, arrays in batches], axis=0),
                    np.max([arrays[f"max.{index}"] for _, arrays in batches], axis=0))
            for index, op in enumerate(program.ops) if not op.view}


def means(batches: Batches, ops: Iterable[int]) -> Dict[int, np.ndarray]:
    """Returns the means of what these ops read."""
    total = sum(count for count, _ in batches)
    return {index: sum(count * arrays[f"mean.{index}"] for count, arrays in batches) / total for index in ops}
