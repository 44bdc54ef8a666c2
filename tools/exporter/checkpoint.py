# SPDX-License-Identifier: MIT
"""Reads a checkpoint file: the zip archive and its storages as numpy arrays; and chooses the model in it."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib
from typing import Any, Dict, List, Optional

import numpy as np

from . import pickles
from .errors import ExportError, brief
from .filekind import describe, describe_zip
from .names import Object, StorageRef, TensorRef

# Limits. The work that a hostile file can cause is proportional to its own size.
MAX_FILE_BYTES = 1 << 31  # enforced by the reader of the file
MAX_MEMBERS = 1 << 16
MAX_MODULES = 1 << 15  # module visits; a network of 500 layers needs some 5,000
SLACK_BYTES = 1 << 24  # members may hold this many bytes, plus twice the file's
SLACK_ELEMENTS = 1 << 20  # tensors may have this many elements, plus as many as the file has bytes

# BFloat16 has no numpy type: it is read as the upper half of a float32.
DTYPES = {
    "Half": "f2", "Float": "f4", "Double": "f8", "BFloat16": "u2", "Long": "i8", "Int": "i4", "Short": "i2",
    "Char": "i1", "Byte": "u1", "Bool": "u1",
}

_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError, KeyError,
               OverflowError,
               NotImplementedError)


class _Budget:
    """Counts what is used of a limit."""

    def __init__(self, limit: int, what: str) -> None:
        self._left, self._limit, self._what = limit, limit, what

    @property
    def left(self) -> int:
        """Returns the rest of the limit."""
        return self._left

    def take(self, count: int, where: str) -> None:
        """Uses a part. Raises ExportError above the limit."""
        self._left -= count
        if self._left < 0:
            raise ExportError(where, f"more than {self._limit} {self._what}, expected a checkpoint of this size to "
                                     "need fewer")


class Checkpoint:
    """An opened checkpoint. `root` is the content of the pickle; `array` reads one of its tensors."""

    def __init__(self, data: bytes) -> None:
        self.sha256 = hashlib.sha256(data).digest()
        self._storages: Dict[StorageRef, np.ndarray] = {}
        self._bytes = _Budget(2 * len(data) + SLACK_BYTES, "bytes in the archive's members")
        self._elements = _Budget(len(data) + SLACK_ELEMENTS, "elements in tensors")
        self._modules = _Budget(MAX_MODULES, "modules")
        self._zip = _open_zip(data)
        names = self._zip.namelist()
        other = describe_zip(names)
        if other is not None:
            raise other
        found = [n for n in names if n == "data.pkl" or n.endswith("/data.pkl")]
        if len(found) != 1:
            raise ExportError("zip archive", f"{len(found)} members named data.pkl, expected one")
        self._prefix = found[0][:-len("data.pkl")]
        self._order = self._byte_order(names)
        self.root = pickles.load(self._member("data.pkl"))

    def visit(self, where: str) -> None:
        """Counts a visit of a module. Modules may share children, so a short pickle can have endless paths."""
        self._modules.take(1, where)

    def _byte_order(self, names: List[str]) -> str:
        if self._prefix + "byteorder" not in names:
            return "<"
        order = self._member("byteorder").strip()
        if order not in (b"little", b"big"):
            raise ExportError("byteorder", "expected little or big")
        return "<" if order == b"little" else ">"

    def _member(self, name: str, size: Optional[int] = None, what: str = "") -> bytes:
        """Returns the bytes of an archive member. If `size` is given, the member must have that size; `what` describes
        it in errors.
        """
        try:
            info = self._zip.getinfo(self._prefix + name)
            if size is not None and info.file_size != size:
                raise ExportError(name[:200], f"claims {info.file_size} bytes, expected {what}")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ExportError(name[:200], "unknown compression, expected a stored or deflated zip member")
            if info.file_size > self._bytes.left:
                raise ExportError(name[:200], f"claims {info.file_size} bytes, expected at most {self._bytes.left}")
            self._bytes.take(info.file_size, name)
            with self._zip.open(info) as member:
                return member.read(info.file_size)
        except KeyError as error:
            raise ExportError(name[:200], "missing in the zip archive, expected a complete checkpoint") from error
        except _ZIP_ERRORS as error:
            raise ExportError(name[:200], "damaged zip member, expected a complete checkpoint") from error

    def _storage(self, ref: StorageRef) -> np.ndarray:
        if ref not in self._storages:
            where = f"data/{ref.key[:200]}"
            kind = ref.kind.rpartition(".")[2].replace("Storage", "")
            if kind not in DTYPES:
                raise ExportError(where, f"storage type {ref.kind} is not supported")
            dtype = np.dtype(self._order + DTYPES[kind])
            what = f"{brief(ref.count)} elements of {ref.kind}"
            data = self._member(f"data/{ref.key}", ref.count * dtype.itemsize, what)
            if len(data) != ref.count * dtype.itemsize:
                raise ExportError(where, f"{len(data)} bytes, expected {what}")
            array = np.frombuffer(data, dtype)
            if kind == "BFloat16":
                array = (array.astype(np.uint32) << 16).view(np.float32)
            self._storages[ref] = array
        return self._storages[ref]

    def array(self, tensor: TensorRef, where: str) -> np.ndarray:
        """Returns the tensor as float64 (integers too: those read here are small). Checks its bounds against its
        storage.
        """
        storage = self._storage(tensor.storage)
        extent, elements = tensor.offset, 1
        for size, stride in zip(tensor.shape, tensor.strides):
            if size < 1 or stride < 0:
                raise ExportError(where, f"shape {brief(tensor.shape)} with strides {brief(tensor.strides)}, expected "
                                         "positive sizes")
            extent += (size - 1) * stride
            elements *= size
        if tensor.offset < 0 or extent >= len(storage) or elements > len(storage):
            raise ExportError(where, f"shape {brief(tensor.shape)} does not lie in its storage of {len(storage)} "
                                     "elements")
        self._elements.take(elements, where)
        view = np.lib.stride_tricks.as_strided(
            storage[tensor.offset:], tensor.shape, [s * storage.itemsize for s in tensor.strides], writeable=False)
        return view.astype(np.float64)


def _open_zip(data: bytes) -> zipfile.ZipFile:
    if data.count(b"PK\x01\x02") > MAX_MEMBERS:
        raise ExportError("zip archive", f"more than {MAX_MEMBERS} members, expected a checkpoint")
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except _ZIP_ERRORS as error:
        if b"PK\x05\x06" in data[-(1 << 16):] and data.startswith(b"PK\x03\x04"):
            raise ExportError("damaged zip archive", f"{len(data)} bytes, expected a complete checkpoint") from error
        raise describe(data) from error


# The choice of the model

_WRAPPERS = {  # class -> the child that is the network, e.g. in a model trained on several GPUs
    "torch.nn.parallel.data_parallel.DataParallel": "module",
    "torch.nn.parallel.distributed.DistributedDataParallel": "module",
    "models.common.AutoShape": "model", "models.common.autoShape": "model", "models.common.DetectMultiBackend": "model",
}
_AVERAGES = {"utils.torch_utils.ModelEMA": "ema", "torch.optim.swa_utils.AveragedModel": "module"}


def model_of(root: Any) -> Object:
    """Returns the pickled network in a checkpoint: `ema` where it is set (a checkpoint of a running training),
    otherwise `model`.
    """
    if isinstance(root, Object):
        return _unwrapped(root)
    if not isinstance(root, dict):
        raise ExportError("data.pkl", "expected a checkpoint dictionary with a model")
    _refuse_weights_alone(root, "data.pkl")
    for key in ("ema", "model"):
        candidate = root.get(key)
        if isinstance(candidate, tuple) and candidate:  # some trainers stored (ema, updates)
            candidate = candidate[0]
        if candidate is None:
            continue
        _refuse_weights_alone(candidate, key)
        if not isinstance(candidate, Object):
            raise ExportError(key, "expected a pickled module tree (weights alone, a state dict, do not say the "
                                   "network)")
        return _unwrapped(candidate)
    for key in ("state_dict", "model_state_dict", "net", "params"):
        _refuse_weights_alone(root.get(key), key)
    raise ExportError("data.pkl", "no model and no ema in it, expected a YOLOv5-Lite checkpoint")


def _unwrapped(model: Object) -> Object:
    """Returns the network inside wrappers for training or inference."""
    for _ in range(8):
        state = model.state if isinstance(model.state, dict) else {}
        inner: Optional[Any] = None
        if model.path in _AVERAGES:
            children = state.get("_modules")
            inner = state.get(_AVERAGES[model.path]) or (children.get(_AVERAGES[model.path])
                                                         if isinstance(children, dict) else None)
        elif model.path in _WRAPPERS:
            children = state.get("_modules")
            inner = children.get(_WRAPPERS[model.path]) if isinstance(children, dict) else None
        if not isinstance(inner, Object):
            return model
        model = inner
    return model


def _refuse_weights_alone(value: Any, where: str) -> None:
    """Refuses a dictionary of tensors (a state dict)."""
    if not isinstance(value, dict) or not value:
        return
    tensors = [key for key, item in value.items() if isinstance(item, TensorRef)]
    if 2 * len(tensors) > len(value):
        raise ExportError(where, f"weights alone (a state dict: {brief(tensors[0])} and {len(tensors) - 1} more "
                                 "tensors), which do not say the network; expected the model itself, as upstream's "
                                 "train.py saves it")
