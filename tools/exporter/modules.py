# SPDX-License-Identifier: MIT
"""Converts the module tree to a graph of literal operations: the top level, and the modules of v5lite-e and s."""

from __future__ import annotations

from typing import Any, Dict, List, Set

from .builder import ACTIVATIONS, CONV2D, MAX_POOL, Builder, Handler
from .checkpoint import Checkpoint, model_of
from .detect import class_names, head_infos
from .errors import brief
from .origin import not_detect, origin
from .rules import MAX_SPANS_OF_OPERAND
from .family import FAMILY
from .fold import BATCH_NORMS
from .graph import Activation, Graph, Kind, Node
from .tree import Module

SEQUENTIAL = "torch.nn.modules.container.Sequential"
DETECT = "models.yolo.Detect"
MAX_LAYERS = 1024


def build_graph(checkpoint: Checkpoint) -> Graph:
    """Returns the network of a checkpoint as a graph."""
    model = Module(checkpoint, model_of(checkpoint.root), "")
    sequence = model.child("model")
    if sequence.kind != SEQUENTIAL:
        raise sequence.fail(f"expected {SEQUENTIAL}")
    layers = [module for _, module in sequence.children()]
    if not layers or layers[-1].kind != DETECT:
        raise not_detect(sequence, layers)
    builder = Builder(HANDLERS)
    outputs: List[int] = []
    saved = _saved(model)
    for index, layer in enumerate(layers):
        inputs = [outputs[s] if s >= 0 else 0 for s in _sources(layer, index, saved)]
        if layer is layers[-1]:
            _detect(builder, model, layer, inputs)
        else:
            outputs.append(builder.emit(layer, inputs))
    builder.graph.class_names = class_names(model, layers[-1].integer("nc"))
    builder.graph.origin = origin(checkpoint.root, model.kind, builder)
    return builder.graph


def _saved(model: Module) -> Set[Any]:
    """Returns the layers whose output the model keeps."""
    saved = model.attribute("save")
    if not isinstance(saved, list) or len(saved) > MAX_LAYERS or not all(type(s) is int for s in saved):
        raise model.fail("save is not a list of layers, expected those whose output is kept")
    return set(saved)


def _sources(layer: Module, index: int, saved: Set[Any]) -> List[int]:
    """Returns the layers that a layer reads, as absolute indices; -1 is the picture."""
    if layer.integer("i") != index:
        raise layer.fail(f"i is {layer.integer('i')}, expected {index}")
    entries = layer.attribute("f")
    entries = entries if isinstance(entries, list) else [entries]
    if not 1 <= len(entries) <= MAX_SPANS_OF_OPERAND or not all(type(e) is int for e in entries):
        raise layer.fail("f is not made of integers, expected the layers it reads")
    sources = [e if e >= 0 else index + e for e in entries]
    for entry, source in zip(entries, sources):
        if source >= index or source < -1 or (entry >= 0 and source not in saved):
            raise layer.fail(f"reads layer {entry}, expected an earlier layer that the model saves")
    return sources


def _detect(builder: Builder, model: Module, module: Module, inputs: List[int]) -> None:
    graph = builder.graph
    graph.heads = head_infos(model, module, [graph.stride(v) for v in inputs])
    outputs = len(graph.heads[0].anchors) * (5 + module.integer("nc"))
    for index, ((_, conv), value) in enumerate(zip(module.child("m").children(), inputs)):
        node = graph.nodes[builder.convolution(conv, None, Activation.IDENTITY, value) - 1]
        if node.kind != Kind.CONV or node.step != 1 or node.channels != outputs:
            raise conv.fail(f"expected a dense convolution to {outputs} channels")
        node.kind, node.head = Kind.DETECT, index


# Containers and blocks

def _sequential(builder: Builder, module: Module, inputs: List[int]) -> int:
    """Adds the children in order. Makes one operation of consecutive Conv2d, BatchNorm2d and activation."""
    value = builder.single(module, inputs)
    children = [child for _, child in module.children()]
    while children:
        head = children.pop(0)
        if head.kind != CONV2D:
            value = builder.emit(head, [value])
            continue
        norm = children.pop(0) if children and children[0].kind in BATCH_NORMS else None
        followed = bool(children) and children[0].kind in ACTIVATIONS
        activation = builder.activation(children.pop(0)) if followed else Activation.IDENTITY
        value = builder.convolution(head, norm, activation, value)
    return value


