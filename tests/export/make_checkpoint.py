#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes small random YOLOv5-Lite checkpoints, as upstream would save them, without PyTorch and without upstream.

They have the structure of v5lite-e and v5lite-s with narrow layers, so that everything downstream can be tested without
anybody's weights. The same arguments give the same bytes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Union

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from torchlike import Call, Global, Instance, Ordered, save  # noqa: E402

EPS = 1e-3
ANCHORS = [[(10, 13), (17, 31), (35, 22), (24, 26)], [(31, 61), (63, 45), (58, 120), (48, 50)],
           [(117, 90), (155, 198), (372, 326), (240, 250)]]


def module(path: str, children: Optional[Dict[str, Any]] = None, parameters: Optional[dict] = None,
           buffers: Optional[dict] = None, **attributes: Any) -> Instance:
    """An nn.Module as it is pickled: its class and its state."""
    package, _, name = path.rpartition(".")
    state = {"training": False, "_parameters": Ordered(parameters or {}), "_buffers": Ordered(buffers or {}),
             "_backward_hooks": Ordered(), "_forward_hooks": Ordered(), "_forward_pre_hooks": Ordered(),
             "_modules": Ordered(children or {}), **attributes}
    return Instance(Global(package, name), state)


class Modules:
    """Builds modules with seeded random weights, scaled so that activations stay near 1 in size."""

    def __init__(self, seed: int, half: bool = False, relu: bool = False, eps: float = EPS) -> None:
        self.random = np.random.RandomState(seed)
        self.dtype = np.dtype("<f2" if half else "<f4")
        self.relu, self.eps = relu, eps
        self.norms = 0

    def parameter(self, array: np.ndarray) -> Call:
        return Call(Global("torch._utils", "_rebuild_parameter"), array.astype(self.dtype), True, Ordered())

    def conv2d(self, c_in: int, c_out: int, kernel: int = 1, stride: int = 1, groups: int = 1, bias: bool = False,
               gain: float = 0.9) -> Instance:
        fan_in = c_in // groups * kernel * kernel
        weight = self.random.randn(c_out, c_in // groups, kernel, kernel) * (gain / fan_in) ** 0.5
        parameters = {"weight": self.parameter(weight),
                      "bias": self.parameter(self.random.randn(c_out) * 1.0) if bias else None}
        pad = kernel // 2
        return module("torch.nn.modules.conv.Conv2d", None, parameters, in_channels=c_in, out_channels=c_out,
                      kernel_size=(kernel, kernel), stride=(stride, stride), padding=(pad, pad), dilation=(1, 1),
                      transposed=False, output_padding=(0, 0), groups=groups, padding_mode="zeros")

    def norm(self, channels: int) -> Instance:
        weight = self.random.uniform(0.8, 1.4, channels)
        variance = self.random.uniform(0.5, 1.2, channels)
        if self.norms % 3 == 0:  # trained networks have dead channels, with a variance of exactly 0
            dead = self.random.randint(channels)
            variance[dead], weight[dead] = 0.0, 0.02
        self.norms += 1
        parameters = {"weight": self.parameter(weight), "bias": self.parameter(self.random.randn(channels) * 0.2)}
        buffers = {"running_mean": (self.random.randn(channels) * 0.1).astype(self.dtype),
                   "running_var": variance.astype(self.dtype), "num_batches_tracked": np.array(7, "<i8")}
        return module("torch.nn.modules.batchnorm.BatchNorm2d", None, parameters, buffers, num_features=channels,
                      eps=self.eps, momentum=0.03, affine=True, track_running_stats=True)

    def act(self, name: str) -> Instance:
        return module(f"torch.nn.modules.activation.{name}", inplace=True)

    def sequential(self, *children: Instance) -> Instance:
        return module("torch.nn.modules.container.Sequential", {str(i): c for i, c in enumerate(children)})

    def stem(self, c_in: int, c_out: int) -> Instance:
        pool = module("torch.nn.modules.pooling.MaxPool2d", kernel_size=3, stride=2, padding=1, dilation=1,
                      return_indices=False, ceil_mode=False)
        conv = self.sequential(self.conv2d(c_in, c_out, 3, 2), self.norm(c_out), self.act("ReLU"))
        return module("models.common.conv_bn_relu_maxpool", {"conv": conv, "maxpool": pool})

    def shuffle_block(self, c_in: int, c_out: int, stride: int) -> Instance:
        half = c_out // 2
        branch1 = self.sequential()
        if stride == 2:
            branch1 = self.sequential(self.conv2d(c_in, c_in, 3, 2, c_in), self.norm(c_in), self.conv2d(c_in, half),
                                      self.norm(half), self.act("ReLU"))
        branch2 = self.sequential(self.conv2d(c_in if stride == 2 else half, half), self.norm(half), self.act("ReLU"),
                                  self.conv2d(half, half, 3, stride, half), self.norm(half), self.conv2d(half, half),
                                  self.norm(half), self.act("ReLU"))
        return module("models.common.Shuffle_Block", {"branch1": branch1, "branch2": branch2}, stride=stride)

    def stage(self, channels: int, blocks: int) -> Instance:
        made = [self.shuffle_block(channels, channels, 1) for _ in range(blocks)]
        return made[0] if blocks == 1 else self.sequential(*made)

    def conv(self, c_in: int, c_out: int, kernel: int = 1, stride: int = 1) -> Instance:
        return module("models.common.Conv", {"conv": self.conv2d(c_in, c_out, kernel, stride), "bn": self.norm(c_out),
                                             "act": self.act("ReLU" if self.relu else "SiLU")})

    def dw_conv_block(self, c_in: int, c_out: int, kernel: int = 3, stride: int = 1) -> Instance:
        return module("models.common.DWConvblock", {
            "conv1": self.conv2d(c_in, c_in, kernel, stride, c_in), "bn1": self.norm(c_in),
            "conv2": self.conv2d(c_in, c_out), "bn2": self.norm(c_out)}, p=kernel // 2)

    def c3(self, c_in: int, c_out: int, depth: int = 1, shortcut: bool = False) -> Instance:
        half = c_out // 2
        inner = [module("models.common.Bottleneck", {"cv1": self.conv(half, half), "cv2": self.conv(half, half, 3)}, add=shortcut)
                 for _ in range(depth)]
        return module("models.common.C3", {"cv1": self.conv(c_in, half), "cv2": self.conv(c_in, half),
                                           "cv3": self.conv(c_out, c_out), "m": self.sequential(*inner)})

    def add(self, alpha: Union[int, float] = 1) -> Instance:
        return module("models.common.ADD", a=alpha)

    def concat(self) -> Instance:
        return module("models.common.Concat", d=1)

    def upsample(self, **changes: Any) -> Instance:
        return module("torch.nn.modules.upsampling.Upsample", **{
            "name": "Upsample", "size": None, "scale_factor": 2.0, "mode": "nearest", "align_corners": None, **changes})

    def detect(self, channels: List[int], strides: List[int], classes: int, anchors: int) -> Instance:
        pixels = np.array([[ANCHORS[level % 3][a % 4] for a in range(anchors)] for level in range(len(channels))], float)
        convs = [self.conv2d(c, anchors * (5 + classes), bias=True, gain=2.0) for c in channels]
        scaled = pixels / np.array(strides)[:, None, None]
        return module(
            "models.yolo.Detect",
            {"m": module("torch.nn.modules.container.ModuleList", {str(i): c for i, c in enumerate(convs)})},
            buffers={"anchors": scaled.astype(self.dtype),
                     "anchor_grid": pixels.reshape(len(channels), 1, anchors, 1, 1, 2).astype(self.dtype)},
            nc=classes, no=classes + 5, nl=len(channels), na=anchors, stride=np.array(strides, "<f4"))


class Network:
    """Layers in order, with what each reads."""

    def __init__(self) -> None:
        self.layers: List[Instance] = []
        self.save: List[int] = []

    def add(self, layer: Instance, source: Union[int, List[int]] = -1) -> int:
        """Appends a layer and returns its index."""
        layer.state.update(i=len(self.layers), f=source, np=0)
        entries = source if isinstance(source, list) else [source]
        self.save = sorted(set(self.save) | {e for e in entries if e >= 0})
        self.layers.append(layer)
        return len(self.layers) - 1

    def model(self, modules: Modules, classes: int) -> Instance:
        """The models.yolo.Model around them."""
        return module("models.yolo.Model", {"model": modules.sequential(*self.layers)}, save=self.save, nc=classes,
                      names=[f"class {i}" for i in range(classes)], yaml={"nc": 80}, gr=1.0)


def backbone(net: Network, m: Modules, width: int, blocks: List[int]) -> List[int]:
    """Stem and three stages; returns the stages' channels."""
    stages = [2 * (width // 2 + 4), 2 * (width + 4), 2 * (2 * width + 8)]
    net.add(m.stem(3, width))
    for c_in, channels, count in zip([width, *stages], stages, blocks):
        net.add(m.shuffle_block(c_in, channels, 2))
        net.add(m.stage(channels, count))
    return stages


def e_like(m: Modules, width: int, classes: int, anchors: int) -> Network:
    """The layers of v5lite-e."""
    net, neck = Network(), width
    _, middle, deep = stages = backbone(net, m, width, [3, 4, 1])
    net.add(m.conv(deep, neck))
    net.add(m.upsample())
    net.add(m.concat(), [-1, 4])
    net.add(m.dw_conv_block(neck + middle, neck))
    net.add(m.conv(neck, neck))
    net.add(m.upsample())
    net.add(m.concat(), [-1, 2])
    net.add(m.dw_conv_block(neck + stages[0], neck))
    net.add(m.dw_conv_block(neck, neck, 3, 2))
    net.add(m.add(), [-1, 11])
    net.add(m.dw_conv_block(neck, neck, 5))
    net.add(m.dw_conv_block(neck, neck, 3, 2))
    net.add(m.add(0.5), [-1, 7])
    net.add(m.dw_conv_block(neck, neck))
    net.add(m.detect([neck] * 3, [8, 16, 32], classes, anchors), [14, 17, 20])
    return net


def s_like(m: Modules, width: int, classes: int, anchors: int) -> Network:
    """The layers of v5lite-s; the last C3 has shortcuts, which s has not, to cover them too."""
    if width % 2:
        raise ValueError("the s-like network needs an even width")
    net, neck = Network(), 2 * width
    low, middle, deep = backbone(net, m, width, [3, 7, 2])
    net.add(m.conv(deep, neck))
    net.add(m.upsample())
    net.add(m.concat(), [-1, 4])
    net.add(m.c3(neck + middle, neck))
    net.add(m.conv(neck, width))
    net.add(m.upsample())
    net.add(m.concat(), [-1, 2])
    net.add(m.c3(width + low, width))
    net.add(m.conv(width, width, 3, 2))
    net.add(m.concat(), [-1, 11])
    net.add(m.c3(2 * width, neck))
    net.add(m.conv(neck, neck, 3, 2))
    net.add(m.concat(), [-1, 7])
    net.add(m.c3(2 * neck, neck, 2, True))
    net.add(m.detect([width, neck, neck], [8, 16, 32], classes, anchors), [14, 17, 20])
    return net


NETS: Dict[str, Callable[[Modules, int, int, int], Network]] = {"e": e_like, "s": s_like}


def checkpoint(model: Any, ema: Any = None, optimizer: Any = None) -> Dict[str, Any]:
    """The dictionary that upstream's train.py saves."""
    fitness = Call(Global("numpy.core.multiarray", "scalar"), Call(Global("numpy", "dtype"), "f8", False, True), "fitness")
    return {"epoch": -1, "best_fitness": fitness, "training_results": None, "model": model, "ema": ema, "updates": None,
            "optimizer": optimizer, "wandb_id": None}


def make(net: str = "e", classes: int = 3, anchors: int = 3, relu: bool = False, half: bool = False, ema: bool = False,
         optimizer: bool = False, width: int = 16, seed: int = 1, eps: float = EPS) -> bytes:
    """The bytes of a checkpoint. With `ema`, the network is in `ema` and other weights are in `model`."""
    def model(model_seed: int) -> Instance:
        modules = Modules(model_seed, half, relu, eps)
        return NETS[net](modules, width, classes, anchors).model(modules, classes)

    state = {"state": {0: {"momentum_buffer": np.ones(5, "<f4")}}, "param_groups": [{"lr": 0.01, "params": [0]}]}
    network, training = model(seed), model(seed + 1) if ema else None
    return save(checkpoint(training or network, network if ema else None, state if optimizer else None))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Make a small random YOLOv5-Lite checkpoint for tests.")
    parser.add_argument("-o", "--output", required=True, metavar="OUT.pt")
    parser.add_argument("--net", choices=sorted(NETS), default="e", help="structure: v5lite-e or v5lite-s (default e)")
    parser.add_argument("--classes", type=int, default=3)
    parser.add_argument("--anchors", type=int, default=3, help="anchors a level (default 3)")
    parser.add_argument("--width", type=int, default=16, help="channels after the stem; all widths follow; even for s (default 16)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--relu", action="store_true", help="ReLU in Conv modules, as in 2021 checkpoints (default SiLU)")
    parser.add_argument("--half", action="store_true", help="fp16 weights, as published checkpoints have")
    parser.add_argument("--ema", action="store_true", help="put the network in ema and other weights in model")
    parser.add_argument("--optimizer", action="store_true", help="include optimizer state, as last.pt has")
    arguments = vars(parser.parse_args())
    output = arguments.pop("output")
    Path(output).write_bytes(make(**arguments))


if __name__ == "__main__":
    main()
