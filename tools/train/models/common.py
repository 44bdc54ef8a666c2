# SPDX-License-Identifier: MIT
"""Building blocks of YOLOv5-Lite in PyTorch. Tensors are [batch][channels][height][width].

Class and attribute names are those by which tools/export.py knows the modules of a checkpoint.
"""

from __future__ import annotations

from typing import List

import torch
from torch import nn
from torch.nn import functional

NORM_EPS, NORM_MOMENTUM = 1e-3, 0.03


def conv2d(c_in: int, c_out: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """Returns a convolution without bias, because BatchNorm follows. It maps H rows to H / stride."""
    return nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, groups=groups, bias=False)


def norm(channels: int) -> nn.BatchNorm2d:
    """Returns a BatchNorm with this network's epsilon."""
    return nn.BatchNorm2d(channels, eps=NORM_EPS, momentum=NORM_MOMENTUM)


def shuffle(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Concatenates and interleaves: channel 2i is from the first, 2i + 1 from the second.

    Makes one copy instead of two, and keeps channels_last, which the copies of the usual form would not.
    """
    pixels = torch.stack([first.permute(0, 2, 3, 1), second.permute(0, 2, 3, 1)], -1)
    return pixels.flatten(-2).permute(0, 3, 1, 2)


class conv_bn_relu_maxpool(nn.Module):  # noqa: N801 (the name in checkpoints)
    """The stem: [c_in][H][W] -> [c_out][H / 4][W / 4]."""

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(conv2d(c_in, c_out, 3, 2), norm(c_out), nn.ReLU(inplace=True))
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.maxpool(self.conv(x))


class Shuffle_Block(nn.Module):  # noqa: N801
    """The unit of ShuffleNetV2 (Ma et al. 2018). Stride 1 keeps half of the channels; stride 2 makes all from the whole
    input.
    """

    def __init__(self, c_in: int, c_out: int, stride: int) -> None:
        super().__init__()
        if stride == 1 and c_in != c_out or c_out % 2:
            raise ValueError(f"Shuffle_Block {c_in} -> {c_out}, stride {stride}: expected an even number, kept at "
                             "stride 1")
        half = c_out // 2
        self.stride = stride
        self.branch1 = nn.Sequential()
        if stride > 1:
            self.branch1 = nn.Sequential(conv2d(c_in, c_in, 3, stride, c_in), norm(c_in),
                                         conv2d(c_in, half), norm(half), nn.ReLU(inplace=True))
        self.branch2 = nn.Sequential(
            conv2d(c_in if stride > 1 else half, half), norm(half), nn.ReLU(inplace=True),
            conv2d(half, half, 3, stride, half), norm(half), conv2d(half, half), norm(half), nn.ReLU(inplace=True))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.stride > 1:
            return shuffle(self.branch1(x), self.branch2(x))
        kept, taken = x.chunk(2, 1)
        return shuffle(kept, self.branch2(taken))


class DWConvblock(nn.Module):
    """Depthwise k x k, then 1x1, each with BatchNorm and ReLU."""

    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.p = kernel // 2
        self.conv1, self.bn1 = conv2d(c_in, c_in, kernel, stride, c_in), norm(c_in)
        self.conv2, self.bn2 = conv2d(c_in, c_out), norm(c_out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(x)))


class Conv(nn.Module):
    """Convolution, BatchNorm, SiLU."""

    def __init__(self, c_in: int, c_out: int, kernel: int = 1, stride: int = 1) -> None:
        super().__init__()
        self.conv, self.bn, self.act = conv2d(c_in, c_out, kernel, stride), norm(c_out), nn.SiLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.act(self.bn(self.conv(x)))


class ADD(nn.Module):
    """first + a * second."""

    def __init__(self, a: float = 1.0) -> None:
        super().__init__()
        self.a = a

    def forward(self, xs: List[torch.Tensor]) -> torch.Tensor:
        return xs[0] + self.a * xs[1]


class Concat(nn.Module):
    """Concatenates maps of one size along the channels."""

    def __init__(self) -> None:
        super().__init__()
        self.d = 1

    def forward(self, xs: List[torch.Tensor]) -> torch.Tensor:
        return torch.cat(xs, self.d)
