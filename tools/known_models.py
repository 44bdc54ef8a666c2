# SPDX-License-Identifier: MIT
"""Finds the models that this repository keeps in weights/ or makes in build. Standard library only."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

ROOT = Path(__file__).resolve().parents[1]


def find_model(name: str) -> Optional[Path]:
    """Returns the path of weights/NAME.v5l, of build/test-data/NAME.planned.v5l, or of the file that `make
    precision-models` makes for 320 pixels; None if none exists.
    """
    for path in (ROOT / f"weights/{name}.v5l", ROOT / f"build/test-data/{name}.planned.v5l",
                 ROOT / f"build/precision/320/{name}.v5l"):
        if path.exists():
            return path
    return None
