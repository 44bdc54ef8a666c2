# SPDX-License-Identifier: MIT
"""The compiled library: its functions, and the layouts of its structs as the C compiler knows them (csrc/bridge.c)."""

from __future__ import annotations

import ctypes
import operator
from pathlib import Path
from typing import Any, Dict, NoReturn, Optional, Sequence, SupportsIndex, Tuple

import numpy as np
import numpy.typing as npt

from .errors import ArgumentError, ModelError, V5liteError

INT, SIZE, POINTER, TEXT = ctypes.c_int, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_char_p
# Result and arguments. tests/python/test_interface.py compares them with the headers.
FUNCTIONS: Dict[str, Tuple[Any, ...]] = {
    "v5l_status_text": (TEXT, INT),
    "v5l_model_open": (INT, POINTER, POINTER, SIZE),
    "v5l_model_get_info": (None, POINTER, POINTER),
    "v5l_model_get_head": (INT, POINTER, INT, POINTER),
    "v5l_model_get_op": (INT, POINTER, INT, POINTER),
    "v5l_model_class_name": (TEXT, POINTER, INT),
    "v5l_op_kind_name": (TEXT, INT),
    "v5l_net_options_default": (None, POINTER),
    "v5l_net_check": (INT, POINTER, POINTER, POINTER, POINTER),
    "v5l_net_create": (INT, POINTER, POINTER, POINTER, POINTER, SIZE),
    "v5l_net_get_info": (None, POINTER, POINTER),
    "v5l_tracker_options_default": (None, POINTER),
    "v5l_tracker_check": (INT, POINTER, POINTER, POINTER),
    "v5l_tracker_create": (INT, POINTER, POINTER, POINTER, SIZE),
    "v5l_tracker_reset": (None, POINTER),
    "v5l_tracker_update": (INT, POINTER, POINTER, INT, ctypes.c_uint64, POINTER, INT),
    "v5lpy_version": (TEXT,),
    "v5lpy_get_entry": (TEXT, INT, POINTER),
    "v5lpy_detect": (INT, POINTER, POINTER, INT, INT, INT, INT, POINTER, INT),
    "v5lpy_copy_heads": (None, POINTER, POINTER),
    "v5lpy_pool_memory": (SIZE, INT),
    "v5lpy_pool_create": (INT, POINTER, INT, POINTER, SIZE),
    "v5lpy_pool_use": (None, POINTER, POINTER),
    "v5lpy_pool_destroy": (None, POINTER),
}
Bytes = npt.NDArray[np.uint8]
Record = npt.NDArray[np.void]  # a struct, of shape ()


def _load() -> ctypes.CDLL:
    """Loads the library. Its calls release the GIL."""
    path = Path(__file__).with_name("_v5lite.so")
    if not path.exists():
        raise ImportError(f"{path}: expected the compiled library: pip install tools/python, or make python")
    library = ctypes.CDLL(str(path))
    for name, (result, *arguments) in FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def _read_entries() -> Tuple[Dict[str, Dict[str, Tuple[str, int]]], Dict[str, int], Dict[str, int]]:
    """Reads the bridge's table: fields of each struct with format and offset, sizes of structs, and constants."""
    fields: Dict[str, Dict[str, Tuple[str, int]]] = {}
    sizes: Dict[str, int] = {}
    constants: Dict[str, int] = {}
    values = (ctypes.c_int64 * 3)()
    index = 0
    while (name := lib.v5lpy_get_entry(index, values)) is not None:
        index += 1
        struct, _, field = name.decode().partition(".")
        offset, size, kind = values[0], values[1], chr(values[2])
        if kind == "v":
            constants[struct] = offset
        elif kind == "s":
            sizes[struct], fields[struct] = size, {}
        else:
            fields[struct][field] = (f"{'u' if kind == 'p' else kind}{size}", offset)
    return fields, sizes, constants


lib = _load()
FIELDS, SIZES, CONSTANTS = _read_entries()
ARGUMENT_ERRORS = {CONSTANTS[f"V5L_E_{name}"] for name in ("ARGUMENT", "INPUT_SIZE", "IMAGE", "TOO_LARGE", "DIRECT",
                                                           "BOX")}


