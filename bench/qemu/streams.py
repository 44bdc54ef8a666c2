#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the instructions of a frame of a stream, other than network and letterbox, on AArch64 under qemu-user.
letterbox.py counts the letterbox.

    python3 bench/qemu/streams.py

Frames of 1280 x 720. Needs the same packages as run.py; counts are exact and reproducible.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import List, Optional

BENCH = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(BENCH.parent / "tools"))
from cli import Parser, run  # noqa: E402
from guest import ARCHES, HERE, ROOT, build, run_guest  # noqa: E402

# The program's JPEG without libjpeg-turbo, which a cross compiler rarely has.
PROGRAM = ["jpeg_codec", "jpeg_stb", "jpeg", "exif", "stb_decode", "stb", "pixel_memory", "encoder_memory",
           "byte_source", "crc32", "stream/yuv420"]
FOLDERS = ("include", "src", "tools/v5lite", "tools/third_party")


def parse(argv: Optional[List[str]]) -> argparse.Namespace:
    """Parses the command line."""
    return Parser(prog="streams.py", description="Count instructions of the parts of a stream.").parse_args(argv)


def count() -> None:
    """Builds, counts and prints a line for each part."""
    sources = [HERE / "streams.c", *(ROOT / "tools" / "v5lite" / f"{name}.c" for name in PROGRAM)]
    program = build(ARCHES[0], "streams", sources, FOLDERS)
    slots, names = run_guest(ARCHES[0], [program])
    print(f"{'million instructions of a frame, ' + ARCHES[0].name:44}")
    for slot, name in enumerate(names.splitlines()):
        print(f"{name:24} {slots[slot].instructions / 1e6:10.3f}")


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the program and returns its exit status."""
    parse(argv)
    return run("streams", count)


if __name__ == "__main__":
    sys.exit(main())
