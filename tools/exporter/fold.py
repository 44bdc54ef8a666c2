# SPDX-License-Identifier: MIT
"""Folds BatchNorm into convolutions in float64, with the eps that each BatchNorm was trained with."""

from __future__ import annotations

from typing import Optional, Tuple

import numpy as np

from .errors import ExportError, brief
from .tree import Module

BATCH_NORM = "torch.nn.modules.batchnorm.BatchNorm2d"
BATCH_NORMS = (BATCH_NORM, "torch.nn.modules.batchnorm.SyncBatchNorm")  # attributes that matter in training only


def batch_norm_scale_shift(norm: Module, channels: int) -> Tuple[np.ndarray, np.ndarray]:
    """Returns the affine map y = scale * x + shift of a BatchNorm in evaluation."""
    if norm.kind not in BATCH_NORMS:
        raise norm.fail(f"expected {BATCH_NORM}")
    norm.require("affine", True)
    norm.require("track_running_stats", True)
    eps = norm.attribute("eps")
    if not isinstance(eps, float) or not 0.0 < eps < 1.0:
        raise norm.fail(f"eps is {brief(eps)}, expected a small positive number")
    variance = norm.vector("running_var", channels)
    if not (variance >= 0.0).all():
        raise norm.fail("running_var is negative or not a number, expected variances")
    scale = norm.vector("weight", channels) / np.sqrt(variance + eps)
    return scale, norm.vector("bias", channels) - norm.vector("running_mean", channels) * scale


def fold(conv: Module, norm: Optional[Module], needs_bias: bool = True) -> Tuple[np.ndarray, np.ndarray]:
    """Returns weight [out][in / groups][kh][kw] and bias [out] of a convolution with its BatchNorm.

    Refuses a convolution that has neither BatchNorm nor bias, because it has lost one; with needs_bias=False its biases
    are 0.
    """
    weight = conv.tensor("weight")
    if weight is None or weight.ndim != 4:
        raise conv.fail("expected a weight of 4 dimensions")
    channels = len(weight)
    has_bias = conv.tensor("bias") is not None
    if norm is None and not has_bias and needs_bias:
        raise conv.fail("has neither BatchNorm nor bias, expected one of them")
    bias = conv.vector("bias", channels) if has_bias else np.zeros(channels)
    if norm is not None:
        with np.errstate(all="ignore"):  # values that are not finite are refused below, by name
            scale, shift = batch_norm_scale_shift(norm, channels)
            weight = weight * scale[:, None, None, None]
            bias = bias * scale + shift
    refuse_unless_finite(conv, weight, bias)
    return weight, bias


def refuse_unless_finite(module: Module, weight: np.ndarray, bias: np.ndarray) -> None:
    """Refuses weights that are not finite in the file's precision."""
    with np.errstate(all="ignore"):
        finite = np.isfinite(weight.astype(np.float32)).all() and np.isfinite(bias.astype(np.float32)).all()
    if not finite:
        raise ExportError(module.path, "weights are not finite after folding BatchNorm, expected finite numbers")
