# SPDX-License-Identifier: MIT
"""Builds the fastest graph for ONNX Runtime in 8 bits that we know: its own operators on [1, h, w, channels] bytes.

Convolutions are com.microsoft's QLinearConv with channels_last, heads MatMulIntegerToFloat. The graph comes from
the planned program, whose channels are in an order that needs no shuffles. What an op reads are pieces of earlier
results: Slice and Concat copy them, and all values that meet in a Concat share a scale, so none is rescaled.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Dict, List, Sequence, Tuple

import numpy as np

from exporter.errors import ExportError
from exporter.graph import Activation, Kind
from exporter.program import Op, Program, Span

from .ranges import MAX_BIAS, PICTURE, SHARE, Range, Scale, quantised_weights, scale_of, silu_input, width
from .wire import MICROSOFT, Attribute, Graph

Channel = Tuple[int, int, int]  # op that wrote it (-1: the picture), its channel there, 1 if read at half resolution
Run = Tuple[int, int, int, int]  # op, first channel, end, upsample
FAST = 16  # channels that ONNX Runtime's depthwise convolution computes at once
PAIR = 2  # pixels of the stem that are computed as one
KINDS = (Kind.CONV, Kind.DWCONV, Kind.MAXPOOL, Kind.ADD, Kind.DETECT)


def runs_of(channels: Sequence[Channel]) -> List[Run]:
    """Returns adjacent channels of one result as runs."""
    runs: List[Run] = []
    for op, channel, upsample in channels:
        if runs and (runs[-1][0], runs[-1][2], runs[-1][3]) == (op, channel, upsample):
            runs[-1] = (op, runs[-1][1], channel + 1, upsample)
        else:
            runs.append((op, channel, channel + 1, upsample))
    return runs


class Reads:
    """The ops whose results each op of a program reads, followed through memory."""

    def __init__(self, program: Program) -> None:
        memory: List[List[Channel]] = [[(-1, c, 0) for c in range(t.channels)] for t in program.tensors]
        self.a: Dict[int, List[Channel]] = {}
        self.b: Dict[int, List[Channel]] = {}
        for index, op in enumerate(program.ops):
            if op.view:
                continue
            if op.kind not in KINDS or op.activation not in (Activation.IDENTITY, Activation.RELU, Activation.SILU):
                raise ExportError(op.name, f"{op.kind.name} with {op.activation.name}: expected a network of "
                                           f"{', '.join(kind.name for kind in KINDS)} with RELU or SILU")
            self.a[index], self.b[index] = self._read(memory, op.a), self._read(memory, op.b)
            written = iter(range(sum(span.count for span in op.out)))
            for span in op.out:
                for place in range(span.first, span.first + span.count):
                    memory[span.tensor][place] = (index, next(written), 0)

    @staticmethod
    def _read(memory: List[List[Channel]], spans: Sequence[Span]) -> List[Channel]:
        return [(*memory[span.tensor][place][:2], span.upsample) for span in spans
                for place in range(span.first, span.first + span.count)]


def shared_scales(program: Program, reads: Reads, ranges: Dict[str, Range]) -> Dict[int, Scale]:
    """Returns the scale of each op's result. Results that an op reads side by side have the same scale, but zero points
    of their own, because that of ReLU's results has to be 0: saturation is the ReLU.
    """
    owner = {index: index for index in reads.a}

    def root(index: int) -> int:
        return index if owner[index] == index else root(owner[index])

    for index, channels in reads.a.items():
        groups = [sorted({op for op, _, _ in side}) for side in (channels, reads.b[index])]
        if program.ops[index].kind == Kind.MAXPOOL:
            groups[0].append(index)
        for first, *others in filter(None, groups):
            for other in others:
                owner[root(other)] = root(first)
    spans = {index: width(ranges[program.ops[index].name]) for index in owner}
    widest = {top: max(spans[index] for index in owner if root(index) == top) for top in set(map(root, owner))}
    scales = {-1: PICTURE}
    for index in owner:
        op, before = program.ops[index], reads.a[index][0][0]
        scale = scale_of(ranges[op.name], widest[root(index)])
        scales[index] = replace(scale, zero=scales[before].zero) if op.kind == Kind.MAXPOOL else scale
    return scales


@dataclass(frozen=True)
class Value:
    """A value of the graph: its name, the places of the channels, and how many there are with those between them."""

    name: str
    places: np.ndarray
    total: int

    def scattered(self, array: np.ndarray, axis: int) -> np.ndarray:
        """Returns an array with a slice for each channel, with zeros for places without a channel."""
        shape = list(array.shape)
        shape[axis] = self.total
        result = np.zeros(shape, array.dtype)
        np.moveaxis(result, axis, 0)[self.places] = np.moveaxis(array, axis, 0)
        return result


def whole(name: str, count: int, total: int = 0) -> Value:
    """Returns a value whose channels come first."""
    return Value(name, np.arange(count), total or count)


class Builder:
    """The graph while it grows, op by op."""

    def __init__(self, program: Program, ranges: Dict[str, Range], size: int, multiple: int) -> None:
        self.program, self.ranges, self.size, self.multiple = program, ranges, size, multiple
        self.reads = Reads(program)
        self.scales = shared_scales(program, self.reads, ranges)
        self.graph = Graph()
        self.values: Dict[Tuple[Run, ...], Value] = {}  # whole results, and pieces and unions of them
        self.widths = {index: sum(span.count for span in program.ops[index].out) for index in self.reads.a}
        self.widths[-1] = 3

    def build(self) -> Graph:
        """Returns the whole graph."""
        self.values[((-1, 0, 3, 0),)] = whole(self.graph.input("picture", "uint8", (1, self.size, self.size, 3)), 3)
        for index in self.reads.a:
            op = self.program.ops[index]
            if op.kind == Kind.DETECT:
                self._detect(index, op)
                continue
            make = {Kind.ADD: self._add, Kind.MAXPOOL: self._pool}.get(op.kind, self._convolution)
            self.values[(self._result(index),)] = make(index, op)
        return self.graph

    def _result(self, index: int) -> Run:
        return index, 0, self.widths[index], 0

    def _feeds_depthwise_only(self, index: int) -> bool:
        """Returns whether only depthwise convolutions read this result, whole, so that it may have more channels."""
        readers = [(reader, side) for reads in (self.reads.a, self.reads.b) for reader, side in reads.items()
                   if any(op == index for op, _, _ in side)]
        return all(self.program.ops[reader].kind == Kind.DWCONV and runs_of(side) == [self._result(index)]
                   for reader, side in readers)

    def _side(self, stride: int) -> int:
        return self.size // stride

    def _quantisation(self, scale: Scale) -> List[str]:
        return [self.graph.constant(np.array(scale.scale, np.float32)),
                self.graph.constant(np.array(scale.zero, np.uint8))]

    # What ops read

    def _input(self, channels: Sequence[Channel], stride: int) -> Value:
        """Returns a value that consists of these channels."""
        runs = tuple(runs_of(channels))
        if runs not in self.values:
            pieces = [self._piece(run, stride) for run in runs]
            name = pieces[0] if len(pieces) == 1 else self.graph.node("Concat", pieces, axis=3)
            self.values[runs] = whole(name, len(channels))
        return self.values[runs]

    def _piece(self, run: Run, stride: int) -> str:
        op, first, end, upsample = run
        if (run,) not in self.values:
            if upsample:
                name = self._upsampled(self._piece((op, first, end, 0), stride), end - first, self._side(stride))
            else:
                bounds = [self.graph.constant(np.array([value], np.int64)) for value in (first, end, 3)]
                name = self.graph.node("Slice", [self._dense(self.values[(self._result(op),)]), *bounds])
            self.values[(run,)] = whole(name, end - first)
        return self._dense(self.values[(run,)])

    @staticmethod
    def _dense(value: Value) -> str:
        """Returns the name of a value without places between its channels."""
        assert value.total == len(value.places)
        return value.name

    def _rounded(self, value: Value, zero: int, side: int) -> Value:
        """Appends channels to the input of a depthwise convolution, up to a multiple of the chosen number."""
        missing = -value.total % self.multiple
        if missing == 0:
            return value
        zeros = self.graph.constant(np.full((1, side, side, missing), zero, np.uint8))
        name = self.graph.node("Concat", [value.name, zeros], axis=3)
        return Value(name, value.places, value.total + missing)

    def _upsampled(self, name: str, channels: int, side: int) -> str:
        """Doubles pixels, then rows, by Concat, which copies whole runs of memory: Resize took seven times as long."""
        wide = self.graph.node("Concat", [name, name], axis=3)
        row = self._reshaped(wide, side // 2, 1, side * channels)
        return self._reshaped(self.graph.node("Concat", [row, row], axis=1), 1, side, side, channels)

    def _one_scale(self, op: Op, channels: Sequence[Channel]) -> Scale:
        """Returns the scale of an operand whose channels have one zero point."""
        scales = [self.scales[writer] for writer, _, _ in channels]
        if any(scale != scales[0] for scale in scales):
            raise ExportError(op.name, "inputs with several zero points: expected a network like e or s")
        return scales[0]

    # Ops

    def _weights(self, weight: np.ndarray, source: Scale) -> Tuple[np.ndarray, List[str], np.ndarray]:
        """Returns weights [out, ...] in 8 bits; the names of them, of their scales and zero points; and what 1 in a sum
        stands for.
        """
        integers, unit = quantised_weights(weight)
        stored = integers.T if weight.ndim == 2 else integers  # of a matrix product
        names = [self.graph.constant(array) for array in (stored, unit, np.zeros(len(unit), np.int8))]
        return integers, names, unit * np.float64(source.scale)

    def _bias(self, sums: np.ndarray) -> str:
        return self.graph.constant(np.clip(sums, -MAX_BIAS, MAX_BIAS).astype(np.int32))

    def _convolution(self, index: int, op: Op) -> Value:
        channels = self.reads.a[index]
        zeros = np.array([self.scales[writer].zero for writer, _, _ in channels])
        curved = op.activation == Activation.SILU
        output = scale_of(silu_input(self.ranges[op.name])) if curved else self.scales[index]
        if channels[0][0] == -1:
            result = self._stem(op, output)
        elif op.kind == Kind.DWCONV:
            result = self._depthwise(op, channels, zeros, output)
        else:
            result = self._dense_convolution(index, op, channels, zeros, output)
        return replace(result, name=self._silu(result.name, output, self.scales[index])) if curved else result

    def _depthwise(self, op: Op, channels: Sequence[Channel], zeros: np.ndarray, output: Scale) -> Value:
        """Adds a convolution for each zero point, because the border has that value, and joins their results."""
        bounds, parts = [0, *(np.flatnonzero(np.diff(zeros)) + 1), len(zeros)], []
        stride = self._stride(op)
        for first, end in zip(bounds, bounds[1:]):
            source = self.scales[channels[first][0]]
            value = self._rounded(self._input(channels[first:end], stride), source.zero, self._side(stride))
            weight, bias = (value.scattered(array[first:end], 0) for array in (op.weight, op.bias))
            _, names, unit = self._weights(weight, source)
            parts.append(replace(value, name=self._node(op, value.name, source, names, output,
                                                        np.rint(bias / unit), group=value.total)))
        if len(parts) == 1:
            return parts[0]
        starts = np.cumsum([0] + [part.total for part in parts])
        places = np.concatenate([part.places + start for part, start in zip(parts, starts)])
        return Value(self.graph.node("Concat", [part.name for part in parts], axis=3), places, int(starts[-1]))

    def _dense_convolution(self, index: int, op: Op, channels: Sequence[Channel], zeros: np.ndarray,
                           output: Scale) -> Value:
        value, source = self._input(channels, self._stride(op)), self.scales[channels[0][0]]
        extra = -len(op.bias) % self.multiple if self._feeds_depthwise_only(index) else 0
        result = whole("", len(op.bias), len(op.bias) + extra)
        weight, bias = result.scattered(value.scattered(op.weight, 1), 0), result.scattered(op.bias, 0)
        integers, names, unit = self._weights(weight, source)
        sums = np.rint(bias / unit)
        if (zeros != zeros[0]).any():  # one zero point for all, and what that changes in the bias
            source = replace(source if op.pad == 0 else self._one_scale(op, channels), zero=0)
            sums -= (integers.astype(np.float64) * value.scattered(zeros, 0)[:, None, None]).sum((1, 2, 3))
        return replace(result, name=self._node(op, value.name, source, names, output, sums))

    def _node(self, op: Op, name: str, source: Scale, weights: List[str], output: Scale, sums: np.ndarray,
              **attributes: Attribute) -> str:
        usual: Dict[str, Attribute] = {"channels_last": 1, "group": 1, "kernel_shape": op.kernel,
                                       "pads": [op.pad] * 4, "strides": [op.step] * 2}
        return self.graph.node("QLinearConv", [name, *self._quantisation(source), *weights,
                                               *self._quantisation(output), self._bias(sums)], MICROSOFT,
                               **{**usual, **attributes})

    def _stem(self, op: Op, output: Scale) -> Value:
        """Computes PAIR adjacent pixels by one output of more channels, from groups of input pixels: with the few
        channels of a picture, ONNX Runtime is two times faster in this way.
        """
        outputs, _, height, width = op.weight.shape
        group = PAIR * op.step
        before, after = -(-op.pad // group), (group - op.step + width - 1 - op.pad) // group
        weight = np.zeros((PAIR, outputs, before + 1 + after, group, 3, height), np.float32)
        for pixel in range(PAIR):
            for x in range(width):
                at = before * group + pixel * op.step + x - op.pad
                weight[pixel, :, at // group, at % group] = op.weight[:, :, :, x]
        wide = weight.reshape(PAIR * outputs, -1, group * 3, height).transpose(0, 2, 3, 1)
        # The program reads bytes, the graph shares of 255.
        _, names, unit = self._weights(wide * np.float32(255), PICTURE)
        side, rows = self.size, self.size // op.step
        groups = self._reshaped("picture", 1, side, side // group, group * 3)
        pairs = self._node(op, groups, PICTURE, names, output, np.rint(np.tile(op.bias, PAIR) / unit),
                           kernel_shape=(height, before + 1 + after), pads=[op.pad, before, op.pad, after],
                           strides=[op.step, 1])
        return whole(self._reshaped(pairs, 1, rows, rows, outputs), outputs)

    def _reshaped(self, name: str, *shape: int) -> str:
        return self.graph.node("Reshape", [name, self.graph.constant(np.array(shape, np.int64))])

    def _stride(self, op: Op) -> int:
        first = op.a[0]
        return self.program.tensors[first.tensor].stride >> first.upsample

    def _silu(self, name: str, source: Scale, target: Scale) -> str:
        x = [name, *self._quantisation(source)]
        share = self.graph.node("QLinearSigmoid", [*x, *self._quantisation(SHARE)], MICROSOFT)
        return self.graph.node("QLinearMul", [*x, share, *self._quantisation(SHARE), *self._quantisation(target)],
                               MICROSOFT)

    def _pool(self, index: int, op: Op) -> Value:
        value = self._input(self.reads.a[index], self._stride(op))
        return replace(value, name=self.graph.node("NhwcMaxPool", [value.name], MICROSOFT, kernel_shape=op.kernel,
                                                   pads=[op.pad] * 4, strides=[op.step] * 2))

    def _add(self, index: int, op: Op) -> Value:
        inputs: List[str] = []
        for channels, factor in ((self.reads.a[index], 1.0), (self.reads.b[index], op.alpha)):
            scale = self._one_scale(op, channels)
            scale = replace(scale, scale=float(np.float32(scale.scale * factor)))
            inputs += [self._dense(self._input(channels, self._stride(op))), *self._quantisation(scale)]
        name = self.graph.node("QLinearAdd", [*inputs, *self._quantisation(self.scales[index])], MICROSOFT)
        return whole(name, self.widths[index])

    def _detect(self, index: int, op: Op) -> None:
        """A head: a matrix product with float results, [h * w, channels in the original's order]."""
        channels = self.reads.a[index]
        side, source = self._side(self.program.tensors[op.out[0].tensor].stride), self._one_scale(op, channels)
        rows = np.argsort(op.order) if op.order is not None else np.arange(len(op.bias))
        _, names, _ = self._weights(op.weight[rows, :, 0, 0], source)
        flat = self._reshaped(self._dense(self._input(channels, self._stride(op))), side * side, -1)
        factors = [self.graph.constant(np.array(source.scale, np.float32)), names[1],
                   self.graph.constant(np.array(source.zero, np.uint8)), names[2]]
        bias = self.graph.constant(op.bias[rows])
        self.graph.node("MatMulIntegerToFloat", [flat, names[0], *factors, bias], MICROSOFT, f"head{op.head}")
        self.graph.output(f"head{op.head}", "float32", (side * side, len(rows)))


def channels_last_graph(program: Program, ranges: Dict[str, Range], size: int, multiple: int = 1) -> bytes:
    """Returns the file of a planned program at an input size. multiple: of the channels of depthwise convolutions, to
    which zeros are added; FAST makes these convolutions up to 2.5 times faster.
    """
    return Builder(program, ranges, size, multiple).build().data()