def _max_pool(builder: Builder, module: Module, inputs: List[int]) -> int:
    return builder.pool(module, builder.single(module, inputs))


def _stem(builder: Builder, module: Module, inputs: List[int]) -> int:
    return builder.pool(module.child("maxpool"), builder.emit(module.child("conv"), [builder.single(module, inputs)]))


def _shuffle_block(builder: Builder, module: Module, inputs: List[int]) -> int:
    value, path, graph = builder.single(module, inputs), module.path, builder.graph
    stride, channels = module.integer("stride"), graph.channels(value)
    if stride == 1:
        if channels % 2 or value == 0:
            raise module.fail(f"{channels} channels, expected an even number")
        half = channels // 2
        kept, taken = (graph.add(Node(Kind.SPLIT, f"{path}.{name}", (value,), half, graph.stride(value), first=first))
                       for name, first in (("x1", 0), ("x2", half)))
        parts = [kept, builder.emit(module.child("branch2"), [taken])]
    else:
        parts = [builder.emit(module.child(branch), [value]) for branch in ("branch1", "branch2")]
    if 0 in parts or graph.channels(parts[0]) != graph.channels(parts[1]):
        raise module.fail("expected two branches of as many channels")
    joined = builder.join(module, f"{path}.cat", parts)
    return graph.add(Node(Kind.SHUFFLE, path, (joined,), graph.channels(joined), graph.stride(joined), groups=2))


def _dw_conv_block(builder: Builder, module: Module, inputs: List[int]) -> int:
    # Both ReLUs are calls in the module's code: they are not in the tree.
    value = builder.single(module, inputs)
    for index in ("1", "2"):
        value = builder.convolution(module.child("conv" + index), module.find("bn" + index), Activation.RELU, value)
    return value


def _conv_block(builder: Builder, module: Module, inputs: List[int]) -> int:
    return builder.convolution(module.child("conv"), builder.norm_of(module), builder.activation(module.child("act")),
                               builder.single(module, inputs))


def _c3(builder: Builder, module: Module, inputs: List[int]) -> int:
    value = builder.single(module, inputs)
    deep = builder.emit(module.child("m"), [builder.emit(module.child("cv1"), [value])])
    side = builder.emit(module.child("cv2"), [value])
    return builder.emit(module.child("cv3"), [builder.join(module, f"{module.path}.cat", [deep, side])])


def _bottleneck(builder: Builder, module: Module, inputs: List[int]) -> int:
    value = builder.single(module, inputs)
    result = builder.emit(module.child("cv2"), [builder.emit(module.child("cv1"), [value])])
    module.require("add", True, False)
    return builder.sum(module, f"{module.path}.add", [value, result], 1.0) if module.attribute("add") else result


# Joins

def _add(builder: Builder, module: Module, inputs: List[int]) -> int:
    alpha = module.attribute("a")
    if type(alpha) not in (int, float) or not abs(alpha) < 1e30:
        raise module.fail(f"a is {brief(alpha)}, expected a number")
    return builder.sum(module, module.path, inputs, float(alpha))


def _concat(builder: Builder, module: Module, inputs: List[int]) -> int:
    module.require("d", 1)
    return builder.join(module, module.path, inputs)


def _upsample(builder: Builder, module: Module, inputs: List[int]) -> int:
    value, graph = builder.single(module, inputs), builder.graph
    module.require("mode", "nearest")
    module.require("scale_factor", 2, (2, 2))
    module.require("size", None)
    stride = graph.stride(value)
    if stride % 2:
        raise module.fail("would be larger than the picture, expected a map that was reduced before")
    return graph.add(Node(Kind.UPSAMPLE, module.path, (value,), graph.channels(value), stride // 2))


HANDLERS: Dict[str, Handler] = {
    SEQUENTIAL: _sequential,
    MAX_POOL: _max_pool,
    "torch.nn.modules.upsampling.Upsample": _upsample,
    "models.common.conv_bn_relu_maxpool": _stem,
    "models.common.Shuffle_Block": _shuffle_block,
    "models.common.DWConvblock": _dw_conv_block,
    "models.common.Conv": _conv_block,
    "models.common.C3": _c3,
    "models.common.Bottleneck": _bottleneck,
    "models.common.ADD": _add,
    "models.common.Concat": _concat,
    **FAMILY,
}
