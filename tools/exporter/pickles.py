# SPDX-License-Identifier: MIT
"""Reads pickles without calling anything: a stack machine that yields inert data, in bounded time and memory.

Python's own unpickler finds and calls whatever a pickle names. This one never looks up a name: names.py decides which
names are allowed, and rebuild.py what is kept of them. Every opcode and every copied item counts against MAX_STEPS.
"""

from __future__ import annotations

import codecs
import pickletools
import struct
from typing import Any, Callable, Dict, List, Optional, Tuple

from .errors import ExportError
from .names import Object, TensorRef, known_name
from .rebuild import key_of, rebuild, storage

MAX_PICKLE_BYTES = 16 << 20
# opcodes, and items that containers copy; a network of 1000 layers with its optimizer needs a fifth of it
MAX_STEPS = 1 << 21
MAX_INTEGER_BYTES = 255
MAX_DIGITS = 600

_DAMAGED = (ValueError, IndexError, KeyError, TypeError, OverflowError, AttributeError, struct.error)


def load(data: bytes) -> Any:
    """Returns the object that the pickle describes, as dicts, lists, tuples, scalars, `Object`, `Method` and
    `TensorRef`.
    """
    if len(data) > MAX_PICKLE_BYTES:
        raise ExportError("data.pkl", f"{len(data)} bytes, expected at most {MAX_PICKLE_BYTES}")
    try:
        return _Machine(data).run()
    except _DAMAGED as error:
        raise ExportError("data.pkl",
                          f"damaged pickle ({type(error).__name__}), expected a pickled checkpoint") from error


