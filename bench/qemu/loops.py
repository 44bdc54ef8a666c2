#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints what llvm-mca reports of the AArch64 kernels' inner loops: cycles an iteration on each core, and the share
that multiply-adds alone need.

Builds the library with the cross compiler and reads the loops from its objects: every innermost loop of which a third
or more are fmla, sdot, smmla, smull or smlal (all counted as fmla). llvm-mca simulates consecutive iterations with all
data in L1. Needs Debian's gcc-aarch64-linux-gnu and llvm-19.

    python3 bench/qemu/loops.py            a line for each loop
    python3 bench/qemu/loops.py --clang    the same for clang's objects
    python3 bench/qemu/loops.py --check    fails if a loop misses one of LIMITS

In LLVM's models these cores start at most one 4-lane fmla a cycle, or two (cortex-a55). bench/README.md has the true
limits, also of cortex-a76, which has two pipes.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Iterator, List, NamedTuple, Tuple

from guest import ROOT, require
from cli import Parser, run  # guest.py sets its path

TRIPLE, MCA = "aarch64-linux-gnu", "llvm-mca-19"
FILES = ("gemm_f32_8x8_neon", "gemm_f32_8x8_inorder_a64", "dwconv_f32_neon", "gemm_s8_4x8_neon",
         "gemm_s8_8x8_dot", "gemm_s8_8x8_i8mm")
CORES = ("cortex-a53", "cortex-a55", "cortex-a72", "cortex-a76")
TURNS = 200
INORDER = "v5l_gemm_block_8x8_inorder_a64"
# Instructions that multiply, by their result's arrangement; dot products make 4 products of each lane, smmla 8.
MULTIPLY = re.compile(r"(fmla|sdot|smmla|smull2?|smlal2?|mul|mla)\s+v\d+\.(\w+)")
LANES, WIDER = {"8h": 8, "4h": 4, "4s": 4, "2s": 2, "2d": 2}, {"sdot": 4, "smmla": 8}
BRANCH = re.compile(r"(?:b\.\w+|cbn?z|tbn?z)\s+(?:.*, )?([0-9a-f]+) <")


@dataclass(frozen=True)
class Loop:
    function: str
    body: Tuple[str, ...]  # instructions

    @property
    def fmla(self) -> int:
        """Returns the number of fmla, sdot, smmla, smull or smlal."""
        return sum(line.startswith(("fmla", "sdot", "smmla", "smull", "smlal")) for line in self.body)

    @property
    def products(self) -> int:
        """Returns the multiply-accumulates of one iteration."""
        return sum(LANES.get(found[2], 0) * WIDER.get(found[1], 1) for found in map(MULTIPLY.match, self.body) if found)

    @property
    def is_f32(self) -> bool:
        """Returns whether it multiplies floats of 32 bits."""
        return any(re.match(r"fmla\s+v\d+\.4s", line) for line in self.body)


class Limit(NamedTuple):
    """A loop, by function and number of fmla, must reach this share of the multiply-adds' bound on a core."""
    function: str
    fmla: int
    core: str
    share: float


# Dense convolution; depthwise 3x3 with strides 1 and 2, of 8 channels (c8) and of 4, and 5x5. ReLU's maximum uses the
# pipe that multiplies, once for nine multiply-adds. No depthwise loop is limited on cortex-a53: bench/README.md says
# why.
LIMITS = [
    Limit("one_tile", 64, "cortex-a72", 0.90),
    Limit(INORDER, 128, "cortex-a53", 0.80),
    Limit(INORDER, 128, "cortex-a72", 0.90),
    Limit("dw3x3s1_c8_rows3", 54, "cortex-a72", 0.90),
    Limit("dw3x3s2_c8_rows3", 36, "cortex-a72", 0.90),
    Limit("dw3x3s1_c8_rows3_relu", 54, "cortex-a72", 0.83),
    Limit("dw3x3s2_c8_rows3_relu", 36, "cortex-a72", 0.84),
    Limit("dw3x3s1_rows3", 54, "cortex-a72", 0.90),
    Limit("dw5x5s1_rows5", 250, "cortex-a72", 0.90),
    Limit("wide_panel", 64, "cortex-a72", 0.95),
    Limit("tall_dot", 64, "cortex-a55", 0.50),
    Limit("tall_dot", 64, "cortex-a76", 1.70),
    Limit("tall_i8mm", 32, "cortex-a76", 0.60),
]


class LoopError(Exception):
    """Something that is missing or cannot be parsed."""


def functions(disassembly: str) -> Iterator[Tuple[str, List[Tuple[int, str]]]]:
    """Yields each function's name and its instructions with their addresses."""
    name, lines = "", []  # type: str, List[Tuple[int, str]]
    for line in disassembly.splitlines():
        head = re.match(r"[0-9a-f]+ <(.*?)(?:\.constprop\.\d+)?>:", line)
        instruction = re.match(r"\s+([0-9a-f]+):\t(.*)", line)
        if head:
            yield name, lines
            name, lines = head[1], []
        elif instruction:
            lines.append((int(instruction[1], 16), instruction[2].split("//")[0].strip()))
    yield name, lines


