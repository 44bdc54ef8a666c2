# SPDX-License-Identifier: MIT
"""Converts the graph to a planned program: split, concat, shuffle and upsample become views, and cost nothing.

Each channel of a value has a place: a tensor, a channel in it, and whether it is read at half resolution. An operation
reads its input as few contiguous spans, in the order of memory; its weights are permuted to match, and its output has
the same order if it works channel by channel. Where an operation cannot read that way (pools, ADD and SCALE read one
span), the movement that makes its input becomes an operation, and planning starts again.
"""

from __future__ import annotations

from typing import Dict, List, Set, Tuple

import numpy as np

from .errors import ExportError
from .graph import BINARY, MOVEMENT, WEIGHTED, Graph, Kind, Node
from .literal import op_of
from .program import PLANNED, HeadMap, Op, Program, Span
from .rules import MAX_SPANS_OF_OPERAND
from .stages import Block, Stage, consumers, find_stages

# Columns of a place
TENSOR, CHANNEL, UPSAMPLE = 0, 1, 2


MAX_WORK = 1 << 22  # channels in all attempts together; known networks need one attempt of some 50,000


class _Retry(Exception):
    """More nodes must be materialised than this attempt assumed."""


def planned_program(graph: Graph) -> Program:
    """Returns the planned program of a graph."""
    real: Set[int] = set()
    for _ in range(max(1, MAX_WORK // max(graph.work, 1))):  # each attempt adds to `real`
        try:
            return _Planner(graph, real).run()
        except _Retry:
            continue
    raise ExportError("network", f"{len(real)} operations and more cannot be folded into others, expected fewer; use "
                                 "--literal")


def spans_of(places: np.ndarray) -> Tuple[Span, ...]:
    """Returns places, in order, as the fewest spans."""
    same = (places[1:, TENSOR] == places[:-1, TENSOR]) & (places[1:, UPSAMPLE] == places[:-1, UPSAMPLE])
    breaks = np.flatnonzero(~(same & (places[1:, CHANNEL] == places[:-1, CHANNEL] + 1))) + 1
    starts = [0, *breaks.tolist()]
    ends = [*breaks.tolist(), len(places)]
    return tuple(Span(int(places[s, TENSOR]), int(places[s, CHANNEL]), e - s, int(places[s, UPSAMPLE]))
                 for s, e in zip(starts, ends))


def reading_order(places: np.ndarray) -> np.ndarray:
    """Returns the order of channels that needs the fewest spans: by tensor as first met, then by channel."""
    _, first, inverse = np.unique(2 * places[:, TENSOR] + places[:, UPSAMPLE], return_index=True, return_inverse=True)
    ranks = np.argsort(np.argsort(first))[inverse.reshape(-1)]
    order = np.lexsort((places[:, CHANNEL], ranks))
    identity = np.arange(len(places))
    return identity if len(spans_of(places)) <= len(spans_of(places[order])) else order


def _is_identity(order: np.ndarray) -> bool:
    return bool((order == np.arange(len(order))).all())


class _Planner:
    """One attempt; `real` is shared between attempts."""

    def __init__(self, graph: Graph, real: Set[int]) -> None:
        self.graph, self.real = graph, real
        self.program = Program(PLANNED, graph.class_names, origin=graph.origin)
        self.places: List[np.ndarray] = [np.array([[0, c, 0] for c in range(3)])]  # by value
        self.readers = consumers(graph)
        self._last_read: List[np.ndarray] = []
        self.roles: Dict[int, Tuple[Stage, int]] = {}  # writer node -> its stage and block number
        for stage in find_stages(graph, real):
            for number, block in enumerate(stage.blocks):
                self.roles.update({writer: (stage, number) for writer in block.writers})

    def run(self) -> Program:
        for index, node in enumerate(self.graph.nodes):
            op = op_of(node)
            if node.kind in MOVEMENT and index not in self.real:
                self._view(index, node, op)
            elif node.kind in MOVEMENT:
                self._move(node, op)
            elif node.kind in WEIGHTED:
                self._weighted(index, node, op)
            else:
                self._channelwise(node, op)
            self.program.ops.append(op)
        return self.program

    # Lifetimes

    def _last_reads(self, value: int) -> np.ndarray:
        """Returns for each channel of a value the last node that reads it, directly or through views."""
        if not self._last_read:
            # a number for each channel of each value; views share the numbers of their inputs
            atoms: List[np.ndarray] = [np.arange(3)]
            last = np.full(3 + sum(node.channels for node in self.graph.nodes), -1)
            made = 3
            for index, node in enumerate(self.graph.nodes):
                seen = np.concatenate([atoms[v] for v in node.inputs])
                last[seen] = index
                if node.kind in MOVEMENT and index not in self.real:
                    atoms.append(_moved(node, seen[:, None])[:, 0])
                else:
                    atoms.append(np.arange(made, made + node.channels))
                    made += node.channels
            self._last_read = [last[numbers] for numbers in atoms]
        return self._last_read[value]

    # Materialising

    def _demand(self, value: int) -> None:
        """Requests that the next attempt has this value in one tensor, in logical order, and starts it."""
        pending, before = [value], len(self.real)
        while pending:
            index = pending.pop() - 1
            node = self.graph.nodes[index]
            if node.kind in (Kind.CONCAT, Kind.SHUFFLE, Kind.UPSAMPLE) and index not in self.real:
                self.real.add(index)
            elif node.kind not in (Kind.CONV, Kind.DETECT, Kind.CONCAT, Kind.SHUFFLE):
                pending += node.inputs  # its output has the order of its input
        if len(self.real) == before:
            raise ExportError(self.graph.nodes[value - 1].name, "cannot be brought into one tensor; use --literal")
        raise _Retry

    def _one_span(self, value: int, ordered: bool) -> Tuple[Tuple[Span, ...], np.ndarray]:
        """Returns the value as a single span at full resolution, in logical order if `ordered`, and its order."""
        order = reading_order(self.places[value])
        spans = spans_of(self.places[value][order])
        if len(spans) != 1 or spans[0].upsample or (ordered and not _is_identity(order)):
            self._demand(value)
        return spans, order

    # Operations

    def _set_order(self, op: Op, order: np.ndarray) -> None:
        op.order = None if _is_identity(order) else tuple(order.tolist())

    def _output(self, node: Node, op: Op, order: np.ndarray) -> None:
        """Adds a tensor for the node's output. Its channel j is the logical channel order[j]."""
        tensor = self.program.new_tensor(node.channels, node.stride)
        op.out = (self.program.whole(tensor),)
        self._set_order(op, order)
        places = np.zeros((node.channels, 3), np.int64)
        places[order, TENSOR], places[order, CHANNEL] = tensor, np.arange(node.channels)
        self.places.append(places)

    def _view(self, index: int, node: Node, op: Op) -> None:
        for value in node.inputs:
            if node.kind == Kind.UPSAMPLE and self.places[value][:, UPSAMPLE].any():
                self._demand(value)
        places = _moved(node, np.concatenate([self.places[v] for v in node.inputs]))
        if node.kind == Kind.UPSAMPLE:
            places = places + [0, 0, 1]
        order = reading_order(places)
        op.a, op.view = spans_of(places[order]), True
        if len(op.a) > MAX_SPANS_OF_OPERAND:
            self._demand(index + 1)
        self._set_order(op, order)
        self.places.append(places)

    def _move(self, node: Node, op: Op) -> None:
        """Adds a movement that is materialised."""
        if node.kind == Kind.CONCAT:
            places = np.concatenate([self.places[v] for v in node.inputs])
            op.a, order = spans_of(places), np.arange(node.channels)
            for value in node.inputs:
                if self.places[value][:, UPSAMPLE].any() or \
                        len(op.a) > MAX_SPANS_OF_OPERAND and len(spans_of(self.places[value])) > 1:
                    self._demand(value)
        else:
            op.a, order = self._one_span(node.inputs[0], ordered=node.kind == Kind.SHUFFLE)
        self._output(node, op, order)

    def _channelwise(self, node: Node, op: Op) -> None:
        """Adds a pool, ADD or SCALE: one span an operand, two operands in one order."""
        operands = [self._one_span(value, ordered=False) for value in node.inputs]
        orders = [order for _, order in operands]
        if not all(np.array_equal(order, orders[0]) for order in orders):
            for value in node.inputs:
                self._one_span(value, ordered=True)
        op.a = operands[0][0]
        op.b = operands[1][0] if node.kind in BINARY else ()
        self._output(node, op, orders[0])

    def _weighted(self, index: int, node: Node, op: Op) -> None:
        """Adds a convolution: any spans in, weights permuted to match."""
        places = self.places[node.inputs[0]]
        columns = reading_order(places)
        op.a = spans_of(places[columns])
        if len(op.a) > MAX_SPANS_OF_OPERAND:
            self._demand(node.inputs[0])
        if node.kind == Kind.DWCONV:
            rows = columns
            self._output(node, op, rows)
            op.weight = node.weight[rows]
        else:
            rows = self._dense_output(index, node, op)
            op.weight = node.weight[np.ix_(rows, columns)]
        op.bias = node.bias[rows]

    def _dense_output(self, index: int, node: Node, op: Op) -> np.ndarray:
        """Sets the output of a dense convolution and returns its order."""
        if node.kind == Kind.DETECT:
            return self._head(node, op)
        if index not in self.roles:
            order = self._order_of_partner(index + 1)
            self._output(node, op, order)
            return order
        stage, number = self.roles[index]
        places = self._stage_places(index, stage, number)
        order = np.lexsort((places[:, CHANNEL], places[:, TENSOR]))
        op.out = spans_of(places[order])
        self._set_order(op, order)
        self.places.append(places)
        return order

    def _order_of_partner(self, value: int) -> np.ndarray:
        """Returns the order for a value that a convolution is free to choose: that of the other operand if only ADD or
        SCALE reads it.
        """
        readers = [self.graph.nodes[reader] for reader in self.readers[value]]
        if len(readers) == 1 and readers[0].kind in BINARY:
            partner = min(readers[0].inputs)
            if partner < value:
                return reading_order(self.places[partner])
        return np.arange(self.graph.channels(value))

    # Stages

    def _stage_places(self, index: int, stage: Stage, number: int) -> np.ndarray:
        """Returns the places of the output channels of the convolution at node `index`, in block `number` of
        the stage.
        """
        block = stage.blocks[number]
        if block.source is None:
            if index == min(block.writers):
                tensor = self.program.new_tensor(2 * block.half, self.graph.nodes[index].stride)
                stage.places = np.array([[tensor, c, 0] for c in range(2 * block.half)])
            return stage.places[stage.state(0)[block.writers.index(index)::2]]
        if stage.places is None:
            stage.places = self.places[block.source].copy()
        update = number + 1 - stage.has_head
        self._renew(index, stage, block, np.sort(stage.state(update - 1)[block.half:]))
        return stage.places[stage.state(update)[1::2]]

    def _renew(self, index: int, stage: Stage, block: Block, slots: np.ndarray) -> None:
        """Makes the slots that a block rewrites writable: in place if no later node reads their values, otherwise in a
        new tensor that preserves the old values.
        """
        places = stage.places[slots]
        dead = (self._last_reads(block.source)[block.half:] < index).all()
        if dead and not places[:, UPSAMPLE].any() and len(np.unique(places, axis=0)) == len(places) \
                and len(spans_of(places)) <= MAX_SPANS_OF_OPERAND:
            return
        tensor = self.program.new_tensor(block.half, self.graph.stride(block.output))
        stage.places[slots] = [[tensor, c, 0] for c in range(block.half)]

    def _head(self, node: Node, op: Op) -> np.ndarray:
        """Returns the channel order of a head: objectness of all anchors first, then box and classes of each anchor."""
        info, classes = self.graph.heads[node.head], len(self.graph.class_names)
        anchors, width, step = len(info.anchors), 5 + classes, 4 + classes
        order = [a * width + 4 for a in range(anchors)]
        for anchor in range(anchors):
            order += [anchor * width + k for k in range(width) if k != 4]
        self._output(node, op, np.array(order))
        tensor = op.out[0].tensor
        op.out = (Span(tensor, 0, anchors), *(Span(tensor, anchors + a * step, step) for a in range(anchors)))
        self.program.heads.append(HeadMap(tensor, info, (0, 1), (anchors, step), (anchors + 4, step)))
        return np.array(order)


def _moved(node: Node, channels: np.ndarray) -> np.ndarray:
    """Reorders per-channel records (rows) as the movement of a node does."""
    if node.kind == Kind.SPLIT:
        return channels[node.first:node.first + node.channels]
    if node.kind == Kind.SHUFFLE:
        return channels.reshape(node.groups, node.channels // node.groups, -1).transpose(1, 0, 2).reshape(node.channels,
                                                                                                          -1)
    return channels
