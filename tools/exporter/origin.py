# SPDX-License-Identifier: MIT
"""Identifies the network of a checkpoint by its content, for the text field in the exporter's file.

YOLOv5 v5.0 begins with Focus; v6 and v7 with a 6x6 convolution, or they pool by SPPF. v6 and v7 are one network: only
the checkpoints differ. The class is Model up to v6.1 and DetectionModel from v6.2 on. v6.2 keeps an entry wandb_id; v7
has one for git instead. The pip package states its version. Without any of these, the version stays open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List

from .errors import ExportError
from .names import EXPECTED
from .others import whose
from .tree import Module

if TYPE_CHECKING:
    from .builder import Builder

_LITE = (("models.common.LC_Block", "c"), ("models.common.RepVGGBlock", "g"), ("models.common.DWConvblock", "e"),
         ("models.common.Shuffle_Block", "s"))


def origin(root: Any, model_kind: str, builder: "Builder") -> str:
    """Returns the network's name and version, as far as the file states them."""
    kinds, stem = builder.kinds, builder.graph.nodes[0]
    for kind, letter in _LITE:
        if kind in kinds:
            return f"YOLOv5-Lite {letter}"
    if "models.common.Focus" in kinds:
        return "YOLOv5 v5.0"
    if "models.common.SPPF" in kinds or "models.common.C3" in kinds and stem.kernel == (6, 6):
        return f"YOLOv5 {_six_or_seven(root if isinstance(root, dict) else {}, model_kind)}"
    return ""


def _six_or_seven(root: dict, model_kind: str) -> str:
    package = root.get("yolov5pip_version")
    if isinstance(package, str) and package[:2] in ("6.", "7."):
        return f"v{package[0]}"
    if model_kind == "models.yolo.Model" or "wandb_id" in root:
        return "v6"
    return "v7" if "git" in root else "v6 or v7"


def not_detect(sequence: Module, layers: List[Module]) -> ExportError:
    """Returns the error about a network that does not end in Detect."""
    last = layers[-1] if layers else None
    if last is None:
        return sequence.fail("has no layers, expected models.yolo.Detect as the last one")
    return ExportError(last.path, f"the last layer is {last.kind}{whose(last.kind)}; expected models.yolo.Detect: "
                                  f"{EXPECTED}")
