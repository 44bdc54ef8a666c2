# SPDX-License-Identifier: MIT
"""Tests of export.py --fp16: the file is that of float32, but for the types of maps and the bits of weights. From the
repository's root: python3 -m unittest discover -s tests/export
"""

from __future__ import annotations

import os
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Set

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from export_case import ExportCase  # noqa: E402
from exporter.errors import ExportError  # noqa: E402
from exporter.half import rounded  # noqa: E402
from interpreter import Model, Op  # noqa: E402
from make_checkpoint import Modules, Network, checkpoint, make  # noqa: E402
from torchlike import save  # noqa: E402

F32, F16 = 0, 2  # types of a tensor
PROGRAM = os.environ.get("V5LITE", "")


def tensors_of(model: Model, op: Op) -> Set[int]:
    """Returns the tensors that an op reads as operand A or writes."""
    inputs, outputs = model.operand(op.a_first, op.a_count), model.operand(op.out_first, op.out_count)
    return {span.tensor for span in (*inputs, *outputs)}


class TestHalf(ExportCase):
    def compare(self, wide: Model, half: Model) -> None:
        """Checks types, weights and biases of a file against the file in float32."""
        heads = {head.tensor for head in wide.heads}
        maps = {i for i, tensor in enumerate(wide.tensors) if i > 0 and tensor.stride > 0} - heads
        self.assertTrue(maps)
        for index, (a, b) in enumerate(zip(wide.tensors, half.tensors)):
            self.assertEqual((a.channels, a.stride, F16 if index in maps else a.type), tuple(b))
        for a, b in zip(wide.ops, half.ops):
            self.assertEqual(a._replace(weights=0, bias=0), b._replace(weights=0, bias=0))
            narrow = bool(maps & tensors_of(wide, a))
            weights = np.frombuffer(half.weights, "<f2" if narrow else "<f4", b.weight_count, b.weights)
            expected = wide.floats(a.weights, a.weight_count)
            np.testing.assert_array_equal(weights, expected.astype(np.float16 if narrow else np.float32), a.name)
            np.testing.assert_array_equal(half.floats(b.bias, b.bias_count), wide.floats(a.bias, a.bias_count))

    def test_weights_are_those_of_float32_rounded(self) -> None:
        for net in ("e", "s", "c", "g"):
            for options in ([], ["--literal"]):
                with self.subTest(net=net, options=options):
                    source = self.store(make(net))
                    self.compare(self.export(source, *options), self.export(source, *options, "--fp16"))

    def test_the_same_bytes_each_time_and_about_half_of_them(self) -> None:
        source = self.store(make("s", width=48))
        wide = self.run_export(source)[1].stat().st_size
        first, second = (self.run_export(source, "--fp16")[1].read_bytes() for _ in range(2))
        self.assertEqual(first, second)
        self.assertLess(len(first), 0.6 * wide)

    def test_summary_says_half_floats(self) -> None:
        done, _ = self.run_export(self.store(make("e")), "--fp16")
        self.assertIn(", half floats, ", done.stdout)

    def test_weights_that_half_floats_cannot_hold_are_refused_by_name(self) -> None:
        with self.assertRaises(ExportError) as caught:
            rounded("model.0.conv.0", np.array([1.0, -65520.0], np.float32))
        self.assertRegex(str(caught.exception), "model.0.conv.0: .*65520.*65504")
        self.assertEqual(rounded("a", np.array([65519.0], np.float32))[0], 65504.0)
        net, m = Network(), Modules(2)
        net.add(m.conv(3, 8, 3, 2))
        net.add(m.conv(8, 8))
        net.add(m.detect([8], [2], 2, 1), [-1])
        net.layers[1].state["_modules"]["conv"].state["_parameters"]["weight"].args[0][...] *= 1e7
        source = self.store(save(checkpoint(net.model(m, 2))))
        done, target = self.run_export(source, "--fp16")
        self.assertEqual((done.returncode, done.stdout, list(target.parent.iterdir())), (2, "", []))
        self.assertRegex(done.stderr, r"\Aexport: \S+file.pt: model.1.conv: a weight of [\d.e+]+: half floats reach "
                                      r"65504, export without --fp16\n\Z")
        self.export(source)

    def test_no_transformed_weights(self) -> None:
        done, target = self.run_export(self.store(make("g")), "--fp16", "--layout", "winograd", "--size", "320")
        self.assertEqual((done.returncode, done.stdout, target.exists()), (2, "", False))
        self.assertRegex(done.stderr, r"\Aexport: [^\n]*--fp16[^\n]+\n\Z")

    @unittest.skipUnless(PROGRAM, "no program: pass V5LITE=build/v5lite")
    def test_engine_gives_nearly_the_outputs_of_float32(self) -> None:
        picture = Path(__file__).resolve().parents[1] / "images" / "coffee.png"
        for net, *options in (("e",), ("s",), ("c",), ("g",), ("v5", "--literal"), ("v6",)):
            with self.subTest(net=net, options=options):
                source, dump = self.store(make(net)), self.folder / net
                _, target = self.run_export(source, *options)
                command = [PROGRAM, "audit", "--image", str(picture), str(target)]
                subprocess.run([*command, "--dump", str(dump)], check=True, capture_output=True)
                self.run_export(source, *options, "--fp16")
                done = subprocess.run([*command, "--against", str(dump), "--relative", "0.02", "--tolerance", "0"],
                                      capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout[-300:])


if __name__ == "__main__":
    unittest.main()
