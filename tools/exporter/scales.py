# SPDX-License-Identifier: MIT
"""Scales and zero points of quantised values: chosen for each channel of an op's output, and carried to its readers.

A number is (q - zero) * scale for an integer q of -128 .. 127. weights/FORMAT.md, "Quantised networks", has the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Sequence

import numpy as np

from .errors import ExportError
from .graph import Kind
from .program import Element, Op, Program, Span

LEAST, MOST = -128, 127
LEVELS = MOST - LEAST
NARROWEST = 1 / 64  # range of a channel, relative to that of the whole output
SCALE_LIMIT = 2.0 ** 20


@dataclass(frozen=True)
class Scales:
    """Scale and zero point of each channel of a value."""

    steps: np.ndarray  # float32, 1 / scale: what the file has
    zero: np.ndarray  # int8

    @property
    def scale(self) -> np.ndarray:
        """Returns the scales in float64."""
        return 1.0 / self.steps.astype(np.float64)


def chosen(op: Op, low: np.ndarray, high: np.ndarray, at_least: np.ndarray) -> Scales:
    """Returns the scales of an output whose channels have these ranges.

    A channel much narrower than the widest one gets a range wider than it needs, because pictures of the future vary
    more: by the power 3/4 of the ratio. at_least: smallest scale of each channel.
    """
    low, high = np.minimum(low, 0.0), np.maximum(high, 0.0)
    whole = high.max() - low.min()
    if whole == 0.0:
        whole = 1.0
    if whole > LEVELS / 2 * SCALE_LIMIT:
        raise ExportError(op.name, f"values up to {max(high.max(), -low.min()):.2g}, expected smaller ones for --int8")
    span = high - low
    ratio = np.maximum(span / whole, NARROWEST)
    taken = whole * (np.sqrt(ratio) * np.sqrt(np.sqrt(ratio)))  # rounded alike by every machine, unlike a power
    scale = np.clip(np.maximum(taken / LEVELS, at_least), 1 / SCALE_LIMIT, SCALE_LIMIT)
    below = np.divide(-low, span, out=np.zeros(len(span)), where=span > 0.0)  # part of the range below 0
    return Scales((1.0 / scale).astype(np.float32), (np.rint(LEVELS * below) + LEAST).astype(np.int8))


class Tracker:
    """The scales that each channel of each tensor has at the current point of the program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.steps = [np.ones(t.channels, np.float32) for t in program.tensors]
        self.zero = [np.zeros(t.channels, np.int8) for t in program.tensors]
        self.zero[0][:] = LEAST  # a quantised op reads byte b as b - 128

    def read(self, spans: Sequence[Span]) -> Scales:
        """Returns the scales of an operand."""
        parts = [slice(s.first, s.first + s.count) for s in spans]
        return Scales(np.concatenate([self.steps[s.tensor][part] for s, part in zip(spans, parts)]),
                      np.concatenate([self.zero[s.tensor][part] for s, part in zip(spans, parts)]))

    def write(self, spans: Sequence[Span], scales: Scales) -> None:
        """Notes the scales of an output."""
        first = 0
        for span in spans:
            part, source = slice(span.first, span.first + span.count), slice(first, first + span.count)
            self.steps[span.tensor][part], self.zero[span.tensor][part] = scales.steps[source], scales.zero[source]
            first += span.count

    def move(self, op: Op) -> None:
        """Notes that an op has moved its operand to its output."""
        moved = self.read(op.a)
        if op.kind == Kind.SHUFFLE:
            order = np.arange(len(moved.zero)).reshape(op.groups, -1).T.reshape(-1)
            moved = Scales(moved.steps[order], moved.zero[order])
        self.write(op.out, moved)


def element_types(program: Program) -> List[Element]:
    """Returns the type of each tensor of the quantised program: heads and maps of one pixel stay float."""
    heads = {head.tensor for head in program.heads}
    return [Element.U8 if number == 0 else Element.F32 if number in heads or tensor.stride == 0 else Element.S8
            for number, tensor in enumerate(program.tensors)]
