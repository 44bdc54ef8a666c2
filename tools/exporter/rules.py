# SPDX-License-Identifier: MIT
"""Checks the rules of weights/FORMAT.md on a program before it becomes bytes."""

from __future__ import annotations

from typing import List, Sequence

import numpy as np

from .errors import ExportError, brief
from .graph import BINARY, MAX_CHANNELS, MAX_OPS, MOVEMENT, WEIGHTED, Kind
from .program import Element, Op, Program, Span, width

MAX_TENSORS = 512
MAX_SPANS = 8192
MAX_HEADS = 8
MAX_ORDER_ENTRIES = MAX_STRING_BYTES_ALL = 1 << 20
MAX_STRIDE = 128
MAX_SPANS_OF_OPERAND = 64
MAX_STRING_BYTES = 255


def check_rules(program: Program) -> None:
    """Refuses a program that a reader of the format would refuse."""
    _check_limits(program)
    state = [_TensorState(t.channels) for t in program.tensors]
    for op in program.ops:
        for spans, is_output in ((op.a, False), (op.b, False), (op.out, True)):
            _check_spans(program, op, spans, is_output)
        _check_shape(program, op)
        _check_overlap(op)
        for span in op.a + op.b:
            state[span.tensor].read(op, span)
        for span in op.out:
            state[span.tensor].write(op, span)
    for number, tensor in enumerate(state[1:], 1):
        if not tensor.written.all():
            raise ExportError(f"tensor {number}", "is not written completely")


def _check_limits(program: Program) -> None:
    spans = sum(len(op.a) + len(op.b) + len(op.out) for op in program.ops)
    order = sum(len(op.order) for op in program.ops if op.order is not None)
    strings = [op.name for op in program.ops] + program.class_names
    string_bytes = sum(len(s.encode("utf-8", "replace")) + 1 for s in strings) + MAX_STRING_BYTES
    for what, value, limit in (
            ("tensors", len(program.tensors), MAX_TENSORS), ("operations", len(program.ops), MAX_OPS),
            ("spans", spans, MAX_SPANS), ("heads", len(program.heads), MAX_HEADS),
            ("order entries", order, MAX_ORDER_ENTRIES),
            ("string bytes", string_bytes, MAX_STRING_BYTES_ALL),
            ("channels in a tensor", max(t.channels for t in program.tensors), MAX_CHANNELS),
            ("the largest stride", max(t.stride for t in program.tensors), MAX_STRIDE)):
        if value > limit:
            raise ExportError("network too large", f"{value} is the number of {what}, expected at most {limit}")
    names = [op.name for op in program.ops]
    for name in names:
        if not name.isprintable() or not 0 < len(name.encode("utf-8")) <= MAX_STRING_BYTES:
            raise ExportError("module name", f"{brief(name)}, expected 1 to {MAX_STRING_BYTES} printable bytes")
    if len(set(names)) != len(names):
        raise ExportError("module names", "two operations have one name")


def _fail(op: Op, what: str) -> ExportError:
    return ExportError(op.name, f"{op.kind.name}: {what}")


def _check_spans(program: Program, op: Op, spans: Sequence[Span], is_output: bool) -> None:
    if len(spans) > MAX_SPANS_OF_OPERAND:
        raise _fail(op, f"{len(spans)} spans in one operand, expected at most {MAX_SPANS_OF_OPERAND}; use --literal")
    for span in spans:
        tensor = program.tensors[span.tensor]
        if span.first < 0 or span.count < 1 or span.first + span.count > tensor.channels:
            raise _fail(op, "a span lies outside its tensor")
        if tensor.type == Element.U8 and (is_output or op.kind not in (Kind.CONV, Kind.DETECT)):
            raise _fail(op, "only convolutions may use the picture")
        if span.upsample and (is_output or tensor.stride % 2 or tensor.stride == 0):
            raise _fail(op, "upsampled span")


def _strides(program: Program, spans: Sequence[Span]) -> List[int]:
    return [program.tensors[s.tensor].stride >> s.upsample for s in spans]


def _check_geometry(program: Program, op: Op) -> None:
    """Checks the strides of the operands. 0 is a map of one pixel, which few kinds accept."""
    incoming, outgoing = (set(_strides(program, spans)) for spans in (op.a, op.out))
    factors = set(_strides(program, op.b))
    if op.kind == Kind.SCALE:
        if factors != {0}:
            raise _fail(op, "factors that are not one pixel")
    elif factors and factors != incoming:
        raise _fail(op, "operands of different sizes")
    if len(incoming) != 1 or len(outgoing) != (0 if op.view else 1):
        raise _fail(op, "operands of different sizes")
    if 0 in incoming and (op.kind != Kind.CONV or (op.kernel, op.step, op.pad) != ((1, 1), 1, 0)):
        raise _fail(op, "reads a map of one pixel")
    if op.view:
        return
    s_in, s_out = incoming.pop(), outgoing.pop()
    if op.kind == Kind.AVGPOOL:
        expected = 0
    elif op.kind == Kind.UPSAMPLE:
        expected = s_in // 2
    else:
        expected = s_in * max(op.step, 1)
    if s_out != expected:
        raise _fail(op, "output stride does not fit the input's")


def _check_shape(program: Program, op: Op) -> None:
    """Checks the channel counts and span counts of each kind."""
    _check_geometry(program, op)
    if op.view:
        if op.kind not in MOVEMENT or op.out:
            raise _fail(op, "cannot be a view")
        return
    channels, single_out = width(op.a), len(op.out) == 1
    if op.kind in (Kind.CONV, Kind.DETECT):
        fits = op.weight is not None and op.weight.shape == (width(op.out), channels, *op.kernel)
    else:
        fits = single_out and width(op.out) == channels
    if op.kind == Kind.DWCONV:
        fits = fits and op.weight is not None and op.weight.shape == (channels, 1, *op.kernel) and op.groups == channels
    elif op.kind in BINARY:
        fits = fits and len(op.a) == len(op.b) == 1 and width(op.b) == channels
    elif op.kind in (Kind.MAXPOOL, Kind.AVGPOOL, Kind.SPLIT, Kind.SHUFFLE, Kind.UPSAMPLE):
        fits = fits and len(op.a) == 1 and channels % max(op.groups, 1) == 0
    if op.kind == Kind.UPSAMPLE and op.a[0].upsample:
        fits = False
    if op.kind in WEIGHTED and (op.bias is None or op.bias.shape != (width(op.out),)):
        fits = False
    if not fits:
        raise _fail(op, "operands do not fit the operation")


def _check_overlap(op: Op) -> None:
    for index, out in enumerate(op.out):
        for other in op.a + op.b + op.out[:index]:
            before_end = out.first < other.first + other.count and other.first < out.first + out.count
            if out.tensor == other.tensor and before_end:
                raise _fail(op, "writes where it reads, or twice")


class _TensorState:
    """Records which channels of a tensor hold a value, and whether the tensor has been read."""

    def __init__(self, channels: int) -> None:
        self.written = np.zeros(channels, bool)
        self.was_read = False

    def read(self, op: Op, span: Span) -> None:
        if span.tensor and not self.written.all():
            raise _fail(op, "reads a tensor before it is written completely")
        self.was_read = True

    def write(self, op: Op, span: Span) -> None:
        channels = self.written[span.first:span.first + span.count]
        if not self.was_read and channels.any():
            raise _fail(op, "writes channels again before their first use")
        channels[:] = True
