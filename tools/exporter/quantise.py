# SPDX-License-Identifier: MIT
"""Turns a program in float32 into one in 8 bits, given the range of each channel of each op's output.

The arithmetic is that of weights/FORMAT.md, "Quantised networks". Everything here is exact or rounded alike by every
machine, so equal ranges give equal bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Dict, List, Tuple

import numpy as np

from .errors import ExportError
from .graph import WEIGHTED, Activation, Kind
from .layout import DENSE, grouped_columns, segments
from .neighbours import MAX_WEIGHT, Neighbours
from .program import Block, Element, Op, Program, Span
from .scales import SCALE_LIMIT, Scales, Tracker, chosen, element_types

MAX_BIAS = 1 << 29
MAX_DEPTH = 32767
SMALLEST_FACTOR = 2.0 ** -99
CURVED = (Activation.SILU, Activation.HARDSWISH)
CURVED_STEP = 1 / 256  # their inputs and outputs have 16 bits in such steps
ADD_BITS = 20
MAX_RATIO = 2.0 ** 19  # of steps of a SCALE
MOST_ADD_FACTOR = 1 << 22  # of the format
MAX_ADD_FACTOR = 3.0  # of a scale of A or B to that of the output; 3 * 2^20 * 128 * 2 + 2^28 < 2^30


@dataclass(frozen=True)
class Statistics:
    """Statistics of a network on pictures, by op."""

    ranges: Dict[int, Tuple[np.ndarray, np.ndarray]]  # smallest and largest value of each output channel
    means: Dict[int, np.ndarray]  # [window position][input channel]: mean of what a position of the window reads


@dataclass
class Layer:
    """Inputs of the computation of a quantised convolution's biases."""

    weight: np.ndarray  # float64 [out][in / groups][kh][kw]: of the network in float32, as the biases
    bias: np.ndarray
    unit: np.ndarray  # float64 [out]: what 1 in a sum stands for
    inputs: Scales
    reads_picture: bool

    def set_bias(self, op: Op, means: np.ndarray, quantised_means: np.ndarray) -> None:
        """Sets the biases of the quantised `op` so that its sums are, on average, those of the network in float32.

        means, quantised_means: of the inputs in both networks, raw values, as in Statistics.
        """
        integers, zero = op.weight.astype(np.float64), np.broadcast_to(self.inputs.zero, means.shape)
        above_zero = quantised_means - (0 if self.reads_picture else zero)
        shift = _sums(op, self.weight, means) - self.unit * _sums(op, integers, above_zero)
        sums = np.rint((self.bias + shift) / self.unit) - _sums(op, integers, zero)
        op.bias = np.clip(sums, -MAX_BIAS, MAX_BIAS).astype(np.int32)


def check_suits(program: Program) -> None:
    """Refuses ops that the format has not in 8 bits, before pictures are run."""
    types = element_types(program)
    for op in program.ops:
        a, b, out = ([types[span.tensor] for span in spans] for spans in (op.a, op.b, op.out))
        alike = len({*a}) == 1 and len({*out}) <= 1
        if op.kind == Kind.CONV:
            alike = alike and a[0] in (out[0], Element.U8)
        elif op.kind in (Kind.DETECT, Kind.AVGPOOL):
            alike = alike and out[0] == Element.F32
        elif not op.view:
            alike = alike and a[0] == out[0] and (op.kind != Kind.ADD or a[0] == b[0])
        if not alike:
            raise ExportError(op.name, f"{op.kind.name} mixes maps in 8 bits with the picture or the map of a head, "
                                       "expected a network without that for --int8")
        if op.kind == Kind.ADD and op.activation in CURVED:
            raise ExportError(op.name, f"ADD with {op.activation.name}, expected none or RELU for --int8")


