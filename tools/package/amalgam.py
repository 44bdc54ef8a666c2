#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the library as one pair of files, v5lite.c and v5lite.h, which compiles alone. `make amalgam` calls it:

    python3 tools/package/amalgam.py --out DIR

v5lite.c has the headers, each once and before those that need it; then the .c files. Parts (.inc, .def) are pasted at each include.
The macros of a .c file and its parts are undefined after it. The kernels of an instruction set (src/kernels/sets.def), with the
headers that only they need, follow the system's headers and stand between pragmas in place of the set's compiler flags; the macros
of those headers are undefined after the set. Macros append the file's name to static names that several files define.
Standard library only; the same sources give the same bytes.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Set, Tuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from cli import Parser, run  # noqa: E402
from fileio import check_outputs, write_atomically  # noqa: E402
from package.sets import InstructionSet, read_sets, set_of  # noqa: E402

INCLUDE = re.compile(r'\s*#\s*include\s+(["<])([^">]+)[">]')
DEFINE = re.compile(r"\s*#\s*define\s+(\w+)")
SPDX = "/* SPDX-License-Identifier: MIT */"
# Where the kernels of a target's sets need pragmas (src/cpu.h).
NEEDS_PRAGMA = {"x86": "1", "a64": "1", "arm": "defined(V5L_A32) && !(defined(__ARM_NEON) && defined(__ARM_FEATURE_FMA))"}
TOP = """\
{spdx}
/* v5lite {version}, the whole library in one file, which tools/package/amalgam.py makes of its sources: change those. Compile it with
 * v5lite.h next to it, as C11 or C++17; src/README.md has the switches (V5L_ONLY=..., V5L_NO_...). */
#if !defined(V5L_NO_THREADS) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* pthread_setaffinity_np */
#endif
#define V5L_ONE_FILE 1
#include "v5lite.h"

#if defined(__clang__)
#pragma clang diagnostic ignored "-Wunused-function" /* helpers of kernels that share a list of them */
#endif
#if defined(__cplusplus) /* designated initializers: C++20, which compilers accept in C++17 */
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
    """Names the place, and what was expected there."""


def lines_of(path: Path) -> List[str]:
    """Returns the lines of a file without its licence line: v5lite.c has that once."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return lines[1:] if lines and lines[0] == SPDX else lines


def included(path: Path) -> Iterator[Tuple[str, Optional[Path], str]]:
    """Yields each line, and the file of ours or the header of the system that it includes, if any."""
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
    """Adds the headers that a file needs, each after those that it needs itself."""
    for _, target, _ in included(path):
        if target is None or target in seen or target.name == "v5lite.h":
            continue
        if target.suffix == ".h":
            headers_of(target, seen)
            seen[target] = None
        else:
            headers_of(target, seen)


def headers_of_all(paths: List[Path]) -> List[Path]:
    """Returns the headers that files need, and those of `paths` that are headers, in an order that satisfies each."""
    seen: Dict[Path, None] = {}
    for path in paths:
        headers_of(path, seen)
        if path.suffix == ".h":
            seen[path] = None
    return list(seen)


def text_of(path: Path) -> str:
    """Returns a file and its parts, without headers and comments."""
    lines = [text_of(target) if target is not None and target.suffix != ".h" else line for line, target, _ in included(path)
             if target is None or target.suffix != ".h"]
    return re.sub(r"/\*.*?\*/|__attribute__\(\(\w+\)\)", "", "\n".join(lines), flags=re.DOTALL)


def names_by_macros(text: str) -> Iterator[str]:
    """Yields the static functions that macros DEFINE_...(...) define, names like walk_##size among them."""
    for macro, parameters, body in re.findall(r"^#define (DEFINE_\w+)\(([\w, ]+)\)((?:.*\\\n)*.*)$", text, re.MULTILINE):
        for arguments in re.findall(rf"^{macro}\(([^)]*)\)", text, re.MULTILINE):
            values = dict(zip(parameters.replace(" ", "").split(","), arguments.replace(" ", "").split(",")))
            for name in re.findall(r"\bstatic\b[^;={(]*?([\w#]+)\(", body):
                yield "".join(values.get(part, part) for part in name.split("##"))


def static_names(path: Path) -> Set[str]:
    """Returns the functions, objects, types and enumerators that a file and its parts define for themselves."""
    text = text_of(path)
    found = set(re.findall(r"^static\b[^;={(]*?\b(\w+)(?=\(|\[|\s*=)", text, re.MULTILINE))
    found.update(re.findall(r"^typedef\b[^;{]*?\b(\w+)(?=;|\()", text, re.MULTILINE))
    found.update(re.findall(r"^\} (\w+);", text, re.MULTILINE))
    for constants in re.findall(r"^enum(?: \w+)? \{([^}]*)\}", text, re.MULTILINE):
        found.update(re.findall(r"(?:^|,)\s*(\w+)", constants))
    return found.union(names_by_macros(text))


