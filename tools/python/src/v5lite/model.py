# SPDX-License-Identifier: MIT
"""Weights files: reading, checking and describing them."""

from __future__ import annotations

import ctypes
import os
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple, Union

import numpy as np
import numpy.typing as npt

from ._library import (CONSTANTS, SIZE, SIZES, TEXT, Bytes, Record, Unique, aligned, error_of, lib, new_record,
                       set_fields,
                       text_at)
from .errors import ArgumentError, ModelError

MAX_BYTES = 1 << 30  # as the program
MAX_CLASSES = 4096  # as in FORMAT.md
ACTIVATIONS = {CONSTANTS[f"V5L_ACT_{name.upper()}"]: name for name in ("none", "relu", "silu", "hardswish")}
TYPES = {CONSTANTS[f"V5L_TYPE_{name.upper()}"]: name for name in ("f32", "u8", "f16", "s8")}

Size = Union[int, Tuple[int, int]]
Source = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, Bytes]


class Op(NamedTuple):
    """An operation of a network, in the order of execution."""
    name: str  #: module in the original network, such as "model.2.0.branch2.5"
    kind: str  #: "conv", "dwconv", "maxpool", ...
    view: bool  #: computes nothing
    activation: str  #: "none", "relu", "silu", "hardswish"
    kernel_h: int  #: pixels; 0 where the kind has none, as the next four
    kernel_w: int
    stride: int
    padding: int
    groups: int
    in_channels: int
    out_channels: int
    parameter_count: int
    in_type: str  #: "f32", "u8", "f16", "s8"
    out_type: str


class Head(NamedTuple):
    """A level of detection."""
    stride: int  #: input pixels for each pixel of its map
    anchors: npt.NDArray[np.float32]  #: [anchors, 2]: width and height in input pixels


def read_source(source: Source) -> Tuple[Bytes, str]:
    """Returns a private copy of a weights file's bytes, and what to call it in messages."""
    if isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as file:
            data: Any = file.read(MAX_BYTES + 1)
        name = os.fspath(source)
    else:
        try:
            data, name = memoryview(source).cast("B"), "model"  # type: ignore[arg-type]
        except TypeError:
            raise TypeError(f"model of {type(source).__name__}: expected a path, or bytes without gaps") from None
    if len(data) > MAX_BYTES:
        raise ModelError(f"{name}: expected at most {MAX_BYTES} bytes")
    copy = aligned(len(data))
    if len(data) > 0:
        copy[:] = np.frombuffer(data, np.uint8)
    return copy, name


