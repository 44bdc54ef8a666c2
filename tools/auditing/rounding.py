# SPDX-License-Identifier: MIT
"""Measures how much float32 loses against double precision, op by op, and how that changes the heads."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

import numpy as np
import torch
from torch import nn
from torch.nn.utils import fuse_conv_bn_eval

from .record import OF_OUTPUT, wanted

Outputs = Dict[str, torch.Tensor]  # by the names of ops, [1][channels][height][width]


def as_tensors(arrays: Mapping[str, np.ndarray]) -> Outputs:
    """Converts the program's arrays [height][width][channels] to PyTorch's layout, in double precision."""
    return {name: torch.from_numpy(array).permute(2, 0, 1)[None].double() for name, array in arrays.items()}


def run(model: nn.Module, picture: np.ndarray, dtype: torch.dtype, stand_in: Optional[Outputs] = None,
        add: Optional[Outputs] = None) -> Outputs:
    """Returns the outputs of the ops, [1][channels][height][width] by name.

    stand_in: values that the next ops read in place of these ops' outputs; the returned outputs stay the computed ones.
    add: values to add to an op's output.
    """
    kept: Outputs = {}

    def hook_of(name: str, take: Any) -> Any:
        def hook(_: nn.Module, inputs: Tuple, output: torch.Tensor) -> Optional[torch.Tensor]:
            value = take(inputs[0], output)
            if add is not None and name in add:
                value = value + add[name]
            kept[name] = value.double()  # no copy needed: the modules of modules.py do not work in place
            if stand_in is not None and name in stand_in:
                return stand_in[name].to(dtype)
            return value if add is not None and name in add else None
        return hook

    hooks = [module.register_forward_hook(hook_of(name, take)) for module, name,
             take in wanted(model) if take in OF_OUTPUT]
    try:
        with torch.no_grad():
            model.to(dtype).eval()(torch.from_numpy(picture).permute(2, 0, 1)[None].to(dtype) / 255.0)
    finally:
        for hook in hooks:
            hook.remove()
    return kept


def fuse(model: nn.Module) -> nn.Module:
    """Folds each BatchNorm into the convolution before it, in float32 and in place, as the original does before it
    detects.
    """
    children: List[Tuple[str, nn.Module]] = list(model.named_children())
    for (name, conv), (next_name, norm) in zip(children, children[1:]):
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            setattr(model, name, fuse_conv_bn_eval(conv.float().eval(), norm.float().eval()))
            setattr(model, next_name, nn.Identity())
    for _, child in children:
        fuse(child)
    return model


def largest(outputs: Mapping[str, torch.Tensor], reference: Mapping[str, torch.Tensor], names: List[str]) -> float:
    """Returns the largest absolute difference of the named outputs."""
    return max(float((outputs[name] - reference[name]).abs().max()) for name in names)


def origin(model: nn.Module, picture: np.ndarray, program: Outputs, reference: Outputs,
           heads: List[str]) -> Tuple[str, float, float]:
    """Returns the op whose own rounding changes the heads most.

    Returns its name, its largest error for the inputs that the program gave it, and the largest difference that this
    error alone makes at a head. The model is in double precision.
    """
    exact = run(model, picture, torch.float64, stand_in=program)  # of each op, for the program's own inputs
    best = ("", 0.0, 0.0)
    for name in exact:
        if name not in program:
            continue
        error = program[name] - exact[name]
        size = float(error.abs().max())
        if size > 0:
            effect = largest(run(model, picture, torch.float64, add={name: error}), reference, heads)
            best = max(best, (name, size, effect), key=lambda found: found[2])
    return best
