# SPDX-License-Identifier: MIT
"""Loads a checkpoint with the original's own code, from its checkout on PYTHONPATH. This executes code in the
checkpoint.
"""

from __future__ import annotations

import importlib
import sys

import torch
from torch import nn

from .errors import AuditError


def load_upstream(path: str) -> nn.Module:
    """Returns the model of a checkpoint as an instance of the original's classes; `ema` where it is set."""
    for name in ("models.common", "models.yolo"):
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise AuditError(f"--upstream: {name}",
                             f"{error}: expected a checkout of the original on PYTHONPATH") from None
    try:
        root = torch.load(path, map_location="cpu", weights_only=False)
    except OSError:
        raise
    except Exception as error:  # classes in the file may raise anything
        raise AuditError(path, f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}: "
                               f"expected a checkpoint that {sys.modules['models.yolo'].__file__} can load") from None
    model = (root.get("ema") or root.get("model")) if isinstance(root, dict) else root
    if not isinstance(model, nn.Module):
        raise AuditError(path, "expected a checkpoint with a model in it")
    for module in model.modules():
        if isinstance(module, nn.Upsample) and not hasattr(module, "recompute_scale_factor"):
            module.recompute_scale_factor = None  # the PyTorch that saved the file did not have this attribute
    return model
