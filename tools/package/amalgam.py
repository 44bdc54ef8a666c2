#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the library as one pair of files, v5lite.c and v5lite.h, to be compiled alone. `make amalgam` calls it:

    python3 tools/package/amalgam.py --out DIR --flags avx2="-mavx2 -mfma" --flags avx512=... --flags neon=...

The source files one behind the other: first the headers, each once and before those that need it; then the .c files. Parts (.inc,
.def) are pasted wherever they are included. What a .c file and its parts define is undefined behind it. A file of kernels whose name
ends in an instruction set goes, with others of that set and the headers of these alone, between pragmas that stand for the set's
compiler flags, behind the system's headers; what those headers define is undefined behind the set. No name is changed. Standard
library only; the same sources give the same bytes.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from cli import Parser, run  # noqa: E402
from fileio import check_outputs, write_atomically  # noqa: E402

INCLUDE = re.compile(r'\s*#\s*include\s+(["<])([^">]+)[">]')
DEFINE = re.compile(r"\s*#\s*define\s+(\w+)")
SPDX = "/* SPDX-License-Identifier: MIT */"
# Where kernels of a set are compiled (src/cpu.h), and where only a pragma can say so.
SETS = {"avx2": ("defined(V5L_HAS_AVX2_UP)", "1"),
        "avx512": ("defined(V5L_HAS_AVX512)", "1"),
        "neon": ("defined(V5L_HAS_NEON)", "defined(V5L_A32) && !(defined(__ARM_NEON) && defined(__ARM_FEATURE_FMA))")}
TOP = """\
{spdx}
/* v5lite {version}, the whole library in one file; made of its sources by tools/package/amalgam.py, change those. Compile it alone,
 * beside v5lite.h, as C11 or C++17; src/README.md has the switches (V5L_ONLY_..., V5L_NO_...). */
#if !defined(V5L_NO_THREADS) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* pthread_setaffinity_np */
#endif
#define V5L_ONE_FILE 1
#include "v5lite.h"

#if defined(__clang__)
#pragma clang diagnostic ignored "-Wunused-function" /* helpers of kernels that share a list of them */
#endif
#if defined(__cplusplus) /* initializers that name members, and leave the others 0: C++20, which compilers take before */
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wc++20-designator"
#pragma clang diagnostic ignored "-Wmissing-field-initializers"
#elif defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wc++20-extensions"
#pragma GCC diagnostic ignored "-Wuninitialized" /* in gcc 12's own AVX-512 header */
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#endif
"""


class AmalgamError(Exception):
    """Where the trouble is, and what was expected there."""


def set_of(path: Path) -> Optional[str]:
    """The instruction set that a file of kernels is for."""
    last = path.stem.rpartition("_")[2]
    return last if last in SETS else None


def lines_of(path: Path) -> List[str]:
    """A file without its licence line, which the whole file has once."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return lines[1:] if lines and lines[0] == SPDX else lines


def included(path: Path) -> Iterator[Tuple[str, Optional[Path], str]]:
    """Each line, and if it includes one of our files, which; or one of the system's."""
    for line in lines_of(path):
        match = INCLUDE.match(line)
        if match is None:
            yield line, None, ""
        elif match[1] == "<":
            yield line, None, match[2]
        else:
            for folder in (path.parent, ROOT / "src", ROOT / "include"):
                if (folder / match[2]).is_file():
                    yield line, (folder / match[2]).resolve(), ""
                    break
            else:
                raise AmalgamError(f"{path}: includes {match[2]}: expected it below src or include")


def headers_of(path: Path, seen: Dict[Path, None]) -> None:
    """Adds the headers that a file needs, those that they need first."""
    for _, target, _ in included(path):
        if target is None or target in seen or target.name == "v5lite.h":
            continue
        if target.suffix == ".h":
            headers_of(target, seen)
            seen[target] = None
        else:
            headers_of(target, seen)


class Writer:
    """The lines of v5lite.c."""

    def __init__(self) -> None:
        self.lines: List[str] = []

    def paste(self, path: Path, without: frozenset = frozenset()) -> List[str]:
        """A file and its parts, without headers. Returns the names that it defines."""
        defined: List[str] = []
        for line, target, system in included(path):
            name = DEFINE.match(line)
            if name and name[1] == "_GNU_SOURCE":
                continue
            if name:
                defined.append(name[1])
            if target is not None and target.suffix != ".h":
                defined += self.paste(target, without)
            elif target is None and system not in without:
                self.lines.append(line)
        return defined

    def title(self, path: Path) -> None:
        """Says where the next lines come from."""
        self.lines += ["", f"/* ==== {path.relative_to(ROOT).as_posix()} ==== */"]

    def header(self, path: Path) -> None:
        """A header: what it defines stays."""
        self.title(path)
        self.paste(path)

    def source(self, path: Path, without: frozenset = frozenset()) -> None:
        """A source file: what it defines goes."""
        self.title(path)
        self.lines += [f"#undef {name}" for name in sorted(set(self.paste(path, without)))]


