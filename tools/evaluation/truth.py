# SPDX-License-Identifier: MIT
"""Reads ground truth: YOLO text labels, or an instances file of the COCO data set."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Set, Tuple

import numpy as np

from . import files
from .classes import Classes
from .errors import EvalError
from .labels import MAX_OBJECTS, read_labels
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
    areas: np.ndarray  # the object's size, in square pixels (objects)
    crowd: np.ndarray  # bool (objects): matches any number of detections, which do not count
    named: bool = True  # whether the labels name the categories


def build(image_ids: Sequence[int], categories: Dict[int, str], rows: Sequence[Row], named: bool = True) -> Truth:
    """Builds the truth from rows. Every id in them is known."""
    table = np.array([(*r[2], r[3]) for r in rows], float).reshape(-1, 5)
    return _assembled(image_ids, categories, np.array([r[0] for r in rows], np.int64),
                      np.array([r[1] for r in rows], np.int64),
                      table[:, :4], table[:, 4], np.array([r[4] for r in rows], bool), named)


def _assembled(image_ids: Sequence[int], categories: Dict[int, str], image: np.ndarray, category: np.ndarray,
               boxes: np.ndarray,
               areas: np.ndarray, crowd: np.ndarray, named: bool) -> Truth:
    """Builds the truth from columns with an entry an object, which name images and categories by id."""
    images, ids = np.unique(np.array(image_ids, np.int64)), np.array(sorted(categories), np.int64)
    most = int(np.bincount(np.searchsorted(images, image), minlength=1).max())
    if most > MAX_OBJECTS:
        raise EvalError("labels", "objects", f"expected at most {MAX_OBJECTS} in a picture, found {most}")
    return Truth(images, ids, [categories[i] for i in ids.tolist()], np.searchsorted(images, image),
                 np.searchsorted(ids, category), boxes, areas, crowd, named)


def from_yolo(directory: str, pictures: Sequence[Picture], ids: Sequence[int], classes: Classes,
              allow_missing: bool = False) -> Truth:
    """Reads one text file a picture, with labels.py.

    An empty file is a picture without objects; so is, if allowed, a missing one. `ids`: the pictures' image ids.
    """
    if not os.path.isdir(directory):
        raise EvalError("labels", directory, "expected a directory of YOLO labels or a COCO instances file (.json)")
    paths = label_paths(directory, pictures)
    there = [os.path.exists(path) for path in paths]
    if not any(there):
        raise EvalError("labels", directory, "expected a .txt file named as each of the pictures, found none")
    if not all(there) and not allow_missing:
        path, more = paths[there.index(False)], there.count(False) - 1
        others = f", nor have {more} more of the pictures theirs" if more else ""
        raise EvalError("labels", path,
                        f"expected this file, empty if the picture has no objects{others} (or --allow-missing)")
    found = [_yolo_boxes(path, picture, classes) if here else np.empty((0, 5)) for path, picture,
             here in zip(paths, pictures, there)]
    image = np.repeat(np.array(ids, np.int64), [len(boxes) for boxes in found])
    table = np.concatenate([np.empty((0, 5)), *found])
    numbers, place = np.unique(table[:, 0].astype(np.int64), return_inverse=True)
    mine = [classes.category(number) for number in numbers.tolist()]
    categories = {**{c: str(c) for c in mine if c is not None}, **classes.categories()}
    return _assembled(ids, categories, image, np.array(mine, np.int64)[place], table[:, 1:], table[:, 3] * table[:, 4],
                      np.zeros(len(table), bool), named=False)


def label_paths(directory: str, pictures: Sequence[Picture]) -> List[str]:
    """Returns the path of the label file of each picture."""
    return [os.path.join(directory, os.path.splitext(os.path.basename(p.path))[0] + ".txt") for p in pictures]


def _yolo_boxes(path: str, picture: Picture, classes: Classes) -> np.ndarray:
    """Returns the objects of a picture, float64 (objects, 5): class number, x, y, width, height in pixels."""
    size = picture_size(picture.path)
    found = read_labels(path, None if classes.names is None else len(classes.names))
    found[:, 1:] *= (*size, *size)
    found[:, 1:3] -= found[:, 3:] / 2
    return found


def from_coco(path: str, pictures: Optional[Sequence[Picture]]) -> Tuple[Truth, List[int]]:
    """Reads an instances file. Returns the truth and the image ids of the pictures; with pictures, only what concerns
    those.
    """
    data, what = files.read_json(path, "labels"), "labels"
    file_names = _by_id(data, "images", "file_name", path)
    categories = _by_id(data, "categories", "name", path)
    if not file_names or not categories:
        raise EvalError(what, path, "expected at least one image and one category")
    seen: Set[str] = set()
    for name in filter(None, categories.values()):
        if name in seen:
            raise EvalError(what, path, f'expected categories with names of their own, found two "{name}"')
        seen.add(name)
    ids = list(file_names) if pictures is None else _of_pictures(pictures, file_names, path)
    rows = []
    wanted = set(ids)
    for at, item in enumerate(files.member(data, "annotations", list, what, path)):
        row = _coco_row(item, f"{path} annotations[{at}]", file_names, categories)
        if row[0] in wanted:
            rows.append(row)
    return build(ids, categories, rows, named=all(categories.values())), ids


def _by_id(data: object, key: str, name: str, path: str) -> Dict[int, str]:
    """Reads a list of objects with unique ids. Returns id -> name."""
    result: Dict[int, str] = {}
    for at, item in enumerate(files.member(data, key, list, "labels", path)):
        where = f"{path} {key}[{at}]"
        identity = files.identity(item, "id", "labels", where)
        if identity in result:
            raise EvalError("labels", where, f"expected another id than {identity}, which is taken")
        text = item.get(name, "")
        if text is not None and not isinstance(text, (str, int, float)):
            raise EvalError("labels", where, f'expected a string as "{name}"')
        result[identity] = "" if text is None else str(text)
    return result


def _of_pictures(pictures: Sequence[Picture], file_names: Dict[int, str], path: str) -> List[int]:
    """Returns the ids of the pictures: that of the image with the file name or, if images have none, the number in the
    name.
    """
    by_name: Dict[str, List[int]] = {}
    for image, name in file_names.items():
        by_name.setdefault(re.split(r"[/\\]", name)[-1], []).append(image)
    ids: Dict[int, str] = {}
    for picture in pictures:
        name = os.path.basename(picture.path)
        found = by_name.get(name, [])
        if not found and picture.number is not None and file_names.get(picture.number) == "":
            found = [picture.number]
        if len(found) != 1 or ids.setdefault(found[0], name) != name:
            raise EvalError("labels", path, f'expected one image with "file_name" {name}, as {picture.path} is called')
    return list(ids)


def _coco_row(item: object, where: str, images: Dict[int, str], categories: Dict[int, str]) -> Row:
    what = "labels"
    image = files.identity(item, "image_id", what, where)
    category = files.identity(item, "category_id", what, where)
    if image not in images or category not in categories:
        raise EvalError(what, where, 'expected ids that "images" and "categories" have')
    box = files.box(item, what, where)
    assert isinstance(item, dict)
    area = files.number(item.get("area", float(box[2] * box[3])), "area", what, where)
    if area < 0:
        raise EvalError(what, where, 'expected an area from 0')
    crowd = item.get("iscrowd", 0)
    if crowd not in (0, 1):
        raise EvalError(what, where, 'expected 0 or 1 as "iscrowd"')
    return image, category, box, area, bool(crowd)
