#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures what 8 and 16 bits cost and save: accuracy, time, RAM and flash of several models, as a table and a chart.

    python3 bench/precision.py weights/v5lite-e.v5l weights/v5lite-e-int8.v5l --size 320 --images DIR --labels DIR
        -o precision.svg

AP is the mean over the pictures and their mirrored ones (eval.py --mirror). Time is a whole detection on one thread:
the models take turns, and the median of the turns' medians counts. RAM is what v5l_net_create needs, flash the file.
The chart needs a Python with matplotlib (Debian: python3-matplotlib).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any, List, NamedTuple, Optional

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
from cli import Parser, run, whole  # noqa: E402
from evaluation.errors import EvalError  # noqa: E402
from evaluation.files import parse_json  # noqa: E402
from evaluation.program import Program  # noqa: E402
from figures import FigureError, plain, save, use_matplotlib  # noqa: E402
from fileio import check_outputs  # noqa: E402

TYPES = {"s8": ("int8", "o", "#D55E00"), "f16": ("fp16", "s", "#009E73"), "f32": ("fp32", "^", "#0072B2")}


class Row(NamedTuple):
    """One model at one size."""
    name: str
    type: str   # a key of TYPES
    size: str
    ap: float
    ap50: float
    ms: float
    ram: int    # bytes
    flash: int  # bytes


def accuracy(model: str, size: str, options: argparse.Namespace) -> List[float]:
    """Returns AP and AP50: means over the pictures and their mirrored ones."""
    results = []
    for mirror in ([], ["--mirror"]):
        command = [sys.executable, str(ROOT / "tools" / "eval.py"), "--model", model, "--size", size, "--images",
                   options.images, "--labels", options.labels, "--v5lite", options.v5lite, "--format", "json", *mirror]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode != 0:
            raise EvalError("eval.py", model, done.stderr.decode("utf-8", "replace").strip().splitlines()[-1])
        metrics = parse_json(done.stdout, "eval.py", "program")["metrics"]  # type: ignore[index]
        results.append([metrics["AP"] or 0.0, metrics["AP50"] or 0.0])
    return [sum(values) / 2 for values in zip(*results)]


def times(models: List[str], size: str, options: argparse.Namespace) -> List[float]:
    """Returns the median of each model's medians, in milliseconds. The models take turns."""
    program = Program(options.v5lite)
    turns: List[List[float]] = [[] for _ in models]
    for _ in range(options.turns):
        for model, mine in zip(models, turns):
            report: Any = parse_json(program.run("bench", "--model", model, "--size", size, "--runs", "50", "--format",
                                                 "json"), "bench", "program")
            mine.append(report["median_ms"])
    return [statistics.median(mine) for mine in turns]


def measure(options: argparse.Namespace) -> List[Row]:
    """Returns a row for each model and size."""
    program, rows = Program(options.v5lite), []
    for size in options.size.split(","):
        for model, ms in zip(options.models, times(options.models, size, options)):
            info: Any = parse_json(program.run("info", "--format", "json", "--size", size, model), "info", "program")
            kinds = [kind for kind in TYPES if info["types"].get(kind)]
            ap, ap50 = accuracy(model, size, options)
            rows.append(Row(Path(model).stem, kinds[0], size, ap, ap50, ms, info["memory"]["total"],
                            info["file_bytes"]))
    return rows


def table(rows: List[Row]) -> str:
    """Returns a Markdown table."""
    lines = ["| model, input | type | AP / AP50 | ms | RAM, bytes | flash, bytes |", "|---|---|--:|--:|--:|--:|"]
    return "\n".join(lines + [f"| {r.name}, {r.size} | {TYPES[r.type][0]} | {r.ap:.3f} / {r.ap50:.3f} | {r.ms:.2f} | "
                              f"{r.ram} | {r.flash} |" for r in rows])


def draw(rows: List[Row], path: Path) -> None:
    """Draws AP against time and against RAM."""
    from matplotlib import pyplot
    figure, panels = pyplot.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    for panel, label, value in ((panels[0], "ms a detection, one core", lambda r: r.ms),
                                (panels[1], "RAM, MB", lambda r: r.ram / 1e6)):
        for kind, (name, marker, color) in TYPES.items():
            mine = [r for r in rows if r.type == kind]
            panel.scatter([value(r) for r in mine], [r.ap for r in mine], marker=marker, color=color, label=name,
                          zorder=2)
        for r in rows:
            panel.annotate(plain(f"{r.name} {r.size}"), (value(r), r.ap), xytext=(5, 4), textcoords="offset points",
                           fontsize=7)
        panel.set_xlabel(label)
        panel.set_xlim(left=0)
        panel.margins(x=0.25, y=0.15)
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("AP")
    panels[1].legend(loc="lower right")
    save(figure, path)


def work() -> Optional[int]:
    """Measures, prints and draws."""
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="MODEL.v5l")
    parser.add_argument("--size", default="320", metavar="N[,N...]", help="network inputs (default 320)")
    parser.add_argument("--images", required=True, metavar="DIR", help="labelled pictures")
    parser.add_argument("--labels", required=True, metavar="DIR|FILE", help="their labels, as for eval.py")
    parser.add_argument("--turns", type=whole(1, 1000), default=5, metavar="N", help="turns of each model (default 5)")
    parser.add_argument("--v5lite", default=os.environ.get("V5LITE") or str(ROOT / "build" / "v5lite"), metavar="PATH",
                        help="program to run (default: $V5LITE, or build/v5lite)")
    parser.add_argument("-o", "--out", type=Path, metavar="FILE.svg", help="also draw a chart, .svg or .png")
    options = parser.parse_args()
    if options.out is not None:
        if options.out.suffix.lower() not in (".svg", ".png"):
            parser.error(f"--out {options.out}: expected a name that ends in .svg or .png")
        check_outputs([options.out], options.models)
        use_matplotlib()
    rows = measure(options)
    print(table(rows))
    if options.out is not None:
        draw(rows, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(run("precision", work, EvalError, FigureError))
