# SPDX-License-Identifier: MIT
"""Replaces max pools of stride 1 with large windows by pools of pools: the maximum over k, then over j pixels, is that
over k + j - 1.

Padding of minus infinity adds nothing, so this is bit-identical at the borders too. SPP has windows of 5, 9 and 13
pixels on one map: three pools of 5, each on the previous one, read 75 values a result instead of 275.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, List

from .graph import Graph, Kind, Node


def chained_pools(graph: Graph) -> Graph:
    """Returns the graph in which every max pool reads the largest smaller pool of the same value, where one exists."""
    result = replace(graph, nodes=list(graph.nodes))
    pools: Dict[int, List[int]] = {}  # value -> pools of it so far, by index
    for index, node in enumerate(graph.nodes):
        if not _is_square_of_stride_1(node):
            continue
        earlier = pools.setdefault(node.inputs[0], [])
        smaller = [i for i in earlier if graph.nodes[i].kernel < node.kernel]
        if smaller:
            base = max(smaller, key=lambda i: graph.nodes[i].kernel)
            size = node.kernel[0] - graph.nodes[base].kernel[0] + 1
            result.nodes[index] = replace(node, inputs=(base + 1,), kernel=(size, size), pad=size // 2)
        earlier.append(index)
    return result


def _is_square_of_stride_1(node: Node) -> bool:
    return node.kind == Kind.MAXPOOL and node.step == 1 and node.kernel[0] == node.kernel[1]
