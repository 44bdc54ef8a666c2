# SPDX-License-Identifier: MIT
"""Computes the loss: which cells and anchors predict an object (YOLOv5's assignment), and their error.

An object is assigned to every anchor whose width and height differ from its own by less than a factor of RATIO, at the
cell of its centre and at the two nearest neighbours of that cell, on each level. The box error is complete IoU;
objectness is trained towards the IoU, and the classes towards the object's.
"""

from __future__ import annotations

import math
from typing import List, NamedTuple, Tuple

import torch
from torch.nn import functional

RATIO = 2.5
BOX, OBJECTNESS, CLASS = 6.0, 1.0, 2.0
EPS = 1e-7


class Matches(NamedTuple):
    """The predictions of one level that are assigned to objects. All are [count], except the last two."""

    image: torch.Tensor
    anchor: torch.Tensor
    y: torch.Tensor
    x: torch.Tensor
    label: torch.Tensor
    box: torch.Tensor  # [count][4] centre x, centre y, width, height in cells; the centre relative to the cell's corner
    size: torch.Tensor  # [count][2] the anchor, in cells


def match(targets: torch.Tensor, anchors: torch.Tensor, height: int, width: int) -> Matches:
    """Assigns objects to predictions of a level of height x width cells.

    targets: [count][6] image, class, centre x, centre y, width, height, in cells. anchors: [anchors][2] in cells.
    """
    ratio = targets[None, :, 4:6] / anchors[:, None]
    anchor, at = (torch.max(ratio, 1 / ratio).amax(2) < RATIO).nonzero(as_tuple=True)
    chosen = targets[at]
    x, y = chosen[:, 2], chosen[:, 3]
    # Besides the cell itself: the neighbour in x on the side of the centre's half, and likewise in y.
    near_x = torch.where(x % 1 < 0.5, -1.0, 1.0)
    near_y = torch.where(y % 1 < 0.5, -1.0, 1.0)
    zero = torch.zeros_like(near_x)
    cell_x = torch.cat([x.floor(), x.floor() + near_x, x.floor() + zero])
    cell_y = torch.cat([y.floor(), y.floor() + zero, y.floor() + near_y])
    inside = (cell_x >= 0) & (cell_x < width) & (cell_y >= 0) & (cell_y < height)
    chosen, anchor = chosen.repeat(3, 1)[inside], anchor.repeat(3)[inside]
    cell_x, cell_y = cell_x[inside], cell_y[inside]
    box = torch.stack([chosen[:, 2] - cell_x, chosen[:, 3] - cell_y, chosen[:, 4], chosen[:, 5]], 1)
    return Matches(chosen[:, 0].long(), anchor, cell_y.long(), cell_x.long(), chosen[:, 1].long(), box, anchors[anchor])


def decode(raw: torch.Tensor, size: torch.Tensor) -> torch.Tensor:
    """Converts raw outputs [count][4] to boxes as in Matches.box: a cell reaches from -0.5 to 1.5, an anchor to 4 times
    its size.
    """
    unit = raw.sigmoid()
    return torch.cat([2 * unit[:, :2] - 0.5, (2 * unit[:, 2:]) ** 2 * size], 1)


def complete_iou(a: torch.Tensor, b: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    """Returns IoU of boxes [count][4] (centre x, centre y, width, height), and complete IoU (Zheng et al. 2020).

    Complete IoU has a gradient for disjoint boxes, too: it subtracts the distance of the centres over the enclosing
    box's diagonal, and the difference in shape.
    """
    a_low, a_high = a[:, :2] - a[:, 2:] / 2, a[:, :2] + a[:, 2:] / 2
    b_low, b_high = b[:, :2] - b[:, 2:] / 2, b[:, :2] + b[:, 2:] / 2
    overlap = (torch.min(a_high, b_high) - torch.max(a_low, b_low)).clamp(min=0).prod(1)
    iou = overlap / (a[:, 2:].prod(1) + b[:, 2:].prod(1) - overlap + EPS)
    diagonal = (torch.max(a_high, b_high) - torch.min(a_low, b_low)).square().sum(1)
    distance = (a[:, :2] - b[:, :2]).square().sum(1)
    shape = 4 / math.pi ** 2 * (torch.atan(a[:, 2] / (a[:, 3] + EPS)) - torch.atan(b[:, 2] / (b[:, 3] + EPS))) ** 2
    with torch.no_grad():
        weight = shape / (1 - iou + shape + EPS)
    return iou, iou - distance / (diagonal + EPS) - weight * shape


def loss(raw: List[torch.Tensor], targets: torch.Tensor, anchors: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    """Returns the loss of a batch, and its parts [3]: box, objectness, class, each a mean over the assigned
    predictions.

    raw: [batch][anchor][y][x][5 + classes] a level. targets: [count][6] image, class, centre x, centre y, width, height
    in shares of the picture. anchors: [level][anchor][2] in cells.
    """
    box = objectness = classes = raw[0].new_zeros(())
    count = 0
    for level, sizes in zip(raw, anchors):
        height, width = level.shape[2:4]
        scaled = targets * targets.new_tensor([1, 1, width, height, width, height])
        found = match(scaled, sizes, height, width)
        wanted = torch.zeros_like(level[..., 4])
        if len(found.image):
            answers = level[found.image, found.anchor, found.y, found.x]
            iou, complete = complete_iou(decode(answers[:, :4], found.size), found.box)
            box = box + (1 - complete).sum()
            wanted[found.image, found.anchor, found.y, found.x] = iou.detach()
            right = functional.one_hot(found.label, answers.shape[1] - 5).to(answers.dtype)
            classes = classes + functional.binary_cross_entropy_with_logits(answers[:, 5:], right, reduction="sum")
        objectness = objectness + functional.binary_cross_entropy_with_logits(level[..., 4], wanted, reduction="sum")
        count += len(found.image)
    parts = torch.stack([box, objectness, classes]) / max(count, 1)
    return (parts * parts.new_tensor([BOX, OBJECTNESS, CLASS])).sum(), parts.detach()
