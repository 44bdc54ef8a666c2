# SPDX-License-Identifier: MIT
"""Makes modules with random weights, as PyTorch pickles those of YOLOv5-Lite and YOLOv5 v5.0 to v7: see
make_checkpoint.py.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Union

import numpy as np

from torchlike import Call, Global, Instance, Ordered

EPS = 1e-3
ANCHORS = [[(10, 13), (17, 31), (35, 22), (24, 26)], [(31, 61), (63, 45), (58, 120), (48, 50)],
           [(117, 90), (155, 198), (372, 326), (240, 250)]]


def module(path: str, children: Optional[Dict[str, Any]] = None, parameters: Optional[dict] = None,
           buffers: Optional[dict] = None, **attributes: Any) -> Instance:
    """Returns an nn.Module as it is pickled: its class and its state."""
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
               gain: float = 0.9, pad: int = -1) -> Instance:
        fan_in = c_in // groups * kernel * kernel
        weight = self.random.randn(c_out, c_in // groups, kernel, kernel) * (gain / fan_in) ** 0.5
        parameters = {"weight": self.parameter(weight),
                      "bias": self.parameter(self.random.randn(c_out) * 1.0) if bias else None}
        pad = kernel // 2 if pad < 0 else pad
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

    def max_pool(self, size: int, stride: int) -> Instance:
        return module("torch.nn.modules.pooling.MaxPool2d", kernel_size=size, stride=stride, padding=size // 2,
                      dilation=1,
                      return_indices=False, ceil_mode=False)

    # The modules of v5lite-e and s

    def stem(self, c_in: int, c_out: int) -> Instance:
        conv = self.sequential(self.conv2d(c_in, c_out, 3, 2), self.norm(c_out), self.act("ReLU"))
        return module("models.common.conv_bn_relu_maxpool", {"conv": conv, "maxpool": self.max_pool(3, 2)})

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

    def conv(self, c_in: int, c_out: int, kernel: int = 1, stride: int = 1, pad: int = -1) -> Instance:
        return module("models.common.Conv",
                      {"conv": self.conv2d(c_in, c_out, kernel, stride, pad=pad), "bn": self.norm(c_out),
                                             "act": self.act("ReLU" if self.relu else "SiLU")})

    def dw_conv_block(self, c_in: int, c_out: int, kernel: int = 3, stride: int = 1) -> Instance:
        return module("models.common.DWConvblock", {
            "conv1": self.conv2d(c_in, c_in, kernel, stride, c_in), "bn1": self.norm(c_in),
            "conv2": self.conv2d(c_in, c_out), "bn2": self.norm(c_out)}, p=kernel // 2)

    def c3(self, c_in: int, c_out: int, depth: int = 1, shortcut: bool = False) -> Instance:
        half = c_out // 2
        inner = [module("models.common.Bottleneck", {"cv1": self.conv(half, half), "cv2": self.conv(half, half, 3)},
                        add=shortcut)
                 for _ in range(depth)]
        return module("models.common.C3", {"cv1": self.conv(c_in, half), "cv2": self.conv(c_in, half),
                                           "cv3": self.conv(c_out, c_out), "m": self.sequential(*inner)})

    # The modules of v5lite-c

    def cbh(self, c_in: int, c_out: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> Instance:
        return module("models.common.CBH",
                      {"conv": self.conv2d(c_in, c_out, kernel, stride, groups), "bn": self.norm(c_out),
                                            "hardswish": self.act("Hardswish")})

    def lc_se(self, channels: int) -> Instance:
        hidden = channels // 4
        return module("models.common.LC_SEModule", {
            "avg_pool": module("torch.nn.modules.pooling.AdaptiveAvgPool2d", output_size=1),
            "conv1": self.conv2d(channels, hidden, bias=True), "relu": self.act("ReLU"),
            "conv2": self.conv2d(hidden, channels, bias=True), "SiLU": self.act("SiLU")})

    def lc_block(self, c_in: int, c_out: int, kernel: int = 3, stride: int = 1, se: bool = False) -> Instance:
        children = {"dw_conv": self.cbh(c_in, c_in, kernel, stride, c_in)}
        if se:
            children["se"] = self.lc_se(c_in)
        return module("models.common.LC_Block", {**children, "pw_conv": self.cbh(c_in, c_out)}, use_se=se)

    def dense(self, c_in: int, c_out: int) -> Instance:
        return module("models.common.Dense",
                      {"dense_conv": self.conv2d(c_in, c_out), "hardswish": self.act("Hardswish"),
                                              "dropout": module("torch.nn.modules.dropout.Dropout", p=0.2,
                                                                inplace=False)})

    # The modules of v5lite-g and YOLOv5 v5.0

    def focus(self, c_in: int, c_out: int, kernel: int = 3) -> Instance:
        return module("models.common.Focus", {"conv": self.conv(4 * c_in, c_out, kernel)})

    def rep_vgg(self, c_in: int, c_out: int, stride: int = 1, fused: str = "") -> Instance:
        """Returns the block with its branches, as in training, or fused: `rbr_dense` (by upstream's fuse) or
        `rbr_reparam` (built so).
        """
        children = {"nonlinearity": self.act("SiLU"), "se": module("torch.nn.modules.linear.Identity")}
        if fused:
            children[fused] = self.conv2d(c_in, c_out, 3, stride, bias=True)
        else:
            for name, kernel in (("rbr_dense", 3), ("rbr_1x1", 1)):
                children[name] = module("torch.nn.modules.container.Sequential", {
                    "conv": self.conv2d(c_in, c_out, kernel, stride, gain=0.4), "bn": self.norm(c_out)})
            if c_in == c_out and stride == 1:
                children["rbr_identity"] = self.norm(c_out)
        return module("models.common.RepVGGBlock", children, deploy=fused == "rbr_reparam", groups=1, in_channels=c_in)

    def spp(self, c_in: int, c_out: int, sizes: Sequence[int] = (5, 9, 13)) -> Instance:
        half = c_in // 2
        pools = {str(i): self.max_pool(size, 1) for i, size in enumerate(sizes)}
        return module("models.common.SPP", {
            "cv1": self.conv(c_in, half), "cv2": self.conv(half * (1 + len(sizes)), c_out),
            "m": module("torch.nn.modules.container.ModuleList", pools)})

    # The modules of YOLOv5 v6 and v7

    def sppf(self, c_in: int, c_out: int, size: int = 5) -> Instance:
        half = c_in // 2
        return module("models.common.SPPF", {"cv1": self.conv(c_in, half), "cv2": self.conv(4 * half, c_out),
                                             "m": self.max_pool(size, 1)})

    def detect_v6(self, channels: List[int], strides: List[int], classes: int, anchors: int) -> Instance:
        """Returns a Detect with the attributes of v6 and v7: grids are not buffers, and have the last
        picture's size.
        """
        made = self.detect(channels, strides, classes, anchors)
        del made.state["_buffers"]["anchor_grid"]
        grids = [np.zeros((1, anchors, 4, 4, 2), self.dtype) for _ in channels]
        made.state.update(inplace=True, grid=grids, anchor_grid=grids, stride=np.array(strides, self.dtype))
        return made

    # Joins and heads

    def add(self, alpha: Union[int, float] = 1) -> Instance:
        return module("models.common.ADD", a=alpha)

    def concat(self) -> Instance:
        return module("models.common.Concat", d=1)

    def upsample(self, **changes: Any) -> Instance:
        return module("torch.nn.modules.upsampling.Upsample", **{
            "name": "Upsample", "size": None, "scale_factor": 2.0, "mode": "nearest", "align_corners": None, **changes})

    def detect(self, channels: List[int], strides: List[int], classes: int, anchors: int) -> Instance:
        pixels = np.array([[ANCHORS[level % 3][a % 4] for a in range(anchors)] for level in range(len(channels))],
                          float)
        convs = [self.conv2d(c, anchors * (5 + classes), bias=True, gain=2.0) for c in channels]
        scaled = pixels / np.array(strides)[:, None, None]
        return module(
            "models.yolo.Detect",
            {"m": module("torch.nn.modules.container.ModuleList", {str(i): c for i, c in enumerate(convs)})},
            buffers={"anchors": scaled.astype(self.dtype),
                     "anchor_grid": pixels.reshape(len(channels), 1, anchors, 1, 1, 2).astype(self.dtype)},
            nc=classes, no=classes + 5, nl=len(channels), na=anchors, stride=np.array(strides, "<f4"))
