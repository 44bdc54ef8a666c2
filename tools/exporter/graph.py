# SPDX-License-Identifier: MIT
"""The network as a list of literal operations: PyTorch's modules one by one, with BatchNorm folded."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import List, Optional, Tuple

import numpy as np

from .errors import ExportError

MAX_OPS = 1024
MAX_CHANNELS = 8192  # of a value
WORK_OF_A_NODE = 64
MAX_WORK = 1 << 20  # channels that all operations read and write; v5lite-s has some 60,000


class Kind(IntEnum):
    """Operations, numbered as in the file format."""

    CONV = 1
    DWCONV = 2
    MAXPOOL = 3
    ADD = 4
    DETECT = 5
    SPLIT = 6
    CONCAT = 7
    SHUFFLE = 8
    UPSAMPLE = 9
    AVGPOOL = 10
    SCALE = 11


WEIGHTED = frozenset([Kind.CONV, Kind.DWCONV, Kind.DETECT])
MOVEMENT = frozenset([Kind.SPLIT, Kind.CONCAT, Kind.SHUFFLE, Kind.UPSAMPLE])
BINARY = frozenset([Kind.ADD, Kind.SCALE])


class Activation(IntEnum):
    """Activation functions, numbered as in the file format."""

    IDENTITY = 0
    RELU = 1
    SILU = 2
    HARDSWISH = 3


@dataclass
class Node:
    """One operation. Its output is the value with the number of the node plus one (value 0 is the picture)."""

    kind: Kind
    name: str
    inputs: Tuple[int, ...]
    channels: int  # of the output
    stride: int  # network input pixels per pixel of the output; 0: the output is one pixel
    activation: Activation = Activation.IDENTITY
    kernel: Tuple[int, int] = (0, 0)
    step: int = 0  # the stride of the window
    pad: int = 0
    groups: int = 0
    first: int = 0  # SPLIT: first channel taken
    alpha: float = 0.0  # ADD
    head: int = 0  # DETECT
    weight: Optional[np.ndarray] = None  # float32, folded in float64: [out][in / groups][kernel_h][kernel_w]
    bias: Optional[np.ndarray] = None  # float32 [out]


@dataclass(frozen=True)
class HeadInfo:
    """A detection level: its stride and its anchors as (width, height) in input pixels."""

    stride: int
    anchors: Tuple[Tuple[float, float], ...]


@dataclass
class Graph:
    """The whole network, in execution order."""

    nodes: List[Node] = field(default_factory=list)
    heads: List[HeadInfo] = field(default_factory=list)
    class_names: List[str] = field(default_factory=list)
    origin: str = ""  # the network's name, for people
    work: int = 0  # channels that the nodes read and write, in all

    def add(self, node: Node) -> int:
        """Appends a node and returns the number of its output value.

        Refuses a node that makes the network too large for the file. Checks here, because joins can multiply channels
        without end.
        """
        self.work += WORK_OF_A_NODE + node.channels + sum(map(self.channels, node.inputs))
        if node.channels > MAX_CHANNELS:
            raise ExportError(node.name, f"{node.channels} channels, expected at most {MAX_CHANNELS}")
        if len(self.nodes) >= MAX_OPS:
            raise ExportError(node.name, f"number of operations, expected at most {MAX_OPS}")
        if self.work > MAX_WORK:
            raise ExportError(node.name, f"more than {MAX_WORK} channels in all operations together, expected fewer")
        self.nodes.append(node)
        return len(self.nodes)

    def producer(self, value: int) -> Optional[Node]:
        """Returns the node that makes a value; None for the picture."""
        return self.nodes[value - 1] if value else None

    def channels(self, value: int) -> int:
        """Returns the channel count of a value."""
        return self.nodes[value - 1].channels if value else 3

    def stride(self, value: int) -> int:
        """Returns the network input pixels per pixel of a value; 0: the value is one pixel."""
        return self.nodes[value - 1].stride if value else 1
