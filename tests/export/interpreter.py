# SPDX-License-Identifier: MIT
"""Reads and runs .v5l files with numpy, written from weights/FORMAT.md alone. Shares nothing with the exporter.

It is slow and simple on purpose. `Model(data)` checks the container; `run(picture)` returns every value by its name in
the original's channel order, so that literal and planned files can be compared name by name.
"""

from __future__ import annotations

import struct
import zlib
from collections import namedtuple
from typing import Dict, List

import numpy as np

CONV, DWCONV, MAXPOOL, ADD, DETECT, SPLIT, CONCAT, SHUFFLE, UPSAMPLE, AVGPOOL, SCALE = range(1, 12)
NO_ORDER = 0xFFFFFFFF

Tensor = namedtuple("Tensor", "channels stride type")
Span = namedtuple("Span", "tensor first count upsample")
Head = namedtuple("Head", "tensor stride anchor_count obj_first obj_step box_first box_step cls_first cls_step zero "
                          "anchors")
Op = namedtuple("Op", "kind flags activation head name kernel_h kernel_w stride pad groups a_first a_count b_first "
                      "b_count out_first out_count order alpha weights weight_count bias bias_count quant")


class Model:
    """A parsed file; see the module's docstring."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        assert data[:8] == bytes.fromhex("8956354C0D0A1A0A"), "magic"
        version, crc, size = struct.unpack_from("<IIQ", data, 8)
        assert (version, size) == (1, len(data)) and crc == zlib.crc32(data[16:]), "version, size or CRC"
        (self.form, layout, self.class_count, self.max_stride, tensors, ops, spans, heads, orders,
         strings) = struct.unpack_from("<10I", data, 24)
        at = struct.unpack_from("<8Q", data, 64)
        self.source_sha256 = data[144:176]
        names, exporter = struct.unpack_from("<II", data, 128)
        expected, sizes = 192, [8 * tensors, 96 * ops, 16 * spans, 64 * heads, 2 * orders, strings]
        for offset, section in zip(at, sizes + [0]):
            assert offset == expected, "section offset"
            expected += (section + 63) // 64 * 64
        assert layout == 1 and at[6] + at[7] == size, "layout or weights size"
        self.strings, self.weights = data[at[5]:at[5] + strings], data[at[6]:]
        self.tensors = [Tensor(*t) for t in struct.iter_unpack("<IHH", data[at[0]:at[0] + 8 * tensors])]
        self.ops = [Op(*o) for o in struct.iter_unpack("<4HI4H8If5Q", data[at[1]:at[1] + 96 * ops])]
        self.spans = [Span(*s) for s in struct.iter_unpack("<4I", data[at[2]:at[2] + 16 * spans])]
        self.heads = [Head(*h) for h in struct.iter_unpack("<10IQ16x", data[at[3]:at[3] + 64 * heads])]
        self.orders = np.frombuffer(data, "<u2", orders, at[4])
        self.exporter = self.string(exporter)
        self.class_names: List[str] = []
        for _ in range(self.class_count):
            self.class_names.append(self.string(names))
            names += len(self.class_names[-1].encode()) + 1

    def string(self, at: int) -> str:
        return self.strings[at:self.strings.index(b"\0", at)].decode("utf-8")

    def name(self, op: Op) -> str:
        return self.string(op.name)

    def floats(self, at: int, count: int) -> np.ndarray:
        assert at % 64 == 0
        return np.frombuffer(self.weights, "<f4", count, at).astype(np.float64)

    def operand(self, first: int, count: int) -> List[Span]:
        return self.spans[first:first + count]

    def anchors(self, head: Head) -> np.ndarray:
        return self.floats(head.anchors, 2 * head.anchor_count).reshape(-1, 2)

    def order(self, op: Op, channels: int) -> np.ndarray:
        return np.arange(channels) if op.order == NO_ORDER else self.orders[op.order:op.order + channels].astype(int)

    def _dense(self, op: Op, channels: int):
        """Returns weights [ky][kx][in][out] and bias, unpacked from panels; for transformed weights, the
        original ones.
        """
        if op.flags & 4:
            assert (op.kind, op.kernel_h, op.kernel_w, op.stride, op.pad) == (CONV, 3, 3, 1, 1)
            size = op.weight_count // 16
            layer = op._replace(kernel_h=1, kernel_w=1, weight_count=size)
            layers = [self._panels(layer._replace(weights=op.weights + 4 * p * size), channels) for p in range(16)]
            back = np.linalg.pinv(np.array([[1, 0, 0], [.5, .5, .5], [.5, -.5, .5], [0, 0, 1]]))
            u = np.stack([weight[0, 0] for weight, _ in layers]).reshape(4, 4, channels, -1)
            return np.einsum("yi,xj,ijco->yxco", back, back, u), layers[0][1]
        return self._panels(op, channels)

    def _panels(self, op: Op, channels: int):
        k = op.kernel_h * op.kernel_w * channels
        assert op.weight_count == k * op.bias_count
        blocks = self.floats(op.weights, op.weight_count).reshape(-1, k, 8)
        biases = self.floats(op.bias, op.bias_count)
        columns, first = [], 0
        counts = [span.count for span in self.operand(op.out_first, op.out_count)]
        for count in [sum(counts)] if op.flags & 2 else counts:
            columns += range(first, first + count)
            first += (count + 7) // 8 * 8
        flat = blocks.transpose(1, 0, 2).reshape(k, -1)
        unused = np.setdiff1d(np.arange(first), columns)
        assert first == op.bias_count and not flat[:, unused].any() and not biases[unused].any(), "padding"
        return flat[:, columns].reshape(op.kernel_h, op.kernel_w, channels, -1), biases[columns]

    def run(self, picture: np.ndarray) -> Dict[str, np.ndarray]:
        """Returns all values for an H x W x 3 picture of bytes, by name. `head.N` are heads as [anchor, 5 + classes, y,
        x].
        """
        height, width = picture.shape[:2]
        memory = [np.full((height // t.stride, width // t.stride, t.channels) if t.stride else (1, 1, t.channels),
                          np.nan)
                  for t in self.tensors]
        memory[0][:] = picture
        values: Dict[str, np.ndarray] = {}
        for op in self.ops:
            spans = self.operand(op.a_first, op.a_count)
            a = read(memory, spans)
            if op.flags & 1:
                assert op.out_count == 0
                result = a
            else:
                result = self._activated(op, a, memory)
                first = 0
                for span in self.operand(op.out_first, op.out_count):
                    memory[span.tensor][:, :, span.first:span.first + span.count] = result[:, :, first:first
                                                                                           + span.count]
                    first += span.count
                assert first == result.shape[2]
            logical = np.empty_like(result)
            logical[:, :, self.order(op, result.shape[2])] = result
            values[self.name(op)] = logical
        for index, head in enumerate(self.heads):
            values[f"head.{index}"] = self._head(head, memory[head.tensor])
        return values

    def _activated(self, op: Op, a: np.ndarray, memory: List[np.ndarray]) -> np.ndarray:
        return activate(self._compute(op, a, memory), op.activation)

    def _head(self, head: Head, tensor: np.ndarray) -> np.ndarray:
        channels = []
        for anchor in range(head.anchor_count):
            box, cls = head.box_first + anchor * head.box_step, head.cls_first + anchor * head.cls_step
            channels.append([*range(box, box + 4), head.obj_first + anchor * head.obj_step,
                             *range(cls, cls + self.class_count)])
        return tensor[:, :, np.array(channels)].transpose(2, 3, 0, 1)

    def _compute(self, op: Op, a: np.ndarray, memory: List[np.ndarray]) -> np.ndarray:
        channels = a.shape[2]
        if op.kind in (CONV, DETECT):
            weight, bias = self._dense(op, channels)
            return sum(patch @ weight[ky, kx] for ky, kx, patch in windows(op, a, 0.0)) + bias
        if op.kind == DWCONV:
            weight = self.floats(op.weights, op.weight_count).reshape(op.kernel_h, op.kernel_w, channels)
            return sum(patch * weight[ky, kx] for ky, kx, patch in windows(op, a, 0.0)) + self.floats(op.bias, channels)
        if op.kind == MAXPOOL:
            return np.maximum.reduce([patch for _, _, patch in windows(op, a, -np.inf)])
        if op.kind == ADD:
            return a + op.alpha * read(memory, self.operand(op.b_first, op.b_count))
        if op.kind == AVGPOOL:
            return a.mean(axis=(0, 1), keepdims=True)
        if op.kind == SCALE:
            return a * read(memory, self.operand(op.b_first, op.b_count))
        if op.kind == SHUFFLE:
            return a[:, :, np.arange(channels).reshape(op.groups, -1).T.reshape(-1)]
        if op.kind == UPSAMPLE:
            return a.repeat(2, axis=0).repeat(2, axis=1)
        assert op.kind in (SPLIT, CONCAT)
        return a


def read(memory: List[np.ndarray], spans: List[Span]) -> np.ndarray:
    """Returns an operand as one array. Refuses values that were never written, which are NaN."""
    parts = []
    for span in spans:
        part = memory[span.tensor][:, :, span.first:span.first + span.count]
        parts.append(part.repeat(2, axis=0).repeat(2, axis=1) if span.upsample else part)
    a = np.concatenate(parts, axis=2)
    assert not np.isnan(a).any(), "read before written"
    return a


def windows(op: Op, a: np.ndarray, fill: float):
    """Yields (ky, kx, the input pixels under that tap for all output pixels)."""
    padded = np.pad(a, ((op.pad, op.pad), (op.pad, op.pad), (0, 0)), constant_values=fill)
    rows, columns = a.shape[0] // op.stride, a.shape[1] // op.stride
    for ky in range(op.kernel_h):
        for kx in range(op.kernel_w):
            yield ky, kx, padded[ky:ky + rows * op.stride:op.stride,
                                 kx:kx + columns * op.stride:op.stride][:rows, :columns]


def activate(x: np.ndarray, activation: int) -> np.ndarray:
    """Applies 0 identity, 1 ReLU, 2 SiLU, 3 Hardswish."""
    if activation == 1:
        return np.maximum(x, 0.0)
    if activation == 3:
        return x * np.clip(x + 3.0, 0.0, 6.0) / 6.0
    return x / (1.0 + np.exp(-np.maximum(x, -700.0))) if activation == 2 else x
