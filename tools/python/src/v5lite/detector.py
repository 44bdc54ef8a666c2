# SPDX-License-Identifier: MIT
"""Detection: a network that is planned for one input size."""

from __future__ import annotations

import ctypes
import threading
from types import TracebackType
from typing import Any, Iterable, List, NamedTuple, Optional, Type, Union

import numpy as np
import numpy.typing as npt

from ._library import CONSTANTS, POINTER, Buffer, Unique, aligned, copy_record, create, error_of, lib, new_record
from .errors import ArgumentError, StateError
from .model import Model, NetOptions, Size, Source
from .pixels import as_picture
from .rows import DETECTION, Detections


class Info(NamedTuple):
    """Sizes of a planned network; memory in bytes."""
    width: int  #: of the network's input, pixels
    height: int
    threads: int
    memory_bytes: int  #: all that the network needs besides the weights
    arena_bytes: int  #: part of it: activations, candidates included
    input_bytes: int  #: part of arena_bytes: the letterboxed picture; 0 if it is streamed row by row
    winograd_bytes: int  #: transformed weights that the file lacks
    scratch_bytes: int  #: row pointers and padded rows, all threads
    tables_bytes: int  #: the rest
    macs: int  #: multiply-accumulates of all convolutions


class Pool(Unique):
    """Threads that detectors compute with. Thread 0 is the one that calls the detector."""

    def __init__(self, threads: int) -> None:
        self.address: Optional[int] = None
        size = lib.v5lpy_pool_memory(threads)
        if size == 0:
            most = CONSTANTS["V5L_MAX_THREADS"] if lib.v5lpy_pool_memory(1) else 1
            raise ArgumentError(f"threads={threads}: expected 1 to {most}")
        self.memory = aligned(size)
        address = POINTER()
        status = lib.v5lpy_pool_create(ctypes.byref(address), threads, self.memory.ctypes.data, size)
        if status != 0:
            raise error_of(status, f"threads={threads}")
        self.address = address.value

    def close(self) -> None:
        """Ends the threads."""
        address, self.address = self.address, None
        if address is not None:
            lib.v5lpy_pool_destroy(address)

    def __del__(self) -> None:
        self.close()


