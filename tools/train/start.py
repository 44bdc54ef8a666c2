# SPDX-License-Identifier: MIT
"""Initialises a training from the weights of another checkpoint, matched by name. Executes nothing in the file."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, List, Optional, Tuple, Union

import numpy as np
import torch

from errors import TrainError
from exporter.checkpoint import Checkpoint, model_of
from exporter.errors import ExportError, one_line
from exporter.tree import Module
from models.yolo import Model


def _tensors(module: Module) -> Iterator[Tuple[str, np.ndarray]]:
    """Yields the parameters and buffers of a pickled network with their names, in float64."""
    for name in module.tensor_names():
        value = module.tensor(name)
        assert value is not None
        yield f"{module.path}.{name}" if module.path else name, value
    for _, child in module.children():
        yield from _tensors(child)


def _keep_boxes(bias: torch.Tensor, anchors: torch.Tensor, former: torch.Tensor) -> None:
    """Changes a head's bias [anchor][output] so that boxes begin about as large as with the former anchors [anchor][2].

    A side is (2 sigmoid(t))^2 anchors long; where it is one anchor long, the slope of its logarithm in t is 1.
    """
    bias[:, 2:4] -= torch.log(anchors / former)


class Start:
    """A checkpoint, read: YOLOv5-Lite's own (v5lite-e) or one of train.py."""

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            checkpoint = Checkpoint(Path(path).read_bytes())
            self.tensors = dict(_tensors(Module(checkpoint, model_of(checkpoint.root), "")))
        except OSError as error:
            raise TrainError(path, f"{error.strerror}: expected a checkpoint to start from") from None
        except ExportError as error:
            raise TrainError(path, str(error)) from None

    def anchors(self, levels: int) -> List[List[Tuple[float, float]]]:
        """Returns the anchors of the heads, in pixels of the network's input, by level."""
        found = [value for name, value in self.tensors.items() if name.endswith(".anchor_grid")]
        if len(found) != 1 or found[0].ndim != 6 or len(found[0]) != levels:
            raise TrainError(self.path, f"expected anchors (anchor_grid) of {levels} levels")
        return [[(float(w), float(h)) for w, h in level.reshape(-1, 2)] for level in found[0]]

    @torch.no_grad()
    def give_to(self, model: Model) -> List[str]:
        """Copies the tensors whose names and shapes are the model's. Returns lines for the log: the number of copies,
        and the tensors left out.
        """
        mine = {name: value for name,
                value in model.state_dict().items() if value.dtype.is_floating_point and "anchor" not in name}
        given = {name: value for name,
                 value in self.tensors.items() if "anchor" not in name and not name.endswith("num_batches_tracked")}
        taken = {name for name, value in mine.items() if name in given and given[name].shape == tuple(value.shape)}
        if not taken:
            raise TrainError(self.path, "none of its weights fits: expected a network of this --width")
        for name in taken:
            mine[name].copy_(torch.from_numpy(given[name]))
        head = model.model[-1]
        for level, former in enumerate(self.anchors(head.nl)):
            name = f"model.{head.i}.m.{level}.bias"
            if name in taken:
                _keep_boxes(mine[name].view(head.na, head.no), head.anchor_grid[level].view(-1, 2),
                            torch.tensor(former))
        lines = [f"from {one_line(self.path)}: {len(taken)} of {len(mine)} tensors"]
        for name in [*mine, *(name for name in given if name not in mine)]:
            if name not in taken:
                there, here = (_shape(tensors.get(name)) for tensors in (given, mine))
                lines.append(f"left out: {one_line(name)}: {there} there, {here} here")
        return lines


def _shape(tensor: Optional[Union[torch.Tensor, np.ndarray]]) -> str:
    return "none" if tensor is None else "x".join(map(str, tensor.shape)) or "a number"
