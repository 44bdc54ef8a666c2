#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Computes the most stack that the library uses, along its deepest chain of calls, and checks it against the promise of
v5lite.h and the table of src/README.md, which rounds it up:

    python3 tests/freestanding/stack.py [--check] [--prefix aarch64-linux-gnu-] FOLDER

`make stack` and `make check-stack` run it.

FOLDER holds the library's objects, compiled by gcc with -ffunction-sections -fcallgraph-info=su: next to each is a .ci
file with the frames of its functions and their calls. A call through a pointer reaches every function whose address is
taken (a relocation names it in constants, or in an instruction other than a branch) and which lies below the caller in
the order net.c, ops/chain.c, other files, kernels (of a file in CALLED: only those named there); in net.c and in a file
of kernels, also every such static function of the file. What the host provides is not counted: memcpy and memset, the
parallel hook and the observers. On x86-64 a leaf function may use 128 bytes below its frame (the red zone), which gcc
does not count and this tool does. A frame without a fixed or bounded size, and recursion, are errors. Standard library
only.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path
from typing import Dict, List, Optional, Set, Tuple

ROOT = Path(__file__).resolve().parents[2]
BAD_INPUT = 2
NODE = re.compile(r'node: \{ title: "([^"]+)" label: "[^"]*?\\n([^"\\]+):\d+:\d+\\n(\d+) bytes \(([^)]+)\)')
EDGE = re.compile(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"')
INSTRUCTION = re.compile(r" *[0-9a-f]+:\t(\S+)")
RELOCATION = re.compile(r": R_\w+\t([.\w]+)")
BRANCH = re.compile(r"call|j|b|cb|tb")  # x86; ARM has no other instructions of these letters with a relocation
# Kernels that these files call by pointer; others may call any.
CALLED = {"src/letterbox.c": "resize_", "src/pixels.c": "resize_", "src/image_rgb.c": "resize_"}
OBSERVED = re.compile(r":observe_(op|stage)\b")  # calls observers, and nothing else, by pointer
INDIRECT = "__indirect_call"
RED_ZONE = {"elf64-x86-64": 128}  # by objdump's name of the format
COLUMNS = {"elf64-x86-64": 1, "elf64-littleaarch64": 2, "elf32-littlearm": 3}  # of the table
TABLE_SLACK = 512  # most bytes by which a figure of the table may exceed the computed one
ROOTS = re.compile(r"^(?:[\w\s*]+[\s*])?(v5l_\w+)\(", re.M)


class StackError(Exception):
    """An error: where it is, and what was expected."""


class Graph:
    """Functions by name; static ones have their file's name before theirs, as file.c:name."""

    def __init__(self) -> None:
        self.frame: Dict[str, int] = {}
        self.file: Dict[str, str] = {}
        self.calls: Dict[str, Set[str]] = {}
        self.taken: Set[str] = set()
        self.known: Dict[str, Tuple[int, Tuple[str, ...]]] = {}
        self.format = ""  # of the objects

    def read(self, info: Path, source: str, prefix: str) -> None:
        """Reads the functions of one object, which `source` was compiled to."""
        text = info.read_text(encoding="utf-8")
        for name, _, size, kind in NODE.findall(text):
            if kind not in ("static", "dynamic,bounded"):
                raise StackError(f"{name}: its frame is {kind}: expected one of a bounded size")
            self.frame[name], self.file[name] = int(size), source
        for caller, callee in EDGE.findall(text):
            self.calls.setdefault(caller, set()).add(callee)
        self.taken |= addresses(info.with_suffix(".o"), source, prefix)

    def add_red_zones(self) -> None:
        """Adds what leaf functions use below their frames."""
        for name in self.frame:
            if not self.calls.get(name):
                self.frame[name] += RED_ZONE.get(self.format, 0)

    def reached(self, caller: str) -> Set[str]:
        """Returns the functions that a function may call."""
        calls = self.calls.get(caller, set())
        direct = {name for name in calls if name in self.frame}
        if INDIRECT not in calls or OBSERVED.search(caller):
            return direct
        own = self.file[caller]
        alike = own == "src/net.c" or "/kernels/" in own
        start = f"src/kernels/{CALLED[own]}" if own in CALLED else ""
        return direct | {name for name in self.taken
                         if (layer(self.file[name]) < layer(own) and self.file[name].startswith(start))
                         or (alike and self.file[name] == own and ":" in name)}

    def deepest(self, name: str, above: Tuple[str, ...] = ()) -> Tuple[int, Tuple[str, ...]]:
        """Returns bytes and functions of the deepest chain that begins with a function."""
        if name in self.known:
            return self.known[name]
        best: Tuple[int, Tuple[str, ...]] = (0, ())
        for callee in sorted(self.reached(name)):
            if callee in above or callee == name:
                if callee in self.calls[name]:
                    raise StackError(f"{name}: calls {callee}, which may have called it: expected no recursion")
                continue
            best = max(best, self.deepest(callee, above + (name,)), key=lambda chain: chain[0])
        result = self.frame[name] + best[0], (name,) + best[1]
        if self.file[name] != "src/net.c":  # in this layer tasks may call tasks: the callees depend on the callers
            self.known[name] = result
        return result


def layer(source: str) -> int:
    """Returns whether a pointer of one layer may reach a function of another: those below it."""
    if "/kernels/" in source:
        return 0
    return {"src/net.c": 3, "src/ops/chain.c": 2}.get(source, 1)


def dump(prefix: str, *arguments: str) -> List[str]:
    """Returns the lines that objdump prints."""
    done = subprocess.run([prefix + "objdump", *arguments], stdout=subprocess.PIPE, check=True, encoding="utf-8")
    return done.stdout.splitlines()


def addresses(path: Path, source: str, prefix: str) -> Set[str]:
    """Returns the functions whose address code or constants of an object take."""
    symbols: Set[str] = set()
    branch = False
    for line in dump(prefix, "-dr", "--no-show-raw-insn", str(path)):
        relocation, instruction = RELOCATION.search(line), INSTRUCTION.match(line)
        if relocation and not branch:
            symbols.add(relocation[1])
        elif instruction:
            branch = BRANCH.match(instruction[1]) is not None
    section = ""
    for line in dump(prefix, "-r", str(path)):
        if line.startswith("RELOCATION RECORDS FOR"):
            section = line.split("[")[1]
        fields = line.split()
        if re.match(r"\.(rodata|data)", section) and len(fields) == 3:
            symbols.add(fields[2])  # with an addend it is a place inside the function, for a jump table
    found = {re.sub(r"^\.text\.(unlikely\.|startup\.|hot\.)?", "", symbol) for symbol in symbols}
    return found | {f"{source}:{symbol}" for symbol in found}  # global, possibly in another object, or static


def read_all(folder: Path, prefix: str) -> Graph:
    """Returns the graph of all objects of a folder, except the thread pool, which calls the system."""
    graph = Graph()
    infos = sorted(path for path in folder.rglob("*.ci") if path.stem != "parallel_posix")
    if not infos:
        raise StackError(f"{folder}: expected objects compiled with -fcallgraph-info=su")
    for info in infos:
        graph.read(info, info.relative_to(folder).with_suffix(".c").as_posix(), prefix)
    graph.taken &= set(graph.frame)
    graph.format = dump(prefix, "-f", str(infos[0].with_suffix(".o")))[1].split()[-1]
    graph.add_red_zones()
    return graph


def promised(header: str) -> int:
    """Returns V5L_STACK_BYTES."""
    match = re.search(r"#define V5L_STACK_BYTES (\d+)", header)
    if match is None:
        raise StackError("include/v5lite.h: expected V5L_STACK_BYTES")
    return int(match[1])


def check_table(graph: Graph, found: Dict[str, int]) -> None:
    """Compares with the table of src/README.md."""
    text = (ROOT / "src" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ((?:`v5l_\w+`(?:, )?)+) \| (\d+) \| (\d+) \| (\d+) \|$", text, re.M)
    if not rows:
        raise StackError("src/README.md: expected a table of functions and their stack")
    for names, *figures in rows:
        claimed = int(figures[COLUMNS[graph.format] - 1])
        needed = max(found[name] for name in re.findall(r"\w+", names))
        if not needed <= claimed <= needed + TABLE_SLACK:
            raise StackError(f"src/README.md: {names}: {claimed} bytes on {graph.format}: expected at least {needed}, "
                             f"and at most {TABLE_SLACK} more")


def run(args: argparse.Namespace) -> int:
    """Prints the table. Returns 1 if --check is given and the promise is broken."""
    header = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "include").glob("*.h")))
    limit = promised(header)
    graph = read_all(args.folder, args.prefix)
    roots = [name for name in dict.fromkeys(ROOTS.findall(header)) if name in graph.frame]
    chains = sorted((graph.deepest(name) for name in roots), reverse=True)
    if "v5l_net_detect" not in roots:
        raise StackError(f"{args.folder}: expected v5l_net_detect in it")
    if args.check:
        total, chain = chains[0]
        print(f"stack: at most {total} bytes of {limit}, in {chain[0]}")
    else:
        for total, chain in chains:
            print(f"{total:6} {chain[0]}")
            if total >= limit // 8:
                print("".join(f"{'':7}{graph.frame[name]:6} {name}\n" for name in chain), end="")
    for total, chain in chains:
        if total > limit:
            print(f"stack: {chain[0]} takes {total} bytes, by "
                  + ", ".join(f"{name} {graph.frame[name]}" for name in chain) +
                  f": expected at most {limit}", file=sys.stderr)
            return 1 if args.check else 0
    if args.check and graph.format in COLUMNS:
        check_table(graph, {chain[0]: total for total, chain in chains})
    return 0


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the tool and returns its exit status."""
    parser = argparse.ArgumentParser(prog="stack.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--check", action="store_true", help="one line, and status 1 if it is too much")
    parser.add_argument("--prefix", default="", help="of binutils")
    try:
        return run(parser.parse_args(argv))
    except StackError as error:
        print(f"stack: {error}", file=sys.stderr)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"stack: {error}", file=sys.stderr)
    return BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
