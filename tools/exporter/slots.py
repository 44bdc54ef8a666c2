# SPDX-License-Identifier: MIT
"""Places the channels of a ShuffleNetV2 stage, so that its blocks work in place and read few contiguous spans.

A stage tensor has 2h channels. A stride-1 block keeps the value at logical channel p < h, which moves to channel 2p of
the block's output, and replaces those at p >= h by h new values, which become the odd channels. Kept values stay in
their slot and the new ones take the slots of the replaced ones, in any order: the order is folded into the weights.

So a value is identified by the block that replaces it, its *class*: 1 .. n, or n + 1 for those that outlive the stage.
Block k reads and rewrites exactly the slots of class k, and the number of its spans is the number of runs of class k on
the line of slots. A beam search chooses the order in which classes are laid out: at the start, and by each block in the
slots that it rewrites. Candidates are the layouts that grow from one class outwards, the next class left or right of
the rest.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import Dict, List, Sequence, Tuple

PREFERRED_MULTIPLE = 4
BEAM, SIDES = 24, 8  # SIDES: classes that the search places left or right; the remaining, tiny ones go right
LONG_STAGE = 9  # blocks; known networks have up to 8
BEAM_OF_LONG, SIDES_OF_LONG = 8, 4

Segment = Tuple[int, int]  # class, slots
Line = Tuple[Segment, ...]
Layout = Tuple[Segment, ...]


def replaced_by(born: int, channel: int, half: int, blocks: int) -> int:
    """Returns the class of the value at logical `channel` after block `born` (0: at the start)."""
    block = born + 1
    while channel < half and block <= blocks:
        channel *= 2
        block += 1
    return min(block, blocks + 1)


@lru_cache(maxsize=None)
def stage_slots(half: int, blocks: int, free_start: bool) -> Tuple[Tuple[int, ...], ...]:
    """Returns for each state 0 .. blocks the slot of each logical channel.

    With `free_start` the initial values may be placed freely; otherwise logical channel p starts in slot p.
    """
    layouts = _search(half, blocks, free_start)
    start = [(replaced_by(0, p, half, blocks), p) for p in range(2 * half)]
    slots = [0] * (2 * half)
    classes = [0] * (2 * half)  # by slot
    free = range(2 * half)
    states: List[Tuple[int, ...]] = []
    for block in range(blocks + 1):
        if block:
            start = [(replaced_by(block, 2 * i + 1, half, blocks), 2 * i + 1) for i in range(half)]
            free = [slot for slot in range(2 * half) if classes[slot] == block]
            slots = [slots[p // 2] if p % 2 == 0 else 0 for p in range(2 * half)]
        for slot, (channel, value_class) in zip(free, _in_layout_order(start, layouts[block], block)):
            slots[channel], classes[slot] = slot, value_class
        states.append(tuple(slots))
    return tuple(states)


def _in_layout_order(values: Sequence[Tuple[int, int]], layout: Layout, block: int) -> List[Tuple[int, int]]:
    """Returns (channel, class) in the order of the layout.

    At the start, even channels come from one branch of the stage head and odd ones from the other: alternating which
    comes first lets neighbouring classes share a run, so that the head writes fewer spans.
    """
    members: Dict[int, List[int]] = {}
    for value_class, channel in values:
        members.setdefault(value_class, []).append(channel)
    ordered = []
    for index, (value_class, _) in enumerate(layout):
        group = members[value_class]
        if block == 0:
            group = sorted(group, key=lambda channel: (channel % 2 != index % 2, channel))
        ordered += [(channel, value_class) for channel in group]
    return ordered


def _counts(half: int, blocks: int, block: int) -> List[Segment]:
    """Returns class and number of the values that block `block` makes (0: the initial ones), soonest replaced first."""
    channels = range(2 * half) if block == 0 else range(1, 2 * half, 2)
    counts: Dict[int, int] = {}
    for channel in channels:
        value_class = replaced_by(block, channel, half, blocks)
        counts[value_class] = counts.get(value_class, 0) + 1
    return sorted(counts.items())


def _layouts(counts: Sequence[Segment], max_sides: int) -> List[Layout]:
    """Returns candidate layouts, from the soonest replaced class outwards and from the latest one outwards."""
    found: List[Layout] = []
    for ordered in (list(counts), list(counts)[::-1]):
        sided = min(len(ordered) - 1, max_sides)
        for sides in product((False, True), repeat=sided):
            layout = ordered[:1]
            for segment, left in zip(ordered[1:], sides + (False,) * (len(ordered) - 1 - sided)):
                layout = [segment] + layout if left else layout + [segment]
            found.append(tuple(layout))
    return list(dict.fromkeys(found))


def _fill(line: Line, block: int, layout: Layout) -> Line:
    """Returns the line after block `block` has laid out its new values in the slots of class `block`."""
    result: List[Segment] = []
    new, left = iter(layout), 0
    new_class = 0

    def append(value_class: int, slots: int) -> None:
        if result and result[-1][0] == value_class:
            slots += result.pop()[1]
        result.append((value_class, slots))

    for value_class, slots in line:
        if value_class != block:
            append(value_class, slots)
            continue
        while slots:
            if not left:
                new_class, left = next(new)
            taken = min(left, slots)
            append(new_class, taken)
            left, slots = left - taken, slots - taken
    return tuple(result)


def _runs(line: Line, value_class: int) -> Tuple[int, int]:
    """Returns the runs of a class on the line, and how many of their ends are not multiples of the preferred one."""
    runs = uneven = at = 0
    for current, slots in line:
        if current == value_class:
            runs += 1
            uneven += (at % PREFERRED_MULTIPLE != 0) + ((at + slots) % PREFERRED_MULTIPLE != 0)
        at += slots
    return runs, uneven


def _search(half: int, blocks: int, free_start: bool) -> Tuple[Layout, ...]:
    """Returns the layout of the start and of each block's new values with the fewest spans in all."""
    # A beam entry: (spans read so far, uneven ends so far, layouts chosen, line)
    width, sides = (BEAM, SIDES) if blocks < LONG_STAGE else (BEAM_OF_LONG, SIDES_OF_LONG)
    first = _counts(half, blocks, 0)
    starts = _layouts(first, sides) if free_start else [tuple(first[::-1])]
    beam = [(0, 0, (layout,), layout) for layout in starts]
    for block in range(1, blocks + 1):
        candidates: Dict[Line, tuple] = {}
        layouts = _layouts(_counts(half, blocks, block), sides)
        for spans, uneven, chosen, line in beam:
            runs, ends = _runs(line, block)
            for layout in layouts:
                after = _fill(line, block, layout)
                # Every segment that a later block reads costs about one span or more.
                ahead = sum(value_class <= blocks for value_class, _ in after)
                entry = (spans + runs + ahead, uneven + ends, spans + runs, chosen + (layout,), after)
                if after not in candidates or entry < candidates[after]:
                    candidates[after] = entry
        best = sorted(candidates.values())[:width]
        beam = [(spans, uneven, chosen, line) for _, uneven, spans, chosen, line in best]
    return min(beam)[2]
