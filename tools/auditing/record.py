# SPDX-License-Identifier: MIT
"""Records the expected output of every op of an exported model, with hooks on PyTorch modules while they run.

An op has the name of the original's module; a convolution has the name of its Conv2d, and its output is taken after
BatchNorm and activation. Modules are known by their class names, whether they are those of modules.py or of the
original.
"""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, Tuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional

Tensor = torch.Tensor
# What to record: the module whose call shows it, the name to record, and how to get it from that call's input and
# output.
Wanted = Tuple[nn.Module, str, Callable[[Tensor, Tensor], Tensor]]


def class_name(module: nn.Module) -> str:
    """Returns the module's class in the original."""
    return getattr(module, "class_name", type(module).__name__)


def _output(_: Tensor, y: Tensor) -> Tensor:
    return y


def _input(x: Tensor, _: Tensor) -> Tensor:
    return x


def _relu_of_output(_: Tensor, y: Tensor) -> Tensor:
    return functional.relu(y)


# a recorded value can replace the output: the next modules do the same with both
OF_OUTPUT = (_output, _relu_of_output)


def _sequential(module: nn.Module, path: str) -> Iterator[Wanted]:
    """Yields what to record of a convolution: its output after the BatchNorm and the activation that follow it."""
    children = list(module.named_children())
    for index, (name, child) in enumerate(children):
        if class_name(child) != "Conv2d":
            continue
        last = child
        for _, following in children[index + 1:]:
            if class_name(following) not in ("BatchNorm2d", "SiLU", "ReLU", "Hardswish", "Identity"):
                break
            last = following
        yield last, f"{path}.{name}", _output


def _shuffle_block(module: nn.Module, path: str) -> Iterator[Wanted]:
    yield module, path, _output
    yield module, f"{path}.cat", lambda _, y: torch.cat([y[:, ::2], y[:, 1::2]], 1)  # undoes the shuffle
    if module.stride == 1:
        yield module, f"{path}.x1", lambda x, _: x.chunk(2, 1)[0]
        yield module, f"{path}.x2", lambda x, _: x.chunk(2, 1)[1]


def _dw_conv_block(module: nn.Module, path: str) -> Iterator[Wanted]:
    yield getattr(module, "bn1", module.conv1), f"{path}.conv1", _relu_of_output
    yield module, f"{path}.conv2", _output


def _c3(module: nn.Module, path: str) -> Iterator[Wanted]:
    yield module.cv3, f"{path}.cat", _input


def _spp(module: nn.Module, path: str) -> Iterator[Wanted]:
    yield module.cv2, f"{path}.cat", _input


def _sppf(module: nn.Module, path: str) -> Iterator[Wanted]:
    for run in range(3):  # of a single pool: the results are parts of the concatenated output
        yield module.cv2, f"{path}.m.{run}", lambda x, _, run=run: x.chunk(4, 1)[run + 1]
    yield module.cv2, f"{path}.cat", _input


def _bottleneck(module: nn.Module, path: str) -> Iterator[Wanted]:
    if module.add:
        yield module, f"{path}.add", _output


def _lc_se(module: nn.Module, path: str) -> Iterator[Wanted]:
    yield module.avg_pool, f"{path}.avg_pool", _output
    yield module.relu, f"{path}.conv1", _output
    yield module.SiLU, f"{path}.conv2", _output
    yield module, path, _output


def _detect(module: nn.Module, path: str) -> Iterator[Wanted]:
    for index, conv in enumerate(module.m):
        yield conv, f"{path}.m.{index}", _output


def _whole(module: nn.Module, path: str) -> Iterator[Wanted]:
    yield module, path, _output


def _as(child: str) -> Callable[[nn.Module, str], Iterator[Wanted]]:
    """Returns a rule that yields the module's output under the name of its child convolution: together they are
    one op.
    """
    def rule(module: nn.Module, path: str) -> Iterator[Wanted]:
        yield module, f"{path}.{child}", _output
    return rule


RULES: Dict[str, Callable[[nn.Module, str], Iterator[Wanted]]] = {
    "Sequential": _sequential, "Shuffle_Block": _shuffle_block, "DWConvblock": _dw_conv_block, "Conv": _as("conv"),
    "CBH": _as("conv"), "Dense": _as("dense_conv"), "C3": _c3, "SPP": _spp, "SPPF": _sppf, "Bottleneck": _bottleneck,
    "LC_SEModule": _lc_se, "Detect": _detect, "MaxPool2d": _whole, "Upsample": _whole, "ADD": _whole, "Concat": _whole,
    "RepVGGBlock": _whole,
}
PARTS = {"RepVGGBlock": ".", "SPPF": ".m"}  # class -> the name prefixes of its parts that are not ops of their own


def wanted(model: nn.Module) -> Iterator[Wanted]:
    """Yields what to record in a PyTorch model: the outputs of the exported model's ops."""
    inside: List[str] = []  # name prefixes of parts that are not ops of their own
    for path, module in model.named_modules():
        if path.startswith(tuple(inside)):
            continue
        rule = RULES.get(class_name(module))
        if rule is not None:
            yield from rule(module, path)
        if class_name(module) in PARTS:
            inside.append(path + PARTS[class_name(module)])


def record(model: nn.Module, picture: np.ndarray) -> Dict[str, np.ndarray]:
    """Runs the model in double precision on a letterboxed picture (uint8 [height][width][3]).

    Returns the expected output of each op by name, float32 [height][width][channels], in the order in which modules
    end; and the picture as "input".
    """
    kept: Dict[str, np.ndarray] = {"input": picture}

    def keep(name: str, take: Callable[[Tensor, Tensor], Tensor]) -> Callable[[nn.Module, Tuple, Tensor], None]:
        def hook(_: nn.Module, inputs: Tuple, output: Tensor) -> None:
            value = take(inputs[0], output)
            # a copy: some modules work in place
            kept[name] = np.ascontiguousarray(value[0].permute(1, 2, 0).numpy().astype(np.float32))
        return hook

    hooks = [module.register_forward_hook(keep(name, take)) for module, name, take in wanted(model)]
    x = torch.from_numpy(picture).permute(2, 0, 1)[None].double() / 255.0
    try:
        with torch.no_grad():
            model.double().eval()(x)
    finally:
        for hook in hooks:
            hook.remove()
    return kept
