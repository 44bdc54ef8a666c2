#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the version promise of the headers in include: a change since the last release needs a higher V5L_VERSION.

    python3 tests/install/abi.py CC...              compares with abi.txt, for each compiler's data model (lp64, ilp32)
    python3 tests/install/abi.py --release CC CC    rewrites abi.txt; only when releasing

abi.txt lists functions, types, fields with offset and size, and values, as the last release had them. Nothing is run:
values come from the assembly that CC writes, so that cross compilers work, too.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict, List, Tuple

HERE = Path(__file__).resolve().parent
HEADER = HERE.parents[1] / "include" / "v5lite.h"
HEADERS = [HEADER, HEADER.with_name("v5lite_track.h")]
LIST = HERE / "abi.txt"
MODELS = {"8 8": "lp64", "4 8": "ilp32"}  # bytes of a pointer, alignment of uint64_t

Entries = Dict[str, str]  # "struct v5l_model" and the like -> what is promised about it


class AbiError(Exception):
    """The error, in one line."""


def words(text: str) -> str:
    """Returns a declaration with normalised spaces."""
    return re.sub(r"\s*\*\s*", " *", re.sub(r"\s+", " ", text)).strip()


def without_name(parameter: str) -> str:
    """Returns a parameter's type, without its name, which is no part of the ABI."""
    return words(re.sub(r"(?<=[\s*])\w+$", "", parameter.strip()) if " " in parameter.strip() else parameter)


def fields_of(body: str) -> List[Tuple[str, str]]:
    """Name and declaration of each field; a function pointer's declaration includes its arguments."""
    fields = []
    for declaration in filter(None, (words(part) for part in body.split(";"))):
        pointer = re.match(r"(.*?)\(\s*\*(\w+)\)\s*\((.*)\)$", declaration)
        if pointer:
            fields.append((pointer.group(2), declaration))
            continue
        first, *others = declaration.split(",")
        kind = re.match(r"(.*?[\s*])\w+(\[\w+\])?$", first)
        if kind is None:
            raise AbiError(f"{HEADER.name}: '{declaration}': expected fields")
        base = kind.group(1).rstrip(" *")
        for part in [first[len(base):], *others]:
            name = re.search(r"\w+(?=(\[\w+\])?\s*$)", part)
            fields.append((name.group(0), words(f"{base} {part}")))
    return fields


