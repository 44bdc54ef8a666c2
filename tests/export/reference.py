# SPDX-License-Identifier: MIT
"""Computes the modules of make_modules.py in numpy, one by one and unfolded. Shares nothing with the exporter.

`run(module, x)` takes and returns maps as [y, x, channel].
"""

from __future__ import annotations

from typing import Any, Callable, Dict

import numpy as np

from torchlike import Instance


def children(module: Instance) -> Dict[str, Instance]:
    return module.state["_modules"]


def parameter(module: Instance, name: str) -> np.ndarray:
    return module.state["_parameters"][name].args[0].astype(float)


def conv2d(module: Instance, x: np.ndarray) -> np.ndarray:
    weight, stride, pad = parameter(module, "weight"), module.state["stride"][0], module.state["padding"][0]
    outputs, per_group, height, width = weight.shape
    groups = module.state["groups"]
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    rows, columns = ((n + 2 * pad - k) // stride + 1 for n, k in zip(x.shape, (height, width)))
    result = np.zeros((rows, columns, outputs))
    for o in range(outputs):
        first = o // (outputs // groups) * per_group
        for ky in range(height):
            for kx in range(width):
                seen = padded[ky:ky + stride * rows:stride, kx:kx + stride * columns:stride, first:first + per_group]
                result[:, :, o] += seen[:rows, :columns] @ weight[o, :, ky, kx]
    has_bias = module.state["_parameters"]["bias"] is not None
    return result + parameter(module, "bias") if has_bias else result


def norm(module: Instance, x: np.ndarray) -> np.ndarray:
    mean, variance = (module.state["_buffers"][name].astype(float) for name in ("running_mean", "running_var"))
    normal = (x - mean) / np.sqrt(variance + module.state["eps"])
    return normal * parameter(module, "weight") + parameter(module, "bias")


def max_pool(module: Instance, x: np.ndarray) -> np.ndarray:
    """Computes a max pool of stride 1."""
    pad = module.state["padding"]
    result = np.empty_like(x)
    for y in range(x.shape[0]):
        for column in range(x.shape[1]):
            result[y, column] = x[max(0, y - pad):y + pad + 1, max(0, column - pad):column + pad + 1].max((0, 1))
    return result


def block(*names: str) -> Callable[[Dict[str, Instance], np.ndarray], np.ndarray]:
    """Returns a function that runs these children in order and skips those that do not exist."""
    def through(parts: Dict[str, Instance], x: np.ndarray) -> np.ndarray:
        for name in names:
            x = run(parts[name], x) if name in parts else x
        return x
    return through


def lc_se(parts: Dict[str, Instance], x: np.ndarray) -> np.ndarray:
    factors = x.mean((0, 1), keepdims=True)
    return x * block("conv1", "relu", "conv2", "SiLU")(parts, factors)


def focus(parts: Dict[str, Instance], x: np.ndarray) -> np.ndarray:
    return run(parts["conv"], np.concatenate([x[::2, ::2], x[1::2, ::2], x[::2, 1::2], x[1::2, 1::2]], 2))


def rep_vgg(parts: Dict[str, Instance], x: np.ndarray) -> np.ndarray:
    branches = [run(parts[name], x)
                for name in ("rbr_dense", "rbr_1x1", "rbr_identity", "rbr_reparam") if name in parts]
    return run(parts["nonlinearity"], sum(branches))


def spp(parts: Dict[str, Instance], x: np.ndarray) -> np.ndarray:
    x = run(parts["cv1"], x)
    return run(parts["cv2"], np.concatenate([x, *(max_pool(pool, x) for pool in children(parts["m"]).values())], 2))


def sppf(parts: Dict[str, Instance], x: np.ndarray) -> np.ndarray:
    maps = [run(parts["cv1"], x)]
    for _ in range(3):
        maps.append(max_pool(parts["m"], maps[-1]))
    return run(parts["cv2"], np.concatenate(maps, 2))


PLAIN: Dict[str, Callable[[Instance, np.ndarray], np.ndarray]] = {
    "Conv2d": conv2d, "BatchNorm2d": norm, "Dropout": lambda _, x: x, "Identity": lambda _, x: x,
    "ReLU": lambda _, x: np.maximum(x, 0.0), "SiLU": lambda _, x: x / (1.0 + np.exp(-x)),
    "Hardswish": lambda _, x: x * np.minimum(np.maximum(x + 3.0, 0.0), 6.0) / 6.0}
BLOCKS: Dict[str, Callable[[Dict[str, Instance], np.ndarray], np.ndarray]] = {
    "Sequential": lambda parts, x: block(*parts)(parts, x), "Conv": block("conv", "bn", "act"),
    "CBH": block("conv", "bn", "hardswish"), "LC_Block": block("dw_conv", "se", "pw_conv"), "LC_SEModule": lc_se,
    "Dense": block("dense_conv", "hardswish", "dropout"), "Focus": focus, "RepVGGBlock": rep_vgg, "SPP": spp,
    "SPPF": sppf}


def run(module: Any, x: np.ndarray) -> np.ndarray:
    """Returns the output of a module."""
    name = module.kind.name
    return PLAIN[name](module, x) if name in PLAIN else BLOCKS[name](children(module), x)
