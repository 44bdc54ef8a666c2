# SPDX-License-Identifier: MIT
"""Writes ONNX files: the few messages of its protocol buffers that a graph needs, without a library.

Numbers of fields and types are those of onnx.proto, which are stable. Equal graphs give equal bytes.
"""

from __future__ import annotations

import struct
from typing import Dict, List, Optional, Sequence, Tuple, Union

import numpy as np

Attribute = Union[int, float, str, Sequence[int]]

IR_VERSION, OPSET = 8, 13  # of ONNX 1.10, which ONNX Runtime 1.12 and newer read
MICROSOFT = "com.microsoft"  # the domain of ONNX Runtime's own operators
ELEMENTS = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7}


def varint(value: int) -> bytes:
    """Returns an integer, 64 bits in two's complement, in groups of 7 bits."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def integer(number: int, value: int) -> bytes:
    """Returns a field with an integer."""
    return varint(number << 3) + varint(value)


def field(number: int, data: Union[bytes, str]) -> bytes:
    """Returns a field with a string, bytes or a message."""
    data = data.encode() if isinstance(data, str) else data
    return varint(number << 3 | 2) + varint(len(data)) + data


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, int):
        return field(1, name) + integer(3, value) + integer(20, 2)
    if isinstance(value, float):
        return field(1, name) + varint(2 << 3 | 5) + struct.pack("<f", value) + integer(20, 1)
    if isinstance(value, str):
        return field(1, name) + field(4, value) + integer(20, 3)
    return field(1, name) + b"".join(integer(8, number) for number in value) + integer(20, 7)


def _tensor(name: str, array: np.ndarray) -> bytes:
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return b"".join(integer(1, size) for size in array.shape) + integer(2, ELEMENTS[array.dtype.name]) \
        + field(8, name) + field(9, little.tobytes())


def _value(name: str, element: str, shape: Sequence[int]) -> bytes:
    dimensions = b"".join(field(1, integer(1, size)) for size in shape)
    return field(1, name) + field(2, field(1, integer(1, ELEMENTS[element]) + field(2, dimensions)))


class Graph:
    """A graph that grows node by node. Names of values are made here."""

    def __init__(self) -> None:
        self.nodes: List[bytes] = []
        self.arrays: Dict[Tuple[str, Tuple[int, ...], bytes], str] = {}  # contents to name: equal ones are stored once
        self.initializers: List[bytes] = []
        self.inputs: List[bytes] = []
        self.outputs: List[bytes] = []
        self.count = 0

    def input(self, name: str, element: str, shape: Sequence[int]) -> str:
        """Adds an input."""
        self.inputs.append(_value(name, element, shape))
        return name

    def output(self, name: str, element: str, shape: Sequence[int]) -> None:
        """Makes a value an output."""
        self.outputs.append(_value(name, element, shape))

    def constant(self, array: np.ndarray) -> str:
        """Returns the name of a constant."""
        key = (array.dtype.name, array.shape, np.ascontiguousarray(array).tobytes())
        if key not in self.arrays:
            self.arrays[key] = f"c{len(self.arrays)}"
            self.initializers.append(_tensor(self.arrays[key], array))
        return self.arrays[key]

    def node(self, kind: str, inputs: Sequence[str], domain: str = "", output: Optional[str] = None,
             **attributes: Attribute) -> str:
        """Adds a node with one output. Returns the output's name."""
        output = output or f"v{self.count}"
        self.count += 1
        self.nodes.append(b"".join(field(1, name) for name in inputs) + field(2, output)
                          + field(3, f"{kind}_{self.count}") + field(4, kind)
                          + b"".join(field(5, _attribute(*pair)) for pair in sorted(attributes.items()))
                          + field(7, domain))
        return output

    def data(self) -> bytes:
        """Returns the bytes of the file."""
        graph = b"".join([*(field(1, node) for node in self.nodes), field(2, "v5lite"),
                          *(field(5, array) for array in self.initializers),
                          *(field(11, value) for value in self.inputs), *(field(12, value) for value in self.outputs)])
        sets = [field(8, field(1, domain) + integer(2, version)) for domain, version in (("", OPSET), (MICROSOFT, 1))]
        return b"".join([integer(1, IR_VERSION), field(2, "v5lite"), field(7, graph), *sets])