class _Machine:
    """The pickle virtual machine. A set is kept as the list of its items."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.steps = data, 0, 0
        self.stack: List[Any] = []
        self.marks: List[int] = []
        self.memo: Dict[int, Any] = {}

    def run(self) -> Any:
        data, handlers = self.data, _HANDLERS
        while True:
            code = data[self.at]
            self.at += 1
            self.charge(1)
            if code == _STOP:
                return self.stack.pop()
            handler = handlers[code]
            if handler is None:
                raise _unknown(code)
            handler(self)

    def charge(self, steps: int) -> None:
        """Counts work. Refuses a pickle that needs too much."""
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise ExportError("data.pkl", f"the pickle makes more than {MAX_STEPS} objects, expected a checkpoint")

    # Arguments

    def take(self, size: int) -> bytes:
        """Returns the next bytes of the pickle."""
        end = self.at + size
        if size < 0 or end > len(self.data):
            raise IndexError("end of the pickle")
        taken, self.at = self.data[self.at:end], end
        return taken

    def skip(self, size: int) -> None:
        """Skips bytes that carry no information here: the protocol, the size of a frame."""
        self.take(size)

    def line(self) -> bytes:
        """Returns the bytes up to the end of the line."""
        end = self.data.index(b"\n", self.at)
        taken, self.at = self.data[self.at:end], end + 1
        return taken

    def number(self, layout: struct.Struct) -> Any:
        """Returns a number of fixed size."""
        return layout.unpack(self.take(layout.size))[0]

    def digits(self) -> int:
        """Returns an integer in decimal digits. Limits the digits, because converting them takes quadratic time."""
        text = self.line()
        if len(text) > MAX_DIGITS:
            raise ExportError("data.pkl", f"an integer of {len(text)} digits, expected at most {MAX_DIGITS}")
        return int(text.rstrip(b"L"))

    def long(self, layout: struct.Struct) -> int:
        """Returns an integer of any size, in bytes."""
        size = self.number(layout)
        if size > MAX_INTEGER_BYTES:
            raise ExportError("data.pkl", f"an integer of {size} bytes, expected at most {MAX_INTEGER_BYTES}")
        return int.from_bytes(self.take(size), "little", signed=True)

    def text(self, layout: struct.Struct) -> str:
        """Returns a text with its size before it."""
        return self.take(self.number(layout)).decode("utf-8", "surrogatepass")

    # Stack and memo

    def since_mark(self) -> List[Any]:
        """Pops everything that was pushed after the last mark."""
        start = self.marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def pop(self, count: int) -> List[Any]:
        """Pops items. Returns them in the order in which they were pushed."""
        if count > len(self.stack):
            raise IndexError("stack")
        items = self.stack[len(self.stack) - count:]
        del self.stack[len(self.stack) - count:]
        return items

    def put(self, index: int) -> None:
        """Stores the top of the stack in the memo."""
        if not 0 <= index < 1 << 32:
            raise IndexError("memo")
        self.memo[index] = self.stack[-1]

    def extend(self, items: List[Any]) -> None:
        """Adds items to the list on top of the stack."""
        if not isinstance(self.stack[-1], list):
            raise TypeError("a list")
        self.stack[-1].extend(items)

    def update(self, items: List[Any]) -> None:
        """Adds keys and values to the dictionary on top of the stack."""
        target = self.stack[-1]
        if not isinstance(target, dict) or len(items) % 2:
            raise TypeError("a dictionary")
        for key, value in zip(items[::2], items[1::2]):
            target[key_of(key)] = value

    def name(self, module: Any, name: Any) -> Any:
        """Returns a name that the pickle mentions."""
        if not isinstance(module, str) or not isinstance(name, str):
            raise TypeError("a name")
        return known_name(module, name)

    def named_line(self) -> Any:
        """Pushes a name in two lines."""
        module = self.line().decode("utf-8", "surrogatepass")
        return self.name(module, self.line().decode("utf-8", "surrogatepass"))

    def call(self, name: Any, args: Any) -> None:
        """Pushes the inert result of calling a name."""
        self.stack.append(rebuild(name, args, self.charge))


_U1, _U2, _U4, _U8 = (struct.Struct("<" + c) for c in "BHIQ")
_I4, _F8 = struct.Struct("<i"), struct.Struct(">d")
_STOP = ord(".")

Handler = Callable[[_Machine], None]


def _push(read: Callable[[_Machine], Any]) -> Handler:
    """Returns an opcode handler that pushes an argument, or a constant."""
    def handler(m: _Machine) -> None:
        m.stack.append(read(m))
    return handler


def _unknown(code: int) -> ExportError:
    name = pickletools.code2op[chr(code)].name if chr(code) in pickletools.code2op else f"0x{code:02x}"
    return ExportError("refused", f"the pickle uses opcode {name}, which is not part of a checkpoint")


def _int_line(m: _Machine) -> Any:
    if m.data.startswith((b"00\n", b"01\n"), m.at):
        return m.line() == b"01"
    return m.digits()


def _quoted_line(m: _Machine) -> str:
    text = m.line()
    if len(text) < 2 or text[:1] != text[-1:] or text[:1] not in (b"'", b'"'):
        raise ValueError("a text")
    return codecs.escape_decode(text[1:-1])[0].decode("latin-1")


def _float_line(m: _Machine) -> float:
    text = m.line()
    if len(text) > MAX_DIGITS:
        raise ValueError("a number")
    return float(text)


def _mark(m: _Machine) -> None:
    m.marks.append(len(m.stack))


def _discard(m: _Machine) -> None:
    m.pop(1)


def _discard_marked(m: _Machine) -> None:
    m.since_mark()


def _dict(m: _Machine) -> None:
    items = m.since_mark()
    m.stack.append({})
    m.update(items)


def _object(m: _Machine) -> None:
    name, *args = m.since_mark()
    m.call(name, tuple(args))


def _inst(m: _Machine) -> None:
    name = m.named_line()
    m.call(name, tuple(m.since_mark()))


def _newobj_ex(m: _Machine) -> None:
    name, args, _ = m.pop(3)
    m.call(name, args)


def _build(m: _Machine) -> None:
    target, state = m.pop(2)
    if isinstance(target, Object):
        target.state = state
    elif not isinstance(target, (dict, TensorRef)):  # the attributes of an OrderedDict, e.g. _metadata, are not needed
        raise TypeError("a state for something that has none")
    m.stack.append(target)


_OPCODES: List[Tuple[str, Handler]] = [
    # constants and arguments, by pickle's own letters
    ("N", _push(lambda m: None)), ("\x88", _push(lambda m: True)), ("\x89", _push(lambda m: False)),
    ("I", _push(_int_line)), ("L", _push(_Machine.digits)), ("F", _push(_float_line)), ("S", _push(_quoted_line)),
    ("V", _push(lambda m: m.line().decode("raw-unicode-escape"))),
    ("J", _push(lambda m: m.number(_I4))), ("K", _push(lambda m: m.number(_U1))), ("M", _push(lambda m: m.number(_U2))),
    ("\x8a", _push(lambda m: m.long(_U1))), ("\x8b", _push(lambda m: m.long(_U4))),
    ("G", _push(lambda m: m.number(_F8))),
    ("T", _push(lambda m: m.take(m.number(_U4)).decode("latin-1"))),
    ("U", _push(lambda m: m.take(m.number(_U1)).decode("latin-1"))),
    ("X", _push(lambda m: m.text(_U4))), ("\x8c", _push(lambda m: m.text(_U1))), ("\x8d", _push(lambda m: m.text(_U8))),
    ("B", _push(lambda m: m.take(m.number(_U4)))), ("C", _push(lambda m: m.take(m.number(_U1)))),
    ("\x8e", _push(lambda m: m.take(m.number(_U8)))), ("\x96", _push(lambda m: m.take(m.number(_U8)))),
    ("\x80", lambda m: m.skip(1)), ("\x95", lambda m: m.skip(8)),
    # stack and memo
    ("(", _mark), ("0", _discard), ("1", _discard_marked),
    ("2", lambda m: m.stack.append(m.stack[-1])),
    ("p", lambda m: m.put(m.digits())), ("q", lambda m: m.put(m.number(_U1))), ("r", lambda m: m.put(m.number(_U4))),
    ("\x94", lambda m: m.put(len(m.memo))),
    ("g", lambda m: m.stack.append(m.memo[m.digits()])), ("h", lambda m: m.stack.append(m.memo[m.number(_U1)])),
    ("j", lambda m: m.stack.append(m.memo[m.number(_U4)])),
    # containers
    (")", _push(lambda m: ())), ("t", _push(lambda m: tuple(m.since_mark()))),
    ("\x85", _push(lambda m: tuple(m.pop(1)))),
    ("\x86", _push(lambda m: tuple(m.pop(2)))), ("\x87", _push(lambda m: tuple(m.pop(3)))),
    ("]", _push(lambda m: [])), ("\x8f", _push(lambda m: [])), ("l", _push(_Machine.since_mark)),
    ("\x91", _push(_Machine.since_mark)),
    ("a", lambda m: m.extend(m.pop(1))), ("e", lambda m: m.extend(m.since_mark())),
    ("\x90", lambda m: m.extend(m.since_mark())),
    ("}", _push(lambda m: {})), ("d", _dict), ("s", lambda m: m.update(m.pop(2))),
    ("u", lambda m: m.update(m.since_mark())),
    # names, and Python's calls
    ("c", _push(_Machine.named_line)), ("\x93", _push(lambda m: m.name(*m.pop(2)))), ("i", _inst), ("o", _object),
    ("R", lambda m: m.call(*m.pop(2))), ("\x81", lambda m: m.call(*m.pop(2))), ("\x92", _newobj_ex), ("b", _build),
    ("Q", _push(lambda m: storage(m.pop(1)[0]))),
]
_HANDLERS: List[Optional[Handler]] = [None] * 256
for _code, _handler in _OPCODES:
    _HANDLERS[ord(_code)] = _handler
