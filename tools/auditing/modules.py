# SPDX-License-Identifier: MIT
"""Builds PyTorch modules, unfolded, from the module tree of a checkpoint, without executing anything in the file.

Each class is written here from the specification of the network's layers. It shares the checkpoint reader with the
exporter, and nothing else. Tensors are [batch][channels][height][width].
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List

import torch
from torch import nn
from torch.nn import functional

from exporter.checkpoint import Checkpoint, model_of
from exporter.errors import ExportError
from exporter.tree import Module as Pickled

PLAIN_ATTRIBUTES = (int, float, bool, str)
LEFT_BY_FUSE = ("rbr_1x1", "rbr_identity")  # branches that do not run after fuse()


class Block(nn.Module):
    """A module of one of the original's classes: its children, its plain attributes, and the function that computes its
    output.
    """

    def __init__(self, pickled: Pickled, compute: Callable[["Block", Any], Any]) -> None:
        super().__init__()
        self.class_name = pickled.kind.rpartition(".")[2]
        self.compute = compute
        for name, child in pickled.children():
            if not (pickled.is_fused and name in LEFT_BY_FUSE):
                self.add_module(name, build(child))
        for name in ("a", "add", "d", "stride", "use_se"):
            if pickled.has(name) and isinstance(pickled.attribute(name), PLAIN_ATTRIBUTES):
                setattr(self, name, pickled.attribute(name))

    def forward(self, x: Any) -> Any:
        return self.compute(self, x)


class Network(nn.Module):
    """The layers of a checkpoint. Layer i reads the outputs that its `f` names; -1 is the previous one."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__()
        layers = [layer for _, layer in Pickled(checkpoint, model_of(checkpoint.root), "").child("model").children()]
        self.sources: List[Any] = [layer.attribute("f") for layer in layers]
        self.model = nn.Sequential(*map(build, layers))

    def forward(self, x: torch.Tensor) -> Any:
        outputs: List[Any] = []
        for layer, source in zip(self.model, self.sources):
            entries = [outputs[i] if outputs else x for i in (source if isinstance(source, list) else [source])]
            outputs.append(layer(entries if isinstance(source, list) else entries[0]))
        return outputs[-1]


# Classes of the original


def _through(*names: str) -> Callable[[Block, Any], Any]:
    """Returns a function that runs the named children in order and skips those that do not exist."""
    def compute(self: Block, x: Any) -> Any:
        for name in names:
            child = getattr(self, name, None)
            x = x if child is None else child(x)
        return x
    return compute


def _shuffle_block(self: Block, x: torch.Tensor) -> torch.Tensor:
    first, second = x.chunk(2, 1) if self.stride == 1 else (self.branch1(x), x)
    joined = torch.cat([first, self.branch2(second)], 1)
    n, c, h, w = joined.shape
    return joined.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)


def _dw_conv_block(self: Block, x: torch.Tensor) -> torch.Tensor:
    for index in ("1", "2"):
        x = functional.relu(_through("conv" + index, "bn" + index)(self, x))
    return x


def _c3(self: Block, x: torch.Tensor) -> torch.Tensor:
    return self.cv3(torch.cat([self.m(self.cv1(x)), self.cv2(x)], 1))


def _bottleneck(self: Block, x: torch.Tensor) -> torch.Tensor:
    y = self.cv2(self.cv1(x))
    return x + y if self.add else y


def _lc_se(self: Block, x: torch.Tensor) -> torch.Tensor:
    return x * self.SiLU(self.conv2(self.relu(self.conv1(self.avg_pool(x)))))


def _rep_vgg(self: Block, x: torch.Tensor) -> torch.Tensor:
    branches = [getattr(self, name)(x)
                for name in ("rbr_dense", "rbr_1x1", "rbr_identity", "rbr_reparam") if hasattr(self, name)]
    return self.nonlinearity(sum(branches))


def _focus(self: Block, x: torch.Tensor) -> torch.Tensor:
    return self.conv(torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1))


def _spp(self: Block, x: torch.Tensor) -> torch.Tensor:
    x = self.cv1(x)
    return self.cv2(torch.cat([x, *(pool(x) for pool in self.m)], 1))


def _sppf(self: Block, x: torch.Tensor) -> torch.Tensor:
    outputs = [self.cv1(x)]
    for _ in range(3):
        outputs.append(self.m(outputs[-1]))
    return self.cv2(torch.cat(outputs, 1))


