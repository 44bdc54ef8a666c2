# SPDX-License-Identifier: MIT
"""Makes a network in 8 bits of one in float32: measures it over pictures, quantises it, and corrects biases by
running the result over pictures.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Dict, List, Tuple

import numpy as np

from evaluation.errors import EvalError
from evaluation.program import Program as Engine
from evaluation.progress import Progress
from fileio import write_temporary

from .calibration import BATCH, Calibrator, Pictures, mean_shapes, means, range_shapes, ranges
from .correction import correct, levels
from .errors import ExportError
from .graph import WEIGHTED
from .program import Program
from .quantise import Quantiser, Statistics, check_suits
from .samples import sample, warnings_about
from .winograd import Size
from .writer import file_bytes

DEFAULT_SIZE: Size = (320, 320)
CORRECTED_ON = 16  # pictures
MAX_THREADS = 64
# Plain C has the same bits on every machine, as sums of integers have anyway.
EXACT = ("--cpu", "ref")
PROGRAM = Path(__file__).resolve().parents[2] / "build" / "v5lite"


def pictures_of(directory: str, size: Size, program: str) -> Pictures:
    """Returns the pictures of a directory, to be run by a v5lite program ("": the default one)."""
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    path = program or os.environ.get("V5LITE") or str(PROGRAM)
    return Pictures(sample(directory), size, Engine(path, threads=min(threads, MAX_THREADS), option="--engine"))


def check_opens(engine: Engine, data: bytes) -> None:
    """Refuses a weights file that v5lite refuses."""
    with tempfile.TemporaryDirectory(prefix="v5lite-") as folder:
        path = Path(folder) / "model.v5l"
        write_temporary(path, data)
        try:
            engine.run("info", str(path))
        except EvalError as error:  # without the temporary name
            raise ExportError("v5lite", str(error).rpartition(f"{path}: ")[2]) from None


def int8_program(program: Program, source_sha256: bytes, pictures: Pictures) -> Tuple[Program, List[str]]:
    """Returns the program in 8 bits, and warnings about its accuracy."""
    check_suits(program)
    count = len(pictures.paths)
    corrected_on = min(count, CORRECTED_ON)
    weighted = [index for index, op in enumerate(program.ops) if op.kind in WEIGHTED]
    with Progress("int8", count) as bar:
        calibrator = Calibrator(pictures, bar)
        batches = calibrator.statistics(file_bytes(program, source_sha256),
                                        {**range_shapes(program), **mean_shapes(program, weighted)}, count, *EXACT)
        plain = means(batches[:-(-corrected_on // BATCH)], weighted)
        quantiser = Quantiser(program, Statistics(ranges(batches, program), plain))
        quantised = quantiser.run()
        bar.total += corrected_on * (len(levels(quantised, quantiser.layers)) - 1)
        has_floats = any(tensor.stride == 0 for tensor in program.tensors)

        def means_of(current: Program, ops: List[int]) -> Dict[int, np.ndarray]:
            return means(calibrator.statistics(file_bytes(current, source_sha256), mean_shapes(current, ops),
                                               corrected_on, *(EXACT if has_floats else ())), ops)

        correct(quantised, quantiser.layers, plain, means_of)
    return quantised, warnings_about(pictures.paths, pictures.engine.path) + quantiser.warnings
