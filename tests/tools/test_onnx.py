# SPDX-License-Identifier: MIT
"""Tests of bench/peers/make_onnx.py: the files are read back, and ONNX Runtime runs them where V5LITE_ONNXRUNTIME names
its library. From the repository's root, after `make peers`: python3 -m unittest discover -s tests/tools
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import struct
import subprocess
import sys
import tempfile
import unittest
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple
from unittest import mock

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "export"), str(ROOT / "bench" / "peers")]

import export  # noqa: E402
import make_checkpoint  # noqa: E402
import make_onnx as program  # noqa: E402
import run  # noqa: E402
from int8_case import ENGINE, needs_engine, write_pictures  # noqa: E402
from onnxgraphs import wire  # noqa: E402
from onnxgraphs.ranges import LEVELS, quantised_weights, scale_of, silu_input  # noqa: E402

LIBRARY = os.environ.get("V5LITE_ONNXRUNTIME", "")
WORKERS = Path(os.path.abspath(ENGINE)).parent / "peers"
SIZE = 64
TYPES = {1: np.float32, 2: np.uint8, 3: np.int8, 6: np.int32, 7: np.int64}
FORMS = ("", "-qdq", "-qlinear", "-qlinear16")


def fields(data: bytes) -> Iterator[Tuple[int, Any]]:
    """Yields the fields of a message: numbers, and bytes."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        elif key & 7 == 2:
            size = varint()
            at += size
            assert at <= len(data)
            yield key >> 3, data[at - size:at]
        else:
            assert key & 7 == 5
            at += 4
            yield key >> 3, struct.unpack("<f", data[at - 4:at])[0]


def all_of(data: bytes, number: int) -> List[Any]:
    return [value for field, value in fields(data) if field == number]


class File:
    """An ONNX file, read back."""

    def __init__(self, data: bytes) -> None:
        (graph,) = all_of(data, 7)
        self.sets = {b"".join(all_of(s, 1)).decode(): all_of(s, 2)[0] for s in all_of(data, 8)}
        self.arrays: Dict[str, np.ndarray] = {}
        for tensor in all_of(graph, 5):
            array = np.frombuffer(all_of(tensor, 9)[0], TYPES[all_of(tensor, 2)[0]])
            self.arrays[all_of(tensor, 8)[0].decode()] = array.reshape(all_of(tensor, 1))
        self.inputs, self.outputs = ([all_of(value, 1)[0].decode() for value in all_of(graph, number)]
                                     for number in (11, 12))
        self.nodes = [(all_of(node, 4)[0].decode(), [name.decode() for name in all_of(node, 1)],
                       all_of(node, 2)[0].decode(), b"".join(all_of(node, 7)).decode()) for node in all_of(graph, 1)]
        self.kinds = Counter(kind for kind, *_ in self.nodes)


@needs_engine
class OnnxCase(unittest.TestCase):
    """Small networks like e and s, and their graphs."""

    @classmethod
    def setUpClass(cls) -> None:
        kept = tempfile.TemporaryDirectory()
        cls.addClassCleanup(kept.cleanup)
        cls.folder = Path(kept.name)
        write_pictures(cls.folder / "images", 4)
        cls.files: Dict[str, File] = {}
        for net in ("e", "s"):
            source = cls.folder / f"{net}.pt"
            source.write_bytes(make_checkpoint.make(net, width=20))
            status, out, error = cls.run_it(source)
            assert (status, out.count("\n")) == (0, 4), error
            for form in FORMS:
                cls.files[net + form] = File((cls.folder / f"{net}-{SIZE}{form}.onnx").read_bytes())

    @classmethod
    def run_it(cls, source: Any, *options: Any) -> Tuple[int, str, str]:
        """Returns exit status, output and errors of make_onnx.py in this process."""
        out, error = io.StringIO(), io.StringIO()
        usual = [source, "--images", cls.folder / "images", "--sizes", SIZE, "--engine", ENGINE, "-o", cls.folder]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            try:
                status = program.main([str(a) for a in (*usual, *options)])
            except SystemExit as exit:  # argparse
                status = int(exit.code or 0)
        return status, out.getvalue(), error.getvalue()


