#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the ops that `v5lite bench --layers` timed with the limits of this machine (the roofline model).

    build/v5lite bench --model weights/v5lite-e.v5l --layers --format json > e.json
    python3 bench/limits.py e.json
    python3 bench/limits.py e.json --format json | python3 bench/plot.py --roofline roofline.svg

Runs build/bench_roofline (make bench-roofline) to measure the limits, or reads what it printed with --json. An op is
limited by FMA, the peak of multiply-adds, or by reading from the smallest working set that holds its bytes. Kernels in
8 and 16 bits have a multiple of the peak in floats, by the products of one instruction. T threads have T times the
limits of one core.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))
from cli import Parser, run  # noqa: E402
from evaluation.errors import EvalError  # noqa: E402
from evaluation.files import parse_json  # noqa: E402
from fileio import read_bytes  # noqa: E402

MAX_BYTES = 1 << 26  # of a report
# Kernels of these sets, by the end of their names: the set whose peak in floats counts, and how many times as many
# products their instructions give. avx2: VPMADDWD, exact; neon: SMULL, SMLAL and SADALP, 16 products in three.
SETS_OF_8_BITS = {"avx2": ("avx2", 2), "avxvnni": ("avx2", 4), "avx512vnni": ("avx512", 4), "neon": ("neon", 4 / 3),
                  "dot": ("neon", 4), "i8mm": ("neon", 8)}
SETS_OF_16_BITS = {"fp16": ("neon", 2)}
# Sets with a peak in floats, newest first, and those that include them.
FLOAT_SETS = {"avx512": {"avx512", "avx512vnni"}, "avx2": {"avx2", "avxvnni"}, "neon": {"neon", "dot", "i8mm", "fp16"}}
MALFORMED = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError, ZeroDivisionError)


