# SPDX-License-Identifier: MIT
"""Adds the modules of v5lite-c, v5lite-g and YOLOv5 v5.0 to v7 that v5lite-e and s do not have."""

from __future__ import annotations

from typing import Dict, List, Tuple

import numpy as np

from .builder import CONV2D, IDENTITY, Builder, Handler, unsupported
from .fold import batch_norm_scale_shift, refuse_unless_finite
from .graph import Kind, Node
from .tree import Module

AVERAGE_POOL = "torch.nn.modules.pooling.AdaptiveAvgPool2d"
DROPOUT = "torch.nn.modules.dropout.Dropout"

# v5lite-c: PP-LCNet


def _cbh(builder: Builder, module: Module, inputs: List[int]) -> int:
    return builder.convolution(module.child("conv"), builder.norm_of(module),
                               builder.activation(module.child("hardswish")),
                               builder.single(module, inputs))


def _lc_block(builder: Builder, module: Module, inputs: List[int]) -> int:
    """Adds depthwise convolution, squeeze-and-excitation if it exists, and pointwise convolution."""
    module.require("use_se", True, False)
    value = builder.emit(module.child("dw_conv"), [builder.single(module, inputs)])
    if module.attribute("use_se"):
        value = builder.emit(module.child("se"), [value])
    return builder.emit(module.child("pw_conv"), [value])


def _lc_se_module(builder: Builder, module: Module, inputs: List[int]) -> int:
    """Adds x * gate(conv2(relu(conv1(mean of x)))), a factor for each channel. The gate is the stored activation (SE,
    Hu et al. 2018).
    """
    value, graph = builder.single(module, inputs), builder.graph
    channels, pool = graph.channels(value), module.child("avg_pool")
    if pool.kind != AVERAGE_POOL:
        raise pool.fail(f"expected {AVERAGE_POOL}")
    pool.require("output_size", 1, (1, 1))
    if value == 0:
        raise module.fail("reads the picture, expected a feature map")
    factors = graph.add(Node(Kind.AVGPOOL, pool.path, (value,), channels, 0))
    for conv, activation in (("conv1", "relu"), ("conv2", "SiLU")):
        factors = builder.convolution(module.child(conv), None, builder.activation(module.child(activation)), factors)
    if graph.channels(factors) != channels:
        raise module.fail(f"{graph.channels(factors)} factors for {channels} channels, expected as many")
    return graph.add(Node(Kind.SCALE, module.path, (value, factors), channels, graph.stride(value)))


def _dense(builder: Builder, module: Module, inputs: List[int]) -> int:
    """Adds a convolution with neither BatchNorm nor bias. Dropout is the identity outside training."""
    dropout = module.find("dropout")
    if dropout is not None and dropout.kind != DROPOUT:
        raise unsupported(dropout)
    return builder.convolution(module.child("dense_conv"), None, builder.activation(module.child("hardswish")),
                               builder.single(module, inputs), needs_bias=False)


# v5lite-g: RepVGG


def _rep_vgg_block(builder: Builder, module: Module, inputs: List[int]) -> int:
    """Adds one convolution for the sum of the branches, or the one of a fused checkpoint (RepVGG, Ding et al. 2021).

    Its name is the block's, because its output is.
    """
    value = builder.single(module, inputs)
    se = module.find("se")
    if se is not None and se.kind != IDENTITY:
        raise unsupported(se)
    fused, dense = module.find("rbr_reparam"), module.find("rbr_dense")
    if fused is None and dense is not None and dense.kind == CONV2D:
        fused, dense = dense, None
    elif module.is_fused:
        raise module.fail("its forward is that of a fused module, expected a convolution as rbr_dense")
    if fused is None:
        conv = module.child("rbr_dense").child("conv")
        arrays = _sum_of_branches(builder, module, builder.graph.channels(value))
    else:
        others = dense is not None or module.find("rbr_1x1") is not None or module.find("rbr_identity") is not None
        if others and not module.is_fused:  # fuse() leaves these attributes, but they do not run
            raise module.fail(f"has other branches besides the fused {fused.path}, expected none")
        conv, arrays = fused, builder.folded(fused, None, builder.graph.channels(value))
    return builder.weighted(conv, module.path, arrays, builder.activation(module.child("nonlinearity")), value,
                            conv.integer("groups"), conv.integer("stride"), conv.integer("padding"))


