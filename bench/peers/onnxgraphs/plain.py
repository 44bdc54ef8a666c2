# SPDX-License-Identifier: MIT
"""Builds the graph that exporters to ONNX give: the literal program, op for op, on [1, channels, h, w] floats.

With ranges it is in 8 bits in the usual form: a QuantizeLinear and a DequantizeLinear after each result (QDQ), from
which ONNX Runtime makes its integer operators when it loads the graph.
"""

from __future__ import annotations

from typing import Dict, List, Optional

import numpy as np

from exporter.errors import ExportError
from exporter.graph import MOVEMENT, Activation, Kind
from exporter.program import Op, Program

from .ranges import MAX_BIAS, PICTURE, SHARE, Range, Scale, quantised_weights, scale_of, silu_input
from .wire import Graph


class Builder:
    """The graph while it grows, op by op. A literal program has one tensor for each result."""

    def __init__(self, program: Program, size: int, ranges: Optional[Dict[str, Range]]) -> None:
        self.program, self.size, self.measured = program, size, ranges
        self.graph = Graph()
        self.names: Dict[int, str] = {}  # by tensor
        self.scales: Dict[int, Scale] = {0: PICTURE}
        self.ranges: Dict[int, Range] = {0: (0.0, 1.0)}

    def build(self) -> Graph:
        """Returns the whole graph."""
        picture = self.graph.input("picture", "float32", (1, 3, self.size, self.size))
        self.names[0] = self._quantised(picture, PICTURE)
        for op in self.program.ops:
            self._op(op)
        return self.graph

    def _op(self, op: Op) -> None:
        make = {Kind.CONV: self._convolution, Kind.DWCONV: self._convolution, Kind.DETECT: self._convolution,
                Kind.MAXPOOL: self._pool, Kind.ADD: self._add, Kind.SPLIT: self._split, Kind.CONCAT: self._concat,
                Kind.SHUFFLE: self._shuffle, Kind.UPSAMPLE: self._upsample}.get(op.kind)
        if make is None or op.activation not in (Activation.IDENTITY, Activation.RELU, Activation.SILU):
            raise ExportError(op.name, f"{op.kind.name} with {op.activation.name}: expected a network like e or s")
        target = op.out[0].tensor
        name = self._activated(op, make(op))
        self.ranges[target] = self._range(op)
        same = op.kind == Kind.MAXPOOL or op.kind in MOVEMENT and op.kind != Kind.CONCAT
        self.scales[target] = self.scales[op.a[0].tensor] if same else scale_of(self.ranges[target])
        self.names[target] = self._quantised(name, self.scales[target])
        if op.kind == Kind.DETECT:
            tensor = self.program.tensors[target]
            side = self.size // tensor.stride
            self.graph.node("Identity", [self.names[target]], output=f"head{op.head}")
            self.graph.output(f"head{op.head}", "float32", (1, tensor.channels, side, side))

    def _range(self, op: Op) -> Range:
        """Returns the range of a result: measured, or that of what is moved."""
        if self.measured is not None and op.kind not in MOVEMENT and op.kind != Kind.MAXPOOL:
            return self.measured[op.name]
        inputs = [self.ranges[span.tensor] for span in op.a]
        return min(low for low, _ in inputs), max(high for _, high in inputs)

    # Quantisation

    def _constants(self, *values: object) -> List[str]:
        return [self.graph.constant(np.asarray(value)) for value in values]

    def _quantised(self, name: str, scale: Scale) -> str:
        """Adds the pair of operators after a result."""
        if self.measured is None:
            return name
        parameters = self._constants(np.float32(scale.scale), np.uint8(scale.zero))
        integers = self.graph.node("QuantizeLinear", [name, *parameters])
        return self.graph.node("DequantizeLinear", [integers, *parameters])

    def _weights(self, op: Op, source: Scale) -> List[str]:
        """Returns the names of weights and biases."""
        weight = op.weight * np.float32(255) if op.a[0].tensor == 0 else op.weight  # the program reads bytes
        if self.measured is None:
            return self._constants(weight, op.bias)
        integers, unit = quantised_weights(weight)
        sums = np.clip(np.rint(op.bias / (unit * np.float64(source.scale))), -MAX_BIAS, MAX_BIAS).astype(np.int32)
        pairs = ((integers, unit), (sums, unit * np.float32(source.scale)))
        return [self.graph.node("DequantizeLinear", self._constants(array, step, np.zeros(len(step), array.dtype)),
                                axis=0) for array, step in pairs]

    # Ops

    def _convolution(self, op: Op) -> str:
        source = op.a[0].tensor
        return self.graph.node("Conv", [self.names[source], *self._weights(op, self.scales[source])],
                               group=op.groups, kernel_shape=op.kernel, pads=[op.pad] * 4, strides=[op.step] * 2)

    def _activated(self, op: Op, name: str) -> str:
        if op.activation == Activation.RELU:
            return self.graph.node("Relu", [name])
        if op.activation == Activation.SILU:
            x = name if self.measured is None else \
                self._quantised(name, scale_of(silu_input(self.measured[op.name])))
            return self.graph.node("Mul", [x, self._quantised(self.graph.node("Sigmoid", [x]), SHARE)])
        return name

    def _pool(self, op: Op) -> str:
        return self.graph.node("MaxPool", [self.names[op.a[0].tensor]], kernel_shape=op.kernel, pads=[op.pad] * 4,
                               strides=[op.step] * 2)

    def _add(self, op: Op) -> str:
        a, b = self.names[op.a[0].tensor], self.names[op.b[0].tensor]
        if op.alpha != 1.0:
            b = self.graph.node("Mul", [b, *self._constants(np.float32(op.alpha))])
        return self.graph.node("Add", [a, b])

    def _split(self, op: Op) -> str:
        span = op.a[0]
        bounds = self._constants(*(np.array([n], np.int64) for n in (span.first, span.first + span.count, 1)))
        return self.graph.node("Slice", [self.names[span.tensor], *bounds])

    def _concat(self, op: Op) -> str:
        return self.graph.node("Concat", [self.names[span.tensor] for span in op.a], axis=1)

    def _shuffle(self, op: Op) -> str:
        channels, side = op.out[0].count, self.size // self.program.tensors[op.out[0].tensor].stride
        shapes = self._constants(np.array([1, op.groups, channels // op.groups, side, side], np.int64),
                                 np.array([1, channels, side, side], np.int64))
        groups = self.graph.node("Reshape", [self.names[op.a[0].tensor], shapes[0]])
        return self.graph.node("Reshape", [self.graph.node("Transpose", [groups], perm=[0, 2, 1, 3, 4]), shapes[1]])

    def _upsample(self, op: Op) -> str:
        scales = self._constants(np.array([1, 1, 2, 2], np.float32))
        return self.graph.node("Resize", [self.names[op.a[0].tensor], "", *scales], mode="nearest",
                               coordinate_transformation_mode="asymmetric", nearest_mode="floor")


def plain_graph(program: Program, size: int, ranges: Optional[Dict[str, Range]] = None) -> bytes:
    """Returns the file of a literal program at an input size: floats, or QDQ with ranges of results by op name."""
    return Builder(program, size, ranges).build().data()
