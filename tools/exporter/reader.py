# SPDX-License-Identifier: MIT
"""Reads a weights file in float32 back into a program, to make one in 8 bits of it.

Only files that v5lite has opened are read here: it has checked every rule of weights/FORMAT.md.
"""

from __future__ import annotations

import struct
from typing import List, Tuple

import numpy as np

from .errors import ExportError
from .graph import Activation, HeadInfo, Kind
from .layout import PANEL
from .program import Element, HeadMap, Op, Program, Span, Tensor
from .writer import FLAG_SHARED_PANELS, FLAG_VIEW, FLAG_WINOGRAD, NO_ORDER, OP

SHA256_AT = 144


def program_of(data: bytes) -> Tuple[Program, bytes]:
    """Returns the program of a file that v5lite accepts, and the SHA-256 of its checkpoint."""
    return _Reader(data).program(), data[SHA256_AT:SHA256_AT + 32]


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.form, _, self.classes, _, *counts = struct.unpack_from("<10I", data, 24)
        self.tensor_count, self.op_count, self.span_count, self.head_count, self.order_count, _ = counts
        self.at = dict(zip(("tensors", "ops", "spans", "heads", "orders", "strings", "weights"),
                           struct.unpack_from("<7Q", data, 64)))
        self.spans = [Span(*fields) for fields in self._records("<4I", "spans", self.span_count)]

    def _records(self, layout: str, section: str, count: int) -> List[tuple]:
        at = self.at[section]
        return list(struct.iter_unpack(layout, self.data[at:at + count * struct.calcsize(layout)]))

    def _string(self, offset: int) -> str:
        at = self.at["strings"] + offset
        return self.data[at:self.data.index(b"\0", at)].decode("utf-8")

    def _floats(self, offset: int, count: int) -> np.ndarray:
        return np.frombuffer(self.data, "<f4", count, self.at["weights"] + offset)

    def program(self) -> Program:
        """Returns everything in the file."""
        names, exporter = struct.unpack_from("<2I", self.data, 128)
        class_names = []
        for _ in range(self.classes):
            class_names.append(self._string(names))
            names += len(class_names[-1].encode()) + 1
        tensors = [Tensor(channels, stride, self._element(kind))
                   for channels, stride, kind in self._records("<IHH", "tensors", self.tensor_count)]
        self._check_bytes()
        return Program(self.form, class_names, tensors,
                       [self._op(*fields) for fields in self._records(OP, "ops", self.op_count)],
                       [self._head(*fields) for fields in self._records("<10IQ16x", "heads", self.head_count)],
                       self._string(exporter).partition(", from ")[2])

    def _check_bytes(self) -> None:
        """Refuses ops that share weights, because their copies could need any amount of memory."""
        counts = [fields[-4] + fields[-2] for fields in self._records(OP, "ops", self.op_count)]
        if 4 * sum(counts) > len(self.data):
            raise ExportError("weights", "shared by ops, expected weights of its own for each")

    @staticmethod
    def _element(kind: int) -> Element:
        if kind not in (Element.F32, Element.U8):
            found = "already in 8 bits" if kind == Element.S8 else "in half floats"
            raise ExportError("weights", f"{found}, expected a checkpoint or a .v5l file in float32")
        return Element(kind)

    def _op(self, *fields: int) -> Op:
        (kind, flags, activation, head, name, kernel_h, kernel_w, step, pad, groups, a_first, a_count, b_first, b_count,
         out_first, out_count, order, alpha, *arrays, _) = fields
        if flags & FLAG_WINOGRAD:
            raise ExportError(self._string(name), "transformed weights, expected a file without --layout winograd")
        a, b, out = (tuple(self.spans[first:first + count])
                     for first, count in ((a_first, a_count), (b_first, b_count), (out_first, out_count)))
        op = Op(Kind(kind), self._string(name), a, out, b, bool(flags & FLAG_VIEW), None, Activation(activation), head,
                (kernel_h, kernel_w), step, pad, groups, alpha)
        channels = sum(span.count for span in (a if op.view else out))
        if order != NO_ORDER:
            op.order = struct.unpack_from(f"<{channels}H", self.data, self.at["orders"] + 2 * order)
        if op.kind in (Kind.CONV, Kind.DETECT):
            self._dense(op, flags, *arrays)
        elif op.kind == Kind.DWCONV:
            taps = self._floats(arrays[0], arrays[1]).reshape(kernel_h, kernel_w, channels)
            op.weight, op.bias = taps.transpose(2, 0, 1)[:, None], self._floats(arrays[2], arrays[3])
        return op

    def _dense(self, op: Op, flags: int, weights: int, count: int, bias: int, bias_count: int) -> None:
        """Unpacks the panels of a convolution."""
        outputs = [span.count for span in op.out]
        runs, rows, first = [sum(outputs)] if flags & FLAG_SHARED_PANELS else outputs, [], 0
        for run in runs:
            rows += range(first, first + run)
            first += run + -run % PANEL
        unpacked = self._floats(weights, count).reshape(-1, count // bias_count, PANEL).transpose(0, 2, 1)
        dense = unpacked.reshape(bias_count, *op.kernel, -1)[rows]
        op.weight, op.bias = dense.transpose(0, 3, 1, 2), self._floats(bias, bias_count)[rows]

    def _head(self, *fields: int) -> HeadMap:
        tensor, stride, count, *places, _, anchors = fields
        pairs = self._floats(anchors, 2 * count).reshape(-1, 2).tolist()
        obj, box, cls = (tuple(places[i:i + 2]) for i in (0, 2, 4))
        return HeadMap(tensor, HeadInfo(stride, tuple(map(tuple, pairs))), obj, box, cls)
