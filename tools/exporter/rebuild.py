# SPDX-License-Identifier: MIT
"""Builds the inert result of calling a known name."""

from __future__ import annotations

import datetime
import re
from typing import Any, Callable, Dict, List, Optional, Tuple

import numpy as np

from .errors import brief
from .names import (DILL_LOAD_TYPE, DILL_TYPES, KNOWN_NAMES, Method, Name, Object, StorageRef, TensorRef,
                    is_fused_forward, refused)

MAX_DIMENSIONS = 8
_SCALAR_TYPES = re.compile(r"[<>|=]?([biufU])[0-9]{1,4}")

Charge = Callable[[int], None]  # counts copied items against the limit of a pickle


def key_of(key: Any) -> Any:
    """Returns a key of a dictionary. Accepts scalars only: hashing a deeply nested tuple would overflow the C stack,
    and large integers can be chosen to have one hash.
    """
    if not isinstance(key, (str, bytes, int, float, type(None))) or isinstance(key, int) and abs(key) >= 1 << 63:
        raise TypeError("a dictionary key")
    return key


def storage(pid: Any) -> StorageRef:
    """Returns the storage that a persistent id names."""
    if not isinstance(pid, tuple) or not 5 <= len(pid) <= 6:
        raise TypeError("a storage")
    kind, key, count = pid[1], pid[2], pid[4]
    if pid[0] != "storage" or not isinstance(kind, Name) or not isinstance(key, str) or type(count) is not int:
        raise TypeError("a storage")
    return StorageRef(kind.path, key, count)


def rebuild(name: Any, args: Any, charge: Charge) -> Any:
    """Returns the inert result of calling `name` with `args`."""
    if not isinstance(name, Name) or not isinstance(args, tuple):
        raise TypeError("a call of something that is not a name")
    if name.path in DILL_LOAD_TYPE:
        return _dill_type(args)
    make = _REBUILT.get(name.path)
    return Object(name.path, args) if make is None else make(args, charge)


def _ints(values: Any) -> Tuple[int, ...]:
    if not isinstance(values, tuple) or len(values) > MAX_DIMENSIONS or not all(type(v) is int for v in values):
        raise TypeError("a tensor shape")
    return values


def _tensor(args: Any, _: Charge) -> TensorRef:
    kept, offset, shape, strides = args[:4]
    if not isinstance(kept, StorageRef) or type(offset) is not int or len(shape) != len(strides):
        raise TypeError("a tensor")
    return TensorRef(kept, offset, _ints(shape), _ints(strides))


def _tensor_of_a_type(args: Any, charge: Charge) -> Any:
    """Returns a tensor with attributes of its own: (function, type, arguments, attributes)."""
    function, _, inner = args[:3]
    if function == Name("torch._utils._rebuild_tensor_v2"):
        return _tensor(inner, charge)
    if function == Name("torch._utils._rebuild_parameter"):
        return inner[0]
    raise TypeError("a tensor")


def _items(args: Any, charge: Charge) -> Any:
    """Returns the argument of a container. Counts the copied items."""
    if not args:
        return ()
    items = args[-1]
    if not isinstance(items, (list, tuple, dict)):
        raise TypeError("items")
    charge(len(items))
    return items


def _mapping(args: Any, charge: Charge) -> dict:
    if args and (isinstance(args[0], Name) or args[0] is None):  # the factory of a defaultdict
        args = args[1:]
    items = _items(args, charge)
    return {key_of(k): v for k, v in (items.items() if isinstance(items, dict) else items)}


def _list(args: Any, charge: Charge) -> list:
    if len(args) == 2 and (args[1] is None or type(args[1]) is int):  # a deque's length
        args = args[:1]
    return list(_items(args, charge))


def _tuple(args: Any, charge: Charge) -> tuple:
    return tuple(_items(args, charge))


def _bytes(args: Any, charge: Charge) -> bytes:
    text, encoding = args
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise TypeError("bytes")
    charge(len(text) >> 4)
    return text.encode("latin-1")


