# SPDX-License-Identifier: MIT
"""Changes a network as upstream's fuse() does before it is saved: folds BatchNorm into the convolutions of Conv, CBH,
Shuffle_Block and RepVGGBlock, and stores another method as `forward` of the modules. Shares nothing with the exporter.
"""

from __future__ import annotations

from typing import Dict, List, Tuple

import numpy as np

from make_modules import module
from torchlike import Call, Global, Instance, Ordered, OwnMethod

FORWARDS = {"Conv": "fuseforward", "CBH": "fuseforward", "RepVGGBlock": "fusevggforward"}


def parameter(array: np.ndarray) -> Call:
    return Call(Global("torch._utils", "_rebuild_parameter"), array.astype("<f4"), False, Ordered())


def scale_shift(norm: Instance) -> Tuple[np.ndarray, np.ndarray]:
    """Returns (scale, shift) of y = scale * x + shift."""
    gamma, beta = (norm.state["_parameters"][n].args[0].astype(float) for n in ("weight", "bias"))
    mean, variance = (norm.state["_buffers"][n].astype(float) for n in ("running_mean", "running_var"))
    scale = gamma / np.sqrt(variance + norm.state["eps"])
    return scale, beta - mean * scale


def fused(conv: Instance, norm: Instance) -> Instance:
    """Returns a convolution with a bias for Conv2d and BatchNorm2d."""
    scale, shift = scale_shift(norm)
    weight = conv.state["_parameters"]["weight"].args[0].astype(float) * scale[:, None, None, None]
    return convolution(conv, weight, shift)


def convolution(like: Instance, weight: np.ndarray, bias: np.ndarray) -> Instance:
    attributes = {k: v for k, v in like.state.items() if not k.startswith("_") and k != "training"}
    return module("torch.nn.modules.conv.Conv2d", None, {"weight": parameter(weight), "bias": parameter(bias)},
                  **attributes)


def fuse_sequence(sequence: Instance) -> None:
    """Folds each Conv2d with the BatchNorm2d after it, and numbers the children again."""
    kept: List[Instance] = []
    for child in sequence.state["_modules"].values():
        if child.kind.name == "BatchNorm2d":
            kept[-1] = fused(kept[-1], child)
        else:
            kept.append(child)
    sequence.state["_modules"] = Ordered({str(i): child for i, child in enumerate(kept)})


def fuse_rep_vgg(block: Instance, keeps_identity: bool = True) -> None:
    """Sums the branches into rbr_dense. The identity branch may be left, but does not run."""
    parts: Dict[str, Instance] = block.state["_modules"]
    dense, point = (parts.pop(n).state["_modules"] for n in ("rbr_dense", "rbr_1x1"))
    whole, small = fused(dense["conv"], dense["bn"]), fused(point["conv"], point["bn"])
    weight, bias = (whole.state["_parameters"][n].args[0].astype(float) for n in ("weight", "bias"))
    weight[:, :, 1, 1] += small.state["_parameters"]["weight"].args[0][:, :, 0, 0]
    bias = bias + small.state["_parameters"]["bias"].args[0]
    if "rbr_identity" in parts:
        scale, shift = scale_shift(parts["rbr_identity"] if keeps_identity else parts.pop("rbr_identity"))
        outputs = np.arange(len(weight))
        weight[outputs, outputs, 1, 1] += scale
        bias = bias + shift
    parts["rbr_dense"] = convolution(dense["conv"], weight, bias)
    block.state["deploy"] = True


def fuse(model: Instance, own: bool = True, names: Dict[str, str] = FORWARDS, block_too: bool = False) -> Instance:
    """Fuses a network in place. own: `forward` is a method of the module, as pickle stores it; otherwise one of its
    class. block_too: also fuses DWConvblock and the stem, which upstream leaves.
    """
    for child in model.state["_modules"].values():
        fuse(child, own, names, block_too)
    name, parts = model.kind.name, model.state["_modules"]
    if name in ("Conv", "CBH"):
        parts["conv"] = fused(parts["conv"], parts.pop("bn"))
    elif name == "DWConvblock" and block_too:
        for index in ("1", "2"):
            parts["conv" + index] = fused(parts["conv" + index], parts.pop("bn" + index))
    elif name == "conv_bn_relu_maxpool" and block_too:
        fuse_sequence(parts["conv"])
    elif name == "Shuffle_Block":
        for branch in ("branch1", "branch2"):
            fuse_sequence(parts[branch])
    elif name == "RepVGGBlock":
        fuse_rep_vgg(model)
    if name in names:
        method = names[name]
        model.state["forward"] = OwnMethod(method) if own else Call(Global("__builtin__", "getattr"), model.kind,
                                                                    method)
    return model
