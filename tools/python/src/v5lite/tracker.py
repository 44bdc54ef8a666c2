# SPDX-License-Identifier: MIT
"""Tracking: identities of detected objects over the frames of a video."""

from __future__ import annotations

import threading
from typing import Any, Iterable, Union

import numpy as np
import numpy.typing as npt

from ._library import Buffer, Unique, create, error_of, lib, new_record, set_fields
from .errors import ArgumentError, StateError
from .rows import DETECTION, TRACK, Detection, Detections, Tracks

MAX_TIME = (1 << 64) - 1
EXPECTED = "expected Detections, a list of Detection, or an array [n] as Detections.array() returns"


def as_boxes(detections: Any) -> npt.NDArray[np.void]:
    """Returns detections as consecutive C structs."""
    if isinstance(detections, Detections):
        return detections.array()
    if isinstance(detections, np.ndarray):
        if detections.dtype != DETECTION or detections.ndim != 1:
            raise TypeError(f"detections: array of {detections.dtype}, shape {list(detections.shape)}: {EXPECTED}")
        return np.ascontiguousarray(detections)
    rows = [tuple(row)[:len(DETECTION.names or ())] for row in detections]
    try:
        with np.errstate(over="ignore"):  # what becomes infinite is refused
            return np.array(rows, DETECTION)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"detections: {EXPECTED}") from None


class Tracker(Unique):
    """Gives detected objects identities over the frames of a video, by ByteTrack's method.

    Give the detector a confidence as low as low_score: boxes of low score continue tracks, and start none. One thread
    at a time may use a tracker: a call while another thread is in a call raises StateError.

    options, by name: max_tracks (128; 1 .. 4096, those that are tentative or lost included), max_boxes (300; of one
    update, 1 .. 4096), high_score (0.6), low_score (0.1), start_score (0.7), high_iou (0.2), low_iou (0.5),
    tentative_iou (0.3), confirm_boxes (2; boxes in consecutive updates until a track is reported), max_lost_us
    (1000000; microseconds), agnostic (False; True: a track may change its class). include/v5lite_track.h says more
    about each.
    """

    def __init__(self, **options: Any) -> None:
        self._lock = threading.Lock()
        record = new_record("v5l_tracker_options")
        lib.v5l_tracker_options_default(record.ctypes.data)
        unknown = sorted(set(options) - set(record.dtype.names or ()))
        if unknown:
            raise TypeError(f"{unknown[0]}: expected one of {', '.join(record.dtype.names or ())}")
        if "agnostic" in options:
            options["agnostic"] = bool(options["agnostic"])
        set_fields(record, options)
        self._memory, self._tracker = create("v5l_tracker_check", "v5l_tracker_create", record)
        self._tracks = Buffer(TRACK, int(record["max_tracks"]))

    def update(self, detections: Union[Detections, Iterable[Detection], npt.NDArray[np.void]], time_us: int) -> Tracks:
        """Takes the detections of one frame; returns the tracks that are not tentative, seen or lost.

        Call it for each frame, also for those without detections. time_us: of the frame, microseconds of any clock that
        does not run backwards.
        """
        boxes = as_boxes(detections)
        if not isinstance(time_us, (int, np.integer)):
            raise TypeError(f"time_us={time_us!r}: expected a whole number of microseconds")
        if not 0 <= time_us <= MAX_TIME:
            raise ArgumentError(f"time_us={time_us}: expected 0 to {MAX_TIME}")
        if not self._lock.acquire(blocking=False):
            raise StateError("tracker: in use by another thread")
        try:
            count = lib.v5l_tracker_update(self._tracker, boxes.ctypes.data, len(boxes), int(time_us),
                                           self._tracks.address, self._tracks.capacity)
            if count < 0:
                raise error_of(count, f"update of {len(boxes)} boxes at time_us={time_us}")
            return Tracks(self._tracks.first(count))
        finally:
            self._lock.release()

    def reset(self) -> None:
        """Forgets all tracks and the time."""
        if not self._lock.acquire(blocking=False):
            raise StateError("tracker: in use by another thread")
        try:
            lib.v5l_tracker_reset(self._tracker)
        finally:
            self._lock.release()
