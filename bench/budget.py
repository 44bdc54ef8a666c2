# SPDX-License-Identifier: MIT
"""Reads, checks and writes budgets: JSON files of the numbers that things may reach, {group: {name: number}}."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Dict

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
from fileio import write_atomically  # noqa: E402

TOLERANCE = 0.01
Totals = Dict[str, Dict[str, int]]


def load(path: Path) -> Totals:
    try:
        return json.loads(path.read_text()) if path.exists() else {}
    except (OSError, ValueError) as error:
        sys.exit(f"budget: {path}: {error}: expected JSON, {{group: {{name: number}}}}")


def check(totals: Totals, budget: Totals, unit: str) -> int:
    """Returns how many numbers are not in the budget, or above it by more than 1 %. Prints a line on stderr
    for each.
    """
    failures = 0
    for group, measured in totals.items():
        for name, value in measured.items():
            allowed = budget.get(group, {}).get(name)
            if allowed is None:
                print(f"{group} {name}: not in the budget", file=sys.stderr)
                failures += 1
            elif value > allowed * (1 + TOLERANCE):
                print(f"{group} {name}: {value} {unit}, {100 * (value / allowed - 1):.2f} % over the budget of "
                      f"{allowed}",
                      file=sys.stderr)
                failures += 1
    return failures


def update(totals: Totals, path: Path) -> None:
    """Overwrites the measured numbers and keeps the others, because official models may be missing."""
    budget = load(path)
    for group, measured in totals.items():
        budget.setdefault(group, {}).update(measured)
    write_atomically(path, (json.dumps(budget, indent=2, sort_keys=True) + "\n").encode())