class Writer:
    """The lines of v5lite.c."""

    def __init__(self, sources: List[Path]) -> None:
        self.lines: List[str] = []
        count = Counter(name for path in sources for name in static_names(path))
        self.shared = {name for name, files in count.items() if files > 1}

    def paste(self, path: Path, without: frozenset = frozenset()) -> List[str]:
        """Adds a file and its parts, without headers. Returns the macros that it defines."""
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
        """Adds a comment that names the source of the next lines."""
        self.lines += ["", f"/* ==== {path.relative_to(ROOT).as_posix()} ==== */"]

    def header(self, path: Path) -> None:
        """Adds a header: its macros stay."""
        self.title(path)
        self.paste(path)

    def source(self, path: Path, without: frozenset = frozenset()) -> None:
        """Adds a source file with names of its own, and undefines its macros."""
        self.title(path)
        renamed = sorted(static_names(path) & self.shared)
        self.lines += [f"#define {name} {name}_{path.stem}" for name in renamed]
        self.lines += [f"#undef {name}" for name in sorted({*self.paste(path, without), *renamed})]


def system_headers(paths: List[Path]) -> List[str]:
    """Returns the headers of the system that files and their parts include."""
    found: Dict[str, None] = {}
    for path in paths:
        for _, target, system in included(path):
            if system:
                found[system] = None
            elif target is not None and target.suffix != ".h":
                found.update(dict.fromkeys(system_headers([target])))
    return sorted(found)


def clang_features(options: List[str]) -> str:
    """Returns the features of gcc's options as clang's target attribute has them: those after the + of arch=armv8.2-a+dotprod."""
    return ",".join(feature for option in options for feature in (option.split("+")[1:] if "=" in option else [option]))


def write_set(out: Writer, group: InstructionSet, headers: List[Path], sources: List[Path]) -> None:
    """Adds the kernels of one instruction set."""
    options = [flag[len("-m"):] for flag in group.flags]
    known = system_headers(headers + sources)
    out.lines += ["", f"#if V5L_BUILT({group.feature}, ALL)"] + [f"#include <{header}>" for header in known]
    if options:
        clang = clang_features(options)
        out.lines += [f"#if {NEEDS_PRAGMA[group.target]}",
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
    out.lines.append(f"#endif /* {group.name} */")


def amalgamate() -> str:
    """Returns the text of v5lite.c."""
    sets = read_sets()
    sources = [path for folder in ("", "ops", "kernels") for path in sorted((ROOT / "src" / folder).glob("*.c"))]
    general = [path for path in sources if set_of(path, sets) is None]
    general.sort(key=lambda path: path.name == "parallel_posix.c")  # the last: its headers define the most
    version = re.search(r'define V5L_VERSION "(.*)"', (ROOT / "include" / "v5lite.h").read_text(encoding="utf-8"))
    out = Writer(sources)
    out.lines += TOP.format(spdx=SPDX, version=version[1] if version else "?").splitlines()
    of_set = {group.name: [path for path in sources if set_of(path, sets) == group] for group in sets}
    needed = {name: headers_of_all(paths) for name, paths in of_set.items()}
    count = Counter(path for headers in needed.values() for path in headers)
    headers = headers_of_all(general + [path for path, number in count.items() if number > 1])
    for path in headers:
        out.header(path)
    for group in sets:
        if of_set[group.name]:
            write_set(out, group, [path for path in needed[group.name] if path not in headers], of_set[group.name])
    for path in general:
        out.source(path)
    text = "\n".join(out.lines) + "\n"
    return re.sub(r"\n{3,}", "\n\n", text)


def write(args: argparse.Namespace) -> None:
    """Writes both files."""
    header, source = args.out / "v5lite.h", args.out / "v5lite.c"
    check_outputs([args.out, header, source], [path for name in ("include", "src") for path in (ROOT / name, *(ROOT / name).rglob("*"))])
    args.out.mkdir(parents=True, exist_ok=True)
    write_atomically(header, (ROOT / "include" / "v5lite.h").read_bytes())
    write_atomically(source, amalgamate().encode())


def main() -> int:
    """Runs the program and returns its exit status."""
    parser = Parser(prog="amalgam.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, type=Path, metavar="DIR")
    return run("amalgam", lambda: write(parser.parse_args()), AmalgamError, ValueError)


if __name__ == "__main__":
    sys.exit(main())