BLOCKS: Dict[str, Callable[[Block, Any], Any]] = {
    "models.common.conv_bn_relu_maxpool": _through("conv", "maxpool"),
    "models.common.Shuffle_Block": _shuffle_block,
    "models.common.DWConvblock": _dw_conv_block,
    "models.common.Conv": _through("conv", "bn", "act"),
    "models.common.C3": _c3,
    "models.common.Bottleneck": _bottleneck,
    "models.common.ADD": lambda self, x: x[0] + self.a * x[1],
    "models.common.Concat": lambda self, x: torch.cat(x, self.d),
    "models.common.CBH": _through("conv", "bn", "hardswish"),
    "models.common.LC_Block": _through("dw_conv", "se", "pw_conv"),
    "models.common.LC_SEModule": _lc_se,
    "models.common.Dense": _through("dense_conv", "hardswish", "dropout"),
    "models.common.RepVGGBlock": _rep_vgg,
    "models.common.Focus": _focus,
    "models.common.SPP": _spp,
    "models.common.SPPF": _sppf,
    "models.yolo.Detect": lambda self, x: [conv(y) for conv, y in zip(self.m, x)],
}

# PyTorch's classes, by the arguments of their constructors


def _conv2d(m: Pickled) -> nn.Module:
    names = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "padding_mode")
    return nn.Conv2d(**{name: m.attribute(name) for name in names}, bias=m.tensor("bias") is not None)


def _pool(m: Pickled) -> nn.Module:
    return nn.MaxPool2d(**{name: m.attribute(name)
                           for name in ("kernel_size", "stride", "padding", "dilation", "ceil_mode")})


def _upsample(m: Pickled) -> nn.Module:
    return nn.Upsample(m.attribute("size"), m.attribute("scale_factor"), m.attribute("mode"))


def _batch_norm(m: Pickled) -> nn.Module:
    return nn.BatchNorm2d(m.integer("num_features"), m.attribute("eps"))


TORCH: Dict[str, Callable[[Pickled], nn.Module]] = {
    "torch.nn.modules.conv.Conv2d": _conv2d,
    "torch.nn.modules.batchnorm.BatchNorm2d": _batch_norm,
    "torch.nn.modules.batchnorm.SyncBatchNorm": _batch_norm,
    "torch.nn.modules.pooling.MaxPool2d": _pool,
    "torch.nn.modules.pooling.AdaptiveAvgPool2d": lambda m: nn.AdaptiveAvgPool2d(m.attribute("output_size")),
    "torch.nn.modules.upsampling.Upsample": _upsample,
    "torch.nn.modules.activation.SiLU": lambda m: nn.SiLU(),
    "torch.nn.modules.activation.ReLU": lambda m: nn.ReLU(),
    "torch.nn.modules.activation.Hardswish": lambda m: nn.Hardswish(),
    "utils.activations.SiLU": lambda m: nn.SiLU(),
    "utils.activations.Hardswish": lambda m: nn.Hardswish(),
    "torch.nn.modules.dropout.Dropout": lambda m: nn.Identity(),
    "torch.nn.modules.linear.Identity": lambda m: nn.Identity(),
    "torch.nn.modules.container.Sequential": lambda m: nn.Sequential(*(build(child) for _, child in m.children())),
    "torch.nn.modules.container.ModuleList": lambda m: nn.ModuleList([build(child) for _, child in m.children()]),
}


def build(pickled: Pickled) -> nn.Module:
    """Returns the module, with its parameters and statistics in double precision. Raises ExportError for an unknown
    class.
    """
    if pickled.kind in BLOCKS:
        return Block(pickled, BLOCKS[pickled.kind])
    if pickled.kind not in TORCH:
        raise ExportError(pickled.path, f"module class {pickled.kind} is not supported")
    try:
        module = TORCH[pickled.kind](pickled).double()
        for name, own in [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]:
            stored = pickled.tensor(name)
            if stored is not None:
                own.data.copy_(torch.from_numpy(stored).reshape(own.shape))
    except (RuntimeError, TypeError, ValueError) as error:
        raise pickled.fail(f"expected a module that PyTorch can make: {str(error).splitlines()[0]}") from None
    return module
