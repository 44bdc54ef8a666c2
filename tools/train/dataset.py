# SPDX-License-Identifier: MIT
"""Holds a training set in memory: generated scenes, or a folder of pictures with YOLO labels.

A set is two parallel lists: pictures, uint8 [size][size][3] RGB, and labels, float32 [count][5]: class, centre x,
centre y, width, height in shares of the picture.
"""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional, Sequence, Tuple

import numpy as np

from auditing.letterbox import GRAY, letterbox
from decoder import EXTENSIONS, DecodeError, decode
from errors import TrainError
from evaluation.labels import read_labels
from fileio import read_bytes
from scenes import Composer, Scene

PAD = GRAY
MAX_CLASSES = 4096
MAX_NAMES = 1 << 20  # of classes.txt


def yolo_labels(scene: Scene) -> np.ndarray:
    """Returns a scene's labels in shares of the picture."""
    number, left, top, right, bottom = scene.labels.T
    size = scene.picture.shape[0]
    return np.stack([number, (left + right) / 2 / size, (top + bottom) / 2 / size,
                     (right - left) / size, (bottom - top) / size], 1).astype(np.float32)


class Scenes:
    """A window over the endless sequence of scenes: each epoch `fresh` new ones replace the oldest of `count`."""

    def __init__(self, composer: Composer, count: int, fresh: int) -> None:
        self._composer, self._fresh = composer, min(fresh, count)
        self.pictures: List[Optional[np.ndarray]] = [None] * count
        self.labels: List[np.ndarray] = [np.empty((0, 5), np.float32)] * count
        self._made = range(0)

    def go_to(self, epoch: int) -> None:
        """Makes the scenes of an epoch, independent of the epochs visited before."""
        count = len(self.pictures)
        wanted = range(epoch * self._fresh, epoch * self._fresh + count)
        for index in wanted:
            if index in self._made:
                continue
            scene = self._composer.scene(index)
            self.pictures[index % count], self.labels[index % count] = scene.picture, yolo_labels(scene)
        self._made = wanted


class Folder:
    """DIR/images and DIR/labels, read whole. A picture without a label file has no objects. Leaves out objects without
    area.
    """

    def __init__(self, directory: str, size: int, classes: int) -> None:
        root = Path(directory)
        try:
            files = sorted(path for path in (root / "images").iterdir() if path.suffix.lower() in EXTENSIONS)
        except OSError as error:
            raise TrainError(str(root / "images"), f"{error.strerror}: expected a folder of pictures") from None
        if not files:
            raise TrainError(str(root / "images"), f"expected pictures named {', '.join('*' + e for e in EXTENSIONS)}")
        self.pictures, self.labels, self.without_area = [], [], 0
        for path in files:
            picture, frame = read_picture(path, size)
            labels = root / "labels" / (path.stem + ".txt")
            boxes = read_labels(str(labels), classes) if labels.exists() else np.empty((0, 5))
            seen = (boxes[:, 3:] > 0).all(1)
            self.without_area += len(seen) - int(seen.sum())
            self.pictures.append(picture)
            self.labels.append(in_frame(boxes[seen], frame))

    def go_to(self, epoch: int) -> None:
        """Does nothing: all epochs have the same pictures."""


Frame = Tuple[float, float, float, float]  # the picture's place in its square: left, top, width, height, in shares


def read_picture(path: Path, size: int) -> Tuple[np.ndarray, Frame]:
    """Returns a picture as detection sees it: decoded by the program, and letterboxed into a gray square of `size`
    pixels.
    """
    try:
        picture = decode(str(path))
    except DecodeError as error:
        raise TrainError(str(path), str(error)) from None
    rows, columns, _ = picture.shape
    scale = min(size / columns, size / rows)
    width, height = max(1, round(columns * scale)), max(1, round(rows * scale))
    left, top = (round((size - side) / 2 - 0.1) for side in (width, height))
    square = letterbox(picture, size, size)
    return square, (left / size, top / size, width / size, height / size)


def in_frame(labels: np.ndarray, frame: Frame) -> np.ndarray:
    """Returns the labels of a picture, in shares of the square that contains it."""
    left, top, width, height = frame
    return (labels * [1, width, height, width, height] + [0, left, top, 0, 0]).astype(np.float32)


def zoom(picture: np.ndarray, labels: np.ndarray, scale: float, x: float, y: float) -> Tuple[np.ndarray, np.ndarray]:
    """Returns the picture enlarged by `scale` about its middle and moved by (x, y), in shares; gray outside.

    Drops objects of which less than half is left, and clips the others to the picture.
    """
    rows, columns = (_source(picture.shape[0], scale, shift) for shift in (y, x))
    moved = picture[np.clip(rows, 0, len(rows) - 1)[:, None], np.clip(columns, 0, len(columns) - 1)[None, :]]
    moved[(rows < 0) | (rows >= len(rows))] = PAD
    moved[:, (columns < 0) | (columns >= len(columns))] = PAD
    middle = (labels[:, 1:3] - 0.5) * scale + 0.5 + np.array([x, y], np.float32)
    extent = labels[:, 3:5] * scale
    low, high = np.clip(middle - extent / 2, 0, 1), np.clip(middle + extent / 2, 0, 1)
    kept = ((high - low).prod(1) > 0.5 * extent.prod(1)) & (extent > 0).all(1)
    changed = np.concatenate([labels[:, :1], (low + high) / 2, high - low], 1)[kept]
    return moved, changed.astype(np.float32)


def _source(size: int, scale: float, shift: float) -> np.ndarray:
    """Returns the row of the original that a row shows; outside 0 .. size - 1: none."""
    at = (np.arange(size) + 0.5) / size
    return np.floor(((at - 0.5 - shift) / scale + 0.5) * size).astype(int)


def inputs(directory: str) -> List[Path]:
    """Returns the folders and files that a data set is read from, for fileio.check_outputs."""
    root = Path(directory)
    folders = [folder for folder in (root, root / "images", root / "labels") if folder.is_dir()]
    return [*folders, root / "classes.txt", *(path for folder in folders[1:] for path in folder.iterdir())]


def class_names(directory: str) -> List[str]:
    """Returns the lines of DIR/classes.txt."""
    path = Path(directory) / "classes.txt"
    try:
        text = read_bytes(path, MAX_NAMES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise TrainError(str(path), "expected a text file with a class name a line") from None
    names = [line.strip() for line in text.splitlines() if line.strip()]
    if not 1 <= len(names) <= MAX_CLASSES:
        raise TrainError(str(path), f"{len(names)} class names, expected 1 to {MAX_CLASSES}")
    return names


def sizes(labels: Sequence[np.ndarray], size: int) -> np.ndarray:
    """Returns width and height [count][2] of all boxes, in pixels of the network's input."""
    boxes = np.concatenate([part[:, 3:5] for part in labels]) * size
    if not len(boxes):
        raise TrainError("labels", "no object in any picture: expected some to learn from")
    return boxes