def _sum_of_branches(builder: Builder, module: Module, channels: int) -> Tuple[np.ndarray, np.ndarray]:
    """Returns the branches as one convolution: weight [out][in / groups][3][3] and bias [out].

    Sums 3x3 + BN, 1x1 + BN and, where the block has it, the identity with BN.
    """
    dense, point, identity = module.child("rbr_dense"), module.child("rbr_1x1"), module.find("rbr_identity")
    conv, small = dense.child("conv"), point.child("conv")
    weight, bias = builder.folded(conv, dense.child("bn"), channels)
    point_weight, point_bias = builder.folded(small, point.child("bn"), channels)
    for branch, kernel, pad in ((conv, (3, 3), 1), (small, (1, 1), 0)):
        if branch.pair("kernel_size") != kernel or branch.integer("padding") != pad:
            raise branch.fail(f"expected a kernel of {kernel[0]} and padding {pad}")
    for same in ("stride", "groups", "out_channels"):
        if conv.integer(same) != small.integer(same):
            raise small.fail(f"{same} is {small.integer(same)}, expected {conv.integer(same)} as in the 3x3 branch")
    weight, bias = weight.copy(), bias + point_bias
    with np.errstate(all="ignore"):  # values that are not finite are refused below
        weight[:, :, 1, 1] += point_weight[:, :, 0, 0]
        if identity is not None:
            if len(weight) != channels or conv.integer("stride") != 1:
                raise identity.fail("the input is a summand, expected as many channels and stride 1")
            scale, shift = batch_norm_scale_shift(identity, channels)
            outputs = np.arange(channels)
            weight[outputs, outputs % weight.shape[1], 1, 1] += scale
            bias = bias + shift
    refuse_unless_finite(module, weight, bias)
    return weight, bias


# v5lite-g and YOLOv5


def _focus(builder: Builder, module: Module, inputs: List[int]) -> int:
    """Adds Focus (four pixels' channels concatenated, then a convolution) as one convolution.

    It has twice the kernel, stride and padding. It does as many multiplications and moves nothing.
    """
    value, block = builder.single(module, inputs), module.child("conv")
    if block.kind != "models.common.Conv":
        raise unsupported(block)
    conv, channels = block.child("conv"), builder.graph.channels(value)
    conv.require("groups", 1)
    folded, bias = builder.folded(conv, builder.norm_of(block), 4 * channels)
    outputs, _, height, width = folded.shape
    # Block 2 * dx + dy of the input's channels holds the pixels (2y + dy, 2x + dx).
    weight = folded.reshape(outputs, 2, 2, channels, height, width).transpose(0, 3, 4, 2, 5, 1)  # out c ky dy kx dx
    weight = weight.reshape(outputs, channels, 2 * height, 2 * width)
    return builder.weighted(conv, conv.path, (weight, bias), builder.activation(block.child("act")), value, 1,
                            2 * conv.integer("stride"), 2 * conv.integer("padding"))


def _spp(builder: Builder, module: Module, inputs: List[int]) -> int:
    value = builder.emit(module.child("cv1"), [builder.single(module, inputs)])
    pooled = [builder.pool(pool, value) for _, pool in module.child("m").children()]
    return builder.emit(module.child("cv2"), [builder.join(module, f"{module.path}.cat", [value, *pooled])])


def _sppf(builder: Builder, module: Module, inputs: List[int]) -> int:
    """Adds SPPF of YOLOv5 v6 and v7: one pool, run three times in a row. Each run is an operation."""
    values = [builder.emit(module.child("cv1"), [builder.single(module, inputs)])]
    pool = module.child("m")
    for run in range(3):
        values.append(builder.pool(pool, values[-1], f"{pool.path}.{run}"))
    return builder.emit(module.child("cv2"), [builder.join(module, f"{module.path}.cat", values)])


FAMILY: Dict[str, Handler] = {
    "models.common.CBH": _cbh,
    "models.common.LC_Block": _lc_block,
    "models.common.LC_SEModule": _lc_se_module,
    "models.common.Dense": _dense,
    "models.common.RepVGGBlock": _rep_vgg_block,
    "models.common.Focus": _focus,
    "models.common.SPP": _spp,
    "models.common.SPPF": _sppf,
}