def _dill_type(args: Any) -> Name:
    """Returns a builtin type by the name that dill has for it: set, or SetType."""
    kind = args[0] if args else None
    if isinstance(kind, str):
        path = "builtins." + DILL_TYPES.get(kind, kind)
        if path in KNOWN_NAMES:
            return Name(path)
    raise refused(f"dill's {brief(kind)}")


def _attribute(args: Any, _: Charge) -> Method:
    """Returns the result of getattr. Accepts only what fuse() stores as `forward`: a method of the module itself or of
    its class.
    """
    owner, name = args
    if not isinstance(owner, (Name, Object)) or not isinstance(name, str) or not is_fused_forward(name) \
            or not owner.path.startswith("models."):
        raise refused("__builtin__.getattr")
    return Method(owner, name)


def _instance(args: Any, _: Charge) -> Object:
    if not isinstance(args[0], Name):
        raise TypeError("a class")
    return Object(args[0].path)


def _text(args: Any, _: Charge) -> Any:
    if not isinstance(args[0], str):
        raise TypeError("a text")
    return args[0]


def _dtype_of(kind: Any) -> Optional[np.dtype]:
    """Returns the numpy type of a pickled numpy.dtype; None if it is not one of scalars."""
    text = kind.args[0] if isinstance(kind, Object) and kind.path == "numpy.dtype" and kind.args else None
    if not isinstance(text, str) or len(text) > 8 or not _SCALAR_TYPES.fullmatch(text):
        return None
    try:
        found = np.dtype(text)
    except TypeError:
        return None
    order = kind.state[1] if isinstance(kind.state, tuple) and len(kind.state) > 1 else "<"
    return found.newbyteorder(order) if order in ("<", ">") else found


def _scalar(args: Any, charge: Charge) -> Any:
    """Converts a numpy scalar to Python's own; an `Object` if it is neither a number nor a text."""
    found = _dtype_of(args[0]) if len(args) == 2 else None
    if found is None or not isinstance(args[1], bytes) or len(args[1]) != found.itemsize:
        return Object("numpy.core.multiarray.scalar", args)
    charge(len(args[1]) >> 4)
    return np.frombuffer(args[1], found)[0].item()


def array_items(value: Any) -> Optional[List[Any]]:
    """Returns the elements of a pickled numpy array of one dimension; None if it is not one."""
    if not isinstance(value, Object) or value.path != "numpy.core.multiarray._reconstruct" \
            or not isinstance(value.state, tuple) or len(value.state) != 5:
        return None
    _, shape, kind, _, content = value.state
    if not isinstance(shape, tuple) or len(shape) != 1 or type(shape[0]) is not int:
        return None
    if isinstance(content, list):
        return content if len(content) == shape[0] else None
    found = _dtype_of(kind)
    if found is None or not isinstance(content, bytes) or len(content) != shape[0] * found.itemsize:
        return None
    return np.frombuffer(content, found).tolist()


def text_of(value: Any) -> Optional[str]:
    """Returns a class name as text. YAML converts some words to numbers, booleans, dates and None; None if it is
    something else.
    """
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, (bool, int, float)):
        return str(value)
    if isinstance(value, Object) and value.path == "datetime.date" and value.args and isinstance(value.args[0], bytes) \
            and len(value.args[0]) == 4:
        high, low, month, day = value.args[0]
        try:
            return datetime.date(256 * high + low, month, day).isoformat()
        except ValueError:
            return None
    return None


_REBUILT: Dict[str, Callable[[Any, Charge], Any]] = {
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": lambda args, _: args[0],
    "torch._utils._rebuild_parameter_with_state": lambda args, _: args[0],
    "torch._tensor._rebuild_from_type_v2": _tensor_of_a_type,
    "torch.Size": _tuple,
    "torch.torch_version.TorchVersion": _text,
    "collections.OrderedDict": _mapping,
    "collections.defaultdict": _mapping,
    "collections.Counter": _mapping,
    "builtins.dict": _mapping,
    "collections.deque": _list,
    "builtins.list": _list,
    "builtins.set": _list,
    "builtins.frozenset": _list,
    "builtins.tuple": _tuple,
    "builtins.getattr": _attribute,
    "builtins.str": _text,
    "copyreg._reconstructor": _instance,
    "_codecs.encode": _bytes,
    "numpy.core.multiarray.scalar": _scalar,
}
