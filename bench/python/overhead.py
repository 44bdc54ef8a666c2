#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures what a call of the Python package costs more than the same call in C: the same library, network and picture,
in turns in one process.

    make bench-python

The network is small, so that its own time hides nothing. A figure is the median over rounds of the difference of a
round's medians. Needs numpy.
"""

from __future__ import annotations

import argparse
import ctypes
import statistics
import sys
import time
from pathlib import Path
from typing import Any, Callable, List, Tuple

ROOT = Path(__file__).resolve().parents[2]
LIMIT_US = 30.0


def median_of(call: Callable[[], Any], count: int) -> float:
    """Returns the median microseconds of a call."""
    times: List[float] = []
    for _ in range(count):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1e6)
    return statistics.median(times)


def measure(detector: Any, image: Any, loop: ctypes.CDLL, rounds: int, count: int) -> Tuple[int, float, float, float]:
    """Returns the number of objects, microseconds in C, what Python adds, and what reading all objects adds to that."""
    from v5lite._library import lib
    from v5lite.pixels import as_picture
    picture, us = as_picture(image, "rgb"), (ctypes.c_double * count)()
    in_c, added, read = [], [], []
    for _ in range(rounds):
        found = loop.time_calls(lib.v5lpy_detect, ctypes.c_void_p(detector._net), ctypes.c_void_p(picture.address),
                                *picture[2:], ctypes.c_void_p(detector._found.address), detector._found.capacity, us,
                                count)
        in_c.append(statistics.median(us))
        called = median_of(lambda: detector(image), count)
        added.append(called - in_c[-1])
        read.append(median_of(lambda: list(detector(image)), count) - called)
    return found, statistics.median(in_c), statistics.median(added), statistics.median(read)


def main() -> int:
    """Prints a table; returns 1 if a call costs more than the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="folder with python and bench/loop.so")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--calls", type=int, default=300, help="calls of a round")
    args = parser.parse_args()
    sys.path.insert(0, str(args.build / "python"))
    import numpy as np
    from v5lite import Detector
    loop = ctypes.CDLL(str((args.build / "bench" / "loop.so").resolve()))
    print("objects  in C, us  Python adds, us  a list of all adds, us")
    worst = 0.0
    image = np.random.default_rng(1).integers(0, 256, (96, 96, 3), np.uint8)
    for size, options in ((32, {}), (96, {"confidence": 0, "iou": 1, "max_detections": 10}),
                          (96, {"confidence": 0, "iou": 1, "max_detections": 300})):
        detector = Detector(str(ROOT / "weights" / "digits.v5l"), size, **options)
        found, in_c, added, read = measure(detector, image, loop, args.rounds, args.calls)
        print(f"{found:7}{in_c:10.1f}{added:17.1f}{read:24.1f}")
        worst = max(worst, added)
    print(f"{'within' if worst <= LIMIT_US else 'ABOVE'} the limit of {LIMIT_US:.0f} us")
    return 0 if worst <= LIMIT_US else 1


if __name__ == "__main__":
    sys.exit(main())
