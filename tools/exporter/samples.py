# SPDX-License-Identifier: MIT
"""The pictures that a network in 8 bits is made from: which ones, and what is unsuitable in them."""

from __future__ import annotations

from typing import List, Sequence

import numpy as np

from decoder import DecodeError, decode
from evaluation.pictures import list_pictures

from .errors import ExportError

MOST, FEWEST = 128, 64  # pictures used; pictures that need no warning
CHECKED = 32  # pictures whose content is checked
FLAT = 4.0  # standard deviation of a picture of one colour, in 255ths


def sample(directory: str) -> List[str]:
    """Returns the pictures of a directory that are used: the first by name."""
    return [picture.path for picture in list_pictures(directory)[:MOST]]


def warnings_about(paths: Sequence[str], program: str) -> List[str]:
    """Returns a line for each reason to expect a loss of accuracy from these pictures."""
    found = []
    if len(paths) < FEWEST:
        found.append(f"{len(paths)} picture{'s' * (len(paths) > 1)}: expected {FEWEST} to {MOST} that resemble those "
                     "to come: ranges of values may be too narrow, and larger values are cut; AP may fall by 0.01 "
                     "and more")
    gray, flat, checked = 0, 0, paths[::-(-len(paths) // CHECKED)]
    for path in checked:
        picture = _decoded(path, program)
        gray += bool((picture == picture[:, :, :1]).all())
        flat += bool(picture.std(axis=(0, 1), dtype=np.float64).max() < FLAT)
    if gray == len(checked):
        found.append("all pictures are gray: values that only colours cause have not been seen, and are cut; AP on "
                     "colour pictures may fall")
    if 4 * flat > len(checked):
        found.append(f"{flat} of {len(checked)} pictures {'are' if flat > 1 else 'is'} nearly of one colour: ranges "
                     "of values are too narrow, "
                     "and larger values are cut; expect a large loss of AP on other pictures")
    return found


def _decoded(path: str, program: str) -> np.ndarray:
    try:
        return decode(path, program)
    except DecodeError as error:
        raise ExportError(path, str(error)) from None
