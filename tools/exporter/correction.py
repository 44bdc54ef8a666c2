# SPDX-License-Identifier: MIT
"""Bias correction, layer by layer in the order of execution: the average sum of each output of a convolution becomes
that of the network in float32, for the inputs that it really has after all layers before it are corrected.
"""

from __future__ import annotations

from typing import Callable, Dict, List

import numpy as np

from .program import Program
from .quantise import Layer

Means = Dict[int, np.ndarray]


def levels(program: Program, layers: Dict[int, Layer]) -> List[List[int]]:
    """Returns the ops with these layers in groups. None reads, directly or not, the output of one of its group or of a
    later one.
    """
    depth = [np.zeros(tensor.channels, int) for tensor in program.tensors]
    found: Dict[int, List[int]] = {}
    for index, op in enumerate(program.ops):
        if op.view:
            continue
        level = max(int(depth[s.tensor][s.first:s.first + s.count].max()) for s in op.a + op.b)
        if index in layers:
            found.setdefault(level, []).append(index)
            level += 1
        for span in op.out:
            depth[span.tensor][span.first:span.first + span.count] = level
    return [found[level] for level in sorted(found)]


def correct(program: Program, layers: Dict[int, Layer], plain: Means,
            means_of: Callable[[Program, List[int]], Means]) -> None:
    """Sets the biases of the quantised program. plain: means of what each layer reads in float32; means_of: of these
    ops in a program, on the same pictures.
    """
    for group in levels(program, layers)[1:]:
        found = means_of(program, group)
        for index in group:
            layers[index].set_bias(program.ops[index], plain[index], found[index])
