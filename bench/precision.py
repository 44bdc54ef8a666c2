#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures what 8 and 16 bits cost and save: accuracy, time, RAM and flash of models, as rows of a Markdown table.

    python3 bench/precision.py weights/v5lite-e.v5l@320 weights/v5lite-e-int8.v5l@320 --images DIR --labels DIR
    python3 bench/precision.py weights/digits.v5l@384 weights/digits-int8.v5l@384 --update README.md

MODEL.v5l@N runs at N x N pixels. AP is the mean over the pictures and their mirrored ones (eval.py --mirror);
without --images it is not measured. Time is a whole detection on one thread: the models take turns, and the median of
the turns' medians counts. RAM is what v5l_net_create needs on this CPU, flash the file. After the table, models are
compared with the first one of their size: the ratio of times in a turn, median and quartiles.

--update replaces the figures of each line `| MODEL, N | AP / AP50 | ms | RAM | flash |` in a page, of the models that
were measured; with --cpu SET, of the lines `| MODEL, N, SET |`. precision_chart.py draws them. make bench-precision
does all of it for the pages of this repository.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any, List, NamedTuple, Optional, Tuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tools")]
from needs import numpy_or_exit  # noqa: E402

numpy_or_exit("precision")

from cli import Parser, run, whole  # noqa: E402
from evaluation.errors import EvalError  # noqa: E402
from evaluation.files import parse_json  # noqa: E402
from evaluation.program import Program  # noqa: E402
from fileio import check_outputs  # noqa: E402
from rows import PageError, line_of, read_page, update  # noqa: E402

HEAD = ["| model, input | AP / AP50 | ms | RAM, bytes | flash, bytes |", "|---|--:|--:|--:|--:|"]


class Model(NamedTuple):
    """A model at one size."""
    path: str
    size: str

    def title(self, cpu: str) -> str:
        """Returns the first cell of its row."""
        return ", ".join([Path(self.path).stem, self.size, *([cpu] if cpu != "all" else [])])


def model_at(text: str) -> Model:
    """Reads MODEL.v5l@N."""
    path, at, size = text.rpartition("@")
    if not at or not path or not size.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}': expected MODEL.v5l@N, N the network's input in pixels")
    return Model(path, size)


def accuracy(model: Model, options: argparse.Namespace) -> str:
    """Returns AP and AP50: means over the pictures and their mirrored ones."""
    results = []
    for mirror in ([], ["--mirror"]):
        command = [sys.executable, str(ROOT / "tools" / "eval.py"), "--model", model.path, "--size", model.size,
                   "--images", options.images, "--labels", options.labels, "--v5lite", options.v5lite, "--format",
                   "json", *mirror]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode != 0:
            raise EvalError("eval.py", model.path, done.stderr.decode("utf-8", "replace").strip().splitlines()[-1])
        metrics = parse_json(done.stdout, "eval.py", "program")["metrics"]  # type: ignore[index]
        results.append((metrics["AP"] or 0.0, metrics["AP50"] or 0.0))
    return " / ".join(f"{sum(values) / 2:.3f}" for values in zip(*results))


def times(options: argparse.Namespace) -> List[List[float]]:
    """Returns each model's medians of its turns, in milliseconds. Turns are short, because the speed of a machine
    changes within seconds if others use it, too."""
    program = Program(options.v5lite)
    turns: List[List[float]] = [[] for _ in options.models]
    for _ in range(options.turns):
        for model, mine in zip(options.models, turns):
            text = program.run("bench", "--model", model.path, "--size", model.size, "--cpu", options.cpu,
                               "--warmup", "2", "--runs", "8", "--format", "json")
            report: Any = parse_json(text, "bench", "program")
            mine.append(report["median_ms"])
    return turns


def ratios(models: List[Model], turns: List[List[float]]) -> List[str]:
    """Returns a line for each model that is not the first of its size: its time in relation to the first one's."""
    lines = []
    for model, mine in zip(models, turns):
        first, others = next((m, t) for m, t in zip(models, turns) if m.size == model.size)
        if first is model:
            continue
        found = [a / b for a, b in zip(mine, others)]
        low, middle, high = statistics.quantiles(found, n=4) if len(found) > 1 else found * 3
        lines.append(f"{Path(model.path).stem} / {Path(first.path).stem}, {model.size}: {middle:.3f} of its time "
                     f"(quartiles {low:.3f} to {high:.3f})")
    return lines


def memory(model: Model, options: argparse.Namespace) -> Tuple[str, str]:
    """Returns bytes of RAM and flash."""
    info: Any = parse_json(Program(options.v5lite).run("info", "--format", "json", "--size", model.size, "--cpu",
                                                       options.cpu, model.path), "info", "program")
    return str(info["memory"]["total"]), str(info["file_bytes"])


def measure(options: argparse.Namespace) -> Tuple[List[List[str]], List[str]]:
    """Returns a row for each model, with an empty AP if it was not measured, and the lines of `ratios`."""
    turns = times(options)
    rows = [[model.title(options.cpu), accuracy(model, options) if options.images else "",
             shown(statistics.median(mine)), *memory(model, options)]
            for model, mine in zip(options.models, turns)]
    return rows, ratios(options.models, turns)


def shown(ms: float) -> str:
    """Returns milliseconds with three digits."""
    return f"{ms:.{2 if ms < 10 else 1 if ms < 100 else 0}f}"


def parse() -> argparse.Namespace:
    """Parses the command line."""
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=model_at, metavar="MODEL.v5l@N", help="a model, and its input size")
    parser.add_argument("--images", metavar="DIR", help="labelled pictures")
    parser.add_argument("--labels", metavar="DIR|FILE", help="their labels, as for eval.py")
    parser.add_argument("--cpu", default="all", metavar="SET",
                        help="newest instruction set for time and RAM, as of v5lite; named in the first cell "
                        "(default: all)")
    parser.add_argument("--turns", type=whole(1, 1000), default=25, metavar="N",
                        help="turns of each model, of 8 detections (default 25)")
    parser.add_argument("--v5lite", default=os.environ.get("V5LITE") or str(ROOT / "build" / "v5lite"), metavar="PATH",
                        help="program to run (default: $V5LITE, or build/v5lite)")
    parser.add_argument("--update", type=Path, nargs="+", default=[], metavar="PAGE",
                        help="replace the figures in these pages")
    options = parser.parse_args()
    if bool(options.images) != bool(options.labels):
        parser.error("--images and --labels: expected both, or none")
    check_outputs(options.update, [model.path for model in options.models])
    return options


def work() -> Optional[int]:
    """Measures, prints, and updates pages."""
    options = parse()
    for page in options.update:  # fails before it measures, not after
        read_page(page)
    found, compared = measure(options)
    print("\n".join(HEAD + [line_of(row) for row in found] + compared))
    for page in options.update:
        if update(page, found) == 0:
            raise PageError(f"bad page: {page}: expected a line '| {found[0][0]} | ..'")
    return 0


if __name__ == "__main__":
    sys.exit(run("precision", work, EvalError, PageError))