def dtype_of(struct: str, names: Optional[Sequence[str]] = None) -> np.dtype[np.void]:
    """Returns a struct as a numpy type, of these fields in this order, or of all that the bridge lists. Pointers are
    integers.
    """
    listed = FIELDS[struct]
    names = list(listed) if names is None else list(names)
    return np.dtype({"names": names, "formats": [listed[name][0] for name in names],
                     "offsets": [listed[name][1] for name in names], "itemsize": SIZES[struct]})


def aligned(size: int) -> Bytes:
    """Returns memory aligned to 64 bytes. Raises MemoryError if there is not so much."""
    try:
        memory = np.empty(size + 64, np.uint8)
    except (ValueError, OverflowError):  # more than the address space
        raise MemoryError(f"{size} bytes") from None
    start = -memory.ctypes.data % 64
    return memory[start:start + size]


def new_record(struct: str) -> Record:
    """Returns a zeroed struct."""
    memory = aligned(SIZES[struct])
    memory[:] = 0
    return memory.view(dtype_of(struct)).reshape(())


def copy_record(record: Record, struct: str) -> Record:
    """Returns a copy of a struct, with the bytes between its listed fields."""
    copy = new_record(struct)
    ctypes.memmove(copy.ctypes.data, record.ctypes.data, SIZES[struct])
    return copy


class Buffer:
    """Room for the structs that a function writes."""

    def __init__(self, kind: np.dtype[np.void], capacity: int) -> None:
        self.kind, self.capacity = kind, capacity
        self._bytes = aligned(kind.itemsize * capacity)
        self._bytes[:] = 0
        self.address = int(self._bytes.ctypes.data)

    def first(self, count: int) -> npt.NDArray[np.void]:
        """Returns a copy of the first structs: of their bytes, which is faster than field by field."""
        return self._bytes[:self.kind.itemsize * count].copy().view(self.kind)


def set_fields(record: Record, values: Dict[str, Any]) -> None:
    """Sets fields of a struct. Raises TypeError for what is no number, ArgumentError for integers that do not fit."""
    for name, value in values.items():
        kind = record.dtype[name]
        try:
            if kind.kind == "f":
                record[name] = ctypes.c_float(value).value  # without a warning for what becomes infinite
                continue
            number = operator.index(value)
        except TypeError:
            expected = "a number" if kind.kind == "f" else "a whole number"
            raise TypeError(f"{name}={value!r}: expected {expected}") from None
        limits = np.iinfo(kind)
        if not limits.min <= number <= limits.max:
            raise ArgumentError(f"{name}={value!r}: expected a number from {limits.min} to {limits.max}")
        record[name] = number


class Unique:
    """An object that holds addresses of its own memory, so that a copy would use what is freed."""

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(f"{type(self).__name__}: cannot be copied or pickled")


def text_at(address: int) -> str:
    """Returns the C string at an address."""
    return ctypes.string_at(address).decode()


def error_of(status: int, where: str) -> V5liteError:
    """Returns the exception for a status of the library. where: what it is about."""
    kind = V5liteError
    if CONSTANTS["V5L_E_VALUE"] <= status <= CONSTANTS["V5L_E_SIZE"]:
        kind = ModelError
    elif status in ARGUMENT_ERRORS:
        kind = ArgumentError
    return kind(f"{where}: {lib.v5l_status_text(status).decode()}", status)


def create(check: str, function: str, record: Record, arguments: Tuple[Any, ...] = ()) -> Tuple[Bytes, int]:
    """Makes a net or tracker of checked options in memory of its own. Returns the memory and the object's address.

    check, function: v5l_..._check and v5l_..._create. arguments: those before the options.
    """
    size, option, address = SIZE(), TEXT(), POINTER()
    status = getattr(lib, check)(*arguments, record.ctypes.data, ctypes.byref(size), ctypes.byref(option))
    if status != 0:
        name = option.value.decode() if option.value else "options"
        raise error_of(status, f"{name}={record[name]}" if name in (record.dtype.names or ()) else name)
    memory = aligned(size.value)
    status = getattr(lib, function)(ctypes.byref(address), *arguments, record.ctypes.data, memory.ctypes.data,
                                    size.value)
    if status != 0 or address.value is None:
        raise error_of(status, "options")
    return memory, address.value