def declared(text: str) -> Tuple[Entries, List[Tuple[str, str]]]:
    """Returns the header's declarations, and the constants that a compiler evaluates: name and expression."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)
    entries: Entries = {}
    constants: List[Tuple[str, str]] = []
    for name in re.findall(r"^#define (V5L_\w+) \S", text, re.MULTILINE):
        if name != "V5L_VERSION":
            constants.append((f"value {name}", name))
    text = re.sub(r"^#.*$", "", text, flags=re.MULTILINE)
    for kind, body, name in re.findall(r"typedef (enum|struct) \w+ \{(.*?)\} (\w+);", text, re.DOTALL):
        constants.append((f"{kind} {name}", f"sizeof({name})"))
        if kind == "enum":
            enumerators = re.findall(r"(V5L_\w+)\s*(?:=[^,]*)?(?:,|$)", body.strip())
            constants += [(f"value {value}", value) for value in enumerators]
            continue
        for field, declaration in fields_of(body):
            entries[f"field {name}.{field}"] = declaration
            constants += [(f"field {name}.{field}", f"offsetof({name}, {field})"),
                          (f"field {name}.{field}", f"sizeof((({name} *)0)->{field})")]
    text = re.sub(r"typedef (?:enum|struct) \w+ \{.*?\} \w+;", "", text, flags=re.DOTALL)
    for name in re.findall(r"typedef struct (\w+) \w+;", text):
        entries[f"opaque {name}"] = ""
    for result, name, parameters in re.findall(r"^([a-z][\w ]*[ *]+)(v5l_\w+)\(([^()]*)\);", text, re.MULTILINE):
        entries[f"function {name}"] = f"{words(result)} ({', '.join(map(without_name, parameters.split(',')))})"
    return entries, constants


def measured(compiler: str, constants: List[Tuple[str, str]]) -> Tuple[str, Dict[str, str]]:
    """Returns the data model's name, and the constants' values by entry."""
    asked = [("model", "sizeof(void *)"), ("model", "offsetof(struct abi_align, at)"), *constants]
    lines = [f'    __asm__ volatile(".ascii \\"@@ {i} %c0\\"" : : "i"({expression}));'
             for i, (_, expression) in enumerate(asked)]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "abi.c"
        source.write_text('#include "v5lite_track.h"\nstruct abi_align { char before; uint64_t at; };\n'
                          "void abi(void);\nvoid abi(void) {\n" + "\n".join(lines) + "\n}\n")
        command = [*compiler.split(), "-std=gnu11", "-S", "-o", "-", "-I", str(HEADER.parent), str(source)]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise AbiError(f"{compiler}: {next((line for line in done.stderr.splitlines() if 'error' in line), 'failed')}")
    values: Dict[str, List[str]] = {}
    for index, value in re.findall(r"@@ (\d+) \$?#?(-?\d+)", done.stdout):
        number = int(value)
        signed = number - (1 << 32) if number >= 1 << 31 else number  # as int
        values.setdefault(asked[int(index)][0], []).append(str(signed))
    model = " ".join(values.pop("model", []))
    if len(values) != len(dict(constants)) or model not in MODELS:
        raise AbiError(f"{compiler}: expected constants in its assembly, and pointers of 4 or 8 bytes")
    return MODELS[model], {name: " + ".join(value) for name, value in values.items()}


def listed(path: Path) -> Tuple[str, Dict[str, Entries]]:
    """Reads abi.txt: its version, and the entries of each data model."""
    version, models = "", {name: {} for name in MODELS.values()}
    for line in path.read_text().splitlines():
        if line.startswith("version "):
            version = line.split()[1]
        elif line and not line.startswith("#"):
            key, declaration, *columns = (part.strip() for part in line.split("|"))
            for model, value in zip(MODELS.values(), columns):
                models[model][key] = f"{declaration} {value}".strip()
    return version, models


def gave_room(key: str, old: Entries, new: Entries) -> bool:
    """Returns whether this is a `reserved` of a struct that kept its size: its bytes are other fields' now. These are
    new, because an old field that moved counts by itself.
    """
    struct = key.replace("field ", "struct ").replace(".reserved", "")
    return key.endswith(".reserved") and struct in old and new.get(struct) == old[struct]


def needed(old: Entries, new: Entries, released: str) -> Tuple[Tuple[int, int, int], List[str]]:
    """Returns the lowest version that the promise allows, and the changes."""
    major, minor, patch = map(int, released.split("."))
    changed = [key for key in old if new.get(key) != old[key] and not gave_room(key, old, new)]
    broken = sorted(f"{key} is {new[key] if key in new else 'gone'}" for key in changed)
    added = sorted(f"{key} is new" for key in new if key not in old)
    if broken:
        return ((major + 1, 0, 0) if major else (0, minor + 1, 0)), broken + added
    return ((major, minor + 1, 0) if added else (major, minor, patch)), added


def check(text: str, compilers: List[str]) -> None:
    """Compares with the last release."""
    version = re.search(r'#define V5L_VERSION "([\d.]+)"', text).group(1)
    entries, constants = declared(text)
    released, models = listed(LIST)
    for compiler in compilers:
        model, values = measured(compiler, constants)
        new = {key: f"{entries.get(key, '')} {values.get(key, '')}".strip() for key in {**entries, **values}}
        lowest, changes = needed(models[model], new, released)
        if tuple(map(int, version.split("."))) < lowest:
            raise AbiError(f"{model}: {'; '.join(changes[:5])}{' ...' if len(changes) > 5 else ''}: expected "
                           f"V5L_VERSION {'.'.join(map(str, lowest))} or above, because {released} lacks this; found "
                           f"{version}")
        print(f"abi: {model}: {len(new)} entries, {len(changes)} changed or new since {released}, now {version}")


def release(text: str, compilers: List[str]) -> None:
    """Writes abi.txt."""
    version = re.search(r'#define V5L_VERSION "([\d.]+)"', text).group(1)
    entries, constants = declared(text)
    by_model = dict(measured(compiler, constants) for compiler in compilers)
    if set(by_model) != set(MODELS.values()):
        raise AbiError(f"--release: expected a compiler for each of {', '.join(MODELS.values())}")
    keys = dict.fromkeys([*(name for name, _ in constants), *entries])
    lines = ["# The interface of the last release, written by abi.py --release: entry | declaration | lp64 | ilp32",
             "# (values; sizes; offset + size).", f"version {version}"]
    for key in keys:
        columns = [by_model[model].get(key, "") for model in MODELS.values()]
        lines.append(" | ".join([key, entries.get(key, ""), *columns]).rstrip())
    LIST.write_text("\n".join(lines) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--release", action="store_true", help="write the list")
    parser.add_argument("compilers", nargs="+", metavar="CC")
    args = parser.parse_args()
    try:
        (release if args.release else check)("".join(path.read_text() for path in HEADERS), args.compilers)
        return 0
    except AbiError as error:
        print(f"abi: {error}", file=sys.stderr)
    except OSError as error:
        print(f"abi: {error.filename}: {error.strerror}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
