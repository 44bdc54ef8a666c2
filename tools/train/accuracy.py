# SPDX-License-Identifier: MIT
"""Computes the AP of a network in training by the metric of tools/eval.py.

Makes detections as v5lite does for it (any class above a low threshold, suppression by class), on pictures as the
network sees them.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np
import torch

from evaluation.detections import Detections
from evaluation.matching import iou
from evaluation.metric import evaluate
from evaluation.truth import Truth, build
from loss import decode

CONFIDENCE, OVERLAP, MOST = 0.001, 0.6, 300  # as tools/eval.py runs v5lite
# the best of a picture, before suppression: networks that have learned little have very many candidates
CANDIDATES = 1000


def truth_of(labels: Sequence[np.ndarray], names: Sequence[str], side: int) -> Truth:
    """Returns the objects of validation pictures, in pixels of the network's input."""
    rows = []
    for image, found in enumerate(labels):
        for number, x, y, width, height in (found.astype(float) * (1, side, side, side, side)).tolist():
            rows.append((image, int(number), (x - width / 2, y - height / 2, width, height), width * height, False))
    return build(range(len(labels)), dict(enumerate(names)), rows)


@torch.no_grad()
def detect(raw: List[torch.Tensor], anchors: torch.Tensor, side: int) -> Iterator[np.ndarray]:
    """Detections of each picture of a batch: [count][6] class, score, x, y, width, height in pixels.

    raw: [batch][anchor][y][x][5 + classes] a level. anchors: [level][anchor][2] in cells.
    """
    levels = [_candidates(level, sizes, side) for level, sizes in zip(raw, anchors)]
    image = np.concatenate([of for of, _ in levels])
    rows = np.concatenate([found for _, found in levels])
    for at in range(len(raw[0])):
        yield _suppressed(rows[image == at])


def _candidates(level: torch.Tensor, sizes: torch.Tensor, side: int) -> Tuple[np.ndarray, np.ndarray]:
    """Returns the candidates of one level: the index of the picture, and the row of each."""
    scores = level[..., 4:5].sigmoid() * level[..., 5:].sigmoid()
    image, anchor, y, x, label = (scores > CONFIDENCE).nonzero(as_tuple=True)
    box = decode(level[image, anchor, y, x, :4], sizes[anchor])
    cells = box.new_tensor([level.shape[3], level.shape[2]])
    extent = box[:, 2:] / cells * side
    corner = (box[:, :2] + torch.stack([x, y], 1)) / cells * side - extent / 2
    score = scores[image, anchor, y, x, label]
    return image.numpy(), torch.cat([label[:, None].float(), score[:, None], corner, extent], 1).double().numpy()


def _suppressed(rows: np.ndarray) -> np.ndarray:
    """Returns the best rows that do not overlap a better one of their class."""
    rows = rows[np.argsort(-rows[:, 1], kind="stable")[:CANDIDATES]]
    kept = np.ones(len(rows), bool)
    for label in np.unique(rows[:, 0]):
        mine = np.flatnonzero(rows[:, 0] == label)
        free = np.ones(len(mine), bool)
        others = iou(rows[mine, 2:], rows[mine, 2:], np.zeros(len(mine), bool)) > OVERLAP
        for at in range(len(mine)):
            if free[at]:
                free[at + 1:] &= ~others[at, at + 1:]
        kept[mine] = free
    return rows[kept][:MOST]


def average_precision(truth: Truth, found: Sequence[np.ndarray]) -> Dict[str, Optional[float]]:
    """Returns tools/eval.py's metrics of detections, which are in the order of the pictures."""
    rows = np.concatenate([np.empty((0, 6)), *found])
    image = np.repeat(np.arange(len(found)), [len(part) for part in found])
    return evaluate(truth, Detections(image, rows[:, 0].astype(np.int64), rows[:, 2:], rows[:, 1], 0)).metrics
