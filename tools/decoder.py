# SPDX-License-Identifier: MIT
"""Decodes pictures with the v5lite program (`v5lite picture`), so that detection, training and auditing see the same
pixels.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from typing import Optional

import numpy as np

EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp", ".ppm", ".pgm", ".pbm", ".pnm", ".pam")
PROGRAM = Path(__file__).resolve().parents[1] / "build" / "v5lite"


class DecodeError(Exception):
    """The reason why a picture cannot be read, in one line without its name."""


def decode(path: str, program: Optional[str] = None) -> np.ndarray:
    """Returns the picture, uint8 [height][width][3], R, G, B. program: default $V5LITE or build/v5lite; $RUN, if set,
    runs it.
    """
    name = program or os.environ.get("V5LITE") or str(PROGRAM)
    source = os.path.join(".", path) if path.startswith("-") else path
    try:
        done = subprocess.run([*shlex.split(os.environ.get("RUN", "")), name, "picture", "--out", "-", source],
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError as error:
        raise DecodeError(f"{name}: {error.strerror or 'cannot be run'}, expected the v5lite program (make, or "
                          "V5LITE=PATH)") from None
    lines = done.stderr.decode("utf-8", "replace").splitlines()
    if done.returncode != 0:
        raise DecodeError(lines[0].split(f"{source}: ", 1)[-1] if lines
                          else f"{name}: exit status {done.returncode}, expected 0")
    try:
        magic, size, maximum, samples = done.stdout.split(b"\n", 3)
        width, height = (int(side) for side in size.split())
        if (magic, maximum) != (b"P6", b"255"):
            raise ValueError
        return np.frombuffer(samples, np.uint8).reshape(height, width, 3)
    except ValueError:
        raise DecodeError(f"{name}: expected a PPM from 'v5lite picture'") from None
