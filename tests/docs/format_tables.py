# SPDX-License-Identifier: MIT
"""Compares the records of weights/FORMAT.md with the structs of src/format.h: fields, types and offsets must match."""

from __future__ import annotations

import re
from typing import Dict, List, Tuple

from documents import ROOT

SIZES = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "f32": 4}
C_TYPES = {"uint8_t": "u8", "uint16_t": "u16", "uint32_t": "u32", "uint64_t": "u64", "float": "f32"}
RECORDS = {"header": "Header", "tensor": "Tensors", "op": "Ops", "span": "Operands", "head": "Heads"}

Field = Tuple[int, str, str]  # offset, type with its count, name; reserved bytes have no name


def documented(text: str, heading: str) -> List[Field]:
    """Returns the rows of the first table below a heading."""
    part = re.search(rf"^#+ {heading}\b.*?\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    return [(int(offset), kind, name.strip())
            for offset, kind, name in re.findall(r"^\| (\d+) \| ([a-z0-9\[\]]+) \|( \w* ?)\|",
                                                 part.group(1) if part else "", re.MULTILINE)]


def coded(text: str, record: str) -> List[Field]:
    """Returns the fields of the struct."""
    body = re.search(rf"typedef struct \{{([^}}]*)\}} v5l_file_{record};", text)
    fields: List[Field] = []
    at = 0
    for kind, names in re.findall(r"(\w+) ([^;]+);", body.group(1) if body else ""):
        for name in names.split(","):
            found = re.fullmatch(r"\s*(\w+)(?:\[(\d+)\])?\s*", name)
            plain, count = found.group(1), found.group(2)
            at += -at % SIZES[C_TYPES[kind]]
            fields.append((at, C_TYPES[kind] + (f"[{count}]" if count else ""),
                           "" if plain.startswith("zero") else plain))
            at += SIZES[C_TYPES[kind]] * int(count or 1)
    return fields


def differences() -> List[str]:
    """Returns the differences between the page and the header."""
    page, header = (ROOT / "weights" / "FORMAT.md").read_text(), (ROOT / "src" / "format.h").read_text()
    tables: Dict[str, Tuple[List[Field], List[Field]]] = {
        record: (documented(page, heading), coded(header, record)) for record, heading in RECORDS.items()}
    found = []
    for record, (written, real) in tables.items():
        if written != real or not written:
            odd = next((pair for pair in zip(written, real) if pair[0] != pair[1]), (len(written), len(real)))
            found.append(f"weights/FORMAT.md: {record}: {odd[0]}: src/format.h has {odd[1]}")
    return found
