# SPDX-License-Identifier: MIT
"""Runs a network in OpenCV's DNN module as a worker: opencv_worker.py MODEL.onnx SIZE THREADS INPUT HEADS"""

from __future__ import annotations

import sys
from typing import Any, Sequence

import serve


class OpenCV(serve.Engine):
    """Sets the input once, outside the timed part. Every forward() runs the whole network."""

    def __init__(self, model: str, picture: serve.np.ndarray, threads: int) -> None:
        cv2.setNumThreads(threads)
        self.name = f"OpenCV DNN {cv2.__version__}"
        self.net = cv2.dnn.readNetFromONNX(model)
        self.net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
        self.net.setPreferableTarget(cv2.dnn.DNN_TARGET_CPU)
        self.net.setInput(picture)
        self.outputs = self.net.getUnconnectedOutLayersNames()

    def run(self) -> Sequence[Any]:
        return self.net.forward(self.outputs)


if __name__ == "__main__":
    try:
        import cv2
    except ImportError as missing:
        print(f"{sys.executable}: {missing}", file=sys.stderr)
        sys.exit(serve.ABSENT)
    sys.exit(serve.main(OpenCV))
