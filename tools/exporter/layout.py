# SPDX-License-Identifier: MIT
"""The order of weights in the file: see Weights, and Weights of quantised ops, in weights/FORMAT.md."""

from __future__ import annotations

from typing import List, Sequence

import numpy as np

from .graph import Kind
from .program import Element, Op, Program

PANEL = 8  # outputs
GROUP = 4  # weights of one output and adjacent inputs, quantised
DENSE = (Kind.CONV, Kind.DETECT)


def shares_panels(op: Op) -> bool:
    """Returns whether the output spans of a convolution share panels.

    They do if the multiplications with padding that this saves outweigh copying the outputs to their spans, about four
    for each output.
    """
    if op.kind != Kind.CONV:
        return False
    counts = [span.count for span in op.out]
    saved = sum(-count % PANEL for count in counts) - -sum(counts) % PANEL
    return saved * op.weight[0].size > 4 * sum(counts)


def runs_of(op: Op) -> List[int]:
    """Returns the number of outputs in each run of panels; none for an op without panels."""
    if op.kind not in DENSE:
        return []
    counts = [span.count for span in op.out]
    return [sum(counts)] if shares_panels(op) else counts


def with_padding(array: np.ndarray, runs: Sequence[int], fill: int = 0) -> np.ndarray:
    """Returns values of the outputs (along the first axis) with each run padded to whole panels; without runs, as they
    are.
    """
    if not runs:
        return array
    padded = np.full((sum(run + -run % PANEL for run in runs), *array.shape[1:]), fill, array.dtype)
    source = at = 0
    for run in runs:
        padded[at:at + run] = array[source:source + run]
        source += run
        at += run + -run % PANEL
    return padded


def panels(weight: np.ndarray, runs: Sequence[int]) -> np.ndarray:
    """Returns dense weights [out][in][kh][kw] as panels of 8 outputs, [panel][ky][kx][in][8]."""
    block = with_padding(weight, runs).transpose(0, 2, 3, 1)  # out ky kx in
    return block.reshape(-1, PANEL, block[0].size).transpose(0, 2, 1).reshape(-1)


def quantised_panels(program: Program, op: Op) -> np.ndarray:
    """Returns dense weights [out][in][kh][kw] as panels of 8 outputs in groups of 4 inputs, [panel][group][8][4]."""
    rows = op.weight.transpose(0, 2, 3, 1).reshape(len(op.weight), -1)  # out, ky kx in
    rows = np.concatenate([rows, np.zeros_like(rows[:, :1])], axis=1)  # the last column is 0
    block = with_padding(rows[:, grouped_columns(segments(program, op))], runs_of(op))
    return block.reshape(-1, PANEL, block.shape[1] // GROUP, GROUP).transpose(0, 2, 1, 3).reshape(-1)


def segments(program: Program, op: Op) -> List[int]:
    """Returns the number of inputs in each segment of adjacent ones: a row of the window in the picture, otherwise a
    span at a position of the window.
    """
    if program.tensors[op.a[0].tensor].type == Element.U8:
        return [3 * op.kernel[1]] * op.kernel[0]
    return [span.count for span in op.a] * (op.kernel[0] * op.kernel[1])


def grouped_columns(lengths: Sequence[int]) -> np.ndarray:
    """Returns for each weight of the groups its column in (ky, kx, in); -1: the weight is 0.

    A segment of 4 or more ends in a group of its last 4 inputs, without those that the group before has.
    """
    columns, first = [], 0
    for length in lengths:
        odd = length % GROUP
        part = np.full(length + -length % GROUP, -1)
        part[:length - odd] = np.arange(first, first + length - odd)
        if odd:
            at = len(part) - odd if length > GROUP else 0
            part[at:at + odd] = np.arange(first + length - odd, first + length)
        columns.append(part)
        first += length
    return np.concatenate(columns)
