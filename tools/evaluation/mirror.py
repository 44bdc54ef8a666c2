# SPDX-License-Identifier: MIT
"""Mirrors pictures and their labels left to right: a second set of pictures from the same labels.

AP on few pictures is noisy; the mean of a set and of its mirrored pictures is less so.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import List, Sequence

import numpy as np

from decoder import DecodeError, decode
from fileio import write_atomically

from .errors import EvalError
from .pictures import Picture, picture_size
from .progress import Progress
from .truth import Truth


def mirrored_pictures(pictures: Sequence[Picture], folder: str, program: str) -> List[Picture]:
    """Writes each picture mirrored into the folder, as a PPM. Returns them in the same order, with the same numbers."""
    result = []
    with Progress("mirror", len(pictures)) as bar:
        for done, picture in enumerate(pictures, 1):
            try:
                pixels = decode(picture.path, program)
            except DecodeError as error:
                raise EvalError("image", picture.path, str(error)) from None
            path = os.path.join(folder, f"{done}.ppm")
            header = f"P6\n{pixels.shape[1]} {pixels.shape[0]}\n255\n".encode("ascii")
            write_atomically(path, header + pixels[:, ::-1].tobytes())
            result.append(Picture(path, picture.number))
            bar.show(done)
    return result


def mirrored_truth(truth: Truth, pictures: Sequence[Picture], ids: Sequence[int]) -> Truth:
    """Returns the truth with its boxes mirrored. pictures: those that were labelled; ids: their image ids."""
    width = np.zeros(len(truth.image_ids))
    for picture, identity in zip(pictures, ids):
        width[np.searchsorted(truth.image_ids, identity)] = picture_size(picture.path)[0]
    boxes = truth.boxes.copy()
    boxes[:, 0] = width[truth.image] - boxes[:, 0] - boxes[:, 2]
    return replace(truth, boxes=boxes)