class Quantiser:
    """The program in 8 bits while it grows, op by op in the order of execution."""

    def __init__(self, program: Program, statistics: Statistics) -> None:
        types = element_types(program)
        tensors = [replace(tensor, type=kind) for tensor, kind in zip(program.tensors, types)]
        self.source, self.statistics = program, statistics
        self.program = replace(program, tensors=tensors, ops=[])
        self.scales = Tracker(program)
        self.layers: Dict[int, Layer] = {}  # by op
        self.warnings: List[str] = []

    def run(self) -> Program:
        """Quantises all ops."""
        for index, op in enumerate(self.source.ops):
            self.program.ops.append(self._op(index, op))
        return self.program

    def _type(self, spans: Tuple[Span, ...]) -> Element:
        return self.program.tensors[spans[0].tensor].type

    def _op(self, index: int, op: Op) -> Op:
        if op.view or Element.S8 not in (self._type(op.a), self._type(op.out)):
            return replace(op)
        if op.kind in WEIGHTED:
            return self._weighted(index, op)
        if op.kind == Kind.ADD:
            return self._add(index, op)
        if op.kind == Kind.SCALE:
            return self._scale(index, op)
        if op.kind == Kind.AVGPOOL:
            scales = self.scales.read(op.a)
            return replace(op, block=Block((scales.scale.astype(np.float32), scales.zero)))
        self.scales.move(op)
        return replace(op)

    def _output(self, index: int, op: Op, at_least: np.ndarray) -> Scales:
        """Chooses the scales of an op's output, each at least `at_least`."""
        low, high = (values.astype(np.float64) for values in self.statistics.ranges[index])
        scales = chosen(op, low, high, at_least)
        self.scales.write(op.out, scales)
        if op.activation in CURVED and high.max() > (1 << 15) * CURVED_STEP:
            self.warnings.append(f"{op.name}: values up to {high.max():.0f}: {op.activation.name.lower()} in 8 bits "
                                 "ends at 128, so larger ones are cut")
        return scales

    # Convolutions

    def _weighted(self, index: int, op: Op) -> Op:
        self._check_depth(op)
        inputs = self.scales.read(op.a)
        weight, bias = op.weight.astype(np.float64), op.bias.astype(np.float64)
        by_input = inputs.scale[:, None, None, None] if op.kind == Kind.DWCONV else inputs.scale[:, None, None]
        scaled = weight * by_input
        # Half of a bias's range is for the real one, the other half for the zero points of the inputs.
        unit = np.maximum(np.abs(scaled).max((1, 2, 3)) / MAX_WEIGHT, np.abs(bias) / (MAX_BIAS / 2))
        # Each weight of a depthwise convolution is multiplied by itself.
        pairs = Neighbours.within(segments(self.program, op) if op.kind in DENSE else [])
        unit, block = self._tail(index, op, inputs, pairs.best_unit(scaled, unit))
        integers = np.clip(np.rint(scaled / unit[:, None, None, None]), -MAX_WEIGHT, MAX_WEIGHT).astype(np.int8)
        result = replace(op, weight=integers, block=block)
        layer = self.layers[index] = Layer(weight, bias, unit, inputs, self._type(op.a) == Element.U8)
        means = self.statistics.means[index]
        # As if the inputs had these means in 8 bits, too.
        layer.set_bias(result, means, means if layer.reads_picture else means * inputs.steps + inputs.zero)
        return result

    def _check_depth(self, op: Op) -> None:
        depth = len(grouped_columns(segments(self.program, op))) if op.kind in DENSE else 0
        if depth > MAX_DEPTH:
            raise ExportError(op.name, f"{depth} products in a sum, expected at most {MAX_DEPTH} for --int8")

    def _tail(self, index: int, op: Op, inputs: Scales, unit: np.ndarray) -> Tuple[np.ndarray, Block]:
        """Returns what 1 in a sum stands for, `unit` within limits, and the quantisation block."""
        padding = (inputs.zero,) if op.pad > 0 and self._type(op.a) == Element.S8 else ()
        if op.kind == Kind.DETECT:
            if unit.max() > SCALE_LIMIT:
                found = max(np.abs(op.weight).max(), np.abs(op.bias).max())
                raise ExportError(op.name, f"weights and biases up to {found:.2g}, expected smaller ones for --int8")
            unit = np.maximum(unit, SMALLEST_FACTOR)
            return unit, Block((unit.astype(np.float32),), padding)
        if op.activation in CURVED:
            output, step = self._output(index, op, np.zeros(len(unit))), np.full(len(unit), CURVED_STEP)
            if (unit > step).any():
                self.warnings.append(f"{op.name}: weights are cut, because 8 bits cannot hold them: expect errors")
        else:
            output = self._output(index, op, unit)
            step = output.scale
        unit = np.clip(unit, step * SMALLEST_FACTOR, step)
        factor = np.minimum(unit / step, 1.0).astype(np.float32)
        return unit, Block((factor, output.steps, output.zero), padding)

    # Other ops

    def _add(self, index: int, op: Op) -> Op:
        a, b = self.scales.read(op.a), self.scales.read(op.b)
        scale_b = op.alpha * b.scale
        output = self._output(index, op, np.maximum(a.scale, np.abs(scale_b)) / MAX_ADD_FACTOR)
        factors = [np.rint(scale / output.scale * (1 << ADD_BITS)) for scale in (a.scale, scale_b)]
        if np.abs(factors).max() > MOST_ADD_FACTOR:
            raise ExportError(op.name, f"a factor of {op.alpha:.2g}, expected a smaller one for --int8")
        offset = (1 << (ADD_BITS - 1)) - factors[0] * a.zero - factors[1] * b.zero \
            + output.zero.astype(np.float64) * (1 << ADD_BITS)
        integers = [values.astype(np.int32) for values in (*factors, offset)]
        return replace(op, block=Block((*integers, output.steps, output.zero)))

    def _scale(self, index: int, op: Op) -> Op:
        a = self.scales.read(op.a)
        output = self._output(index, op, a.scale / MAX_RATIO)
        ratio = output.steps.astype(np.float64) * a.scale
        return replace(op, block=Block((ratio.astype(np.float32), output.steps, a.zero, output.zero)))


def _sums(op: Op, weight: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Returns the sum of weights times values [window position][input channel] for each output. Adds one product after
    another, which is the same on every machine.
    """
    if op.kind == Kind.DWCONV:
        products = weight.reshape(len(weight), -1) * values.T
    else:
        products = weight.transpose(0, 2, 3, 1).reshape(len(weight), -1) * values.reshape(-1)
    return np.cumsum(products, axis=1)[:, -1]
