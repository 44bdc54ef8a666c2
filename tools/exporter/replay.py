# SPDX-License-Identifier: MIT
"""Proves that a program computes the graph: runs both on labels instead of numbers, before a byte is written.

A label states which operation made a channel, which of its channels it is, and how often it was upsampled since. Data
movement copies labels. Every operation of the program must read exactly the labels that the graph has at its inputs,
with the original's weights for them, and every view must show the labels of the value that it stands for.
"""

from __future__ import annotations

from typing import List, Sequence

import numpy as np

from .errors import ExportError
from .graph import BINARY, MOVEMENT, WEIGHTED, Graph, Kind, Node
from .program import HeadMap, Op, Program, Span

_CHANNELS = 1 << 14
_UPSAMPLINGS = 1 << 8
_NEVER_WRITTEN = -1


def _fresh(value: int, channels: Sequence[int]) -> np.ndarray:
    return (value * _CHANNELS + np.asarray(channels, np.int64)) * _UPSAMPLINGS


def check_replay(program: Program, graph: Graph) -> None:
    """Refuses a program in which any operation would read a wrong channel."""
    _Replay(program, graph).run()


class _Replay:
    def __init__(self, program: Program, graph: Graph) -> None:
        self.program, self.graph = program, graph
        self.truth: List[np.ndarray] = [_fresh(0, range(3))]  # labels of each value, by logical channel
        self.memory = [np.full(t.channels, _NEVER_WRITTEN, np.int64) for t in program.tensors]
        self.memory[0][:] = self.truth[0]

    def run(self) -> None:
        program, graph = self.program, self.graph
        if [op.name for op in program.ops] != [node.name for node in graph.nodes]:
            raise ExportError("replay", "operations differ from the graph's")
        for op, node in zip(program.ops, graph.nodes):
            self.truth.append(self._true_labels(node))
            self._same_attributes(op, node)
            self._run_op(op, node)
        for index, head in enumerate(program.heads):
            self._check_head(index, head)

    def _true_labels(self, node: Node) -> np.ndarray:
        inputs = np.concatenate([self.truth[v] for v in node.inputs])
        if node.kind == Kind.SPLIT:
            return inputs[node.first:node.first + node.channels]
        if node.kind == Kind.CONCAT:
            return inputs
        if node.kind == Kind.SHUFFLE:
            return inputs.reshape(node.groups, -1).T.reshape(-1)
        if node.kind == Kind.UPSAMPLE:
            return inputs + 1
        return _fresh(len(self.truth), range(node.channels))

    def _require(self, holds: bool, op: Op, what: str) -> None:
        if not holds:
            raise ExportError(op.name, f"the channel plan fails its own check: {what}; use --literal")

    def _same_attributes(self, op: Op, node: Node) -> None:
        for field in ("kind", "activation", "kernel", "step", "pad", "groups", "alpha", "head"):
            self._require(getattr(op, field) == getattr(node, field), op, field)

    def _read(self, op: Op, spans: Sequence[Span]) -> np.ndarray:
        labels = np.concatenate([self.memory[s.tensor][s.first:s.first + s.count] for s in spans])
        self._require(bool((labels != _NEVER_WRITTEN).all()), op, "reads channels that were never written")
        return labels + np.concatenate([np.full(s.count, s.upsample, np.int64) for s in spans])

    def _write(self, op: Op, labels: np.ndarray) -> None:
        first = 0
        for span in op.out:
            self.memory[span.tensor][span.first:span.first + span.count] = labels[first:first + span.count]
            first += span.count
        self._require(first == len(labels), op, "writes another number of channels than it makes")

    def _logical(self, op: Op, seen: np.ndarray, expected: np.ndarray) -> np.ndarray:
        """Returns the logical channel of each input column. A label that the graph has twice is matched in order."""
        self._require(len(seen) == len(expected), op, "input width")
        by_label, there = np.argsort(seen, kind="stable"), np.argsort(expected, kind="stable")
        self._require(np.array_equal(seen[by_label], expected[there]), op, "reads a channel that the original does not")
        columns = np.empty(len(seen), np.int64)
        columns[by_label] = there
        return columns

    def _run_op(self, op: Op, node: Node) -> None:
        value = len(self.truth) - 1
        order = np.arange(node.channels) if op.order is None else np.array(op.order)
        self._require(np.array_equal(np.sort(order), np.arange(node.channels)), op, "order is not a permutation")
        seen = self._read(op, op.a)
        if node.kind in MOVEMENT:
            # SPLIT, UPSAMPLE and CONCAT move their operand unchanged; SHUFFLE interleaves it.
            if node.kind == Kind.SHUFFLE and not op.view:
                seen = seen.reshape(node.groups, -1).T.reshape(-1)
            if node.kind == Kind.UPSAMPLE and not op.view:
                seen = seen + 1
            self._require(np.array_equal(seen, self.truth[value][order]), op, "does not hold the original's channels")
            if not op.view:
                self._write(op, seen)
            return
        columns = self._logical(op, seen, self.truth[node.inputs[0]])
        if node.kind in WEIGHTED:
            self._check_weights(op, node, columns, order)
        else:
            self._require(np.array_equal(columns, order), op, "channels out of order")
        if node.kind in BINARY:
            other = self._logical(op, self._read(op, op.b), self.truth[node.inputs[1]])
            self._require(np.array_equal(other, order), op, "operands in different orders")
        self._write(op, _fresh(value, order))

    def _check_weights(self, op: Op, node: Node, columns: np.ndarray, order: np.ndarray) -> None:
        weight = node.weight[order]
        if node.kind == Kind.DWCONV:
            self._require(np.array_equal(columns, order), op, "depthwise channels out of order")
        else:
            weight = weight[:, columns]
        self._require(np.array_equal(op.weight, weight) and np.array_equal(op.bias, node.bias[order]), op, "weights")

    def _check_head(self, index: int, head: HeadMap) -> None:
        node_value, op = next((v, op) for v, op in enumerate(self.program.ops, 1)
                              if op.kind == Kind.DETECT and op.head == index)
        classes = len(self.program.class_names)
        for anchor in range(len(head.info.anchors)):
            first = anchor * (5 + classes)
            for (at, step), logical in ((head.obj, [4]), (head.box, range(4)), (head.cls, range(5, 5 + classes))):
                here = at + anchor * step
                labels = self.memory[head.tensor][here:here + len(logical)]
                self._require(np.array_equal(labels, _fresh(node_value, [first + c for c in logical])), op,
                              "head channels")
