# SPDX-License-Identifier: MIT
"""Makes a network in half floats (IEEE 754 binary16) of one in float32: maps, and the weights of the ops that read or
write maps. Heads, one-pixel tensors and biases stay float32.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .errors import ExportError
from .program import Element, Op, Program

LARGEST = 65504.0  # the largest finite half float


def half_program(program: Program) -> Program:
    """Returns the program in half floats. Refuses weights that are too large for them."""
    heads = {head.tensor for head in program.heads}
    tensors = [tensor if tensor.type != Element.F32 or tensor.stride == 0 or index in heads
               else replace(tensor, type=Element.F16) for index, tensor in enumerate(program.tensors)]

    def is_half(op: Op) -> bool:
        return any(tensors[span.tensor].type == Element.F16 for span in (*op.a, *op.out))

    ops = [op if op.weight is None or not is_half(op) else replace(op, weight=rounded(op.name, op.weight))
           for op in program.ops]
    return replace(program, tensors=tensors, ops=ops)


def rounded(name: str, weight: np.ndarray) -> np.ndarray:
    """Returns weights rounded to the nearest half floats, ties to even. name: of the op, for the error."""
    with np.errstate(over="ignore"):
        halves = weight.astype(np.float16)
    if not np.isfinite(halves).all():
        largest = float(np.abs(weight).max())
        raise ExportError(name, f"a weight of {largest:.6g}: half floats reach {LARGEST:.0f}, export without --fp16")
    return halves