class Detector(Unique):
    """Finds objects in pictures. One thread at a time may use it: a call while another thread is in a call raises
    StateError. The GIL is released during a detection, so detectors in several threads run side by side; they may share
    a Model.

    model: a Model, or what Model accepts: a path, or a file's bytes.
    size: width and height of the network's input in pixels, or both as (width, height); multiples of model.max_stride.
    confidence: 0 .. 1; boxes of at most this score are dropped.
    iou: 0 .. 1; a box is dropped if its intersection over union with a better one is larger.
    threads: how many compute, 1 .. 64. Results do not depend on it.
    max_detections: of a picture, the best, 1 .. 30000. max_candidates: before non-maximum suppression; 0: 30000.
    multi_label: also report a box's other classes that are above the threshold.
    agnostic: boxes suppress boxes of any class, not of their own only.
    classes: numbers or names of the classes to report; None: all.
    direct: compute all convolutions without Winograd's method.

    Use it as a context manager, or call close, to free its memory and end its threads at a known time.
    """

    def __init__(self, model: Union[Model, Source], size: Size = 320, confidence: float = 0.25, iou: float = 0.45,
                 threads: int = 1, *, max_detections: int = 300, max_candidates: int = 0, multi_label: bool = False,
                 agnostic: bool = False, classes: Optional[Iterable[Union[int, str]]] = None,
                 direct: bool = False) -> None:
        self._lock = threading.Lock()
        self._net: Optional[int] = None
        self._pool: Optional[Pool] = None
        self._model = model if isinstance(model, Model) else Model(model)
        self._options = NetOptions(self._model, size, classes, confidence=confidence, iou=iou,
                                   max_detections=max_detections, max_candidates=max_candidates,
                                   multi_label=bool(multi_label), agnostic=bool(agnostic), direct=bool(direct))
        if not isinstance(threads, (int, np.integer)):
            raise TypeError(f"threads={threads!r}: expected a whole number")
        if threads != 1:
            self._pool = Pool(max(0, min(int(threads), CONSTANTS["V5L_MAX_THREADS"] + 1)))
            lib.v5lpy_pool_use(self._options.address, self._pool.address)
        self._memory, self._net = self._create()
        self._found = Buffer(DETECTION, max_detections)
        self._heads: Optional[Heads] = None

    def _create(self) -> Any:
        return create("v5l_net_check", "v5l_net_create", self._options.record, (self._model.address,))

    def _lock_net(self) -> int:
        """Keeps other threads out until self._lock is released. Returns the address of the net."""
        if not self._lock.acquire(blocking=False):
            raise StateError("detector: in use by another thread: expected a detector for each thread")
        if self._net is None:
            self._lock.release()
            raise StateError("detector: closed")
        return self._net

    def __call__(self, image: Any, format: str = "rgb") -> Detections:
        """Returns the objects in a picture, the best first.

        image: uint8 [height, width, 3], rows from top to bottom, 1 .. 32768 pixels a side. format: "rgb", "bgr" (as
        OpenCV has it), "rgba", "bgra" (4 channels, alpha is ignored), "gray" ([height, width] or [height, width, 1]).
        Slices of rows and columns are read in place; mirrored or stepped pictures are copied. Do not write to the
        picture during the call.
        """
        picture = as_picture(image, format)
        net = self._lock_net()
        try:
            count = lib.v5lpy_detect(net, *picture[1:], self._found.address, self._found.capacity)
            if count < 0:
                raise error_of(count, "image")
            return Detections(self._found.first(count), self._model.classes)
        finally:
            self._lock.release()

    def network(self, image: Any, format: str = "rgb") -> List[npt.NDArray[np.float32]]:
        """Returns what the network says about a picture, before decoding: for each of model.heads a new array [height,
        width, anchors, 5 + classes] of logits: x, y, width, height, objectness, classes. height and width are those
        of the input divided by the head's stride. image, format: as for a detection.

        The first call plans the network once more, with all outputs in memory.
        """
        picture = as_picture(image, format)
        self._lock_net()
        try:
            if self._heads is None:
                self._heads = Heads(self)
            return self._heads.run(picture[1:], self._found)
        finally:
            self._lock.release()

    @property
    def model(self) -> Model:
        """The weights file."""
        return self._model

    @property
    def info(self) -> Info:
        """Sizes of the planned network."""
        record = new_record("v5l_net_info")
        lib.v5l_net_get_info(self._lock_net(), record.ctypes.data)
        self._lock.release()
        return Info(*(record[name].item() for name in Info._fields))

    def close(self) -> None:
        """Frees the memory and ends the threads; calls raise StateError from then on. Closing twice does nothing."""
        if self._net is None:
            return
        self._lock_net()
        self._net = self._heads = None
        self._memory = aligned(0)
        if self._pool is not None:
            self._pool.close()
        self._lock.release()

    def __enter__(self) -> Detector:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._net is None:
            return "<v5lite.Detector: closed>"
        options = self._options.record
        return f"<v5lite.Detector: {options['width']} x {options['height']}, {len(self.model.classes)} classes>"


class Heads:
    """A detector's network once more, which copies its heads."""

    def __init__(self, detector: Detector) -> None:
        model, record = detector.model, copy_record(detector._options.record, "v5l_net_options")
        self._shapes = [(int(record["height"]) // head.stride, int(record["width"]) // head.stride, len(head.anchors),
                         5 + len(model.classes)) for head in model.heads]
        self._table = (POINTER * (1 + len(self._shapes)))(model.address)
        lib.v5lpy_copy_heads(record.ctypes.data, self._table)
        self._memory, self._net = create("v5l_net_check", "v5l_net_create", record, (model.address,))

    def run(self, picture: Any, found: Buffer) -> List[npt.NDArray[np.float32]]:
        """Returns the heads for a picture. found: room for detections."""
        outputs = [np.empty(shape, np.float32) for shape in self._shapes]
        for index, output in enumerate(outputs):
            self._table[1 + index] = output.ctypes.data
        count = lib.v5lpy_detect(self._net, *picture, found.address, found.capacity)
        if count < 0:
            raise error_of(count, "image")
        return outputs