class Model(Unique):
    """A checked weights file (.v5l). Any number of detectors may share it.

    source: the path of a file, or its bytes (bytes, bytearray, memoryview, array), which are copied. Raises ModelError
    if the file is damaged or unknown, FileNotFoundError and the like if it cannot be read.
    """

    def __init__(self, source: Source) -> None:
        self._bytes, name = read_source(source)
        self._view = aligned(SIZES["v5l_model"])
        status = lib.v5l_model_open(self._view.ctypes.data, self._bytes.ctypes.data, len(self._bytes))
        if status != 0:
            raise error_of(status, name)
        self._info = new_record("v5l_model_info")
        lib.v5l_model_get_info(self.address, self._info.ctypes.data)
        self._classes = tuple(lib.v5l_model_class_name(self.address, index).decode()
                              for index in range(self._info["class_count"]))

    @property
    def address(self) -> int:
        """Address of the v5l_model, valid as long as this object."""
        return int(self._view.ctypes.data)

    @property
    def classes(self) -> Tuple[str, ...]:
        """Names of the classes."""
        return self._classes

    @property
    def max_stride(self) -> int:
        """Width and height of the network's input must be multiples of this."""
        return int(self._info["max_stride"])

    @property
    def planned(self) -> bool:
        """True if the file is in planned form (weights/FORMAT.md)."""
        return bool(self._info["planned"])

    @property
    def parameter_count(self) -> int:
        """Number of weights and biases."""
        return int(self._info["parameter_count"])

    @property
    def weight_bytes(self) -> int:
        """Bytes of the weights, padding included."""
        return int(self._info["weight_bytes"])

    @property
    def file_bytes(self) -> int:
        """Bytes of the file."""
        return int(self._info["file_bytes"])

    @property
    def exporter(self) -> str:
        """Program and version that wrote the file."""
        return text_at(int(self._info["exporter"]))

    @property
    def source_sha256(self) -> str:
        """SHA-256 of the checkpoint that the file was made of, in hexadecimal."""
        return ctypes.string_at(int(self._info["source_sha256"]), 32).hex()

    @property
    def heads(self) -> Tuple[Head, ...]:
        """Levels of detection, with their strides and anchors."""
        heads: List[Head] = []
        record = new_record("v5l_head_info")
        for index in range(self._info["head_count"]):
            lib.v5l_model_get_head(self.address, index, record.ctypes.data)
            shape = (int(record["anchor_count"]), 2)
            floats = ctypes.string_at(int(record["anchors"]), 4 * shape[0] * shape[1])
            heads.append(Head(int(record["stride"]), np.frombuffer(floats, np.float32).reshape(shape)))
        return tuple(heads)

    @property
    def ops(self) -> Tuple[Op, ...]:
        """Operations, in the order of execution."""
        ops: List[Op] = []
        record = new_record("v5l_op_info")
        for index in range(self._info["op_count"]):
            lib.v5l_model_get_op(self.address, index, record.ctypes.data)
            values = {name: record[name].item() for name in Op._fields}
            values.update(name=text_at(values["name"]), kind=lib.v5l_op_kind_name(values["kind"]).decode(),
                          view=bool(values["view"]), activation=ACTIVATIONS[values["activation"]],
                          in_type=TYPES[values["in_type"]], out_type=TYPES[values["out_type"]])
            ops.append(Op(**values))
        return tuple(ops)

    def memory(self, size: Size = 320) -> int:
        """Returns the bytes that a detector of one thread needs for this input size, in addition to the file."""
        needed = SIZE()
        option = TEXT()
        options = NetOptions(self, size)
        status = lib.v5l_net_check(self.address, options.address, ctypes.byref(needed), ctypes.byref(option))
        if status != 0:
            raise error_of(status, f"size={size!r}")
        return needed.value

    def __repr__(self) -> str:
        return f"<v5lite.Model: {len(self.classes)} classes, {self.parameter_count} parameters>"


class NetOptions:
    """A v5l_net_options, and what it points to. values: fields, without width and height."""

    def __init__(self, model: Model, size: Size, classes: Optional[Iterable[Union[int, str]]] = None,
                 **values: Any) -> None:
        self.record: Record = new_record("v5l_net_options")
        lib.v5l_net_options_default(self.address)
        width, height = size if isinstance(size, (tuple, list)) and len(size) == 2 else (size, size)
        set_fields(self.record, {"width": width, "height": height, **values})
        self.wanted: Optional[Bytes] = None
        if classes is not None:
            self.wanted = wanted_classes(model.classes, classes)
            self.record["classes"] = self.wanted.ctypes.data

    @property
    def address(self) -> int:
        """Address of the v5l_net_options, valid as long as this object."""
        return int(self.record.ctypes.data)


def wanted_classes(names: Tuple[str, ...], classes: Iterable[Union[int, str]]) -> Bytes:
    """Returns a byte for each class, 1 for those that are wanted. classes: their numbers or names."""
    if isinstance(classes, (str, bytes)):
        raise TypeError(f"classes={classes!r}: expected a list of numbers or names")
    numbers: Dict[Any, int] = {name: number for number, name in reversed(list(enumerate(names)))}
    wanted = np.zeros(len(names), np.uint8)
    for entry in classes:
        number = numbers.get(entry) if isinstance(entry, str) else entry
        if not isinstance(number, (int, np.integer)) or not 0 <= number < len(names):
            raise ArgumentError(f"classes: {entry!r}: expected a class of this model, 0 to {len(names) - 1} or a name")
        wanted[int(number)] = 1
    return wanted
