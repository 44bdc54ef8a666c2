# SPDX-License-Identifier: MIT
"""Yields pictures of a data set in random order, augmented, as tensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, Tuple, Union

import numpy as np
import torch
from torch.nn import functional

from dataset import Folder, Scenes, zoom

Batch = Tuple[torch.Tensor, torch.Tensor]  # pictures [n][3][size][size], 0 .. 1; targets [count][6], see loss.loss


@dataclass(frozen=True)
class Variation:
    """Settings of the augmentation of pictures."""

    light: float = 0.2  # each channel times 1 - light .. 1 + light, plus or minus half of that
    zoom: float = 0.0  # scaled by up to this factor less one, and moved by up to a third of it
    mirror: bool = False
    invert: bool = False  # negatives, and channels in any order: for data whose classes do not depend on colour


def batches(data: Union[Scenes, Folder], size: int, variation: Variation, random: np.random.Generator,
            side: int) -> Iterator[Batch]:
    """Yields one epoch: whole batches of `size` pictures, or one smaller one if there are fewer; `side` pixels wide and
    high.
    """
    order = random.permutation(len(data.pictures))
    size = min(size, len(order))
    for first in range(0, len(order) - size + 1, size):
        yield _scaled(collate([_varied(data, index, variation, random) for index in order[first:first + size]],
                              variation, random), side)


def in_order(data: Union[Scenes, Folder], size: int, side: int) -> Iterator[Batch]:
    """Yields every picture once, not augmented. The last batch has the remaining ones."""
    plain, random = Variation(light=0.0), np.random.default_rng(0)
    for first in range(0, len(data.pictures), size):
        yield _scaled(collate(list(zip(data.pictures, data.labels))[first:first + size], plain, random), side)


def _scaled(batch: Batch, side: int) -> Batch:
    pictures, targets = batch
    if pictures.shape[3] != side:
        pictures = functional.interpolate(pictures, size=(side, side), mode="bilinear", align_corners=False)
    return pictures, targets


def _varied(data: Union[Scenes, Folder], index: int, variation: Variation,
            random: np.random.Generator) -> Tuple[np.ndarray, np.ndarray]:
    picture, labels = data.pictures[index], data.labels[index]
    if variation.zoom > 0:
        scale = (1 + variation.zoom) ** random.uniform(-1, 1)
        picture, labels = zoom(picture, labels, scale, *random.uniform(-variation.zoom / 3, variation.zoom / 3, 2))
    if variation.mirror and random.random() < 0.5:
        picture, labels = picture[:, ::-1], labels * np.float32([1, -1, 1, 1, 1]) + np.float32([0, 1, 0, 0, 0])
    if variation.invert:
        picture = picture[:, :, random.permutation(3)]
    return picture, labels


def collate(made: list, variation: Variation, random: np.random.Generator) -> Batch:
    """Returns a batch in channels_last order, with its light varied."""
    pictures = torch.from_numpy(np.stack([picture for picture, _ in made])).permute(0, 3, 1, 2).float() / 255
    count = len(made)
    gain = 1 + variation.light * random.uniform(-1, 1, (count, 3, 1, 1))
    offset = variation.light / 2 * random.uniform(-1, 1, (count, 3, 1, 1))
    if variation.invert:
        negative = random.random((count, 1, 1, 1)) < 0.3
        gain, offset = np.where(negative, -gain, gain), np.where(negative, 1 - offset, offset)
    pictures.mul_(torch.from_numpy(gain).float()).add_(torch.from_numpy(offset).float()).clamp_(0, 1)
    targets = [np.concatenate([np.full((len(labels), 1), at, np.float32), labels], 1) for at,
               (_, labels) in enumerate(made)]
    return pictures, torch.from_numpy(np.concatenate(targets))
