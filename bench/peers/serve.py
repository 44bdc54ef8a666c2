# SPDX-License-Identifier: MIT
"""Serves turns as a worker in Python, like turns.h in C. Arguments: MODEL SIZE THREADS INPUT HEADS."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any, Callable, Sequence

try:
    import numpy as np
except ImportError as missing:
    print(f"{sys.executable}: {missing}", file=sys.stderr)
    sys.exit(3)

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from fileio import check_outputs, write_atomically  # noqa: E402

BAD, ABSENT = 2, 3


class Engine:
    """A loaded network. After its first run it may choose the fastest of several ways to run."""

    name: str

    def run(self) -> Sequence[Any]:
        """Runs the network once. Returns its outputs as arrays."""
        raise NotImplementedError

    def settle(self) -> None:
        """Chooses the fastest way to run. Called once, after the first run."""


Loader = Callable[[str, np.ndarray, int], Engine]  # MODEL, input [1][3][SIZE][SIZE], THREADS


def say(answer: Any) -> None:
    """Prints a line of JSON."""
    print(json.dumps(answer), flush=True)


def answer_turns(run: Callable[[], Any]) -> None:
    """Answers turns until standard input ends."""
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            began = time.perf_counter()
            run()
            times.append(1e3 * (time.perf_counter() - began))
        say({"ms": times})


def work(load: Loader) -> None:
    """Loads the network, runs it once, reports it, and answers turns."""
    model, size, threads, source, heads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5]
    check_outputs([heads], [model, source])
    picture = np.fromfile(source, np.float32).reshape(1, 3, size, size)
    began = time.perf_counter()
    engine = load(model, picture, threads)
    engine.run()
    first = 1e3 * (time.perf_counter() - began)
    engine.settle()
    outputs = [np.asarray(output, np.float32) for output in engine.run()]
    write_atomically(heads, b"".join(np.ascontiguousarray(output).tobytes() for output in outputs))
    say({"engine": engine.name, "first_ms": first, "shapes": [output.shape for output in outputs]})
    answer_turns(engine.run)


def main(load: Loader) -> int:
    """Runs the worker. Any error is one line on standard error."""
    try:
        work(load)
    except ImportError as error:
        print(f"{sys.executable}: {error}", file=sys.stderr)
        return ABSENT
    except Exception as error:  # engines may raise anything
        print(" ".join(f"{type(error).__name__}: {error}".split()), file=sys.stderr)
        return BAD
    return 0
