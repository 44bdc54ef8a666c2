#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws what `v5lite bench --layers` and bench_roofline measured: the ops under the roofline, and the time of each op.

    build/v5lite bench --model weights/v5lite-e.v5l --layers --format json |
        python3 bench/limits.py --format json > e.json
    python3 bench/plot.py e.json --roofline roofline.svg --layers layers.png

Needs a Python with matplotlib (Debian: python3-matplotlib). The endings of the names, .svg or .png, say what is
written.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
from cli import Parser, run  # noqa: E402
from evaluation.errors import EvalError  # noqa: E402
from evaluation.files import parse_json  # noqa: E402
from figures import NEEDS, FigureError, plain, save, use_matplotlib  # noqa: E402
from fileio import check_outputs, read_bytes  # noqa: E402

# Kinds in the order of the legend; colours that are told apart by the colour-blind too (Okabe and Ito).
KINDS = {"conv": ("#0072B2", "o"), "dwconv": ("#D55E00", "^"), "detect": ("#009E73", "s"), "maxpool": ("#CC79A7", "D"),
         "add": ("#E69F00", "P"), "split": ("#56B4E9", "v"), "concat": ("#8C6D31", "<"), "shuffle": ("#7F7F7F", ">"),
         "upsample": ("#000000", "X")}
GRAY = "#555555"
MAX_BYTES = 1 << 26  # of a report
MAX_LAYERS = 2000    # a row each


