# SPDX-License-Identifier: MIT
"""Finds the models that this repository keeps in weights/ or makes in build/test-data. Standard library only."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

ROOT = Path(__file__).resolve().parents[1]


def find_model(name: str) -> Optional[Path]:
    """Returns the path of weights/NAME.v5l or build/test-data/NAME.planned.v5l; None if neither exists."""
    for path in (ROOT / f"weights/{name}.v5l", ROOT / f"build/test-data/{name}.planned.v5l"):
        if path.exists():
            return path
    return None
