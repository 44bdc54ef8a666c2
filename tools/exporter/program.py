# SPDX-License-Identifier: MIT
"""The records of a .v5l file before they become bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import List, Optional, Sequence, Tuple

import numpy as np

from .graph import Activation, HeadInfo, Kind

LITERAL, PLANNED = 0, 1


class Element(IntEnum):
    """Types of a tensor's elements, numbered as in the file format."""

    F32 = 0
    U8 = 1
    F16 = 2
    S8 = 3


@dataclass(frozen=True)
class Tensor:
    """A feature map in memory. Tensor 0 is the picture, the only one of bytes."""

    channels: int
    stride: int
    type: Element = Element.F32


PICTURE = Tensor(3, 1, Element.U8)


@dataclass(frozen=True)
class Span:
    """Channels first .. first + count - 1 of a tensor, read at half resolution if `upsample` is 1."""

    tensor: int
    first: int
    count: int
    upsample: int = 0


@dataclass(frozen=True)
class Block:
    """A quantisation block: arrays in the order of the file, first those of the outputs, which the writer pads as it
    pads weights, then those of the inputs.
    """

    outputs: Tuple[np.ndarray, ...]
    inputs: Tuple[np.ndarray, ...] = ()


@dataclass
class Op:
    """One operation of the file. Weights have the order of the operands: row per output, column per input channel.

    With a block, the operation is quantised: weights are int8 and biases int32.
    """

    kind: Kind
    name: str
    a: Tuple[Span, ...]
    out: Tuple[Span, ...] = ()
    b: Tuple[Span, ...] = ()
    view: bool = False
    order: Optional[Tuple[int, ...]] = None
    activation: Activation = Activation.IDENTITY
    head: int = 0
    kernel: Tuple[int, int] = (0, 0)
    step: int = 0
    pad: int = 0
    groups: int = 0
    alpha: float = 0.0
    weight: Optional[np.ndarray] = None
    bias: Optional[np.ndarray] = None
    block: Optional[Block] = None


@dataclass(frozen=True)
class HeadMap:
    """The places of the channels of a head in its tensor; see Heads in weights/FORMAT.md."""

    tensor: int
    info: HeadInfo
    obj: Tuple[int, int]  # first, step
    box: Tuple[int, int]
    cls: Tuple[int, int]


@dataclass
class Program:
    """The whole file."""

    form: int
    class_names: List[str]
    tensors: List[Tensor] = field(default_factory=lambda: [PICTURE])
    ops: List[Op] = field(default_factory=list)
    heads: List[HeadMap] = field(default_factory=list)
    origin: str = ""  # the network's name, for people

    def new_tensor(self, channels: int, stride: int) -> int:
        """Adds a tensor and returns its number."""
        self.tensors.append(Tensor(channels, stride))
        return len(self.tensors) - 1

    def whole(self, tensor: int) -> Span:
        """Returns the span of all channels of a tensor."""
        return Span(tensor, 0, self.tensors[tensor].channels)


def width(spans: Sequence[Span]) -> int:
    """Returns the channel count of an operand."""
    return sum(span.count for span in spans)
