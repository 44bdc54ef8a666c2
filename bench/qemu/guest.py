# SPDX-License-Identifier: MIT
"""Builds guest programs and runs them under qemu-user, where plugin.c counts between the marks of mark.h."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Sequence, Tuple

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT / "tools")]
from cli import BAD_INPUT  # noqa: E402

BUILD = ROOT / "build" / "qemu"


@dataclass(frozen=True)
class Arch:
    name: str
    triple: str
    qemu: str
    cpu: str

    @property
    def plugin(self) -> Path:
        """Returns the plugin of this instruction set, so that two can be counted at once."""
        return BUILD / f"plugin-{self.name}.so"


ARCHES = [Arch("aarch64", "aarch64-linux-gnu", "qemu-aarch64", "cortex-a72"),
          Arch("arm", "arm-linux-gnueabihf", "qemu-arm", "cortex-a15")]


@dataclass(frozen=True)
class Counts:
    instructions: int
    loads: int
    stores: int
    l1_misses: int
    l2_misses: int


def require(packages: Dict[str, str]) -> None:
    """Ends the program with one line if one of these programs is missing. packages: Debian's, by program."""
    for program, package in packages.items():
        if shutil.which(program) is None:
            print(f"bench/qemu: {program}: not there: expected Debian's {package}", file=sys.stderr)
            sys.exit(BAD_INPUT)


def build(arch: Arch, name: str = "count", sources: Sequence[Path] = (HERE / "count.c",),
          folders: Sequence[str] = ("include",)) -> Path:
    """Builds a guest program for one instruction set, and the plugin."""
    require({"gcc": "gcc", f"{arch.triple}-gcc": f"gcc-{arch.triple}", arch.qemu: "qemu-user"})
    BUILD.mkdir(parents=True, exist_ok=True)
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", arch.plugin, HERE / "plugin.c"], check=True)
    subprocess.run(["make", "-s", "-C", ROOT, "lib", f"CROSS={arch.triple}-"], check=True)
    program = BUILD / f"{name}-{arch.name}"
    library = ROOT / "build" / arch.triple / "libv5lite.a"
    subprocess.run([f"{arch.triple}-gcc", "-std=gnu11", "-O2", "-static", *(f"-I{ROOT / folder}" for folder in folders),
                    "-o", program, *sources, library, "-lm", "-lpthread"], check=True)
    return program


def run_guest(arch: Arch, command: Sequence[object], l2: int = 0, l1_ways: int = 2) -> Tuple[Dict[int, Counts], str]:
    """Runs a guest. Returns slot -> counts, and the program's output. With l2, in KB, models caches too."""
    out = BUILD / f"counts-{arch.name}.txt"
    plugin = f"{arch.plugin},out={out}" + (f",l2={l2},l1ways={l1_ways}" if l2 else "")
    printed = subprocess.run([arch.qemu, "-cpu", arch.cpu, "-plugin", plugin, *map(str, command)], check=True,
                             capture_output=True, text=True).stdout
    slots = {}
    for line in out.read_text().splitlines():
        slot, _, *values = (int(field) for field in line.split())
        slots[slot] = Counts(*values)
    return slots, printed
