# SPDX-License-Identifier: MIT
"""Decides which names a pickle may mention, with one spelling for each, and defines the inert data that stands for
objects.

Nothing here is ever called or imported: a class becomes an `Object`, a bound method a `Method`, a tensor a `TensorRef`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Tuple

from .errors import ExportError

EXPECTED = "expected a checkpoint of YOLOv5-Lite or YOLOv5 v5.0 to v7"

# Module -> the names in it that a checkpoint may use. rebuild.py defines what they stand for.
_KNOWN = {
    "torch": "Size device float16 float32 float64 bfloat16 int64 int32 int16 int8 uint8 bool HalfStorage FloatStorage "
             "DoubleStorage BFloat16Storage LongStorage IntStorage ShortStorage CharStorage ByteStorage BoolStorage "
             "Tensor",
    "torch._utils": "_rebuild_tensor_v2 _rebuild_parameter _rebuild_parameter_with_state",
    "torch._tensor": "_rebuild_from_type_v2",
    "torch.storage": "UntypedStorage TypedStorage _LegacyStorage",
    "torch.torch_version": "TorchVersion",
    "collections": "OrderedDict defaultdict Counter deque",
    "_codecs": "encode",
    "copyreg": "_reconstructor",
    "builtins": "set frozenset dict list tuple object int float bool str bytes bytearray complex slice range",
    "argparse": "Namespace",
    "types": "SimpleNamespace",
    "datetime": "date datetime time timedelta timezone",
    "numpy": "ndarray dtype bool_ str_ float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64",
    "numpy.core.multiarray": "_reconstruct scalar",
    "numpy.core.numeric": "_frombuffer",
    "pathlib": "Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath",
}
KNOWN_NAMES = frozenset(f"{module}.{name}" for module, names in _KNOWN.items() for name in names.split())

# Modules that have had several names: Python 2, numpy 2 and Python 3.13, in that order.
_SPELLINGS = {"__builtin__": "builtins", "copy_reg": "copyreg", "numpy._core.multiarray": "numpy.core.multiarray",
              "numpy._core.numeric": "numpy.core.numeric", "pathlib._local": "pathlib", "pathlib._abc": "pathlib"}

# Any class in these modules may appear; it stays a name with a state.
_INERT_MODULES = re.compile(r"(models|utils|torch\.nn|torch\.optim|torch\.cuda\.amp|torch\.amp|"
                            r"torch\.distributed\.algorithms|"
                            r"numpy\.dtypes)(\.\w+)*")
# The same classes from a package that contains the original's folders, e.g. yolov5.models.common.
_IN_A_PACKAGE = re.compile(r"(?:[\w-]+\.)+((?:models|utils)(?:\.\w+)*)")

# First part of a module's name -> the project that it belongs to.
_OTHER_PROJECTS = {
    "ultralytics": "YOLOv8 or newer", "yolox": "YOLOX", "nanodet": "NanoDet", "yolov6": "YOLOv6", "yolov9": "YOLOv9",
    "yolor": "YOLOR", "damo": "DAMO-YOLO", "ppdet": "PaddleDetection", "mmdet": "OpenMMLab", "mmcv": "OpenMMLab",
    "mmengine": "OpenMMLab", "mmyolo": "OpenMMLab", "detectron2": "Detectron2", "super_gradients": "SuperGradients",
    "torchvision": "torchvision", "timm": "timm", "transformers": "Transformers",
    "pytorch_lightning": "PyTorch Lightning", "lightning": "PyTorch Lightning",
    "lightning_fabric": "PyTorch Lightning", "segment_anything": "Segment Anything", "fastai": "fastai",
    "effdet": "EfficientDet",
}

# dill names builtin types by a function: _load_type("set"), or _load_type("SetType").
DILL_LOAD_TYPE = frozenset(f"dill{module}._load_type" for module in ("", "._dill", ".dill"))
DILL_TYPES = {f"{title}Type": name for title, name in (
    ("Dict", "dict"), ("Dictionary", "dict"), ("List", "list"), ("Set", "set"), ("FrozenSet", "frozenset"),
    ("Tuple", "tuple"),
    ("Object", "object"), ("Int", "int"), ("Long", "int"), ("Float", "float"), ("Boolean", "bool"), ("Bool", "bool"),
    ("String", "str"), ("Unicode", "str"), ("Bytes", "bytes"), ("ByteArray", "bytearray"), ("Complex", "complex"),
    ("Slice", "slice"), ("Range", "range"), ("XRange", "range"))}


@dataclass(frozen=True)
class Name:
    """A class or function that the pickle mentions: its dotted path and nothing else."""

    path: str


class Object:
    """Stands for an instance of class `path`."""

    __slots__ = ("path", "args", "state")

    def __init__(self, path: str, args: Any = ()) -> None:
        self.path, self.args = path, args
        self.state: Any = {}


class Method:
    """A function of a class, or of an instance, that was stored in an attribute."""

    __slots__ = ("owner", "name")

    def __init__(self, owner: Any, name: str) -> None:
        self.owner, self.name = owner, name


@dataclass(frozen=True)
class StorageRef:
    """A storage in the archive: `count` elements of `kind` (`torch.HalfStorage`) in member data/`key`."""

    kind: str
    key: str
    count: int


@dataclass(frozen=True)
class TensorRef:
    """A strided window on a storage. Its bounds are checked when it is read."""

    storage: StorageRef
    offset: int
    shape: Tuple[int, ...]
    strides: Tuple[int, ...]


def refused(path: str) -> ExportError:
    """Returns the error about a name that no checkpoint needs."""
    return ExportError("refused", f"the pickle asks for {path[:200]}, which is not part of a checkpoint")


def is_fused_forward(name: str) -> bool:
    """Returns whether a method is one of those that upstream's fuse() assigns to forward."""
    return name.isidentifier() and "fuse" in name


def known_name(module: str, name: str) -> Any:
    """Returns the `Name` (or `Method`) that a pickle mentions. Refuses it unless a checkpoint may use it."""
    if len(module) > 200 or len(name) > 200:
        raise refused(f"{module[:100]}.{name[:100]}")
    module = _SPELLINGS.get(module, module)
    path = f"{module}.{name}"
    if path in KNOWN_NAMES or path in DILL_LOAD_TYPE or path == "builtins.getattr":
        return Name(path)
    project = _OTHER_PROJECTS.get(module.partition(".")[0].lower())
    if project is not None:
        raise ExportError("refused", f"{path} is a class of {project}: {EXPECTED}")
    inside = _IN_A_PACKAGE.fullmatch(module)
    if not _INERT_MODULES.fullmatch(module):
        if inside is None or module.startswith(("torch.", "numpy.")):
            raise refused(path)
        module = inside[1]
        if module.startswith("utils") and not name[:1].isupper():  # a function of another package
            raise refused(path)
    owner, _, method = name.partition(".")
    if method and owner.isidentifier() and is_fused_forward(method):
        return Method(Name(f"{module}.{owner}"), method)
    if not name.isidentifier():
        raise refused(path)
    return Name(f"{module}.{name}")