class PlotError(Exception):
    """An error: what is wrong, where, and what was expected."""

    def __init__(self, what: str, where: object, expected: str) -> None:
        super().__init__(f"{what}: {where}: {expected}".replace("\n", " "))


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the program and returns its exit status."""
    return run("plot", lambda: plot(parse(argv)), PlotError, EvalError, FigureError)


def plot(arguments: argparse.Namespace) -> None:
    """Reads, draws and writes."""
    charts = [(path, draw) for path,
              draw in ((arguments.roofline, draw_roofline), (arguments.layers, draw_layers)) if path]
    if not charts:
        raise PlotError("missing option", "--roofline, --layers", "expected a file to write with at least one")
    for path, _ in charts:
        if path.suffix.lower() not in (".svg", ".png"):
            raise PlotError("unknown format", path, "expected a name that ends in .svg or .png")
    check_outputs([path for path, _ in charts], [arguments.report])
    report = read_report(arguments.report)
    use_matplotlib()
    for path, draw in charts:
        save(draw(report), path)


def parse(argv: Optional[List[str]]) -> argparse.Namespace:
    parser = Parser(prog="plot.py", description=(__doc__ or "").split("\n")[0],
                    epilog=f"Needs a Python with {NEEDS}. FILE ends in .svg or .png; it is replaced only if the "
                           f"drawing succeeds. A report has at most {MAX_BYTES >> 20} MB and {MAX_LAYERS} layers. Exit "
                           "status: 0, or 2 with one line on stderr.")
    parser.add_argument("report", nargs="?", default="-", metavar="JSON",
                        help="output of bench/limits.py --format json; - (default): standard input")
    parser.add_argument("--roofline", type=Path, metavar="FILE",
                        help="GFLOP/s of each op over its FLOP per byte, under the roofs")
    parser.add_argument("--layers", type=Path, metavar="FILE", help="time of each op, and its share of the peak")
    return parser.parse_args(argv)


# ---- the report ----

def read_report(path: str) -> Dict[str, Any]:
    report = parse_json(read_bytes(path, MAX_BYTES), path, "bad report, or not JSON")
    try:
        return check(report)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise PlotError("bad report", path, f"expected output of bench/limits.py --format json: "
                                            f"{type(error).__name__}: {error}") from None


def check(report: Dict[str, Any]) -> Dict[str, Any]:
    """Returns the parts that are drawn, with `layers` reduced to ops that do something."""
    if "layers" not in report:
        raise ValueError("no layers: run with --layers")
    if len(report["layers"]) > MAX_LAYERS:
        raise ValueError(f"more than {MAX_LAYERS} layers")
    layers = [{"name": str(op["name"]), "kind": str(op["kind"]), "ms": number(op["median_ms"]),
               "flops": 2 * number(op["macs"]),
               "bytes": number(op["bytes"]), "gflops": number(op["gflops"]),
               "peak_share": None if op["peak_share"] is None else number(op["peak_share"])}
              for op in report["layers"] if not op["view"]]
    if not sum(op["ms"] for op in layers) > 0:
        raise ValueError("no layers that take time")
    roofline = report["roofline"]
    peaks = {str(isa): positive(gflops) for isa, gflops in roofline["peak_gflops"].items()}
    return {"model": str(report["model"]), "size": f"{int(report['width'])}x{int(report['height'])}",
            "threads": int(positive(report["threads"])), "median_ms": number(report["median_ms"]), "layers": layers,
            "isa": roofline["isa"], "peak": peaks[roofline["isa"]], "peaks": peaks,
            "derived": [(f"{peak['set']} {peak['limit']}", positive(peak["gops"]),
                         f"{positive(peak['factor']):.3g} x {peak['of']}") for peak in roofline.get("derived", [])],
            "plausible": bool(roofline["plausible"]),
            "reads": [(str(r["level"]), int(r["bytes"]), positive(r["gbytes"])) for r in roofline["reads"]]}


def number(value: Any) -> float:
    if not 0 <= float(value) < 1e18:
        raise ValueError(f"{value} where a quantity should be")
    return float(value)


def positive(value: Any) -> float:
    if number(value) == 0:
        raise ValueError("0 where a positive quantity should be")
    return float(value)


def title(report: Dict[str, Any]) -> str:
    threads = f"{report['threads']} thread{'s' if report['threads'] > 1 else ''}"
    return f"{plain(Path(report['model']).name)}, {report['size']}, {threads}, {plain(report['isa'])}"


def kinds_of(layers: List[Dict[str, Any]]) -> List[str]:
    present = {op["kind"] for op in layers}
    return [kind for kind in KINDS if kind in present] + sorted(present - set(KINDS))


def style(kind: str) -> tuple[str, str]:
    return KINDS.get(kind, (GRAY, "o"))


# ---- drawing ----

def draw_roofline(report: Dict[str, Any]) -> Any:
    """Draws, log-log, a horizontal roof for each instruction set, a slope for each level, a point for each op."""
    from matplotlib import pyplot
    if not report["plausible"]:
        raise PlotError("no roofline", report["model"],
                        "expected a report from hardware: this one says that it is an emulator's")
    ops = [op for op in report["layers"] if op["flops"] > 0 and op["bytes"] > 0 and op["gflops"] > 0]
    if not ops or not report["reads"]:
        raise PlotError("no roofline", report["model"], "expected ops with multiply-accumulates, and rates of reading")
    cores = report["threads"]
    figure, axes = pyplot.subplots(figsize=(10, 6.2), constrained_layout=True)
    intensities = [op["flops"] / op["bytes"] for op in ops]
    peaks = {isa: gflops * cores for isa, gflops in report["peaks"].items()}
    derived = [(name, gops * cores, why) for name, gops, why in report["derived"]]
    top = max([report["peak"] * cores, *(gops for _, gops, _ in derived)])
    slopes = [(f"{level} ({size_text(size)})", gbytes * cores) for level, size, gbytes in report["reads"]]
    low, high = min(min(intensities) / 2, top / slopes[0][1] / 7), max(intensities) * 2.2
    floor = min([op["gflops"] for op in ops] + [min(g for _, g in slopes) * low]) / 2
    draw_roofs(axes, peaks, report["isa"], low, high)
    draw_derived(axes, derived, low, high)
    draw_slopes(axes, slopes, top, low)
    longest = max(op["ms"] for op in ops)
    for kind in kinds_of(ops):
        color, marker = style(kind)
        points = [(op["flops"] / op["bytes"], op["gflops"], 12 + 220 * op["ms"] / longest)
                  for op in ops if op["kind"] == kind]
        axes.scatter(*zip(*points), c=color, marker=marker, alpha=0.6, edgecolors="white", linewidths=0.6, zorder=3,
                     label=f"{plain(kind)} ({len(points)})")
    axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(floor, top * 1.9),
             xlabel="FLOP per byte that the op reads or writes",
             ylabel="GFLOP/s; 8 bits: GOP/s" if derived else "GFLOP/s")
    plain_numbers(axes)
    figure.suptitle(f"Roofline: {title(report)}", x=0.01, ha="left", fontsize=12)
    left_out = len(report["layers"]) - len(ops)
    axes.set_title(f"area: time of the op; roofs: {cores if cores > 1 else 'one'} core{'s' if cores > 1 else ''}, "
                   "measured"
                   + (f"; {left_out} ops without multiply-accumulates are left out" if left_out else ""), fontsize=9,
                   color=GRAY)
    # Names stand outside the axes, where they cover neither points nor each other.
    legend = axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0, frameon=False, fontsize=8)
    for handle in legend.legend_handles if hasattr(legend, "legend_handles") else legend.legendHandles:
        if hasattr(handle, "set_sizes"):  # of points, not of lines
            handle.set_sizes([45])
    return figure


def draw_roofs(axes: Any, peaks: Dict[str, float], isa: str, low: float, high: float) -> None:
    """Draws a horizontal line for each instruction set, the highest first in the legend."""
    others = iter(((0, (4, 3)), (0, (1, 2)), (0, (6, 2, 1, 2)), (0, (2, 4))) * len(peaks))
    for name, gflops in sorted(peaks.items(), key=lambda peak: -peak[1]):
        in_force = name == isa
        axes.plot([low, high], [gflops, gflops], color="black" if in_force else GRAY, lw=1.6 if in_force else 0.8,
                  ls="-" if in_force else next(others), zorder=2, label=f"{plain(name)}  {gflops:.3g} GFLOP/s")


def draw_derived(axes: Any, peaks: List[tuple[str, float, str]], low: float, high: float) -> None:
    """Draws the roofs of 8 and 16 bits."""
    for i, (name, gops, why) in enumerate(peaks):
        axes.plot([low, high], [gops, gops], color="black", lw=1.6, ls=(0, (6 - i % 3 * 2, 1)), zorder=2,
                  label=f"{plain(name)}  {gops:.3g} GOP/s ({plain(why)})")


def draw_slopes(axes: Any, slopes: List[tuple[str, float]], top: float, low: float) -> None:
    """GFLOP/s = FLOP per byte * GB/s, up to the roof in force; slower levels are lighter."""
    for i, (name, gbytes) in enumerate(slopes):
        axes.plot([low, top / gbytes], [low * gbytes, top], color=str(0.15 + 0.6 * i / max(1, len(slopes) - 1)), lw=1.3,
                  zorder=2,
                  label=f"{plain(name)}  {gbytes:.3g} GB/s")


def draw_layers(report: Dict[str, Any]) -> Any:
    """Returns a bar for each op, in the order in which they run; with its share of the peak where that is known."""
    from matplotlib import pyplot
    layers = report["layers"]
    total, longest = sum(op["ms"] for op in layers), max(op["ms"] for op in layers)
    rows = range(len(layers))
    figure, axes = pyplot.subplots(figsize=(10, 1.6 + 0.17 * len(layers)), constrained_layout=True)
    for kind in kinds_of(layers):
        mine = [(row, op["ms"]) for row, op in zip(rows, layers) if op["kind"] == kind]
        axes.barh([row for row, _ in mine], [ms for _, ms in mine], height=0.78, color=style(kind)[0], alpha=0.85,
                  label=f"{plain(kind)} ({len(mine)})  {sum(ms for _, ms in mine):.3g} ms, "
                        f"{100 * sum(ms for _, ms in mine) / total:.1f} %")
    for row, op in zip(rows, layers):
        known = op["flops"] > 0 and op["peak_share"] is not None
        text = f"{op['ms']:.4f} ms" + (f"   {100 * op['peak_share']:.0f} % of peak" if known else "")
        axes.text(op["ms"] + 0.006 * longest, row, text, va="center", fontsize=7, color=GRAY)
    axes.set_yticks(list(rows), [plain(op["name"]) for op in layers], fontsize=7)
    axes.tick_params(axis="y", length=0)
    axes.set(ylim=(len(layers) - 0.4, -0.6), xlim=(0, 1.3 * longest), xlabel="ms, median")
    axes.grid(axis="x", color="0.9", lw=0.6)
    axes.set_axisbelow(True)
    peaks = [f"{report['peak'] * report['threads']:.3g} GFLOP/s",
             *(f"{plain(name)} {gops * report['threads']:.3g} GOP/s" for name, gops, _ in report["derived"])]
    figure.suptitle(f"Time of each op: {title(report)}\n{len(layers)} ops, {total:.3f} ms one by one; whole "
                    f"detections: {report['median_ms']:.3f} "
                    "ms" + (f"; peak: {', '.join(peaks)}" if report["plausible"] else ""),
                    x=0.01, ha="left", fontsize=11)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncol=3, frameon=False, fontsize=8)
    return figure


def size_text(size: int) -> str:
    return f"{size >> 20} MB" if size >= 1 << 20 else f"{size >> 10} KB"


def plain_numbers(axes: Any) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())
    axes.grid(color="0.92", lw=0.6)
    axes.set_axisbelow(True)


if __name__ == "__main__":
    sys.exit(main())
