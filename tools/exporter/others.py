# SPDX-License-Identifier: MIT
"""Names the owners of module classes that are not supported but common."""

from __future__ import annotations

_CLASSES = {
    "YOLOv7": "IDetect IAuxDetect IKeypoint IBin MP SP ReOrg SPPCSPC GhostSPPCSPC SPPFCSPC RepConv RepBottleneck "
              "ImplicitA ImplicitM DownC Foldcut RepConv_OREPA",
    "YOLOv9": "DDetect DualDDetect TripleDDetect DualDetect TripleDetect RepNCSPELAN4 SPPELAN ADown AConv CBLinear "
              "CBFuse Silence RepNCSP",
    "YOLOR or Darknet": "Darknet YOLOLayer WeightedFeatureFusion FeatureConcat",
    "YOLOv5 for segmentation": "Segment Proto SegmentationModel",
    "YOLOv5 for classification": "Classify ClassificationModel",
    "YOLOv5-Face": "StemBlock LandmarksDetect",
    "YOLOv5 before v4.0": "BottleneckCSP",
}
_OWNERS = {f"models.{module}.{name}": owner for owner, names in _CLASSES.items() for name in names.split()
           for module in ("common", "yolo", "experimental", "models")}


def whose(kind: str) -> str:
    """Returns a remark on the owner of a class, or an empty string."""
    owner = _OWNERS.get(kind)
    return f": it is of {owner}" if owner else ""
