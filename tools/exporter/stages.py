# SPDX-License-Identifier: MIT
"""Finds the ShuffleNetV2 stages in a graph, and gives their blocks' outputs slots in a shared tensor while that is
safe.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List, Optional, Set

import numpy as np

from .graph import Graph, Kind
from .slots import stage_slots


MAX_BLOCKS = 24  # of a stage: the search for slots takes quadratic time; known networks have up to 8


@dataclass
class Block:
    """A ShuffleNet unit: out = shuffle(concat(kept or written, written))."""

    writers: List[int]  # nodes of the convolutions that make the concatenated halves, in order; one if a half is kept
    source: Optional[int]  # stride 1: the value whose first half is kept
    output: int  # the shuffled value
    half: int


@dataclass
class Stage:
    """Consecutive blocks, each of which reads the previous one's output."""

    blocks: List[Block] = field(default_factory=list)
    # Place (tensor, channel, upsample) of each slot; the slots of a stage may end up in several tensors.
    places: Optional[np.ndarray] = None

    @property
    def has_head(self) -> bool:
        """Returns whether the first block makes all channels itself (stride 2): their slots can be chosen freely."""
        return self.blocks[0].source is None

    def state(self, number: int) -> np.ndarray:
        """Returns the slot of each logical channel after `number` stride-1 blocks."""
        updates = len(self.blocks) - self.has_head
        return np.array(stage_slots(self.blocks[0].half, updates, self.has_head)[number])


def consumers(graph: Graph) -> Dict[int, List[int]]:
    """Returns value -> the nodes that read it."""
    found: Dict[int, List[int]] = {value: [] for value in range(len(graph.nodes) + 1)}
    for index, node in enumerate(graph.nodes):
        for value in node.inputs:
            found[value].append(index)
    return found


def _block_at(graph: Graph, index: int, real: Set[int], readers: Dict[int, List[int]]) -> Optional[Block]:
    """Returns the block whose shuffle is node `index`; None if it is not one, or if a part of it must
    be materialised.
    """
    shuffle = graph.nodes[index]
    if shuffle.kind != Kind.SHUFFLE or shuffle.groups != 2 or index in real:
        return None
    concat_index = shuffle.inputs[0] - 1
    concat = graph.nodes[concat_index]
    if concat.kind != Kind.CONCAT or concat_index in real or len(concat.inputs) != 2:
        return None
    half = shuffle.channels // 2
    halves = [graph.nodes[value - 1] for value in concat.inputs]
    written = [n.kind == Kind.CONV and n.channels == half and readers[v] == [concat_index]
               for n, v in zip(halves, concat.inputs)]
    writers = [value - 1 for value in concat.inputs]
    if all(written):
        return Block(writers, None, index + 1, half)
    kept = halves[0]
    if written[1] and kept.kind == Kind.SPLIT and kept.first == 0 and kept.channels == half \
            and graph.channels(kept.inputs[0]) == 2 * half:
        return Block(writers[1:], kept.inputs[0], index + 1, half)
    return None


def find_stages(graph: Graph, real: Set[int]) -> List[Stage]:
    """Returns all stages. A value that two blocks read continues the first one's stage; the other block starts a new
    one.
    """
    readers = consumers(graph)
    stages: List[Stage] = []
    open_stages: Dict[int, Stage] = {}  # by the value that their last block makes
    for index in range(len(graph.nodes)):
        block = _block_at(graph, index, real, readers)
        if block is None:
            continue
        stage = open_stages.pop(block.source, None) if block.source is not None else None
        if stage is None or len(stage.blocks) == MAX_BLOCKS:
            stage = Stage()
            stages.append(stage)
        stage.blocks.append(block)
        open_stages[block.output] = stage
    return stages
