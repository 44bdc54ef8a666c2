# SPDX-License-Identifier: MIT
"""Writes a program as the bytes of a .v5l file, as weights/FORMAT.md specifies."""

from __future__ import annotations

import struct
import zlib
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

from . import EXPORTER
from .graph import Kind
from .layout import panels, quantised_panels, runs_of, shares_panels, with_padding
from .magic import MAGIC, VERSION
from .program import HeadMap, Op, Program, Span
from .winograd import Size, takes_transform, transformed

LAYOUT_PANELS_OF_8 = 1
ALIGN = 64
HEADER_BYTES = 192
NO_ORDER = 0xFFFFFFFF
OP = "<4HI4HI6IIfQQQQQ"  # layout of the record
FLAG_VIEW, FLAG_SHARED_PANELS, FLAG_WINOGRAD = 1, 2, 4


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % ALIGN)


def _bytes(array: np.ndarray) -> bytes:
    """Returns half floats, int8 and int32 as they are, other numbers as float32, little-endian."""
    kind = array.dtype.newbyteorder("<") if array.dtype in (np.float16, np.int8, np.int32) else "<f4"
    return np.ascontiguousarray(array, kind).tobytes()


class _Strings:
    """The string section. Stores each op name and class name once, in the order of first use."""

    def __init__(self) -> None:
        self.data = bytearray()

    def add(self, text: str) -> int:
        at = len(self.data)
        self.data += text.encode("utf-8") + b"\0"
        return at


class _Weights:
    """The weights section: arrays, each at a multiple of 64 bytes."""

    def __init__(self) -> None:
        self.chunks: List[bytes] = []
        self.size = 0

    def add(self, array: np.ndarray) -> Tuple[int, int]:
        """Appends an array. Returns its offset in bytes and its number of elements."""
        return self.add_bytes(_bytes(array)), array.size

    def add_bytes(self, data: bytes) -> int:
        """Appends the bytes of an array, or of several without gaps. Returns their offset."""
        at, data = self.size, _padded(data)
        self.size += len(data)
        self.chunks.append(data)
        return at


class _Sections:
    """The tables of the file while they grow."""

    def __init__(self, program: Program, transformed_for: Optional[Size]) -> None:
        self.program, self.transformed_for = program, transformed_for
        self.strings, self.weights = _Strings(), _Weights()
        self.spans: List[bytes] = []
        self.orders: List[int] = []
        self.names_at = [self.strings.add(name) for name in program.class_names][0]
        self.exporter_at = self.strings.add(EXPORTER + (f", from {program.origin}" if program.origin else ""))
        self.tensors = [struct.pack("<IHH", t.channels, t.stride, t.type) for t in program.tensors]
        self.ops = [self._op(op) for op in program.ops]
        self.heads = [self._head(head) for head in program.heads]

    def _operand(self, spans: Sequence[Span]) -> Tuple[int, int]:
        first = len(self.spans) if spans else 0
        self.spans += [struct.pack("<IIII", s.tensor, s.first, s.count, s.upsample) for s in spans]
        return first, len(spans)

    def _order(self, op: Op) -> int:
        if op.order is None:
            return NO_ORDER
        first = len(self.orders)
        self.orders += op.order
        return first

    def _arrays(self, op: Op) -> Tuple[int, int, int, int, int]:
        """Appends the arrays of an op. Returns the last fields of its record."""
        fields = (0, 0, 0, 0)
        if op.weight is not None and op.bias is not None:
            weight, bias = self._packed(op, op.weight, op.bias)
            fields = (*self.weights.add(weight), *self.weights.add(bias))
        if op.block is None:
            return (*fields, 0)
        runs = runs_of(op)  # the padding has factors 1 and zero points 0
        arrays = [*(with_padding(a, runs, int(a.dtype == np.float32)) for a in op.block.outputs), *op.block.inputs]
        return (*fields, self.weights.add_bytes(b"".join(map(_bytes, arrays))))

    def _packed(self, op: Op, weight: np.ndarray, bias: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Returns the weights and biases of an op in the order of the file."""
        if op.kind == Kind.DWCONV:
            return weight[:, 0].transpose(1, 2, 0), bias
        runs = runs_of(op)
        if op.block is not None:
            return quantised_panels(self.program, op), with_padding(bias, runs)
        if takes_transform(self.program, op, self.transformed_for):
            weight = np.concatenate([panels(plane, runs) for plane in transformed(weight)])
        else:
            weight = panels(weight, runs)
        return weight, with_padding(bias, runs)

    def _flags(self, op: Op) -> int:
        return (FLAG_VIEW * op.view + FLAG_SHARED_PANELS * shares_panels(op)
                + FLAG_WINOGRAD * takes_transform(self.program, op, self.transformed_for))

    def _op(self, op: Op) -> bytes:
        return struct.pack(
            OP, op.kind, self._flags(op), op.activation, op.head, self.strings.add(op.name),
            op.kernel[0], op.kernel[1], op.step, op.pad, op.groups,
            *self._operand(op.a), *self._operand(op.b), *self._operand(op.out),
            self._order(op), op.alpha, *self._arrays(op))

    def _head(self, head: HeadMap) -> bytes:
        at, _ = self.weights.add(np.array(head.info.anchors))
        return struct.pack("<10IQ16x", head.tensor, head.info.stride, len(head.info.anchors),
                           *head.obj, *head.box, *head.cls, 0, at)


def file_bytes(program: Program, source_sha256: bytes, transformed_for: Optional[Size] = None) -> bytes:
    """Returns the whole file. transformed_for: input size whose Winograd convolutions get transformed weights; None:
    none.
    """
    tables = _Sections(program, transformed_for)
    sections: Dict[str, bytes] = {
        "tensors": b"".join(tables.tensors), "ops": b"".join(tables.ops), "spans": b"".join(tables.spans),
        "heads": b"".join(tables.heads), "orders": struct.pack(f"<{len(tables.orders)}H", *tables.orders),
        "strings": bytes(tables.strings.data),
    }
    offsets, at = [], HEADER_BYTES
    for data in sections.values():
        offsets.append(at)
        at += len(_padded(data))
    offsets.append(at)
    body = [*map(_padded, sections.values()), *tables.weights.chunks]
    header = struct.pack(
        "<Q10I8QII8x32s16x", at + tables.weights.size, program.form, LAYOUT_PANELS_OF_8, len(program.class_names),
        max(t.stride for t in program.tensors), len(program.tensors), len(program.ops), len(tables.spans),
        len(program.heads), len(tables.orders), len(tables.strings.data),
        *offsets, tables.weights.size, tables.names_at, tables.exporter_at, source_sha256)
    crc = zlib.crc32(header)
    for part in body:
        crc = zlib.crc32(part, crc)
    return b"".join([MAGIC, struct.pack("<II", VERSION, crc), header, *body])
