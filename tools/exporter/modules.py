# SPDX-License-Identifier: MIT
"""Module tree -> graph of literal operations. Every attribute that matters is read or checked, none is assumed."""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence

from .checkpoint import Checkpoint, model_of
from .detect import class_names, head_infos
from .errors import ExportError, brief
from .fold import BATCH_NORM, fold
from .graph import Activation, Graph, Kind, Node
from .tree import Module

CONV2D = "torch.nn.modules.conv.Conv2d"
SEQUENTIAL = "torch.nn.modules.container.Sequential"
DETECT = "models.yolo.Detect"

ACTIVATIONS = {
    "torch.nn.modules.activation.SiLU": Activation.SILU,
    "torch.nn.modules.activation.ReLU": Activation.RELU,
    "torch.nn.modules.linear.Identity": Activation.IDENTITY,
}


def build_graph(checkpoint: Checkpoint) -> Graph:
    """The network of a checkpoint as a graph."""
    return _Builder(checkpoint).run()


class _Builder:
    def __init__(self, checkpoint: Checkpoint) -> None:
        self.model = Module(checkpoint, model_of(checkpoint.root), "")
        self.graph = Graph()
        self.handlers: Dict[str, Callable[[Module, List[int]], int]] = {
            SEQUENTIAL: self.sequential,
            "models.common.conv_bn_relu_maxpool": self.stem,
            "models.common.Shuffle_Block": self.shuffle_block,
            "models.common.DWConvblock": self.dw_conv_block,
            "models.common.Conv": self.conv_block,
            "models.common.C3": self.c3,
            "models.common.Bottleneck": self.bottleneck,
            "models.common.ADD": self.add,
            "models.common.Concat": self.concat,
            "torch.nn.modules.upsampling.Upsample": self.upsample,
        }

    # The top level

    def run(self) -> Graph:
        sequence = self.model.child("model")
        if sequence.kind != SEQUENTIAL:
            raise sequence.fail(f"expected {SEQUENTIAL}")
        layers = [module for _, module in sequence.children()]
        if not layers or layers[-1].kind != DETECT:
            raise sequence.fail(f"expected {DETECT} as the last layer")
        outputs: List[int] = []
        for index, layer in enumerate(layers):
            sources = self.sources(layer, index)
            inputs = [outputs[s] if s >= 0 else 0 for s in sources]
            if layer is layers[-1]:
                self.detect(layer, inputs)
            else:
                outputs.append(self.emit(layer, inputs))
        self.graph.class_names = class_names(self.model, layers[-1].integer("nc"))
        return self.graph

    def sources(self, layer: Module, index: int) -> List[int]:
        """The layers that a layer reads, as absolute indices; -1 is the picture."""
        if layer.integer("i") != index:
            raise layer.fail(f"i is {layer.integer('i')}, expected {index}")
        entries = layer.attribute("f")
        entries = entries if isinstance(entries, list) else [entries]
        if not entries or not all(type(e) is int for e in entries):
            raise layer.fail("f is not made of integers, expected the layers it reads")
        sources = [e if e >= 0 else index + e for e in entries]
        saved = self.model.attribute("save")
        if not isinstance(saved, list):
            raise self.model.fail("save is not a list, expected the layers whose output is kept")
        for entry, source in zip(entries, sources):
            if source >= index or source < -1 or (entry >= 0 and source not in saved):
                raise layer.fail(f"reads layer {entry}, expected an earlier layer that the model saves")
        return sources

    def emit(self, module: Module, inputs: List[int]) -> int:
        """Adds a module's operations to the graph and returns its output value."""
        handler = self.handlers.get(module.kind)
        if handler is None:
            raise ExportError(module.path, f"module class {module.kind} is not supported")
        return handler(module, inputs)

    # Convolutions

    def convolution(self, conv: Module, norm: Optional[Module], activation: Activation, value: int) -> int:
        """Conv2d + BatchNorm2d + activation as one operation, named after the Conv2d."""
        if conv.kind != CONV2D:
            raise conv.fail(f"expected {CONV2D}")
        conv.require("dilation", (1, 1), 1)
        conv.require("padding_mode", "zeros")
        conv.require("transposed", False)
        weight, bias = fold(conv, norm, 1.0 / 255.0 if value == 0 else 1.0)
        channels, groups, kernel = self.graph.channels(value), conv.integer("groups"), conv.pair("kernel_size")
        if groups < 1 or weight.shape != (conv.integer("out_channels"), channels // groups, *kernel) or channels % groups:
            raise conv.fail(f"weight of shape {weight.shape} on {channels} channels in {groups} groups, expected them to agree")
        if groups != 1 and not groups == channels == len(weight):
            raise conv.fail(f"{groups} groups, expected 1 or as many as channels")
        kind = Kind.CONV if groups == 1 else Kind.DWCONV
        if kind == Kind.DWCONV and value == 0:
            raise conv.fail("a depthwise convolution reads the picture, expected a dense one")
        node = Node(kind, conv.path, (value,), len(weight), self.graph.stride(value), activation,
                    kernel, groups=groups, weight=weight, bias=bias)
        self.window(conv, node)
        return self.graph.add(node)

    def window(self, module: Module, node: Node) -> None:
        """Sets and checks step and padding: every operation maps H rows to exactly H / step rows."""
        node.step, node.pad = module.integer("stride"), module.integer("padding")
        node.stride *= node.step
        if node.step not in (1, 2, 4):
            raise module.fail(f"stride {node.step}, expected 1, 2 or 4")
        for size in node.kernel:
            if not (1 <= size <= 15 and 0 <= 2 * node.pad - (size - node.step) < node.step and node.pad < size):
                raise module.fail(f"kernel {size}, stride {node.step}, padding {node.pad}: "
                                  "expected a window that maps H rows to H / stride rows")

    def activation(self, module: Module) -> Activation:
        if module.kind not in ACTIVATIONS:
            raise module.fail(f"activation is not supported, expected {', '.join(k.rpartition('.')[2] for k in ACTIVATIONS)}")
        return ACTIVATIONS[module.kind]

    def single(self, module: Module, inputs: Sequence[int]) -> int:
        if len(inputs) != 1:
            raise module.fail(f"reads {len(inputs)} layers, expected one")
        return inputs[0]

    # Containers and blocks

    def sequential(self, module: Module, inputs: List[int]) -> int:
        """Children in order; Conv2d, BatchNorm2d and an activation that follow one another become one operation."""
        value = self.single(module, inputs)
        children = [child for _, child in module.children()]
        while children:
            head = children.pop(0)
            if head.kind != CONV2D:
                value = self.emit(head, [value])
                continue
            norm = children.pop(0) if children and children[0].kind == BATCH_NORM else None
            followed = bool(children) and children[0].kind in ACTIVATIONS
            activation = self.activation(children.pop(0)) if followed else Activation.IDENTITY
            value = self.convolution(head, norm, activation, value)
        return value

    def stem(self, module: Module, inputs: List[int]) -> int:
        value = self.emit(module.child("conv"), [self.single(module, inputs)])
        pool = module.child("maxpool")
        if pool.kind != "torch.nn.modules.pooling.MaxPool2d":
            raise pool.fail("expected torch.nn.modules.pooling.MaxPool2d")
        pool.require("dilation", 1, (1, 1))
        pool.require("ceil_mode", False)
        pool.require("return_indices", False)
        node = Node(Kind.MAXPOOL, pool.path, (value,), self.graph.channels(value), self.graph.stride(value),
                    kernel=pool.pair("kernel_size"))
        self.window(pool, node)
        return self.graph.add(node)

    def shuffle_block(self, module: Module, inputs: List[int]) -> int:
        value, path, graph = self.single(module, inputs), module.path, self.graph
        stride, channels = module.integer("stride"), graph.channels(value)
        if stride == 1:
            if channels % 2 or value == 0:
                raise module.fail(f"{channels} channels, expected an even number")
            half = channels // 2
            kept, taken = (graph.add(Node(Kind.SPLIT, f"{path}.{name}", (value,), half, graph.stride(value), first=first))
                           for name, first in (("x1", 0), ("x2", half)))
            parts = [kept, self.emit(module.child("branch2"), [taken])]
        else:
            parts = [self.emit(module.child(branch), [value]) for branch in ("branch1", "branch2")]
        if 0 in parts or graph.channels(parts[0]) != graph.channels(parts[1]):
            raise module.fail("expected two branches of as many channels")
        joined = self.join(module, f"{path}.cat", parts)
        return graph.add(Node(Kind.SHUFFLE, path, (joined,), graph.channels(joined), graph.stride(joined), groups=2))

    def dw_conv_block(self, module: Module, inputs: List[int]) -> int:
        # Both ReLUs are calls in the module's code: the tree does not show them.
        value = self.single(module, inputs)
        for index in ("1", "2"):
            value = self.convolution(module.child("conv" + index), module.child("bn" + index), Activation.RELU, value)
        return value

    def conv_block(self, module: Module, inputs: List[int]) -> int:
        return self.convolution(module.child("conv"), module.find("bn"), self.activation(module.child("act")),
                                self.single(module, inputs))

    def c3(self, module: Module, inputs: List[int]) -> int:
        value = self.single(module, inputs)
        deep = self.emit(module.child("m"), [self.emit(module.child("cv1"), [value])])
        side = self.emit(module.child("cv2"), [value])
        return self.emit(module.child("cv3"), [self.join(module, f"{module.path}.cat", [deep, side])])

    def bottleneck(self, module: Module, inputs: List[int]) -> int:
        value = self.single(module, inputs)
        result = self.emit(module.child("cv2"), [self.emit(module.child("cv1"), [value])])
        module.require("add", True, False)
        return self.sum(module, f"{module.path}.add", [value, result], 1.0) if module.attribute("add") else result

    # Joins

    def join(self, module: Module, name: str, values: List[int]) -> int:
        strides = {self.graph.stride(v) for v in values}
        if 0 in values or len(strides) != 1:
            raise module.fail("joins maps of different sizes, or the picture; expected feature maps of one size")
        return self.graph.add(Node(Kind.CONCAT, name, tuple(values), sum(map(self.graph.channels, values)), strides.pop()))

    def sum(self, module: Module, name: str, values: List[int], alpha: float) -> int:
        shapes = {(self.graph.channels(v), self.graph.stride(v)) for v in values}
        if len(values) != 2 or 0 in values or len(shapes) != 1:
            raise module.fail("expected two feature maps of one shape")
        channels, stride = shapes.pop()
        return self.graph.add(Node(Kind.ADD, name, tuple(values), channels, stride, alpha=alpha))

    def add(self, module: Module, inputs: List[int]) -> int:
        alpha = module.attribute("a")
        if type(alpha) not in (int, float) or not abs(alpha) < 1e30:
            raise module.fail(f"a is {brief(alpha)}, expected a number")
        return self.sum(module, module.path, inputs, float(alpha))

    def concat(self, module: Module, inputs: List[int]) -> int:
        module.require("d", 1)
        return self.join(module, module.path, inputs)

    def upsample(self, module: Module, inputs: List[int]) -> int:
        value = self.single(module, inputs)
        module.require("mode", "nearest")
        module.require("scale_factor", 2, (2, 2))
        module.require("size", None)
        stride = self.graph.stride(value)
        if stride % 2:
            raise module.fail("would be larger than the picture, expected a map that was reduced before")
        return self.graph.add(Node(Kind.UPSAMPLE, module.path, (value,), self.graph.channels(value), stride // 2))

    # Heads

    def detect(self, module: Module, inputs: List[int]) -> None:
        self.graph.heads = head_infos(self.model, module, [self.graph.stride(v) for v in inputs])
        outputs = len(self.graph.heads[0].anchors) * (5 + module.integer("nc"))
        for index, ((_, conv), value) in enumerate(zip(module.child("m").children(), inputs)):
            node = self.graph.nodes[self.convolution(conv, None, Activation.IDENTITY, value) - 1]
            if node.kind != Kind.CONV or node.step != 1 or node.channels != outputs:
                raise conv.fail(f"expected a dense convolution to {outputs} channels")
            node.kind, node.head = Kind.DETECT, index
