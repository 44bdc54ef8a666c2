# SPDX-License-Identifier: MIT
"""A checkpoint file: the zip archive, its storages as numpy arrays, and the choice of the model in it."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib
from typing import Any, Dict

import numpy as np

from . import pickles
from .errors import ExportError
from .pickles import Object, StorageRef, TensorRef

MAX_INFLATION = 64  # a deflated member may be this many times its size in the file
SMALL_MEMBER = 1 << 20

# BFloat16 has no numpy type: it is read as the upper half of a float32.
DTYPES = {
    "Half": "f2", "Float": "f4", "Double": "f8", "BFloat16": "u2", "Long": "i8", "Int": "i4", "Short": "i2",
    "Char": "i1", "Byte": "u1", "Bool": "u1",
}

_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError, KeyError, OverflowError)


class Checkpoint:
    """An opened checkpoint: `root` is what the pickle holds, `array` reads one of its tensors."""

    def __init__(self, data: bytes) -> None:
        self.sha256 = hashlib.sha256(data).digest()
        self._size = len(data)
        self._storages: Dict[StorageRef, np.ndarray] = {}
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            names = self._zip.namelist()
        except _ZIP_ERRORS as error:
            raise ExportError("not a zip archive", "expected a checkpoint saved by PyTorch 1.6 or later, complete") from error
        pickles_found = [n for n in names if n == "data.pkl" or n.endswith("/data.pkl")]
        if len(pickles_found) != 1:
            raise ExportError("zip archive", f"{len(pickles_found)} members named data.pkl, expected one")
        self._prefix = pickles_found[0][:-len("data.pkl")]
        self._order = self._byte_order(names)
        self.root = pickles.load(self._member("data.pkl"))

    def _byte_order(self, names: list) -> str:
        if self._prefix + "byteorder" not in names:
            return "<"
        order = self._member("byteorder").strip()
        if order not in (b"little", b"big"):
            raise ExportError("byteorder", "expected little or big")
        return "<" if order == b"little" else ">"

    def _member(self, name: str) -> bytes:
        """The bytes of an archive member, never more than the file can honestly hold."""
        try:
            info = self._zip.getinfo(self._prefix + name)
            limit = self._size
            if info.compress_type == zipfile.ZIP_DEFLATED:
                limit = max(SMALL_MEMBER, MAX_INFLATION * min(info.compress_size, self._size))
            elif info.compress_type != zipfile.ZIP_STORED:
                raise ExportError(name, "unknown compression, expected a stored or deflated zip member")
            if info.file_size > limit:
                raise ExportError(name, f"claims {info.file_size} bytes, expected at most {limit}")
            with self._zip.open(info) as member:
                return member.read(limit)
        except KeyError as error:
            raise ExportError(name, "missing in the zip archive, expected a complete checkpoint") from error
        except (*_ZIP_ERRORS, NotImplementedError) as error:
            raise ExportError(name, "damaged zip member, expected a complete checkpoint") from error

    def _storage(self, ref: StorageRef) -> np.ndarray:
        if ref not in self._storages:
            kind = ref.kind.rpartition(".")[2].replace("Storage", "")
            if kind not in DTYPES:
                raise ExportError(f"data/{ref.key}", f"storage type {ref.kind} is not supported")
            dtype = np.dtype(self._order + DTYPES[kind])
            data = self._member(f"data/{ref.key}")
            if len(data) != ref.count * dtype.itemsize:
                raise ExportError(f"data/{ref.key}", f"{len(data)} bytes, expected {ref.count} elements of {ref.kind}")
            array = np.frombuffer(data, dtype)
            if kind == "BFloat16":
                array = (array.astype(np.uint32) << 16).view(np.float32)
            self._storages[ref] = array
        return self._storages[ref]

    def array(self, tensor: TensorRef, where: str) -> np.ndarray:
        """The tensor as float64 (integers too: what we read of them is small), bounds checked against its storage."""
        storage = self._storage(tensor.storage)
        extent, elements = tensor.offset, 1
        for size, stride in zip(tensor.shape, tensor.strides):
            if size < 1 or stride < 0:
                raise ExportError(where, f"shape {tensor.shape} with strides {tensor.strides}, expected positive sizes")
            extent += (size - 1) * stride
            elements *= size
        if tensor.offset < 0 or extent >= len(storage) or elements > len(storage) or len(tensor.shape) > 8:
            raise ExportError(where, f"shape {tensor.shape} does not lie in its storage of {len(storage)} elements")
        bytes_per = storage.itemsize
        view = np.lib.stride_tricks.as_strided(
            storage[tensor.offset:], tensor.shape, [s * bytes_per for s in tensor.strides], writeable=False)
        return view.astype(np.float64)


def model_of(root: Any) -> Object:
    """The pickled network in a checkpoint: `ema` where it is set (a checkpoint of a running training), else `model`."""
    if isinstance(root, Object):
        return root
    if not isinstance(root, dict):
        raise ExportError("data.pkl", "expected a checkpoint dictionary with a model")
    for key in ("ema", "model"):
        candidate = root.get(key)
        if isinstance(candidate, tuple) and candidate:  # some trainers stored (ema, updates)
            candidate = candidate[0]
        if candidate is None:
            continue
        if not isinstance(candidate, Object):
            raise ExportError(key, "expected a pickled module tree (weights alone, a state dict, do not say the network)")
        return candidate
    raise ExportError("data.pkl", "no model and no ema in it, expected a YOLOv5-Lite checkpoint")
