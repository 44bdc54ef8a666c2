# SPDX-License-Identifier: MIT
"""Measures tracks against the truth: MOTA (Bernardin and Stiefelhagen 2008) and IDF1 (Ristani et al. 2016)."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Sequence, Tuple

Box = Tuple[int, float, float, float, float]  # id, left, top, width, height
Frames = Dict[int, List[Box]]
FORBIDDEN = 1e6


class Quality(NamedTuple):
    mota: float
    idf1: float
    switches: int


def iou(a: Box, b: Box) -> float:
    """Returns the intersection over union of two boxes."""
    w = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    h = min(a[2] + a[4], b[2] + b[4]) - max(a[2], b[2])
    both = max(w, 0.0) * max(h, 0.0)
    return both / (a[3] * a[4] + b[3] * b[4] - both)


def assign(costs: Sequence[Sequence[float]]) -> List[Tuple[int, int]]:
    """Returns the pairs (row, column) of least cost: the Hungarian method, O(n^3)."""
    if not costs or not costs[0]:
        return []
    if len(costs) > len(costs[0]):
        return [(row, column) for column, row in assign(list(zip(*costs)))]
    rows, columns = len(costs), len(costs[0])
    u, v, row_of = [0.0] * (rows + 1), [0.0] * (columns + 1), [0] * (columns + 1)
    for i in range(1, rows + 1):
        row_of[0], j = i, 0
        least, before, used = [float("inf")] * (columns + 1), [0] * (columns + 1), [False] * (columns + 1)
        while row_of[j]:
            used[j], i0 = True, row_of[j]
            for k in range(1, columns + 1):
                if not used[k]:
                    left = costs[i0 - 1][k - 1] - u[i0] - v[k]
                    if left < least[k]:
                        least[k], before[k] = left, j
            j = min((k for k in range(1, columns + 1) if not used[k]), key=lambda k: least[k])
            step = least[j]
            for k in range(columns + 1):
                if used[k]:
                    u[row_of[k]] += step
                    v[k] -= step
                else:
                    least[k] -= step
        while j:
            row_of[j], j = row_of[before[j]], before[j]
    return [(row_of[j] - 1, j - 1) for j in range(1, columns + 1) if row_of[j]]


def measure(truth: Frames, found: Frames) -> Quality:
    """Returns the quality at an IoU of 0.5. A pair that matched in the frame before is kept while it overlaps."""
    errors = switches = 0
    last: Dict[int, int] = {}
    shared: Dict[Tuple[int, int], int] = {}
    for frame in sorted(set(truth) | set(found)):
        real, seen = truth.get(frame, []), found.get(frame, [])
        overlap = [[iou(a, b) for b in seen] for a in real]
        costs = [[FORBIDDEN] * len(seen) for _ in real]
        for i, a in enumerate(real):
            for j, b in enumerate(seen):
                if overlap[i][j] >= 0.5:
                    shared[a[0], b[0]] = shared.get((a[0], b[0]), 0) + 1
                    costs[i][j] = 1 - overlap[i][j] - (10 if last.get(a[0]) == b[0] else 0)
        pairs = [(i, j) for i, j in assign(costs) if overlap[i][j] >= 0.5]
        for i, j in pairs:
            switches += last.get(real[i][0], seen[j][0]) != seen[j][0]
            last[real[i][0]] = seen[j][0]
        errors += len(real) + len(seen) - 2 * len(pairs)
    count, reported = (sum(map(len, frames.values())) for frames in (truth, found))
    real_ids, seen_ids = sorted({pair[0] for pair in shared}), sorted({pair[1] for pair in shared})
    table = [[-shared.get((a, b), 0) for b in seen_ids] for a in real_ids]
    same = -sum(table[i][j] for i, j in assign(table))
    return Quality(1 - (errors + switches) / count, 2 * same / (count + reported), switches)
