# SPDX-License-Identifier: MIT
"""A pickle reader that calls nothing: a stack machine over pickletools' opcodes that yields inert data.

Python's own unpickler finds and calls whatever a pickle names. Here no name is ever looked up: a class becomes an
`Object` that carries the class's path and state, the few tensor-rebuilding functions become `TensorRef` records, and
any other name is refused before anything is made of it.
"""

from __future__ import annotations

import pickletools
import re
import struct
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Tuple

from .errors import ExportError

MAX_PICKLE_BYTES = 16 << 20

# Names that a checkpoint may use; what they stand for is decided in `_rebuild`, by name.
KNOWN_NAMES = frozenset(
    ["torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter", "torch.Size", "torch.device",
     "collections.OrderedDict", "_codecs.encode", "__builtin__.set", "builtins.set", "argparse.Namespace",
     "numpy.ndarray", "numpy.dtype", "torch.storage.UntypedStorage", "torch.storage.TypedStorage"]
    + [f"{core}.multiarray.{f}" for core in ("numpy.core", "numpy._core") for f in ("_reconstruct", "scalar")]
    + [f"torch.{t}Storage" for t in ("Half", "Float", "Double", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")]
    + [f"torch.{t}" for t in ("float16", "float32", "float64", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")]
    + [f"pathlib.{p}" for p in ("Path", "PosixPath", "WindowsPath", "PurePath", "PurePosixPath", "PureWindowsPath")])

# Any class in these modules may appear; it stays a name with a state.
INERT_MODULES = re.compile(r"(models|utils|torch\.nn|torch\.optim|numpy\.dtypes)(\.\w+)*")


@dataclass(frozen=True)
class Name:
    """A class or function that the pickle mentions: its dotted path and nothing else."""

    path: str


@dataclass
class Object:
    """What would have been an instance of class `path`."""

    path: str
    args: Any = ()
    state: Any = field(default_factory=dict)


@dataclass(frozen=True)
class StorageRef:
    """A storage in the archive: `count` elements of `kind` (`torch.HalfStorage`) in member data/`key`."""

    kind: str
    key: str
    count: int


@dataclass(frozen=True)
class TensorRef:
    """A strided window on a storage; bounds are checked when it is read."""

    storage: StorageRef
    offset: int
    shape: Tuple[int, ...]
    strides: Tuple[int, ...]


def load(data: bytes) -> Any:
    """The object that the pickle describes, as dicts, lists, tuples, scalars, `Object` and `TensorRef`."""
    if len(data) > MAX_PICKLE_BYTES:
        raise ExportError("data.pkl", f"{len(data)} bytes, expected at most {MAX_PICKLE_BYTES}")
    try:
        return _Machine().run(data)
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, struct.error) as error:
        raise ExportError("data.pkl", f"damaged pickle ({type(error).__name__}), expected a pickled checkpoint") from error


def _checked_name(module: str, name: str) -> Name:
    path = f"{module}.{name}"
    if path in KNOWN_NAMES or (INERT_MODULES.fullmatch(module) and name.isidentifier()):
        return Name(path)
    raise ExportError("refused", f"the pickle asks for {path}, which is not part of a checkpoint")


def _ints(values: Any) -> Tuple[int, ...]:
    if not isinstance(values, tuple) or not all(type(v) is int for v in values):
        raise TypeError("a tensor shape")
    return values


def _tensor(args: tuple) -> TensorRef:
    storage, offset, shape, strides = args[:4]
    if not isinstance(storage, StorageRef) or type(offset) is not int or len(shape) != len(strides):
        raise TypeError("a tensor")
    return TensorRef(storage, offset, _ints(shape), _ints(strides))


def _rebuild(name: Any, args: Any) -> Any:
    """What calling `name` with `args` would have made, as data."""
    if not isinstance(name, Name) or not isinstance(args, tuple):
        raise TypeError("a call of something that is not a name")
    if name.path == "torch._utils._rebuild_tensor_v2":
        return _tensor(args)
    if name.path == "torch._utils._rebuild_parameter":
        return args[0]
    if name.path == "collections.OrderedDict":
        return {_key(k): v for k, v in (args[0] if args else ())}
    if name.path.endswith(".set"):
        return list(args[0]) if args else []
    if name.path == "torch.Size":
        return tuple(args[0])
    return Object(name.path, args)


def _persistent(pid: Any) -> StorageRef:
    kind, key, count = pid[1], pid[2], pid[4]
    if pid[0] != "storage" or not isinstance(kind, Name) or not isinstance(key, str) or type(count) is not int:
        raise TypeError("a storage")
    return StorageRef(kind.path, key, count)


def _key(key: Any) -> Any:
    # Only scalars: hashing a hostile, deeply nested tuple would overflow the C stack.
    if not isinstance(key, (str, bytes, int, float, type(None))):
        raise TypeError("a dictionary key")
    return key


class _Machine:
    """The pickle virtual machine. Opcodes that push their own argument are listed, the others are methods."""

    PUSH = frozenset("INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING SHORT_BINSTRING UNICODE "
                     "BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8".split())
    CONSTANT = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
    SKIP = frozenset(["PROTO", "FRAME"])

    def __init__(self) -> None:
        self.stack: List[Any] = []
        self.marks: List[int] = []
        self.memo: Dict[int, Any] = {}

    def run(self, data: bytes) -> Any:
        for opcode, arg, _ in pickletools.genops(data):
            name = opcode.name
            if name in self.PUSH:
                self.stack.append(arg)
            elif name in self.CONSTANT:
                self.stack.append(self.CONSTANT[name])
            elif name == "STOP":
                return self.stack.pop()
            elif name not in self.SKIP:
                self._method(name)(arg)
        raise ValueError("no STOP")

    def _method(self, name: str) -> Callable[[Any], None]:
        method = getattr(self, "op_" + name.lower(), None)
        if method is None:
            raise ExportError("refused", f"the pickle uses opcode {name}, which is not part of a checkpoint")
        return method

    def _since_mark(self) -> List[Any]:
        start = self.marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def _pop(self, count: int) -> List[Any]:
        if count > len(self.stack):
            raise IndexError("stack")
        items = self.stack[len(self.stack) - count:]
        del self.stack[len(self.stack) - count:]
        return items

    # stack and memo
    def op_mark(self, _: Any) -> None:
        self.marks.append(len(self.stack))

    def op_pop(self, _: Any) -> None:
        self.stack.pop()

    def op_pop_mark(self, _: Any) -> None:
        self._since_mark()

    def op_dup(self, _: Any) -> None:
        self.stack.append(self.stack[-1])

    def op_put(self, arg: int) -> None:
        self.memo[arg] = self.stack[-1]

    op_binput = op_long_binput = op_put

    def op_memoize(self, _: Any) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def op_get(self, arg: int) -> None:
        self.stack.append(self.memo[arg])

    op_binget = op_long_binget = op_get

    # containers
    def op_empty_tuple(self, _: Any) -> None:
        self.stack.append(())

    def op_tuple(self, _: Any) -> None:
        self.stack.append(tuple(self._since_mark()))

    def op_tuple1(self, _: Any) -> None:
        self.stack.append(tuple(self._pop(1)))

    def op_tuple2(self, _: Any) -> None:
        self.stack.append(tuple(self._pop(2)))

    def op_tuple3(self, _: Any) -> None:
        self.stack.append(tuple(self._pop(3)))

    def op_empty_list(self, _: Any) -> None:
        self.stack.append([])

    op_empty_set = op_empty_list  # a set is kept as the list of its items

    def op_list(self, _: Any) -> None:
        self.stack.append(self._since_mark())

    op_frozenset = op_list

    def _extend(self, items: List[Any]) -> None:
        if not isinstance(self.stack[-1], list):
            raise TypeError("a list")
        self.stack[-1].extend(items)

    def op_append(self, _: Any) -> None:
        self._extend(self._pop(1))

    def op_appends(self, _: Any) -> None:
        self._extend(self._since_mark())

    op_additems = op_appends

    def op_empty_dict(self, _: Any) -> None:
        self.stack.append({})

    def op_dict(self, _: Any) -> None:
        items = self._since_mark()
        self.stack.append({})
        self._update(items)

    def _update(self, items: List[Any]) -> None:
        target = self.stack[-1]
        if not isinstance(target, dict) or len(items) % 2:
            raise TypeError("a dictionary")
        for key, value in zip(items[::2], items[1::2]):
            target[_key(key)] = value

    def op_setitem(self, _: Any) -> None:
        self._update(self._pop(2))

    def op_setitems(self, _: Any) -> None:
        self._update(self._since_mark())

    # names, and what Python would have called
    def op_global(self, arg: str) -> None:
        module, _, name = arg.partition(" ")
        self.stack.append(_checked_name(module, name))

    def op_stack_global(self, _: Any) -> None:
        module, name = self._pop(2)
        if not isinstance(module, str) or not isinstance(name, str):
            raise TypeError("a name")
        self.stack.append(_checked_name(module, name))

    def op_inst(self, arg: str) -> None:
        module, _, name = arg.partition(" ")
        self.stack.append(_rebuild(_checked_name(module, name), tuple(self._since_mark())))

    def op_obj(self, _: Any) -> None:
        name, *args = self._since_mark()
        self.stack.append(_rebuild(name, tuple(args)))

    def op_reduce(self, _: Any) -> None:
        name, args = self._pop(2)
        self.stack.append(_rebuild(name, args))

    op_newobj = op_reduce

    def op_newobj_ex(self, _: Any) -> None:
        name, args, _keywords = self._pop(3)
        self.stack.append(_rebuild(name, args))

    def op_build(self, _: Any) -> None:
        target, state = self._pop(2)
        if isinstance(target, Object):
            target.state = state
        elif not isinstance(target, (dict, TensorRef)):  # an OrderedDict's attributes, e.g. _metadata, say nothing to us
            raise TypeError("a state for something that has none")
        self.stack.append(target)

    def op_binpersid(self, _: Any) -> None:
        self.stack.append(_persistent(self._pop(1)[0]))
