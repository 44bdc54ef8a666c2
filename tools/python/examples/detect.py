#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Finds objects in a binary PPM picture, which `v5lite picture --out` writes of others:

    python3 tools/python/examples/detect.py MODEL.v5l PICTURE.ppm [SIZE]
"""

import re
import sys
from typing import Any

import numpy as np

from v5lite import Detector, V5liteError


def read_ppm(path: str) -> Any:
    """Returns a picture as uint8 [height, width, 3]."""
    with open(path, "rb") as file:
        data = file.read()
    header = re.match(rb"P6\s(\d+)\s(\d+)\s255\s", data)
    if header is None or len(data) - header.end() != 3 * int(header[1]) * int(header[2]):
        raise ValueError(f"{path}: expected a binary PPM picture of 8 bits")
    return np.frombuffer(data, np.uint8, offset=header.end()).reshape(int(header[2]), int(header[1]), 3)


def main() -> int:
    """Prints a line for each object."""
    try:
        model, picture, *size = sys.argv[1:]
        image = read_ppm(picture)
        detector = Detector(model, size=int(size[0]) if size else 320, confidence=0.25, iou=0.45, threads=1)
        for found in detector(image):  # uint8 [height, width, 3]; format="bgr" for OpenCV's arrays
            print(found.name, found.score, found.x0, found.y0, found.x1, found.y1)
        return 0
    except (OSError, ValueError, V5liteError) as error:
        print(f"detect: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
