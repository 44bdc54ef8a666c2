# SPDX-License-Identifier: MIT
"""Builds the graph: adds modules to it, with the operations that their handlers share.

Every attribute that matters is read or checked; none is assumed.
"""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence, Set, Tuple

import numpy as np

from .errors import ExportError
from .fold import fold
from .graph import Activation, Graph, Kind, Node
from .others import whose
from .tree import Module

CONV2D = "torch.nn.modules.conv.Conv2d"
MAX_POOL = "torch.nn.modules.pooling.MaxPool2d"
IDENTITY = "torch.nn.modules.linear.Identity"

ACTIVATIONS = {
    "torch.nn.modules.activation.SiLU": Activation.SILU,
    "torch.nn.modules.activation.ReLU": Activation.RELU,
    "torch.nn.modules.activation.Hardswish": Activation.HARDSWISH,
    IDENTITY: Activation.IDENTITY,
    "utils.activations.SiLU": Activation.SILU,
    "utils.activations.Hardswish": Activation.HARDSWISH,
}
# classes whose forward upstream's fuse() replaces
FUSED = ("models.common.Conv", "models.common.CBH", "models.common.RepVGGBlock")

MAX_KERNEL = 15


class Builder:
    """The graph, and the handler of each module class that can be added to it."""

    def __init__(self, handlers: Dict[str, "Handler"]) -> None:
        self.graph = Graph()
        self.handlers = handlers
        self.kinds: Set[str] = set()  # classes of the modules added so far

    def emit(self, module: Module, inputs: List[int]) -> int:
        """Adds a module's operations to the graph and returns its output value."""
        handler = self.handlers.get(module.kind)
        if handler is None:
            raise unsupported(module)
        if module.is_fused and module.kind not in FUSED:
            raise module.fail("its forward is replaced, expected that of its class")
        self.kinds.add(module.kind)
        return handler(self, module, inputs)

    def single(self, module: Module, inputs: Sequence[int]) -> int:
        """Returns the only value that a module reads."""
        if len(inputs) != 1:
            raise module.fail(f"reads {len(inputs)} layers, expected one")
        return inputs[0]

    def norm_of(self, module: Module) -> Optional[Module]:
        """Returns the BatchNorm of a convolution block; None if the block was fused."""
        norm = module.find("bn")
        if norm is not None and module.is_fused:
            raise module.fail("its forward is that of a fused module, expected no BatchNorm in it")
        return norm

    def activation(self, module: Module) -> Activation:
        """Returns the activation function of a module."""
        if module.kind not in ACTIVATIONS:
            raise module.fail(f"activation is not supported, expected "
                              f"{', '.join(k.rpartition('.')[2] for k in ACTIVATIONS)}")
        return ACTIVATIONS[module.kind]

    # Convolutions

    def convolution(self, conv: Module, norm: Optional[Module], activation: Activation, value: int,
                    needs_bias: bool = True) -> int:
        """Adds Conv2d + BatchNorm2d + activation as one operation, named after the Conv2d. needs_bias: see `fold`."""
        weight, bias = self.folded(conv, norm, self.graph.channels(value), needs_bias)
        return self.weighted(conv, conv.path, (weight, bias), activation, value, conv.integer("groups"),
                             conv.integer("stride"), conv.integer("padding"))

    def folded(self, conv: Module, norm: Optional[Module], channels: int,
               needs_bias: bool = True) -> Tuple[np.ndarray, np.ndarray]:
        """Returns weight [out][channels / groups][kh][kw] and bias [out] of Conv2d + BatchNorm2d that reads so many
        channels.
        """
        if conv.kind != CONV2D:
            raise conv.fail(f"expected {CONV2D}")
        conv.require("dilation", (1, 1), 1)
        conv.require("padding_mode", "zeros")
        conv.require("transposed", False)
        weight, bias = fold(conv, norm, needs_bias)
        groups, kernel = conv.integer("groups"), conv.pair("kernel_size")
        if groups < 1 or weight.shape != (conv.integer("out_channels"), channels // groups,
                                          *kernel) or channels % groups:
            raise conv.fail(f"weight of shape {weight.shape} on {channels} channels in {groups} groups, expected them "
                            "to agree")
        return weight, bias

    def weighted(self, module: Module, name: str, arrays: Tuple[np.ndarray, np.ndarray], activation: Activation,
                 value: int,
                 groups: int, step: int, pad: int) -> int:
        """Adds a convolution of these weights [out][in / groups][kh][kw] and biases. `module`: the one that errors
        name.
        """
        (weight, bias), channels = arrays, self.graph.channels(value)
        if groups != 1 and not groups == channels == len(weight):
            raise module.fail(f"{groups} groups, expected 1 or as many as channels")
        kind = Kind.CONV if groups == 1 else Kind.DWCONV
        if kind == Kind.DWCONV and value == 0:
            raise module.fail("a depthwise convolution reads the picture, expected a dense one")
        if value == 0:
            weight = weight / 255.0  # the picture's values are bytes
        node = Node(kind, name, (value,), len(weight), self.graph.stride(value), activation, weight.shape[2:],
                    groups=groups,
                    weight=weight.astype(np.float32), bias=bias.astype(np.float32))
        self.window(module, node, step, pad)
        return self.graph.add(node)

    def window(self, module: Module, node: Node, step: int, pad: int) -> None:
        """Sets and checks step and padding: every operation maps H rows to exactly H / step rows."""
        node.step, node.pad = step, pad
        if node.stride == 0 and (node.kind, node.kernel, step, pad) != (Kind.CONV, (1, 1), 1, 0):
            raise module.fail("reads a map of one pixel, expected a dense 1x1 convolution")
        node.stride *= step
        if step not in (1, 2, 4):
            raise module.fail(f"stride {step}, expected 1, 2 or 4")
        for size in node.kernel:
            if not (1 <= size <= MAX_KERNEL and 0 <= 2 * pad - (size - step) < step and pad < size):
                raise module.fail(f"kernel {size}, stride {step}, padding {pad}: expected a window of at most "
                                  f"{MAX_KERNEL} that maps H rows to H / stride rows")

    def pool(self, module: Module, value: int, name: str = "") -> int:
        """Adds a MaxPool2d. name: of the operation, where the module has several."""
        if module.kind != MAX_POOL:
            raise module.fail(f"expected {MAX_POOL}")
        module.require("dilation", 1, (1, 1))
        module.require("ceil_mode", False)
        module.require("return_indices", False)
        if value == 0:
            raise module.fail("reads the picture, expected a feature map")
        node = Node(Kind.MAXPOOL, name or module.path, (value,), self.graph.channels(value), self.graph.stride(value),
                    kernel=module.pair("kernel_size"))
        self.window(module, node, module.integer("stride"), module.integer("padding"))
        return self.graph.add(node)

    # Joins

    def join(self, module: Module, name: str, values: List[int]) -> int:
        """Adds the concatenation of the values' channels."""
        strides = {self.graph.stride(v) for v in values}
        if 0 in values or len(strides) != 1:
            raise module.fail("joins maps of different sizes, or the picture; expected feature maps of one size")
        return self.graph.add(Node(Kind.CONCAT, name, tuple(values), sum(map(self.graph.channels, values)),
                                   strides.pop()))

    def sum(self, module: Module, name: str, values: List[int], alpha: float) -> int:
        """Adds first value + alpha * second."""
        shapes = {(self.graph.channels(v), self.graph.stride(v)) for v in values}
        if len(values) != 2 or 0 in values or len(shapes) != 1:
            raise module.fail("expected two feature maps of one shape")
        channels, stride = shapes.pop()
        return self.graph.add(Node(Kind.ADD, name, tuple(values), channels, stride, alpha=alpha))


Handler = Callable[[Builder, Module, List[int]], int]


def unsupported(module: Module) -> ExportError:
    """Returns the error about a module of an unknown class."""
    return ExportError(module.path, f"module class {module.kind} is not supported{whose(module.kind)}")
