# SPDX-License-Identifier: MIT
"""v5lite-e of any width: ShuffleNetV2 backbone, neck of depthwise convolutions, and three detection levels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import List, Sequence, Tuple, Union

import torch
from torch import nn

from .common import ADD, Concat, Conv, DWConvblock, Shuffle_Block, conv_bn_relu_maxpool

STRIDES = (8, 16, 32)
Anchors = Sequence[Sequence[Tuple[float, float]]]  # [level][anchor] (width, height) in pixels of the network's input

# Share of cells that hold an object when training starts: the objectness begins at its logit, instead of at one half.
PRIOR = 0.01


@dataclass(frozen=True)
class Widths:
    """Channels of the stem, the three stages and the neck, and the blocks of each stage after its first."""

    stem: int
    stages: Tuple[int, int, int]
    neck: int
    blocks: Tuple[int, int, int] = (3, 7, 1)


WIDTHS = {
    "e": Widths(32, (120, 232, 464), 96),
    "digits": Widths(16, (64, 160, 320), 64),
}


class Detect(nn.Module):
    """The heads: one 1x1 convolution a level, to anchors * (5 + classes) channels."""

    def __init__(self, channels: Sequence[int], classes: int, anchors: Anchors) -> None:
        super().__init__()
        pixels = torch.tensor(anchors, dtype=torch.float32)  # [level][anchor][2]
        self.nc, self.no, self.nl, self.na = classes, classes + 5, len(channels), pixels.shape[1]
        self.stride = torch.tensor(STRIDES, dtype=torch.float32)
        self.register_buffer("anchors", pixels / self.stride[:, None, None])
        self.register_buffer("anchor_grid", pixels.view(self.nl, 1, self.na, 1, 1, 2).clone())
        self.m = nn.ModuleList([nn.Conv2d(c, self.na * self.no, 1) for c in channels])
        for conv in self.m:
            bias = torch.zeros(self.na, self.no)
            bias[:, 4] = math.log(PRIOR / (1 - PRIOR))
            bias[:, 5:] = -math.log(max(classes, 2) - 1)
            conv.bias = nn.Parameter(bias.view(-1))

    def forward(self, xs: List[torch.Tensor]) -> List[torch.Tensor]:
        """Returns the raw outputs, [batch][anchor][y][x][5 + classes] a level."""
        raw = []
        for conv, x in zip(self.m, xs):
            n, _, h, w = x.shape
            raw.append(conv(x).view(n, self.na, self.no, h, w).permute(0, 1, 3, 4, 2))
        return raw


class Model(nn.Module):
    """Runs layers in order. A layer's `f` names the earlier ones that it reads; -1 is the previous one."""

    def __init__(self, widths: Widths, names: Sequence[str], anchors: Anchors) -> None:
        super().__init__()
        self.names, self.nc, self.save = list(names), len(names), []
        layers = _layers(widths, len(names), anchors)
        for index, (source, layer) in enumerate(layers):
            layer.i, layer.f = index, source
            self.save += [entry for entry in (source if isinstance(source, list) else [source]) if entry >= 0]
        self.save = sorted(set(self.save))
        self.model = nn.Sequential(*(layer for _, layer in layers))
        self.stride = self.model[-1].stride

    def forward(self, x: torch.Tensor) -> List[torch.Tensor]:
        """Maps pictures [batch][3][height][width], RGB, 0 .. 1, to the raw outputs of the heads."""
        kept: List[torch.Tensor] = []
        for layer in self.model:
            entries = layer.f if isinstance(layer.f, list) else [layer.f]
            inputs = [x if entry == -1 else kept[entry] for entry in entries]
            x = layer(inputs if isinstance(layer.f, list) else inputs[0])
            kept.append(x)
        return x


def _layers(widths: Widths, classes: int, anchors: Anchors) -> List[Tuple[Union[int, List[int]], nn.Module]]:
    """Returns the layers of v5lite-e with what each reads."""
    low, middle, deep = widths.stages
    neck = widths.neck
    layers: List[Tuple[Union[int, List[int]], nn.Module]] = [(-1, conv_bn_relu_maxpool(3, widths.stem))]
    for c_in, channels, count in zip((widths.stem, low, middle), widths.stages, widths.blocks):
        layers.append((-1, Shuffle_Block(c_in, channels, 2)))
        layers.append((-1, nn.Sequential(*(Shuffle_Block(channels, channels, 1) for _ in range(count)))))
    return layers + [
        (-1, Conv(deep, neck)),                        # 7, stride 32
        (-1, nn.Upsample(scale_factor=2, mode="nearest")),
        ([-1, 4], Concat()),
        (-1, DWConvblock(neck + middle, neck, 3, 1)),  # 10, stride 16
        (-1, Conv(neck, neck)),
        (-1, nn.Upsample(scale_factor=2, mode="nearest")),
        ([-1, 2], Concat()),
        (-1, DWConvblock(neck + low, neck, 3, 1)),     # 14, stride 8
        (-1, DWConvblock(neck, neck, 3, 2)),
        ([-1, 11], ADD()),
        (-1, DWConvblock(neck, neck, 3, 1)),           # 17, stride 16
        (-1, DWConvblock(neck, neck, 3, 2)),
        ([-1, 7], ADD()),
        (-1, DWConvblock(neck, neck, 3, 1)),           # 20, stride 32
        ([14, 17, 20], Detect([neck] * 3, classes, anchors)),
    ]
