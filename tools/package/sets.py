# SPDX-License-Identifier: MIT
"""Reads the list of instruction sets, src/kernels/sets.def."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional

LIST = Path(__file__).resolve().parents[2] / "src" / "kernels" / "sets.def"
ROW = re.compile(r'V5L_SET\((\w+), (any|x86|arm|a64|micro|wasm), (V5L_CPU_\w+(?: \| V5L_CPU_\w+)*), "([^"]*)"\)')


@dataclass(frozen=True)
class InstructionSet:
    """A row of the list."""
    name: str
    target: str  # any, x86, arm, a64, micro or wasm
    features: List[str]  # without V5L_CPU_
    flags: List[str]  # of gcc and clang

    @property
    def feature(self) -> str:
        """Returns the feature that this set adds, without V5L_CPU_."""
        return self.name.upper()


def read_sets(path: Path = LIST) -> List[InstructionSet]:
    """Returns the rows in order. Raises ValueError at a row that it cannot read."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith("V5L_SET"):
            continue
        row = ROW.fullmatch(line)
        if row is None:
            raise ValueError(f'{path}:{number}: expected V5L_SET(name, any|x86|arm|a64|micro|wasm, CPU features, '
                             f'"flags") '
                             'on one line')
        features = [feature.strip()[len("V5L_CPU_"):] for feature in row[3].split("|")]
        found.append(InstructionSet(row[1], row[2], features, row[4].split()))
    return found


def feature_bits() -> Dict[str, int]:
    """Returns the values of V5L_CPU_..., by name without V5L_CPU_."""
    header = (LIST.parents[2] / "include" / "v5lite.h").read_text(encoding="utf-8")
    return {name: int(value, 16) for name, value in re.findall(r"define V5L_CPU_(\w+) (0x[0-9A-F]+)u", header)}


def set_of(path: Path, sets: Optional[List[InstructionSet]] = None) -> Optional[InstructionSet]:
    """Returns the set whose flags a file is compiled with, by the end of its name, or None."""
    last = path.stem.rpartition("_")[2]
    return next((s for s in sets or read_sets() if s.name == last and s.target != "any"), None)
