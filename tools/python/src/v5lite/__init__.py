# SPDX-License-Identifier: MIT
"""YOLOv5-Lite object detection: v5lite, a C library, for Python and numpy.

    from v5lite import Detector

    detector = Detector("best.v5l", size=320, confidence=0.25, iou=0.45, threads=1)
    for found in detector(image):  # uint8 [height, width, 3], RGB
        print(found.name, found.score, found.x0, found.y0, found.x1, found.y1)
"""

from ._library import lib as _lib
from .detector import Detector, Info
from .errors import ArgumentError, ModelError, StateError, V5liteError
from .model import Head, Model, Op
from .rows import DETECTION, TRACK, Detection, Detections, Track, Tracks
from .tracker import Tracker

__version__: str = _lib.v5lpy_version().decode()
__all__ = ["DETECTION", "TRACK", "ArgumentError", "Detection", "Detections", "Detector", "Head", "Info", "Model",
           "ModelError", "Op", "StateError", "Track", "Tracker", "Tracks", "V5liteError"]
