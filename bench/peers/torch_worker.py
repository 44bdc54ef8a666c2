# SPDX-License-Identifier: MIT
"""The worker of PyTorch: torch_worker.py CHECKPOINT.pt SIZE THREADS INPUT HEADS

The original's classes are GPL and not needed: the exporter reads the checkpoint into a graph of the original's
operations, module for module, with BatchNorm and RepVGG's branches folded and Focus as one convolution. Here each
operation is one call into PyTorch: eager, float32. Times the fastest of four ways to make these calls: convolutions by
PyTorch's choice or by oneDNN, maps as NCHW or NHWC.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any, Callable, List, Sequence

import serve

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from exporter.checkpoint import Checkpoint  # noqa: E402
from exporter.graph import WEIGHTED, Activation, Graph, Kind, Node  # noqa: E402
from exporter.modules import build_graph  # noqa: E402

TRIES = 3


def shuffle(x: Any, groups: int) -> Any:
    """Interleaves the channels of the groups."""
    n, c, h, w = x.shape
    return x.view(n, groups, c // groups, h, w).transpose(1, 2).reshape(n, c, h, w)


def convolution(node: Node, one_dnn: bool) -> Callable[[Any], Any]:
    """Runs a convolution and its activation."""
    weight, bias = (torch.from_numpy(array.astype("float32")) for array in (node.weight, node.bias))
    pad, step, groups = (node.pad, node.pad), (node.step, node.step), node.groups

    def plain(x: Any) -> Any:
        if one_dnn:
            return torch.mkldnn_convolution(x, weight, bias, pad, step, (1, 1), groups)
        return F.conv2d(x, weight, bias, step, pad, (1, 1), groups)

    if node.activation == Activation.IDENTITY:
        return plain
    activate = {Activation.RELU: F.relu, Activation.SILU: F.silu, Activation.HARDSWISH: F.hardswish}[node.activation]
    return lambda x: activate(plain(x), inplace=True)


def call_of(node: Node, one_dnn: bool) -> Callable[..., Any]:
    """Returns the output of a node."""
    first, end = node.first, node.first + node.channels
    if node.kind in WEIGHTED:
        return convolution(node, one_dnn)
    return {
        Kind.MAXPOOL: lambda x: F.max_pool2d(x, node.kernel, node.step, node.pad),
        Kind.AVGPOOL: lambda x: F.adaptive_avg_pool2d(x, 1),
        Kind.SCALE: torch.mul,
        Kind.ADD: lambda x, y: torch.add(x, y, alpha=node.alpha),
        Kind.SPLIT: lambda x: x[:, first:end],
        Kind.CONCAT: lambda *xs: torch.cat(xs, 1),
        Kind.SHUFFLE: lambda x: shuffle(x, node.groups),
        Kind.UPSAMPLE: lambda x: F.interpolate(x, scale_factor=2, mode="nearest"),
    }[node.kind]


class Way:
    """One way to run the graph."""

    def __init__(self, graph: Graph, picture: Any, one_dnn: bool, nhwc: bool) -> None:
        self.name = f"{'oneDNN' if one_dnn else 'conv2d'}, {'NHWC' if nhwc else 'NCHW'}"
        self.picture = picture.to(memory_format=torch.channels_last) if nhwc else picture
        self.nodes = graph.nodes
        self.calls = [call_of(node, one_dnn) for node in graph.nodes]
        last_use = {value: index for index, node in enumerate(graph.nodes) for value in node.inputs}
        self.dead = [[v for v in set(node.inputs) if last_use[v] == index] for index, node in enumerate(graph.nodes)]

    def run(self) -> List[Any]:
        """Returns the heads. Drops a value after its last use, as hand-written code would."""
        values: List[Any] = [self.picture] + [None] * len(self.calls)
        heads = []
        with torch.inference_mode():
            for index, (node, call) in enumerate(zip(self.nodes, self.calls)):
                values[index + 1] = call(*[values[v] for v in node.inputs])
                if node.kind == Kind.DETECT:
                    heads.append(values[index + 1])
                for value in self.dead[index]:
                    values[value] = None
        return heads

    def time(self) -> float:
        """Returns the seconds of the fastest of a few runs; infinity if PyTorch cannot run it."""
        best = float("inf")
        try:
            for _ in range(TRIES):
                began = time.perf_counter()
                self.run()
                best = min(best, time.perf_counter() - began)
        except RuntimeError:  # this PyTorch lacks oneDNN
            pass
        return best


class PyTorch(serve.Engine):
    """Runs first as a user would, then in the fastest way."""

    def __init__(self, model: str, picture: serve.np.ndarray, threads: int) -> None:
        torch.set_num_threads(threads)
        graph = build_graph(Checkpoint(Path(model).read_bytes()))
        # the graph's first convolution includes the 1/255
        self.inputs = torch.from_numpy(picture * serve.np.float32(255))
        self.graph = graph
        self.way = Way(graph, self.inputs, False, False)

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"PyTorch {torch.__version__} (eager, {self.way.name})"

    def settle(self) -> None:
        ways = [Way(self.graph, self.inputs, one_dnn, nhwc) for one_dnn in (False, True) for nhwc in (False, True)]
        self.way = min(ways, key=Way.time)

    def run(self) -> Sequence[Any]:
        return self.way.run()


if __name__ == "__main__":
    try:
        import torch
        from torch.nn import functional as F
    except ImportError as missing:
        print(f"{sys.executable}: {missing}", file=sys.stderr)
        sys.exit(serve.ABSENT)
    sys.exit(serve.main(PyTorch))
