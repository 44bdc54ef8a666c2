# SPDX-License-Identifier: MIT
"""Results: sequences of named tuples over an array that the library wrote."""

from __future__ import annotations

from collections.abc import Sequence as AbstractSequence
from typing import Any, Generic, Iterator, NamedTuple, Sequence, Tuple, TypeVar, Union, overload

import numpy as np
import numpy.typing as npt

from ._library import dtype_of


class Detection(NamedTuple):
    """An object in a picture."""
    x0: float  #: left edge, pixels of the picture, 0 .. width
    y0: float  #: upper edge, 0 .. height
    x1: float  #: right edge
    y1: float  #: lower edge
    score: float  #: objectness times class probability, 0 .. 1
    class_id: int  #: 0 .. classes - 1
    name: str  #: of the class


class Track(NamedTuple):
    """An object over the frames of a video."""
    id: int  #: 1, 2, 3 ... in the order of the tracks' starts; those that stay tentative leave gaps
    slot: int  #: 0 .. max_tracks - 1: no other track has it while this one lives
    class_id: int
    box: int  #: index of the detection of this update; -1: none, the track is lost
    x0: float  #: corners in pixels as the filter estimates them; of a lost track: predicted
    y0: float
    x1: float
    y1: float
    score: float  #: of its last detection
    velocity_x: float  #: of the middle, pixels a second
    velocity_y: float
    boxes: int  #: how many detections it had so far; 255: that many or more
    age_us: int  #: microseconds since its first detection
    unseen_us: int  #: microseconds since its last detection; 0: it has one now


#: Types of the arrays that Detections.array() and Tracks.array() return: the C structs.
DETECTION = dtype_of("v5l_detection", Detection._fields[:-1])
TRACK = dtype_of("v5l_track", Track._fields)

Item = TypeVar("Item")
Self = TypeVar("Self", bound="Rows[Any]")


class Rows(AbstractSequence, Generic[Item]):  # type: ignore[type-arg]
    """A list that cannot be changed. Its items are made when they are read."""

    __slots__ = ("_array",)

    def __init__(self, array: npt.NDArray[np.void]) -> None:
        self._array = array

    def _item(self, row: Tuple[Any, ...]) -> Item:
        raise NotImplementedError

    def _like(self: Self, array: npt.NDArray[np.void]) -> Self:
        return type(self)(array)

    def array(self) -> npt.NDArray[np.void]:
        """Returns a new structured array [len(self)], whose fields are those of the items, without their names."""
        return self._array.copy()

    def __len__(self) -> int:
        return len(self._array)

    def __iter__(self) -> Iterator[Item]:
        return map(self._item, self._array.tolist())

    @overload
    def __getitem__(self, index: int) -> Item: ...

    @overload
    def __getitem__(self: Self, index: slice) -> Self: ...

    def __getitem__(self: Self, index: Union[int, slice]) -> Any:
        if isinstance(index, slice):
            return self._like(self._array[index])
        return self._item(self._array[range(len(self))[index]].item())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (Rows, list)):
            return list(self) == list(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(list(self))


class Detections(Rows[Detection]):
    """The objects in a picture, the best first."""

    __slots__ = ("_names",)

    def __init__(self, array: npt.NDArray[np.void], names: Sequence[str]) -> None:
        super().__init__(array)
        self._names = names

    def _item(self, row: Tuple[Any, ...]) -> Detection:
        return Detection._make((*row, self._names[row[-1]]))

    def _like(self, array: npt.NDArray[np.void]) -> Detections:
        return Detections(array, self._names)


class Tracks(Rows[Track]):
    """The tracks after an update, in the order of their slots."""

    __slots__ = ()

    def _item(self, row: Tuple[Any, ...]) -> Track:
        return Track._make(row)
