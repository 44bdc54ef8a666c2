#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times v5lite and other engines on the same weights and the same picture.

Each engine is a process that loads its network once; all are restarted a few times. They compute in turns, v5lite,
peer, v5lite, peer .., never two at a time. v5lite's time is that of the whole detection, from pixels to boxes; a peer's
is that of the network alone, on the same letterboxed picture. The raw heads are compared first: a peer that differs
from v5lite by more than 1e-3 is refused. With --int8 v5lite and ONNX Runtime compute in 8 bits, and the heads need only
resemble those in fp32. See bench/peers/README.md. Python 3.9 or later and numpy.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).resolve().parent), str(ROOT / "tools")]

from needs import numpy_or_exit  # noqa: E402

numpy_or_exit("run")

from cli import Parser, run, whole  # noqa: E402
from package.sets import read_sets  # noqa: E402
from sidebyside import report  # noqa: E402
from sidebyside.engines import INT8_PEERS, PEERS, Case, Setup  # noqa: E402
from sidebyside.errors import PeersError  # noqa: E402
from sidebyside.measure import Result, Schedule, measure  # noqa: E402

PEER_FAILED = 1
MAX_COUNT = 10000
KEYS = list(dict.fromkeys(e.key for e in [*PEERS, *INT8_PEERS]))


def case_list(text: str) -> List[Case]:
    """Parses NAME@SIZE,NAME@SIZE... (an argparse type)."""
    cases = []
    for part in text.split(","):
        found = re.fullmatch(r"([A-Za-z0-9._-]+)@([0-9]{1,4})", part)
        if found is None:
            raise argparse.ArgumentTypeError(f"'{part}' is not NAME@SIZE, like e@320")
        cases.append(Case(found.group(1), int(found.group(2))))
    return cases


def peer_list(text: str) -> List[str]:
    """Parses keys of peers (an argparse type)."""
    names = [part for part in text.split(",") if part]
    unknown = [name for name in names if name not in KEYS]
    if unknown:
        raise argparse.ArgumentTypeError(f"'{unknown[0]}' is none of {','.join(KEYS)}")
    return names


def parse(argv: Optional[List[str]]) -> argparse.Namespace:
    """Parses the command line."""
    parser = Parser(prog="run.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                     epilog="Exit status: 0; 1 if a peer failed or was refused; 2 with one line on stderr.")
    add = parser.add_argument
    add("--models", type=Path, metavar="DIR", default=ROOT / "weights",
        help="folder of NAME.v5l or v5lite-NAME.v5l (default weights)")
    add("--peer-models", type=Path, metavar="DIR", default=ROOT / "weights",
        help="folder of v5lite-NAME-SIZE.onnx, v5lite-NAME.ncnn.param and .bin, v5lite-NAME-SIZE.mnn and .tflite "
             "(default weights)")
    add("--checkpoints", type=Path, metavar="DIR", default=os.environ.get("V5LITE_CHECKPOINTS") or ROOT / "weights",
        help="folder of v5lite-NAME.pt, for PyTorch (default: $V5LITE_CHECKPOINTS, or weights)")
    add("--image", type=Path, default=ROOT / "tests/images/coffee.png",
        help="picture to detect in (default tests/images/coffee.png)")
    add("--cases", type=case_list, metavar="LIST", default="e@320,s@320,s@416,s@640",
        help="networks and sizes (default %(default)s)")
    add("--int8", action="store_true",
        help="time NAME-int8.v5l and ONNX Runtime's graphs of make_onnx.py; the reference is NAME.v5l")
    add("--peers", type=peer_list, metavar="LIST",
        help=f"engines to time, of {','.join(KEYS)} (default: all; with --int8 there are "
             f"{','.join(e.key for e in INT8_PEERS)}, otherwise {','.join(e.key for e in PEERS)})")
    add("--threads", type=whole(1, 64), metavar="N", default=1, help="threads of every engine (default 1)")
    add("--cpu", choices=["all", *(row.name for row in read_sets())], default="all",
        help="instruction set that v5lite uses; peers choose theirs (default all)")
    add("--starts", type=whole(1, MAX_COUNT), metavar="N", default=3, help="starts of every engine (default 3)")
    add("--turns", type=whole(1, MAX_COUNT), metavar="N", default=5, help="turns of each peer a start (default 5)")
    add("--runs", type=whole(1, MAX_COUNT), metavar="N", default=10, help="timed runs a turn (default 10)")
    add("--warmup", type=whole(0, MAX_COUNT), metavar="N", default=2, help="untimed runs before them (default 2)")
    add("--onnxruntime", type=Path, metavar="FILE", help="path of libonnxruntime.so.1")
    add("--ncnn", type=Path, metavar="DIR", help="compile ncnn's worker against the installation in this folder")
    add("--mnn", type=Path, metavar="DIR", help="compile MNN's worker against the installation in this folder")
    add("--tflite", type=Path, metavar="FILE", help="path of libtensorflowlite_c.so")
    add("--python", metavar="FILE", default=sys.executable, help="Python that has cv2 and torch (default: this one)")
    add("--workers", type=Path, metavar="DIR",
        help="folder of the built workers (default: build/peers, after make peers)")
    add("--format", choices=["text", "markdown", "json"], default="text", help="format of the figures (default text)")
    return parser.parse_args(argv)


def build_workers() -> Path:
    """Runs `make peers`."""
    done = subprocess.run(["make", "-s", "-C", str(ROOT), "peers"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PeersError("build", "make peers", (done.stderr.strip().splitlines() or ["failed"])[0])
    return ROOT / "build" / "peers"


def check_files(setup: Setup, cases: List[Case]) -> None:
    """Checks that v5lite's files exist before anything is started."""
    for path in (setup.image, *map(setup.model, cases), *map(setup.timed_model, cases)):
        if not path.is_file():
            raise PeersError("file", path, "expected it to exist")


def side_by_side(args: argparse.Namespace) -> int:
    """Runs all cases and prints the report."""
    setup = Setup(args.models, args.peer_models, Path(args.checkpoints), args.workers or ROOT / "build" / "peers",
                  args.image,
                  args.python, args.threads, args.cpu, args.onnxruntime, args.ncnn, args.mnn, args.tflite,
                  args.int8)
    check_files(setup, args.cases)
    if args.workers is None:
        build_workers()
    choice = INT8_PEERS if args.int8 else PEERS
    engines = [e for e in choice if args.peers is None or e.key in args.peers]
    schedule = Schedule(args.starts, args.turns, args.runs, args.warmup)
    facts: Dict[str, Any] = {"threads": args.threads, "cpu": args.cpu, "int8": args.int8, "image": args.image.name,
                             "starts": args.starts, "turns": args.turns, "runs": args.runs, "warmup": args.warmup}
    results: List[Result] = []
    for case in args.cases:
        with tempfile.TemporaryDirectory(prefix="v5lite-peers-") as folder:
            results.append(measure(setup, case, engines, schedule, Path(folder)))
        if args.format != "json":
            print({"text": report.text, "markdown": report.markdown}[args.format](results[-1], facts), flush=True)
    if args.format == "json":
        print(json.dumps({**facts, "cases": [report.case_object(r) for r in results]}, indent=1))
    bad = any(row.state in ("failed", "refused") for result in results for row in result.rows)
    return PEER_FAILED if bad else 0


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the tool and returns its exit status. Signals end it through its clean-up, because a stopped worker would
    outlive it.
    """
    return run("run", lambda: side_by_side(parse(argv)), PeersError)


if __name__ == "__main__":
    sys.exit(main())