def system_headers(paths: List[Path]) -> List[str]:
    """The system's headers that files and their parts include."""
    found: Dict[str, None] = {}
    for path in paths:
        for _, target, system in included(path):
            if system:
                found[system] = None
            elif target is not None and target.suffix != ".h":
                found.update(dict.fromkeys(system_headers([target])))
    return sorted(found)


def write_set(out: Writer, name: str, flags: str, headers: List[Path], sources: List[Path]) -> None:
    """The kernels of one instruction set. flags: of gcc, -m..."""
    condition, needed = SETS[name]
    options = [flag[2:] for flag in flags.split()]
    known = system_headers(headers + sources)
    out.lines += ["", f"#if {condition}"] + [f"#include <{header}>" for header in known]
    if options:
        clang = ",".join(option for option in options if "=" not in option)
        out.lines += [f"#if {needed}",
                      "#define V5L_TARGET_PUSHED 1",
                      "#if defined(__clang__)",
                      f'#pragma clang attribute push(__attribute__((target("{clang}"))), apply_to = function)',
                      "#else",
                      "#pragma GCC push_options",
                      f'#pragma GCC target("{",".join(options)}")',
                      "#endif",
                      "#endif"]
    defined: Dict[str, None] = {}
    for path in headers:
        out.title(path)
        defined.update(dict.fromkeys(out.paste(path, frozenset(known))))
    for path in sources:
        out.source(path, frozenset(known))
    out.lines += [f"#undef {name}" for name in sorted(defined)]
    if options:
        out.lines += ["#if defined(V5L_TARGET_PUSHED)", "#undef V5L_TARGET_PUSHED", "#if defined(__clang__)", "#pragma clang attribute pop",
                      "#else", "#pragma GCC pop_options", "#endif", "#endif"]
    out.lines.append(f"#endif /* {name} */")


def amalgamate(flags: Dict[str, str]) -> str:
    """The text of v5lite.c."""
    sources = [path for folder in ("", "ops", "kernels") for path in sorted((ROOT / "src" / folder).glob("*.c"))]
    general = [path for path in sources if set_of(path) is None]
    general.sort(key=lambda path: path.name == "parallel_posix.c")  # the last: its headers define the most
    version = re.search(r'define V5L_VERSION "(.*)"', (ROOT / "include" / "v5lite.h").read_text(encoding="utf-8"))
    out, headers = Writer(), {}  # type: Writer, Dict[Path, None]
    out.lines += TOP.format(spdx=SPDX, version=version[1] if version else "?").splitlines()
    for path in general:
        headers_of(path, headers)
    for path in headers:
        out.header(path)
    for name in SETS:
        of_set = [path for path in sources if set_of(path) == name]
        own = dict(headers)
        for path in of_set:
            headers_of(path, own)
        write_set(out, name, flags.get(name, ""), list(own)[len(headers):], of_set)
    for path in general:
        out.source(path)
    text = "\n".join(out.lines) + "\n"
    return re.sub(r"\n{3,}", "\n\n", text)


def write(args: argparse.Namespace) -> None:
    """Both files."""
    flags = dict(pair.partition("=")[::2] for pair in args.flags)
    for name, value in flags.items():
        if name not in SETS or not all(flag.startswith("-m") for flag in value.split()):
            raise AmalgamError(f'--flags {name}={value}: expected {", ".join(SETS)}, and flags that begin with -m')
    header, source = args.out / "v5lite.h", args.out / "v5lite.c"
    check_outputs([args.out, header, source], [path for name in ("include", "src") for path in (ROOT / name, *(ROOT / name).rglob("*"))])
    args.out.mkdir(parents=True, exist_ok=True)
    write_atomically(header, (ROOT / "include" / "v5lite.h").read_bytes())
    write_atomically(source, amalgamate(flags).encode())


def main() -> int:
    """Runs the program and returns its exit status."""
    parser = Parser(prog="amalgam.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, type=Path, metavar="DIR")
    parser.add_argument("--flags", action="append", default=[], metavar='SET="-m..."', help="compiler flags of an instruction set")
    return run("amalgam", lambda: write(parser.parse_args()), AmalgamError)


if __name__ == "__main__":
    sys.exit(main())
