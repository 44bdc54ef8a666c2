# SPDX-License-Identifier: MIT
"""export.py --int8: its files compute what weights/FORMAT.md specifies, and are a function of their inputs."""

from __future__ import annotations

import os
import subprocess
import sys
import unittest
from pathlib import Path
from unittest import mock

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

import interpreter  # noqa: E402
from int8_case import ENGINE, Int8Case, write_pictures  # noqa: E402
from interpreter import Model  # noqa: E402
from interpreter_s8 import F32, S8, U8, QuantisedModel  # noqa: E402
from make_checkpoint import Modules, Network, checkpoint, make  # noqa: E402
from torchlike import save  # noqa: E402


class TestArithmetic(Int8Case):
    """The engine and an interpreter of the format compute the same integers."""

    def assert_same_integers(self, data: bytes) -> None:
        values = self.dump(data, self.pictures[0])
        model = QuantisedModel(data)
        model.given = {model.name(op): values[model.name(op)] for op in model.ops
                       if op.kind == interpreter.CONV and not op.flags & 1
                       and model.tensors[model.spans[op.out_first].tensor].stride == 0}
        expected = model.run(values["input"])
        for op in model.ops:
            name = model.name(op)
            np.testing.assert_array_equal(values[name], expected[name], name)

    def test_every_op_of_all_families_equals_the_interpreter(self) -> None:
        for net, *options in (("e",), ("e", "--literal"), ("s",), ("c",), ("c", "--literal"), ("g",),
                              ("v5", "--literal"), ("v6",)):
            with self.subTest(net=net, options=options):
                self.assert_same_integers(self.int8(make(net, width=10 if net in "es" else 8), *options))

    def test_spans_of_few_channels_and_one_class(self) -> None:
        self.assert_same_integers(self.int8(make("s", relu=True, classes=1, anchors=1, width=6, seed=9)))

    def test_types(self) -> None:
        model = QuantisedModel(self.int8(make("c", width=8)))
        heads = {head.tensor for head in model.heads}
        for number, tensor in enumerate(model.tensors):
            expected = U8 if number == 0 else F32 if number in heads or tensor.stride == 0 else S8
            self.assertEqual(tensor.type, expected)
        self.assertIn(0, [tensor.stride for tensor in model.tensors])
        self.assertFalse(any(op.flags & 4 for op in model.ops))


class TestAccuracy(Int8Case):
    """The network in 8 bits is near that in float32."""

    def test_weights_are_within_half_a_step(self) -> None:
        checkpoint = make("e")
        plain, model = self.export(checkpoint), QuantisedModel(self.int8(checkpoint))
        op = next(op for op in model.ops if op.kind == interpreter.DETECT)
        twin = next(other for other in plain.ops if plain.name(other) == model.name(op))
        channels = sum(span.count for span in plain.operand(twin.a_first, twin.a_count))
        weight, _ = plain._dense(twin, channels)
        integers, unit = model.integer_weights(op), model.block(op)["multiplier"].astype(float)
        self.assertTrue((np.abs(integers).max((0, 1, 2)) >= 64).all())
        for real, rounded in zip(weight[0, 0] / unit, integers[0, 0]):  # by input channel, whose scale is unknown
            low, high = np.sort([(rounded - 0.501) / real, (rounded + 0.501) / real], axis=0)
            self.assertLess(low.max(), high.min())

    def test_neighbours_fit(self) -> None:
        for net, *options in (("e", "--literal"), ("s",), ("g",), ("v5", "--literal")):
            with self.subTest(net=net, options=options):
                model = QuantisedModel(self.int8(make(net, width=10), *options))
                sums = [np.abs(model.neighbour_sums(op)).max() for op in model.ops
                        if model.is_quantised(op) and op.kind in (interpreter.CONV, interpreter.DETECT)]
                self.assertLessEqual(max(sums), 128)
                self.assertGreater(max(sums), 120)

    def test_outputs_are_near(self) -> None:
        for net, *options in (("e",), ("c",), ("g",), ("v5", "--literal")):
            with self.subTest(net=net, options=options):
                checkpoint = make(net, width=16 if net == "e" else 8)
                plain = self.export(checkpoint, *options)
                expected = self.dump(plain.data, self.pictures[1])
                got = self.dump(self.int8(checkpoint, *options), self.pictures[1])
                for name in (plain.name(op) for op in plain.ops if op.kind == interpreter.DETECT):
                    noise = np.sqrt(np.mean((got[name] - expected[name]) ** 2))
                    self.assertLess(noise, 0.2 * expected[name].std(), name)

    def test_biases_are_corrected(self) -> None:
        checkpoint = make("s")
        plain, quantised = self.export(checkpoint).data, self.int8(checkpoint)
        pairs = [(self.dump(plain, picture), self.dump(quantised, picture)) for picture in self.pictures]
        for op in (op for op in Model(plain).ops if op.kind == interpreter.DETECT):
            name = Model(plain).name(op)
            means = [np.mean([pair[which][name].mean((0, 1)) for pair in pairs], axis=0) for which in (0, 1)]
            self.assertLess(np.abs(means[1] - means[0]).max(), 1e-3 * np.abs(means[0]).max(), name)


class TestDeterminism(Int8Case):
    """The file is a function of checkpoint, pictures and size."""

    def test_two_runs_and_numbers_of_threads_give_equal_files(self) -> None:
        checkpoint = make("c", width=8)
        first = self.int8(checkpoint)
        for processors in ({0}, {0, 1, 2}):
            with mock.patch.object(os, "sched_getaffinity", lambda _, cpus=processors: cpus, create=True):
                self.assertEqual(self.int8(checkpoint), first)

    def test_a_file_in_float32_gives_what_its_checkpoint_gives(self) -> None:
        for options in ((), ("--literal",)):
            checkpoint = make("c", width=8)
            done, target = self.run_export(self.store(checkpoint), *options)
            self.assertEqual(done.returncode, 0, done.stderr)
            plain = self.folder / "plain.v5l"
            target.replace(plain)
            self.assertEqual(self.int8(plain), self.int8(checkpoint, *options))

    def test_networks_of_stride_128(self) -> None:
        """320, the usual size, is no multiple of it."""
        net, m = Network(), Modules(1)
        for c_in in (3, *[8] * 6):
            net.add(m.conv(c_in, 8, 3, 2))
        net.add(m.detect([8], [128], 1, 1), [-1])
        data = save(checkpoint(net.model(m, 1)))
        plain = self.folder / "plain.v5l"
        plain.write_bytes(self.export(data).data)
        for command in (["info", str(plain)], ["audit", str(plain)], ["detect", "--model", str(plain),
                                                                     str(self.pictures[0])]):
            subprocess.run([ENGINE, *command], check=True, capture_output=True)
        said = subprocess.run([ENGINE, "info", "--size", "320", str(plain)], capture_output=True, check=False)
        self.assertIn(b"--size 320x320: expected multiples of 128", said.stderr)
        self.assertEqual(self.int8(plain, "--size", "256"), self.int8(data, "--size", "256"))

    def test_names_decide_which_pictures_are_used(self) -> None:
        checkpoint = make("e", width=8)
        first = self.int8(checkpoint)
        write_pictures(self.images, 5)
        (self.images / "004.ppm").rename(self.images / ".hidden.ppm")
        (self.images / "notes.txt").write_text("no picture")
        self.assertEqual(self.int8(checkpoint), first)
        (self.images / ".hidden.ppm").rename(self.images / "999.ppm")
        self.assertNotEqual(self.int8(checkpoint), first)


if __name__ == "__main__":
    unittest.main()
