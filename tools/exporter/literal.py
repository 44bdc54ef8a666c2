# SPDX-License-Identifier: MIT
"""Converts the graph to a literal program: one tensor an operation, nothing moved, nothing renamed."""

from __future__ import annotations

from .graph import BINARY, Graph, Kind, Node
from .program import LITERAL, HeadMap, Op, Program, Span


def op_of(node: Node) -> Op:
    """Returns the operation of a node without its operands, weights in the original's order."""
    return Op(node.kind, node.name, (), activation=node.activation, head=node.head, kernel=node.kernel, step=node.step,
              pad=node.pad, groups=node.groups, alpha=node.alpha, weight=node.weight, bias=node.bias)


def literal_program(graph: Graph) -> Program:
    """Returns the program that executes the graph in its order; value v lives in tensor v."""
    program = Program(LITERAL, graph.class_names, origin=graph.origin)
    for node in graph.nodes:
        op = op_of(node)
        spans = tuple(program.whole(value) for value in node.inputs)
        if node.kind in BINARY:
            op.a, op.b = spans[:1], spans[1:]
        elif node.kind == Kind.SPLIT:
            op.a = (Span(node.inputs[0], node.first, node.channels),)
        else:
            op.a = spans
        tensor = program.new_tensor(node.channels, node.stride)
        op.out = (program.whole(tensor),)
        program.ops.append(op)
        if node.kind == Kind.DETECT:
            step = 5 + len(graph.class_names)
            program.heads.append(HeadMap(tensor, graph.heads[node.head], (4, step), (0, step), (5, step)))
    return program