def loops_of(name: str, lines: List[Tuple[int, str]]) -> Iterator[Loop]:
    """Yields the innermost loops of a function: from a branch's target to that branch."""
    place = {address: i for i, (address, _) in enumerate(lines)}
    back = []
    for i, (address, text) in enumerate(lines):
        branch = BRANCH.match(text)
        if branch and int(branch[1], 16) <= address and int(branch[1], 16) in place:
            back.append((place[int(branch[1], 16)], i))
    for begin, end in back:
        if not any(begin <= b and e < end for b, e in back):
            yield Loop(name, tuple(re.sub(r"[0-9a-f]+ <.*>", "64", text) for _, text in lines[begin:end + 1]))


@lru_cache(maxsize=None)
def build(clang: bool) -> Path:
    """Builds the library. Returns the folder of its kernels."""
    require({MCA: "llvm-19", f"{TRIPLE}-gcc": f"gcc-{TRIPLE}", **({"clang": "clang"} if clang else {})})
    folder = f"build/{TRIPLE}" + ("-clang" if clang else "")
    compiler = [f"CC=clang --target={TRIPLE} -isystem /usr/{TRIPLE}/include"] if clang else []
    subprocess.run(["make", "-s", "-C", ROOT, "lib", f"CROSS={TRIPLE}-", f"BUILD={folder}", *compiler], check=True)
    return ROOT / folder / "src/kernels"


@lru_cache(maxsize=None)
def all_loops(file: str, clang: bool = False) -> Tuple[Loop, ...]:
    """Returns the innermost loops of one kernel's file, each once."""
    listing = subprocess.run([f"{TRIPLE}-objdump", "-d", "--no-show-raw-insn", build(clang) / f"{file}.o"],
                             check=True, capture_output=True, text=True).stdout
    return tuple(dict.fromkeys(loop for name, lines in functions(listing) for loop in loops_of(name, lines)))


def find_loops(file: str, clang: bool = False) -> Tuple[Loop, ...]:
    """Returns those of which a third or more are fmla."""
    return tuple(loop for loop in all_loops(file, clang) if loop.fmla >= 16 and 3 * loop.fmla >= len(loop.body))


def densest_loop(file: str, function: str) -> Loop:
    """Returns the loop with the most products per instruction, of functions whose name matches a pattern, or of all if
    none does: the main loop of a kernel.
    """
    found = [loop for loop in all_loops(file) if loop.products >= 64]
    found = [loop for loop in found if re.match(function, loop.function)] or found
    if not found:
        raise LoopError(f"{file}: no loop that multiplies: expected one")
    return max(found, key=lambda loop: loop.products / len(loop.body))


def find_loop(function: str, fmla: int) -> Loop:
    for file in FILES:
        for loop in find_loops(file):
            if (loop.function, loop.fmla) == (function, fmla):
                return loop
    raise LoopError(f"{function}: no loop with {fmla} fmla: expected one")


@lru_cache(maxsize=None)
def cycles(loop: Loop, core: str) -> float:
    """Returns the cycles of one iteration."""
    process = subprocess.run([MCA, "-mtriple=aarch64", f"-mcpu={core}", "-mattr=+dotprod,+i8mm,+fullfp16",
                              f"-iterations={TURNS}"], input="\n".join(loop.body) + "\n",
                             capture_output=True, text=True, check=False)
    total = re.search(r"Total Cycles:\s+(\d+)", process.stdout)
    if process.returncode or total is None:
        raise LoopError(f"{MCA}: {loop.function}: {process.stderr.strip().splitlines()[:1]}: expected cycles")
    return int(total[1]) / TURNS


def report(clang: bool) -> None:
    print(f"{'cycles a turn (fmla / cycles)':32} {'fmla':>5} {'instructions':>12}  "
          + "  ".join(f"{core:>14}" for core in CORES))
    for file in FILES:
        for loop in find_loops(file, clang):
            cells = ((cycles(loop, core), loop.fmla) for core in CORES)
            print(f"{loop.function:32} {loop.fmla:5} {len(loop.body):12}  "
                  + "  ".join(f"{turn:7.1f} ({100 * fmla / turn:3.0f} %)" for turn, fmla in cells))


def check() -> int:
    """Returns how many limits are missed. Prints a line on stderr for each."""
    failures = 0
    for limit in LIMITS:
        loop = find_loop(limit.function, limit.fmla)
        share = limit.fmla / cycles(loop, limit.core)
        if share < limit.share:
            failures += 1
            print(f"loops: {limit.function}, {limit.fmla} fmla, on {limit.core}: {100 * share:.1f} % of the "
                  f"multiply-adds' bound: expected {100 * limit.share:.0f} %", file=sys.stderr)
    return failures


def main() -> int:
    """Runs the tool and returns its exit status."""
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clang", action="store_true", help="use clang's objects (default: gcc's)")
    parser.add_argument("--check", action="store_true", help="fail if a loop misses one of LIMITS")

    def work() -> int:
        args = parser.parse_args()
        if args.check:
            return 1 if check() else 0
        report(args.clang)
        return 0
    return run("loops", work, LoopError, subprocess.CalledProcessError)


if __name__ == "__main__":
    sys.exit(main())
