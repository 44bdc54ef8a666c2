# SPDX-License-Identifier: MIT
"""Ground truth: YOLO text labels, or an instances file of the COCO data set."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

from . import files
from .classes import Classes
from .errors import EvalError
from .pictures import Picture, picture_size

Row = Tuple[int, int, Sequence[float], float, bool]  # image id, category id, box x y w h, area, crowd


@dataclass(frozen=True)
class Truth:
    """Labelled boxes of a set of images. Images and categories are in ascending order of their ids."""

    image_ids: np.ndarray       # int64 (images)
    category_ids: np.ndarray    # int64 (categories)
    names: List[str]            # of the categories
    image: np.ndarray           # index into image_ids (objects)
    category: np.ndarray        # index into category_ids (objects)
    boxes: np.ndarray           # x, y, width, height in pixels (objects, 4)
    areas: np.ndarray           # what counts as the object's size, pixels (objects)
    crowd: np.ndarray           # bool (objects): matches any number of detections, and none of them counts
    named: bool = True          # whether the labels themselves name the categories


def build(image_ids: Sequence[int], categories: Dict[int, str], rows: Sequence[Row], named: bool = True) -> Truth:
    """Truth from rows; every id in them is known."""
    images, ids = np.unique(np.array(image_ids, np.int64)), np.array(sorted(categories), np.int64)
    return Truth(images, ids, [categories[i] for i in ids.tolist()],
                 np.searchsorted(images, np.array([r[0] for r in rows], np.int64)),
                 np.searchsorted(ids, np.array([r[1] for r in rows], np.int64)),
                 np.array([r[2] for r in rows], float).reshape(-1, 4), np.array([r[3] for r in rows], float),
                 np.array([r[4] for r in rows], bool), named)


def from_yolo(directory: str, pictures: Sequence[Picture], classes: Classes) -> Truth:
    """One text file an image, one line an object: class, then centre x y, width, height as fractions of the picture. A
    picture without a file has no objects."""
    if not os.path.isdir(directory):
        raise EvalError("labels", directory, "expected a directory of YOLO labels or a COCO instances file (.json)")
    rows: List[Row] = []
    found = 0
    for picture in pictures:
        path = os.path.join(directory, os.path.splitext(os.path.basename(picture.path))[0] + ".txt")
        if os.path.exists(path):
            found += 1
            rows += _yolo_rows(path, picture, classes)
    if found == 0:
        raise EvalError("labels", directory, "expected a .txt file named as at least one of the pictures")
    categories = classes.categories()
    categories.update({r[1]: str(r[1]) for r in rows if r[1] not in categories})
    return build([p.id for p in pictures], categories, rows, named=False)


def _yolo_rows(path: str, picture: Picture, classes: Classes) -> List[Row]:
    rows: List[Row] = []
    width, height = picture_size(picture.path)
    try:
        lines = files.read_bytes(path, "labels").decode("ascii").splitlines()
    except UnicodeDecodeError:
        raise EvalError("labels", path, "expected plain text") from None
    for at, line in enumerate(lines, 1):
        fields = line.split()
        if not fields:
            continue
        try:
            values = [float(f) for f in fields]
        except ValueError:
            values = []
        if len(values) != 5 or not all(0 <= v <= 1 for v in values[1:]):
            raise EvalError("labels", f"{path}:{at}", "expected class, centre x, centre y, width, height, the last four 0 to 1")
        whole = 0 <= values[0] < 1 << 31 and values[0].is_integer()
        category = classes.category(int(values[0])) if whole else None
        if category is None:
            most = f" below {len(classes.names)}" if classes.names is not None else ""
            raise EvalError("labels", f"{path}:{at}", f"expected a class number{most}")
        x, y, w, h = np.array(values[1:]) * (width, height, width, height)
        rows.append((picture.id, category, (x - w / 2, y - h / 2, w, h), w * h, False))
    return rows


def from_coco(path: str, pictures: Optional[Sequence[Picture]]) -> Truth:
    """An instances file; with pictures, only what it says about those."""
    data, what = files.read_json(path, "labels"), "labels"
    file_names: Dict[int, str] = {}
    for at, item in enumerate(files.member(data, "images", list, what, path)):
        where = f"{path} images[{at}]"
        file_names[files.identity(item, "id", what, where)] = str(item.get("file_name", ""))
    categories: Dict[int, str] = {}
    for at, item in enumerate(files.member(data, "categories", list, what, path)):
        where = f"{path} categories[{at}]"
        categories[files.identity(item, "id", what, where)] = str(item.get("name", ""))
    if not file_names or not categories:
        raise EvalError(what, path, "expected at least one image and one category")
    image_ids = list(file_names) if pictures is None else _of_pictures(pictures, file_names, path)
    rows = []
    wanted = set(image_ids)
    for at, item in enumerate(files.member(data, "annotations", list, what, path)):
        where = f"{path} annotations[{at}]"
        row = _coco_row(item, where, file_names, categories)
        if row[0] in wanted:
            rows.append(row)
    return build(image_ids, categories, rows, named=all(categories.values()))


def _of_pictures(pictures: Sequence[Picture], file_names: Dict[int, str], path: str) -> List[int]:
    for picture in pictures:
        expected = file_names.get(picture.id)
        if expected is None:
            raise EvalError("labels", path, f"expected an image with id {picture.id}, the number in the name of {picture.path}")
        name = os.path.basename(picture.path)
        if expected and os.path.basename(expected) != name:
            raise EvalError("labels", path, f"expected image {picture.id} to be {name}, not {expected}")
    return [p.id for p in pictures]


def _coco_row(item: object, where: str, images: Dict[int, str], categories: Dict[int, str]) -> Row:
    what = "labels"
    image = files.identity(item, "image_id", what, where)
    category = files.identity(item, "category_id", what, where)
    if image not in images or category not in categories:
        raise EvalError(what, where, 'expected ids that "images" and "categories" have')
    box = files.box(item, what, where)
    assert isinstance(item, dict)
    area = files.number(item.get("area", float(box[2] * box[3])), "area", what, where)
    crowd = item.get("iscrowd", 0)
    if crowd not in (0, 1):
        raise EvalError(what, where, 'expected 0 or 1 as "iscrowd"')
    return image, category, box, area, bool(crowd)