class Graphs(OnnxCase):
    def test_each_value_is_made_once_and_before_its_use(self) -> None:
        for name, file in self.files.items():
            known = {*file.inputs, *file.arrays, ""}
            for kind, inputs, output, domain in file.nodes:
                self.assertLessEqual(set(inputs), known, (name, kind))
                self.assertNotIn(output, known, (name, kind))
                self.assertIn(domain, file.sets)
                known.add(output)
            self.assertEqual(file.outputs, ["head0", "head1", "head2"])
            self.assertLessEqual(set(file.outputs), known)
            used = {value for _, inputs, *_ in file.nodes for value in inputs}
            self.assertLessEqual(set(file.arrays), used, name)

    def test_every_form_has_its_operators(self) -> None:
        for net in ("e", "s"):
            plain, qdq, channels_last, wide = (self.files[net + form] for form in FORMS)
            heads, convolutions = 3, plain.kinds["Conv"]
            self.assertNotIn("QuantizeLinear", plain.kinds)
            self.assertEqual(plain.kinds["Transpose"], qdq.kinds["Transpose"])
            self.assertEqual(qdq.kinds["Conv"], convolutions)
            self.assertEqual(qdq.kinds["DequantizeLinear"], qdq.kinds["QuantizeLinear"] + 2 * convolutions)
            for file in (channels_last, wide):
                self.assertEqual(file.kinds["MatMulIntegerToFloat"], heads)
                self.assertGreaterEqual(file.kinds["QLinearConv"], convolutions - heads)
                self.assertEqual(file.kinds["QLinearSigmoid"], plain.kinds["Sigmoid"])
                self.assertNotIn("Transpose", file.kinds)
                self.assertNotIn("Resize", file.kinds)

    def test_wide_depthwise_convolutions_have_multiples_of_16_channels(self) -> None:
        counts = {}
        for form in ("-qlinear", "-qlinear16"):
            file = self.files["e" + form]
            weights = [file.arrays[inputs[3]] for kind, inputs, *_ in file.nodes if kind == "QLinearConv"]
            counts[form] = [len(w) for w in weights if w.shape[1:] == (1, 3, 3)]
        self.assertEqual([n + -n % 16 for n in counts["-qlinear"]], counts["-qlinear16"])
        self.assertNotEqual(counts["-qlinear"], counts["-qlinear16"])

    def test_equal_inputs_give_equal_bytes(self) -> None:
        before = {form: (self.folder / f"e-{SIZE}{form}.onnx").read_bytes() for form in FORMS}
        self.assertEqual(self.run_it(self.folder / "e.pt")[0], 0)
        for form, data in before.items():
            self.assertEqual((self.folder / f"e-{SIZE}{form}.onnx").read_bytes(), data)

    def test_bad_input_is_one_line(self) -> None:
        (self.folder / "c.pt").write_bytes(make_checkpoint.make("c"))
        missing = self.folder / "missing"
        for pattern, source, options in (
                ("expected a network like e or s|expected a network of", self.folder / "c.pt", ()),
                ("No such file", missing, ()), ("missing", self.folder / "e.pt", ("--images", missing)),
                ("'65' is not a multiple of 32", self.folder / "e.pt", ("--sizes", "64,65")),
                ("missing.*No such file", self.folder / "e.pt", ("-o", missing))):
            status, out, error = self.run_it(source, *options)
            self.assertEqual((status, out, error.count("\n")), (2, "", 1), error)
            self.assertRegex(error, f"^make_onnx: .*({pattern})")


class Parts(unittest.TestCase):
    def test_numbers(self) -> None:
        for value in (0, 1, 127, 128, 300, 1 << 40):
            self.assertEqual(list(fields(wire.integer(3, value))), [(3, value)])
        self.assertEqual(list(fields(wire.integer(3, -1))), [(3, (1 << 64) - 1)])

    def test_scales_hold_their_range(self) -> None:
        for low, high in ((0.0, 5.0), (-1.0, 3.0), (-2.0, 0.0), (0.5, 1.0), (0.0, 0.0)):
            for widest in (0.0, 8.0):
                s = scale_of((low, high), widest)
                self.assertLessEqual((0 - s.zero) * s.scale, min(low, 0) + s.scale)
                self.assertGreaterEqual((LEVELS - s.zero) * s.scale, high - s.scale)
        self.assertEqual(scale_of((0.0, 5.0), 8.0).zero, 0)

    def test_silu_input_has_the_given_largest_output(self) -> None:
        for high in (0.1, 1.0, 9.0):
            x = silu_input((-0.2, high))[1]
            self.assertAlmostEqual(x / (1 + math.exp(-x)), high, 6)

    def test_weights(self) -> None:
        weight = np.array([[[[1.0]], [[-0.5]]], [[[0.0]], [[0.0]]]], np.float32)
        integers, scale = quantised_weights(weight)
        self.assertEqual(integers.reshape(2, 2).tolist(), [[127, -64], [0, 0]])
        self.assertAlmostEqual(float(scale[0]), 1 / 127, 6)


@unittest.skipUnless(LIBRARY, "no ONNX Runtime: set V5LITE_ONNXRUNTIME to libonnxruntime.so.1")
class WithOnnxRuntime(OnnxCase):
    def test_heads_resemble_those_of_v5lite(self) -> None:
        for net in ("e", "s"):
            for form in FORMS:
                (self.folder / f"v5lite-{net}-{SIZE}{form}.onnx").write_bytes(
                    (self.folder / f"{net}-{SIZE}{form}.onnx").read_bytes())
            export.export(str(self.folder / f"{net}.pt"), str(self.folder / f"{net}.v5l"), False)
            with mock.patch.dict(os.environ, V5LITE=ENGINE), contextlib.redirect_stdout(io.StringIO()), \
                    contextlib.redirect_stderr(io.StringIO()):
                arguments = (self.folder / f"{net}.pt", "-o", self.folder / f"{net}-int8.v5l", "--int8", "--images",
                             self.folder / "images", "--size", SIZE)
                self.assertEqual(export.main([str(a) for a in arguments]), 0)
            out, error = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
                status = run.main([*map(str, ("--int8", "--models", self.folder, "--peer-models", self.folder,
                                              "--workers", WORKERS, "--onnxruntime", LIBRARY, "--cases",
                                              f"{net}@{SIZE}", "--image", self.folder / "images" / "000.ppm",
                                              "--starts", 1, "--turns", 1, "--runs", 1, "--format", "json"))])
            self.assertEqual(status, 0, error.getvalue() + out.getvalue())
            rows = {row["engine"]: row for row in json.loads(out.getvalue())["cases"][0]["engines"]}
            self.assertEqual(list(rows), ["v5lite", "onnxruntime", "qdq", "qlinear", "qlinear16"])
            self.assertLess(rows["onnxruntime"]["max_difference"], 1e-4)
            for row in rows.values():
                self.assertGreater(row["least_cosine"], 0.99)
            self.assertEqual(rows["qlinear"]["max_difference"], rows["qlinear16"]["max_difference"])


if __name__ == "__main__":
    unittest.main()
