#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes small random checkpoints of YOLOv5-Lite and YOLOv5 v5.0 to v7, as upstream would save them, without PyTorch and
upstream.

They have the structure of v5lite-e, s, c, g, yolov5s and yolov5n with narrow layers, so that tests need nobody's
weights. The same arguments give the same bytes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Union

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from make_modules import EPS, Modules, module  # noqa: E402
from torchlike import Call, Global, Instance, save  # noqa: E402


class Network:
    """Layers in order, with the inputs of each."""

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
        """Returns the models.yolo.Model that contains them."""
        return module("models.yolo.Model", {"model": modules.sequential(*self.layers)}, save=self.save, nc=classes,
                      names=[f"class {i}" for i in range(classes)], yaml={"nc": 80}, gr=1.0)


def backbone(net: Network, m: Modules, width: int, blocks: List[int]) -> List[int]:
    """Adds the stem and three stages. Returns the stages' channels."""
    stages = [2 * (width // 2 + 4), 2 * (width + 4), 2 * (2 * width + 8)]
    net.add(m.stem(3, width))
    for c_in, channels, count in zip([width, *stages], stages, blocks):
        net.add(m.shuffle_block(c_in, channels, 2))
        net.add(m.stage(channels, count))
    return stages


def e_like(m: Modules, width: int, classes: int, anchors: int) -> Network:
    """Returns the layers of v5lite-e."""
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
    """Returns the layers of v5lite-s. The last C3 has shortcuts, unlike s, to cover them too."""
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


def neck(net: Network, m: Modules, taps: List[int], tapped: int, widths: List[int], down: Callable[[int], Instance],
         depth: int = 1) -> List[int]:
    """Adds a path up from the last layer and one down again with C3s, as in v5lite-c, g and yolov5s.

    taps: the layers of stride 8 and 16 to read, of `tapped` channels. widths: channels at stride 8, 16 and 32; the last
    layer has widths[2]. down(channels): the module that halves a map. Returns the layers of stride 8, 16 and 32.
    """
    low, middle, deep = widths
    laterals, above = [], deep
    for layer, width in zip(taps[::-1], (middle, low)):
        laterals.append(net.add(m.conv(above, width)))
        net.add(m.upsample())
        net.add(m.concat(), [-1, layer])
        levels = [net.add(m.c3(width + tapped, width, depth))]
        above = width
    for lateral, below, width in zip(laterals[::-1], (low, middle), (middle, deep)):
        net.add(down(below))
        net.add(m.concat(), [-1, lateral])
        levels.append(net.add(m.c3(2 * below, width, depth)))
    return levels


def c_like(m: Modules, width: int, classes: int, anchors: int) -> Network:
    """Returns the layers of v5lite-c, fewer of a kind."""
    net = Network()
    w1, w2, w4 = width, 2 * width, 4 * width
    net.add(m.cbh(3, width, 3, 2))
    net.add(m.lc_block(width, w1, 3, 2))
    net.add(m.lc_block(w1, w1))
    net.add(m.lc_block(w1, w2, 3, 2))
    low = net.add(m.lc_block(w2, w2))
    net.add(m.lc_block(w2, w2, 3, 2))
    middle = net.add(m.lc_block(w2, w2, 5))
    net.add(m.lc_block(w2, w4, 5, 2, se=True))
    net.add(m.lc_block(w4, w4, 5, se=True))
    net.add(m.dense(w4, w4))
    levels = neck(net, m, [low, middle], w2, [w1, w2, w4], lambda c: m.lc_block(c, c, 5, 2, True))
    net.add(m.detect([w1, w2, w4], [8, 16, 32], classes, anchors), levels)
    return net


def g_like(m: Modules, width: int, classes: int, anchors: int, down: str = "rep_vgg") -> Network:
    """Returns the layers of v5lite-g, and a RepVGG block of three branches, unlike g; with down="conv", those of
    yolov5s.
    """
    net = Network()
    w2, w4 = 2 * width, 4 * width

    def halve(c_in: int, c_out: int) -> int:
        return net.add(m.rep_vgg(c_in, c_out, 2) if down == "rep_vgg" else m.conv(c_in, c_out, 3, 2))

    net.add(m.focus(3, width))
    halve(width, width)
    net.add(m.c3(width, width, 1, True))
    halve(width, w2)
    low = net.add(m.c3(w2, w2, 2, True))
    halve(w2, w2)
    middle = net.add(m.rep_vgg(w2, w2) if down == "rep_vgg" else m.c3(w2, w2, 2, True))
    halve(w2, w4)
    net.add(m.spp(w4, w4))
    net.add(m.c3(w4, w4))
    levels = neck(net, m, [low, middle], w2, [width, w2, w4], lambda c: m.conv(c, c, 3, 2), 2)
    net.add(m.detect([width, w2, w4], [8, 16, 32], classes, anchors), levels)
    return net


def v5_like(m: Modules, width: int, classes: int, anchors: int) -> Network:
    """Returns the layers of yolov5s v5.0."""
    return g_like(m, width, classes, anchors, "conv")


def v6_like(m: Modules, width: int, classes: int, anchors: int) -> Network:
    """Returns the layers of yolov5n v6 and v7, fewer of a kind."""
    net = Network()
    w2, w4 = 2 * width, 4 * width
    net.add(m.conv(3, width, 6, 2, 2))
    net.add(m.conv(width, width, 3, 2))
    net.add(m.c3(width, width, 1, True))
    net.add(m.conv(width, w2, 3, 2))
    low = net.add(m.c3(w2, w2, 2, True))
    net.add(m.conv(w2, w2, 3, 2))
    middle = net.add(m.c3(w2, w2, 3, True))
    net.add(m.conv(w2, w4, 3, 2))
    net.add(m.c3(w4, w4, 1, True))
    net.add(m.sppf(w4, w4))
    levels = neck(net, m, [low, middle], w2, [width, w2, w4], lambda c: m.conv(c, c, 3, 2))
    net.add(m.detect_v6([width, w2, w4], [8, 16, 32], classes, anchors), levels)
    return net


NETS: Dict[str, Callable[[Modules, int, int, int], Network]] = {
    "e": e_like, "s": s_like, "c": c_like, "g": g_like, "v5": v5_like, "v6": v6_like}


def checkpoint(model: Any, ema: Any = None, optimizer: Any = None) -> Dict[str, Any]:
    """Returns the dictionary that upstream's train.py saves."""
    fitness = Call(Global("numpy.core.multiarray", "scalar"), Call(Global("numpy", "dtype"), "f8", False, True),
                   "fitness")
    return {"epoch": -1, "best_fitness": fitness, "training_results": None, "model": model, "ema": ema, "updates": None,
            "optimizer": optimizer, "wandb_id": None}


def make(net: str = "e", classes: int = 3, anchors: int = 3, relu: bool = False, half: bool = False, ema: bool = False,
         optimizer: bool = False, width: int = 16, seed: int = 1, eps: float = EPS) -> bytes:
    """Returns the bytes of a checkpoint. With `ema`, the network is in `ema` and other weights are in `model`."""
    def model(model_seed: int) -> Instance:
        modules = Modules(model_seed, half, relu, eps)
        return NETS[net](modules, width, classes, anchors).model(modules, classes)

    state = {"state": {0: {"momentum_buffer": np.ones(5, "<f4")}}, "param_groups": [{"lr": 0.01, "params": [0]}]}
    network, training = model(seed), model(seed + 1) if ema else None
    return save(checkpoint(training or network, network if ema else None, state if optimizer else None))


def main() -> None:
    """Parses the command line."""
    parser = argparse.ArgumentParser(description="Make a small random checkpoint for tests.")
    parser.add_argument("-o", "--output", required=True, metavar="OUT.pt")
    parser.add_argument("--net", choices=list(NETS), default="e",
                        help="structure: v5lite-e, s, c or g, yolov5s v5.0, or yolov5n v6 (default e)")
    parser.add_argument("--classes", type=int, default=3)
    parser.add_argument("--anchors", type=int, default=3, help="anchors a level (default 3)")
    parser.add_argument("--width", type=int, default=16,
                        help="channels after the stem; all widths follow; even for s (default 16)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--relu", action="store_true",
                        help="ReLU in Conv modules, as in 2021 checkpoints (default SiLU)")
    parser.add_argument("--half", action="store_true", help="fp16 weights, as published checkpoints have")
    parser.add_argument("--ema", action="store_true", help="put the network in ema and other weights in model")
    parser.add_argument("--optimizer", action="store_true", help="include optimizer state, as last.pt has")
    arguments = vars(parser.parse_args())
    output = arguments.pop("output")
    Path(output).write_bytes(make(**arguments))


if __name__ == "__main__":
    main()
