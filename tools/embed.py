#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a weights file (.v5l) part of a program: writes C or assembly that holds its bytes, aligned, in read-only data.

    python3 tools/embed.py weights/digits.v5l -o model.c    any C11 or C++ compiler; about five times the file's size
    python3 tools/embed.py weights/digits.v5l -o model.S    GNU assembler: .incbin of the file, no copy

For a file digits.v5l, both define

    extern const unsigned char digits[];   the file, aligned to 64 bytes
    extern const uint32_t digits_size;     its size in bytes

and `v5l_model_open(&model, digits, digits_size)` reads the weights in place, where the linker has put them.

model.S names the file by its absolute path, so it assembles in any folder. With --relative, it names it relative to its
own folder, for another machine: assemble it there, or with -I and that folder. Python 3.9 or later, without other
packages.
"""

from __future__ import annotations

import argparse
import os
import re
import struct
import sys
import zlib
from pathlib import Path
from typing import Iterator, List, Optional

from cli import LINE, Parser, run
from exporter.errors import one_line
from exporter.magic import MAGIC, VERSION
from fileio import check_outputs, read_bytes, write_together

PREFIX = len(MAGIC) + 8  # magic, version, CRC of the rest
BYTES_A_LINE = 24
MAX_BYTES = (1 << 32) - 1  # the size must fit a uint32_t
# Reserved words of C11, of C++17 and of assemblers' expressions.
RESERVED = set("""alignas alignof asm auto bool break case catch char class const constexpr continue default delete
    do double else enum explicit export extern false float for friend goto if inline int long mutable namespace new
    noexcept not nullptr operator or private protected public register restrict return short signed sizeof static
    struct switch template this throw true try typedef typeid typename union unsigned using virtual void volatile
    while xor""".split())


class EmbedError(Exception):
    """An error: where it is, and what was expected."""


def read_model(path: Path) -> bytes:
    """Returns the bytes of a weights file. Checks magic, version and CRC."""
    data = read_bytes(path, MAX_BYTES)
    if data[:len(MAGIC)] != MAGIC or len(data) < PREFIX:
        raise EmbedError(f"{path}: expected a .v5l file")
    version, crc = struct.unpack_from("<II", data, len(MAGIC))
    if version != VERSION:
        raise EmbedError(f"{path}: format version {version}: expected {VERSION}")
    if zlib.crc32(data[PREFIX:]) != crc:
        raise EmbedError(f"{path}: CRC mismatch: expected a complete, unchanged file")
    return data


def symbol_of(path: Path, wanted: Optional[str]) -> str:
    """Returns the C name: the given one, or one made of the file's name."""
    name = wanted if wanted is not None else re.sub(r"[^A-Za-z0-9_]", "_", path.name.partition(".")[0])
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,59}", name) or name in RESERVED:
        raise EmbedError(f"--name {name}: expected a name for C, of letters, digits and _")
    return name


def declarations(data: bytes, symbol: str) -> Iterator[str]:
    """Yields what C and C++ need to know of the model."""
    yield "#include <stdint.h>"
    yield "#ifdef __cplusplus"
    yield 'extern "C" {'
    yield "#endif"
    yield f"extern const unsigned char {symbol}[{len(data)}];"
    yield f"extern const uint32_t {symbol}_size;"
    yield "#ifdef __cplusplus"
    yield "}"
    yield "#endif"


def header_lines(data: bytes, symbol: str, source: str) -> Iterator[str]:
    """Yields the parts of a header."""
    yield f"/* {source}, {len(data)} bytes; made by tools/embed.py. */"
    yield f"#ifndef V5LITE_EMBEDDED_{symbol}"
    yield f"#define V5LITE_EMBEDDED_{symbol}"
    yield from declarations(data, symbol)
    yield "#endif"


