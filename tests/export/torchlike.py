# SPDX-License-Identifier: MIT
"""Writes files as torch.save does, without torch: a pickle of artificial instances and tensors, in a zip archive."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import Any, List, Sequence

import numpy as np

STORAGE_OF = {"<u2": "BFloat16Storage", "<f2": "HalfStorage", "<f4": "FloatStorage", "<f8": "DoubleStorage",
              "<i8": "LongStorage"}


class Global:
    """A name in the pickle, e.g. Global("models.common", "Conv")."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


class Call:
    """The result of calling a global (opcode REDUCE)."""

    def __init__(self, function: Global, *args: Any) -> None:
        self.function, self.args = function, args


class Instance:
    """An instance of a class with a state (opcodes NEWOBJ and BUILD)."""

    def __init__(self, kind: Global, state: Any) -> None:
        self.kind, self.state = kind, state


class OwnMethod:
    """A method of the instance that has it in its state, as pickle stores it: getattr(instance, name)."""

    def __init__(self, name: str) -> None:
        self.name = name


class Ordered(dict):
    """A dictionary that is pickled as collections.OrderedDict."""


class Raw:
    """Opcodes as they are."""

    def __init__(self, data: bytes) -> None:
        self.data = data


ORDERED_DICT = Global("collections", "OrderedDict")


class TorchPickle:
    """Writes protocol 2. Uses the memo only where an instance refers to itself."""

    def __init__(self) -> None:
        self.out = bytearray(b"\x80\x02")
        self.storages: List[bytes] = []
        self.owners: List[int] = []  # memo entries of the instances whose state is being written
        self.memo = 0

    def items(self, values: Sequence[Any], end: bytes) -> None:
        self.out += b"("
        for value in values:
            self.put(value)
        self.out += end

    def put(self, value: Any) -> None:
        out = self.out
        if value is None or isinstance(value, bool):
            out += {None: b"N", True: b"\x88", False: b"\x89"}[value]
        elif isinstance(value, int):
            small = -(1 << 31) <= value < 1 << 31
            out += b"J" + struct.pack("<i", value) if small else b"\x8a\x09" + value.to_bytes(9, "little", signed=True)
        elif isinstance(value, float):
            out += b"G" + struct.pack(">d", value)
        elif isinstance(value, str):
            data = value.encode("utf-8", "surrogatepass")
            out += b"X" + struct.pack("<I", len(data)) + data
        elif isinstance(value, tuple):
            self.items(value, b"t")
        elif isinstance(value, list):
            out += b"]"
            self.items(value, b"e")
        elif isinstance(value, dict):
            self.put(Call(ORDERED_DICT)) if isinstance(value, Ordered) else out.extend(b"}")
            self.items([x for item in value.items() for x in item], b"u")
        elif isinstance(value, np.ndarray):
            self.tensor(value)
        elif isinstance(value, Raw):
            out += value.data
        elif isinstance(value, OwnMethod):
            out += b"c__builtin__\ngetattr\n(j" + struct.pack("<I", self.owners[-1])
            self.put(value.name)
            out += b"tR"
        elif isinstance(value, Global):
            out += f"c{value.module}\n{value.name}\n".encode()
        elif isinstance(value, Call):
            self.put(value.function)
            self.put(value.args)
            out += b"R"
        else:
            self.put(value.kind)
            out += b")\x81r" + struct.pack("<I", self.memo)
            self.owners.append(self.memo)
            self.memo += 1
            self.put(value.state)
            self.owners.pop()
            out += b"b"

    def tensor(self, array: np.ndarray) -> None:
        array = np.ascontiguousarray(array)
        strides = tuple(s // array.itemsize for s in array.strides)
        self.put(Global("torch._utils", "_rebuild_tensor_v2"))
        self.out += b"("
        storage = Global("torch", STORAGE_OF[array.dtype.str])
        self.put(("storage", storage, str(len(self.storages)), "cpu", int(array.size)))
        self.storages.append(array.tobytes())
        self.out += b"Q"
        for value in (0, tuple(int(s) for s in array.shape), strides, False, Call(ORDERED_DICT)):
            self.put(value)
        self.out += b"tR"


def save(root: Any, compression: int = zipfile.ZIP_STORED) -> bytes:
    """Returns the bytes that torch.save would write for `root`."""
    pickle = TorchPickle()
    pickle.put(root)
    members = [("data.pkl", bytes(pickle.out) + b".")]
    members += [(f"data/{key}", data) for key, data in enumerate(pickle.storages)] + [("version", b"3\n")]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(f"archive/{name}"), data, compression)  # ZipInfo's date is fixed: 1980
    return file.getvalue()
