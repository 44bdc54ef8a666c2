# SPDX-License-Identifier: MIT
"""Measures the flash that the library needs, built for a target, and the RAM that a net of a model needs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Target:
    """A build of the library, by the Makefile's CROSS, ONLY and EXTRA."""
    name: str
    cross: str
    only: str
    extra: str = ""

    @property
    def compiler(self) -> str:
        return f"{self.cross}gcc"


TARGETS = [Target("ARMv7 Thumb-2 -Os, ref", "arm-linux-gnueabihf-", "ref", "-mthumb -Os"),
           Target("ARMv7, neon", "arm-linux-gnueabihf-", "neon"), Target("AArch64, neon", "aarch64-linux-gnu-", "neon"),
           Target("AArch64, neon, F32 only", "aarch64-linux-gnu-", "neon", "-DV5L_NO_S8 -DV5L_NO_F16"),
           Target("AArch64, all", "aarch64-linux-gnu-", ""),
           Target("AArch64, all without S8", "aarch64-linux-gnu-", "", "-DV5L_NO_S8"),
           Target("x86-64, ref", "", "ref"), Target("x86-64, avx2", "", "avx2"), Target("x86-64, avx512", "", "avx512"),
           Target("x86-64, all", "", "")]

# The size of a part of the library: its name, and the targets with and without it.
PARTS = [("AArch64, S8", "AArch64, all", "AArch64, all without S8")]

# The models and input sizes of the table in src/README.md.
TABLE = {"v5lite-e": [160, 224, 256, 320, 416], "v5lite-s": [160, 224, 256, 320, 416], "digits": [256, 384]}


def has_compiler(target: Target) -> bool:
    """Returns whether the target's compiler exists and builds for the architecture of the target's name."""
    if shutil.which(target.compiler) is None:
        return False
    machine = subprocess.run([target.compiler, "-dumpmachine"], check=True, capture_output=True, text=True).stdout
    return bool(target.cross) or machine.startswith("x86_64")


def compiler_version(target: Target) -> int:
    """Returns the compiler's major version: sizes are comparable within it."""
    return int(subprocess.run([target.compiler, "-dumpversion"], check=True, capture_output=True,
                              text=True).stdout.split(".")[0])


def code_bytes(target: Target) -> int:
    """Returns the bytes of code and constants. Builds in its own folder, independent of other builds' flags."""
    build = "build/size/" + re.sub("[^a-z0-9]+", "-", target.name.lower())
    clean = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "CC")}
    result = f"{build}/code_size.inc"
    subprocess.run(["make", "-s", "-j2", f"CROSS={target.cross}", f"ONLY={target.only}", f"EXTRA={target.extra}",
                    f"BUILD={build}", result], cwd=ROOT, env=clean, check=True)
    return sum(int(n) for n in re.findall(r", (\d+)}", (ROOT / result).read_text()))


def memory(program: List[str], model: Path, size: int, *options: str, cpu: str = "ref") -> Dict[str, Any]:
    """Returns the report of `info --memory`. Scratch depends on the kernels; reference kernels run on every CPU."""
    done = subprocess.run([*program, "info", str(model), "--size", str(size), "--memory", "--format", "json", "--cpu",
                           cpu,
                           *options], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)