def c_lines(data: bytes, symbol: str, source: str, section: Optional[str]) -> Iterator[str]:
    """Yields the parts of a file for C and C++."""
    yield f"/* {source}, {len(data)} bytes; made by tools/embed.py. */"
    yield from declarations(data, symbol)
    yield f"const uint32_t {symbol}_size = {len(data)};"
    yield "#ifdef __cplusplus"
    yield "alignas(64)"
    yield "#else"
    yield "_Alignas(64)"
    yield "#endif"
    if section is not None:
        yield f'__attribute__((section("{section}")))'
    yield f"const unsigned char {symbol}[{len(data)}] = {{"
    for at in range(0, len(data), BYTES_A_LINE):
        yield ",".join(map(str, data[at:at + BYTES_A_LINE])) + ","
    yield "};"


def assembly_lines(data: bytes, symbol: str, source: str, section: Optional[str]) -> Iterator[str]:
    """Yields the parts of a file for the GNU assembler, with or without the C preprocessor. %object, because @ begins a
    comment on ARM.
    """
    quoted = source.replace("\\", "\\\\").replace('"', '\\"')
    yield f"/* {len(data)} bytes; made by tools/embed.py. */"
    yield "    .section .rodata" if section is None else f'    .section {section}, "a", %progbits'
    for name, size in ((symbol, len(data)), (f"{symbol}_size", 4)):
        yield f"    .global {name}"
        yield f"    .type {name}, %object"
        yield f"    .size {name}, {size}"
    yield "    .balign 64"
    yield f"{symbol}:"
    yield f'    .incbin "{quoted}", 0, {len(data)}'
    yield "    .balign 4"
    yield f"{symbol}_size:"
    yield f"    .4byte {len(data)}"
    yield '    .section .note.GNU-stack, "", %progbits'


def parse(argv: Optional[List[str]]) -> argparse.Namespace:
    """Parses the command line."""
    parser = Parser(prog="embed.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, metavar="MODEL.v5l")
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="FILE",
                        help="file to write: model.c or model.S")
    parser.add_argument("--name", help="name in C (default: the file's name up to its first dot)")
    parser.add_argument("--section", help="section of the linker's script that takes the model, such as .flash_models")
    parser.add_argument("--header", type=Path, metavar="FILE.h", help="also write a header with the declarations")
    parser.add_argument("--relative", action="store_true", help="model.S names the model relative to its own folder")
    return parser.parse_args(argv)


def section_of(wanted: Optional[str]) -> Optional[str]:
    """Returns the name of the section, or None for that of constants."""
    if wanted is not None and not re.fullmatch(r"[A-Za-z_.$][A-Za-z0-9_.$-]{0,79}", wanted):
        raise EmbedError(f"--section {one_line(wanted)}: expected a name of letters, digits, and . _ $ -")
    return wanted


def source_of(args: argparse.Namespace) -> str:
    """Returns the model's path as the assembler is to read it, or its name for a comment in C."""
    if args.output.suffix == ".c":
        shown = args.model.name.replace("*/", "* /")
    elif args.relative:  # of real folders: a link in the path changes what .. means
        shown = os.path.relpath(os.path.realpath(args.model), os.path.realpath(args.output.parent)).replace(os.sep, "/")
    else:
        shown = os.path.abspath(args.model).replace(os.sep, "/")
    if not shown.isprintable():
        raise EmbedError(f"{one_line(shown)}: expected a path of printable characters")
    return shown


def embed(args: argparse.Namespace) -> str:
    """Writes the files and returns the message about them."""
    lines = {".c": c_lines, ".S": assembly_lines, ".s": assembly_lines}.get(args.output.suffix)
    if lines is None:
        raise EmbedError(f"-o {args.output}: expected a name that ends in .c or .S")
    outputs = [args.output] + ([args.header] if args.header is not None else [])
    check_outputs(outputs, [args.model])
    data, symbol = read_model(args.model), symbol_of(args.model, args.name)
    source, section = source_of(args), section_of(args.section)
    texts = [lines(data, symbol, source, section), header_lines(data, symbol, args.model.name.replace("*/", "* /"))]
    write_together([(path, ("\n".join(text) + "\n").encode()) for path, text in zip(outputs, texts)])
    return f"{args.output}: {symbol}, {len(data)} bytes"


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the tool and returns its exit status."""
    return run("embed", lambda: print(one_line(embed(parse(argv)), LINE)), EmbedError)


if __name__ == "__main__":
    sys.exit(main())
