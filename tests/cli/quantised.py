# SPDX-License-Identifier: MIT
"""Quantised networks for the tests of the program, and what their int8 outputs say: from a dump of integers and the
tables of the file (tests/export/interpreter.py), with no arithmetic of the network."""

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

import numpy as np
from program import PROGRAM, ROOT, ProgramTest

sys.path.insert(0, str(ROOT / "tests" / "export"))
import interpreter  # noqa: E402

WRITE_NETS = str(Path(PROGRAM[-1]).parent / "tests" / "write_nets")
WITH_WEIGHTS = (interpreter.CONV, interpreter.DWCONV, interpreter.DETECT)
MOVES = (interpreter.MAXPOOL, interpreter.SPLIT, interpreter.CONCAT, interpreter.SHUFFLE, interpreter.UPSAMPLE)
S8 = 3


@unittest.skipUnless(len(PROGRAM) == 1 and os.access(WRITE_NETS, os.X_OK),
                     "RUN is set, or no program: make build/tests/write_nets")
class QuantisedTest(ProgramTest):
    NETS = ("small", "chain", "square", "shared")
    SIDE = "64"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nets = cls.inputs / "nets"
        cls.nets.mkdir()
        subprocess.run([WRITE_NETS, str(cls.nets)], check=True)

    def net(self, name):
        return self.nets / f"{name}.v5l"

    def dump(self, net, image, *options):
        """Returns the input and the output of each op as audit dumps them."""
        self.succeed("audit", net, "--size", self.SIDE, "--image", image, "--dump", "dump", *options)
        model = interpreter.Model(net.read_bytes())
        names = [f"{i:03}_{re.sub('[^A-Za-z0-9.-]', '_', model.name(op))}.npy" for i, op in enumerate(model.ops)]
        return [np.load(self.directory / "dump" / name) for name in ["input.npy", *names]]


class Replay:
    """Follows a dump of integers through the tensors of the file: inputs and outputs of the ops in its order, and the
    scales of their channels, as lists by op. Views have the output None."""

    def __init__(self, path, dump):
        data = path.read_bytes()
        self.model = interpreter.Model(data)
        ops_at = int.from_bytes(data[72:80], "little")
        blocks = [int.from_bytes(data[ops_at + 96 * i + 88:ops_at + 96 * i + 96], "little")
                  for i in range(len(self.model.ops))]  # the field `quant`
        side = dump[0].shape[0]
        memory = [np.full((side // t.stride, side // t.stride, t.channels) if t.stride else (1, 1, t.channels),
                          np.nan) for t in self.model.tensors]
        scales = [np.tile((1.0, 0.0), (t.channels, 1)) for t in self.model.tensors]
        memory[0][:] = dump[0]
        self.inputs, self.outputs, self.in_scales, self.out_scales = [], [], [], []
        for op, array, block in zip(self.model.ops, dump[1:], blocks):
            spans = self.model.operand(op.a_first, op.a_count)
            self.inputs.append(interpreter.read(memory, spans))
            self.in_scales.append(np.concatenate([scales[s.tensor][s.first:s.first + s.count] for s in spans]))
            if op.flags & 1:
                self.outputs.append(None)
                self.out_scales.append(self.in_scales[-1])
                continue
            self.outputs.append(array[:, :, self.model.order(op, array.shape[2])].astype(float))
            self.out_scales.append(self.scales_of(op, block))
            first = 0
            for s in self.model.operand(op.out_first, op.out_count):
                memory[s.tensor][:, :, s.first:s.first + s.count] = self.outputs[-1][:, :, first:first + s.count]
                scales[s.tensor][s.first:s.first + s.count] = self.out_scales[-1][first:first + s.count]
                first += s.count

    def type_of(self, first):
        return self.model.tensors[self.model.spans[first].tensor].type

    def is_s8(self, index):
        op = self.model.ops[index]
        return not op.flags & 1 and self.type_of(op.out_first) == S8

    def begins_at(self, index):
        return self.is_s8(index) and self.model.ops[index].kind not in MOVES

    def scales_of(self, op, block):
        """Returns scale and zero point of the output channels, from the op's block in the file or from its input."""
        channels = sum(s.count for s in self.model.operand(op.out_first, op.out_count))
        if self.type_of(op.out_first) != S8:
            return np.tile((1.0, 0.0), (channels, 1))
        if op.kind == interpreter.SHUFFLE:
            return self.in_scales[-1].reshape(op.groups, -1, 2).transpose(1, 0, 2).reshape(-1, 2)
        if op.kind in MOVES:
            return self.in_scales[-1]
        floats = {interpreter.ADD: 3, interpreter.SCALE: 1}.get(op.kind, 1)
        count = op.bias_count if op.kind in WITH_WEIGHTS else channels
        at = block + 4 * floats * count
        bytes_before = count if op.kind == interpreter.SCALE else 0
        steps = np.frombuffer(self.model.weights, "<f4", count, at)
        zero = np.frombuffer(self.model.weights, "i1", count, at + 4 * count + bytes_before)
        return np.stack([1 / steps.astype(float), zero.astype(float)], axis=1)[self.places(op, channels)]

    def places(self, op, channels):
        """Returns the places of the output channels among the padded ones: spans fill whole panels of 8."""
        if op.kind not in (interpreter.CONV, interpreter.DETECT) or op.flags & 2:
            return np.arange(channels)
        places, first = [], 0
        for s in self.model.operand(op.out_first, op.out_count):
            places.extend(range(first, first + s.count))
            first += (s.count + 7) // 8 * 8
        return np.array(places)