class LimitsError(Exception):
    """Context, where, and what was expected."""

    def __init__(self, context: str, where: object, expected: str) -> None:
        super().__init__(f"{context}: {where}: {expected}".replace("\n", " "))


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the program and returns its exit status."""
    return run("limits", lambda: show(parse(argv)), LimitsError, EvalError)


def parse(argv: Optional[List[str]]) -> argparse.Namespace:
    parser = Parser(prog="limits.py", description=(__doc__ or "").split("\n")[0],
                    epilog="Exit status: 0, or 2 with one line on stderr.")
    parser.add_argument("report", nargs="?", default="-", metavar="JSON",
                        help="output of v5lite bench --layers --format json; - (default): standard input")
    parser.add_argument("--program", type=Path, default=HERE.parent / "build" / "bench_roofline", metavar="FILE",
                        help="measures the limits (build/bench_roofline)")
    parser.add_argument("--measured", metavar="JSON",
                        help="use the output of bench_roofline --json instead of measuring")
    parser.add_argument("--format", choices=("text", "json"), default="text",
                        help="a table, or the report with the limits added, as bench/plot.py reads it (text)")
    return parser.parse_args(argv)


def show(arguments: argparse.Namespace) -> None:
    """Reads the report, measures or reads the limits, and prints both."""
    report = parse_json(read_bytes(arguments.report, MAX_BYTES), arguments.report, "bad report, or not JSON")
    try:
        if arguments.measured is not None:
            limits = parse_json(read_bytes(arguments.measured, MAX_BYTES), arguments.measured,
                                "bad limits, or not JSON")
        else:
            limits = measure(arguments.program, newest_set(report))
        add_limits(report, limits["roofline"])
        text = json.dumps(report, ensure_ascii=False) if arguments.format == "json" else table(report)
    except MALFORMED as error:
        raise LimitsError("bad report", arguments.report,
                          "expected output of v5lite bench --layers --format json, and limits of bench_roofline "
                          f"--json: {type(error).__name__}: {error}") from None
    print(text)


# ---- limits ----

def newest_set(report: Dict[str, Any]) -> str:
    """Returns the newest set with a peak in floats among those of the kernels that ran."""
    used = set(report["kernels"].split(", "))
    return next((name for name, including in FLOAT_SETS.items() if used & including), "ref")


def measure(program: Path, newest: str) -> Dict[str, Any]:
    """Runs bench_roofline with the instruction sets up to `newest`."""
    try:
        done = subprocess.run([str(program), "--json", "--cpu", newest], stdout=subprocess.PIPE, timeout=600,
                              check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise LimitsError("cannot measure", program,
                          f"expected bench_roofline (make bench-roofline): {error}") from None
    return parse_json(done.stdout, str(program), "bad limits, or not JSON")


def add_limits(report: Dict[str, Any], roofline: Dict[str, Any]) -> None:
    """Adds `roofline` to the report, and to each layer peak_share, limit and limit_share: None for views and on
    emulators. Adds to `roofline` the peaks in 8 and 16 bits.
    """
    report["roofline"] = roofline
    peaks = [peak_of(layer, roofline) for layer in report["layers"]]
    computing = [peak for layer, peak in zip(report["layers"], peaks) if layer["macs"] > 0 and peak["factor"] != 1]
    roofline["derived"] = [peak for i, peak in enumerate(computing) if peak not in computing[:i]]
    for layer, peak in zip(report["layers"], peaks):
        layer.update(limits_of(layer, roofline, peak, report["threads"]))


def peak_of(layer: Dict[str, Any], roofline: Dict[str, Any]) -> Dict[str, Any]:
    """Returns the peak of the kernel of a layer."""
    own, types = str(layer["kernel"]).rpartition("_")[2], (layer["in_type"], layer["out_type"])
    name, sets = ("int8", SETS_OF_8_BITS) if "s8" in types else ("fp16", SETS_OF_16_BITS)
    base, factor = sets.get(own, ("", 1))
    if factor == 1:
        name, own = "FMA", roofline["isa"]
    if base not in roofline["peak_gflops"]:
        base = roofline["isa"]
    return {"limit": name, "set": own, "of": base, "factor": factor, "gops": roofline["peak_gflops"][base] * factor}


def limits_of(layer: Dict[str, Any], roofline: Dict[str, Any], peak: Dict[str, Any], threads: int) -> Dict[str, Any]:
    if not roofline["plausible"] or layer["view"] or not layer["median_ms"] > 0:
        return dict.fromkeys(("peak_share", "limit", "limit_share"))
    reads = roofline["reads"]
    level = next((read for read in reads if read["bytes"] >= layer["bytes"]), reads[-1])
    computing = 2e-6 * layer["macs"] / (peak["gops"] * threads)
    moving = 1e-6 * layer["bytes"] / (level["gbytes"] * threads)
    return {"peak_share": layer["gflops"] / (peak["gops"] * threads),
            "limit": peak["limit"] if computing > moving else level["level"],
            "limit_share": max(computing, moving) / layer["median_ms"]}


# ---- table ----

def table(report: Dict[str, Any]) -> str:
    roofline = report["roofline"]
    peaks = ", ".join(f"{name} {gflops:.1f}" for name, gflops in roofline["peak_gflops"].items())
    reads = ", ".join(f"{read['level']} {read['gbytes']:.1f}" for read in roofline["reads"])
    peaks += "".join(f"; {text_of(peak)}" for peak in roofline["derived"])
    lines = [f"one core: GFLOP/s: {peaks}; GB/s: {reads}; threads {report['threads']}"]
    if not roofline["plausible"]:
        lines.append("no limits: so few multiply-adds per load show that this is an emulator")
    lines.append(f"{'op':>3}  {'name':24} {'kind':9} {'ms':>9} {'share':>6} {'GFLOP/s':>8} {'peak':>5} {'MB':>7} "
                 f"{'GB/s':>7} {'limit':5} {'of it':>5}  kernel")
    lines += [row(layer) for layer in report["layers"] if not layer["view"]]
    return "\n".join(lines)


def row(layer: Dict[str, Any]) -> str:
    name = "".join(c if c.isprintable() else "?" for c in layer["name"])
    return (f"{layer['op']:3}  {name:24} {layer['kind']:9} {layer['median_ms']:9.4f} {layer['share']:6.1%} "
            f"{layer['gflops']:8.1f} {percent(layer['peak_share'])} {1e-6 * layer['bytes']:7.3f} "
            f"{layer['gbytes']:7.1f} {layer['limit'] or '-':5} {percent(layer['limit_share'])}  {layer['kernel']}")


def text_of(peak: Dict[str, Any]) -> str:
    return f"{peak['limit']}, {peak['set']}: {peak['gops']:.1f} GOP/s ({peak['factor']:.3g} x {peak['of']})"


def percent(share: Optional[float]) -> str:
    return f"{'-':>5}" if share is None else f"{share:5.0%}"


if __name__ == "__main__":
    sys.exit(main())
