#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the frame rate of `v5lite watch` on a video with the one that `v5lite bench` promises for the network alone.

    python3 bench/watch.py --model weights/digits.v5l --size 320

Both run in turns. The video is y4m, 1280 x 720, of moving digits. bench gets a frame of it, because the network
computes more where something may be. A line for each turn, then the medians. On Linux also
the rate that the CPU time of the detecting thread allows: other work on the machine and the reading thread matter less
to it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tools" / "train")]
from needs import numpy_or_exit  # noqa: E402

numpy_or_exit("watch")

from cli import Parser, run, whole  # noqa: E402
from clips import Clip, y4m  # noqa: E402

WIDTH, HEIGHT, FRAMES = 1280, 720, 100
FIRST, LAST = 10, 90  # frames between which CPU time is taken


class WatchError(Exception):
    """A program that failed."""


def parse(argv: Optional[List[str]]) -> argparse.Namespace:
    """Parses the command line."""
    parser = Parser(prog="watch.py", description="Compare the frame rate of watch with that of the network alone.")
    parser.add_argument("--model", metavar="M.v5l", required=True, help="run this model")
    parser.add_argument("--size", default="320", help="network input, N or WxH (default 320)")
    parser.add_argument("--turns", type=whole(1, 1000, "count"), default=5, help="number of turns (default 5)")
    parser.add_argument("--v5lite", metavar="PATH", default=str(ROOT / "build" / "v5lite"),
                        help="program to run (default: build/v5lite)")
    return parser.parse_args(argv)


def output(command: List[str]) -> bytes:
    """Runs a program and returns what it prints."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise WatchError(f"cannot measure: {' '.join(command)}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def cpu_seconds(process: int) -> float:
    """Returns the CPU time of the main thread of a process, which detects; NaN where the system does not tell."""
    try:
        return int(Path(f"/proc/{process}/task/{process}/schedstat").read_text().split()[0]) / 1e9
    except (OSError, ValueError):
        return float("nan")


def watch(command: List[str]) -> Tuple[Dict[str, Any], float]:
    """Runs watch. Returns its summary, and the frames a second of CPU time."""
    at = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        for number, line in enumerate(process.stdout or (), 1):
            if number in (FIRST, LAST):
                at[number] = cpu_seconds(process.pid)
        errors = (process.stderr or sys.stderr.buffer).read()
    if process.returncode != 0:
        raise WatchError(f"cannot measure: {' '.join(command)}: {errors.decode(errors='replace').strip()}")
    return json.loads(line)["summary"], (LAST - FIRST) / (at[LAST] - at[FIRST])


def compare(arguments: argparse.Namespace) -> None:
    """Measures and prints."""
    model = ["--model", arguments.model, "--size", arguments.size]
    promised, reached, by_cpu, parts = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        video, frame = Path(folder) / "video.y4m", Path(folder) / "frame.ppm"
        clip = Clip(WIDTH, HEIGHT, FRAMES, 0)
        with open(video, "wb") as stream:
            stream.writelines(y4m(clip))
        frame.write_bytes(b"P6 %d %d 255\n" % (WIDTH, HEIGHT) + clip.frame(FRAMES // 2).tobytes())
        for turn in range(arguments.turns):
            stages = json.loads(output([arguments.v5lite, "bench", *model, "--image", str(frame), "--format",
                                         "json"]))["stages"]
            summary, rate = watch([arguments.v5lite, "watch", *model, str(video)])
            promised.append(1000 / stages["network"]["median_ms"])
            reached.append(summary["fps"])
            by_cpu.append(rate)
            parts.append({name: time["p50"] for name, time in summary["ms"].items()})
            print(f"turn {turn + 1}: network {promised[-1]:.1f}/s, watch {reached[-1]:.1f}/s: "
                  f"{reached[-1] / promised[-1]:.1%}, by CPU time {by_cpu[-1] / promised[-1]:.1%}", flush=True)
    ratio, cpu_ratio = (statistics.median(r / p for r, p in zip(rates, promised)) for rates in (reached, by_cpu))
    print(f"median: network {statistics.median(promised):.1f}/s, watch {statistics.median(reached):.1f}/s: "
          f"{ratio:.1%}, "
          f"by CPU time {cpu_ratio:.1%}")
    print("milliseconds of a frame: " + ", ".join(f"{name} {statistics.median(part[name] for part in parts):.3f}"
                                                  for name in parts[0]))


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the program and returns its exit status."""
    return run("watch", lambda: compare(parse(argv)), WatchError)


if __name__ == "__main__":
    sys.exit(main())
