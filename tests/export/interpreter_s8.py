# SPDX-License-Identifier: MIT
"""Runs quantised .v5l files with numpy, in the integers that weights/FORMAT.md specifies. Shares nothing with the
exporter.
"""

from __future__ import annotations

from typing import Dict, List, Optional

import numpy as np
from interpreter import ADD, AVGPOOL, CONV, DETECT, DWCONV, SCALE, Model, Op, read, windows

F32, U8, S8 = 0, 1, 3
SILU_TERMS = (444, -2240, 1063, 895, -1217, 9022, 7902)
BLOCKS = {ADD: (("a", "<i4"), ("b", "<i4"), ("c", "<i4"), ("steps", "<f4"), ("zero", "i1")),
          SCALE: (("ratio", "<f4"), ("steps", "<f4"), ("zero_a", "i1"), ("zero", "i1")),
          AVGPOOL: (("scale", "<f4"), ("zero", "i1")),
          DETECT: (("multiplier", "<f4"),),
          CONV: (("multiplier", "<f4"), ("steps", "<f4"), ("zero", "i1"))}
BLOCKS[DWCONV] = BLOCKS[CONV]


class QuantisedModel(Model):
    """A parsed file. run() returns the integers of S8 tensors. given: outputs, by name, that are taken instead of those
    of ops in float32 on tensors of one pixel, whose rounding depends on the order of sums.
    """

    given: Dict[str, np.ndarray] = {}

    def type_of(self, first: int) -> int:
        return self.tensors[self.spans[first].tensor].type

    def is_quantised(self, op: Op) -> bool:
        return not op.flags & 1 and op.kind in BLOCKS and S8 in (self.type_of(op.a_first), self.type_of(op.out_first))

    def places(self, op: Op) -> np.ndarray:
        """Returns the places of the outputs among the padded ones."""
        counts = [span.count for span in self.operand(op.out_first, op.out_count)]
        if op.kind not in (CONV, DETECT):
            return np.arange(sum(counts))
        places, first = [], 0
        for count in [sum(counts)] if op.flags & 2 else counts:
            places += range(first, first + count)
            first += (count + 7) // 8 * 8
        assert first == op.bias_count
        return np.array(places)

    def block(self, op: Op) -> Dict[str, np.ndarray]:
        """Returns the arrays of the op's quantisation block, of real channels only, and checks the padding."""
        places, at, arrays = self.places(op), op.quant, {}
        count = op.bias_count or len(places)
        assert at and at % 64 == 0
        for name, kind in BLOCKS[op.kind]:
            array = np.frombuffer(self.weights, kind, count, at)
            at += array.nbytes
            unused = np.delete(array, places)
            assert (unused == (name != "zero")).all(), "padding of a block"
            arrays[name] = array[places]
        channels = sum(span.count for span in self.operand(op.a_first, op.a_count))
        if op.kind in (CONV, DETECT, DWCONV):
            if self.type_of(op.a_first) == U8:
                arrays["padding"] = np.full(channels, -128)
            else:
                arrays["padding"] = np.frombuffer(self.weights, "i1", channels, at) if op.pad else np.zeros(channels)
        return arrays

    def integer_weights(self, op: Op) -> np.ndarray:
        """Returns [ky][kx][in][out]; DWCONV: [ky][kx][in]."""
        channels = sum(span.count for span in self.operand(op.a_first, op.a_count))
        data = np.frombuffer(self.weights, "i1", op.weight_count, op.weights).astype(np.int64)
        assert (data != -128).all()
        if op.kind == DWCONV:
            return data.reshape(op.kernel_h, op.kernel_w, channels)
        elements = self.elements(op)
        depth, places = len(elements), self.places(op)
        assert op.weight_count == depth * op.bias_count and depth % 4 == 0
        rows = data.reshape(-1, depth // 4, 8, 4).transpose(0, 2, 1, 3).reshape(-1, depth)
        assert not np.delete(rows, places, axis=0).any(), "padding"
        dense = np.zeros((len(places), op.kernel_h * op.kernel_w * channels), np.int64)
        for column, element in enumerate(elements):
            if element is None:
                assert not rows[:, column].any(), "a weight without an input"
            else:
                dense[:, element] = rows[places, column]
        return dense.reshape(-1, op.kernel_h, op.kernel_w, channels).transpose(1, 2, 3, 0)

    def elements(self, op: Op) -> List[Optional[int]]:
        """Returns for each weight of an output its input in (ky, kx, c), or None."""
        spans = self.operand(op.a_first, op.a_count)
        if self.tensors[spans[0].tensor].type == U8:
            lengths = [3 * op.kernel_w] * op.kernel_h
        else:
            lengths = [span.count for _ in range(op.kernel_h * op.kernel_w) for span in spans]
        found: List[Optional[int]] = []
        first = 0
        for n in lengths:
            for start in range(0, n, 4):
                for i in range(4):
                    element = start + i if n < 4 or start + 4 <= n else n - 4 + i
                    found.append(first + element if start <= element < n else None)
            first += n
        return found

    def neighbour_sums(self, op: Op) -> np.ndarray:
        """Returns the sums of neighbours in a group, [out][in], at the place of each of the two; 0 of a weight that has
        none.
        """
        dense = self.integer_weights(op)
        flat = dense.reshape(-1, dense.shape[-1])
        sums = np.zeros_like(flat)
        elements = self.elements(op)
        for pair in zip(elements[::2], elements[1::2]):
            if None not in pair:
                sums[list(pair)] = flat[list(pair)].sum(axis=0)
        return sums.reshape(dense.shape)

    def _activated(self, op: Op, a: np.ndarray, memory: List[np.ndarray]) -> np.ndarray:
        if not self.is_quantised(op):
            name = self.name(op)
            if name in self.given:
                return self.given[name][:, :, self.order(op, self.given[name].shape[2])]
            return super()._activated(op, a, memory)
        arrays = self.block(op)
        if op.kind in (CONV, DETECT, DWCONV):
            return self._convolution(op, a, arrays)
        if op.kind == ADD:
            return self._add(arrays, a, read(memory, self.operand(op.b_first, op.b_count)))
        if op.kind == AVGPOOL:
            pixels = a.shape[0] * a.shape[1]
            sums = (a.sum((0, 1), keepdims=True) - pixels * arrays["zero"].astype(float)).astype(np.float32)
            return sums * arrays["scale"] / np.float32(pixels)
        factor = read(memory, self.operand(op.b_first, op.b_count)).astype(np.float32) * arrays["ratio"]
        x = (a - arrays["zero_a"]).astype(np.float32) * np.clip(factor, np.float32(-32768), np.float32(32767))
        return clamp8(clamp16(np.rint(x)) + arrays["zero"])

    def _convolution(self, op: Op, a: np.ndarray, arrays: Dict[str, np.ndarray]) -> np.ndarray:
        weight, padding = self.integer_weights(op), arrays["padding"].astype(np.int64)
        if self.type_of(op.a_first) == U8:
            a = a - 128
        sums = np.frombuffer(self.weights, "<i4", op.bias_count, op.bias).astype(np.int64)[self.places(op)]
        for ky, kx, patch in windows(op, a - padding, 0.0):
            inputs = patch.astype(np.int64) + padding
            sums = sums + (inputs * weight[ky, kx] if op.kind == DWCONV else inputs @ weight[ky, kx])
        assert np.abs(sums).max() < 1 << 30
        scaled = sums.astype(np.float32) * arrays["multiplier"]
        if op.kind == DETECT:
            return scaled
        x = clamp16(np.rint(scaled))
        if op.activation in (2, 3):
            y = silu16(x.astype(np.int64)) if op.activation == 2 else hardswish16(x.astype(np.int64))
            x = clamp16(np.rint(y.astype(np.float32) * (arrays["steps"] * np.float32(1 / 256))))
        return clamp8(x + arrays["zero"])

    @staticmethod
    def _add(arrays: Dict[str, np.ndarray], a: np.ndarray, b: np.ndarray) -> np.ndarray:
        first, second, offset = (arrays[name].astype(np.int64) for name in "abc")
        sums = first * a.astype(np.int64) + second * b.astype(np.int64) + offset
        assert np.abs(sums).max() < 1 << 31
        return clamp8(sums >> 20)


def clamp8(x: np.ndarray) -> np.ndarray:
    return np.clip(x, -128, 127).astype(float)


def clamp16(x: np.ndarray) -> np.ndarray:
    return np.clip(x, -32768, 32767)


def mul(a: np.ndarray, b: int) -> np.ndarray:
    return (a * b + 0x4000) >> 15


def silu16(x: np.ndarray) -> np.ndarray:
    """x and result in steps of 1/256."""
    v = np.clip(x, -2047, 2047)
    u, p = 32 * np.abs(v) - 32768, np.full_like(v, 510)
    for term in SILU_TERMS:
        p = mul(p, u) + term
    return ((v + mul(p, 4096) + 1) >> 1) + np.maximum(x - 2047, 0)


def hardswish16(x: np.ndarray) -> np.ndarray:
    """x and result in steps of 1/256."""
    h = 16 * np.clip(x + 768, 0, 1536)
    return mul(x, clamp16(h + mul(h, 10923)))
