# SPDX-License-Identifier: MIT
"""Tests of bench/peers with a stub in place of OpenCV; no test depends on time. From the repository's root, after `make
peers`: python3 -m unittest discover -s tests/tools

Set V5LITE to the program if it is not build/v5lite: the workers are in peers/ next to it.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path
from typing import Any, Dict, List, Tuple

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "export"), str(ROOT / "bench" / "peers")]

import export  # noqa: E402
import interpreter  # noqa: E402
import make_checkpoint  # noqa: E402
import run as program  # noqa: E402
from sidebyside.heads import Head, read_reference  # noqa: E402

WORKERS = Path(os.path.abspath(os.environ.get("V5LITE") or ROOT / "build" / "v5lite")).parent / "peers"
PICTURE = ROOT / "tests" / "images" / "coffee.png"
SIZE = 64
VERSION = re.search(r'V5L_VERSION "(.*)"', (ROOT / "include" / "v5lite.h").read_text()).group(1)

# A cv2 whose "ONNX" files are the arrays that forward() returns.
STUB = """
import os
import numpy
__version__ = "0"
setNumThreads = lambda count: None

class dnn:
    DNN_BACKEND_OPENCV = DNN_TARGET_CPU = 0

    class readNetFromONNX:
        setPreferableBackend = setPreferableTarget = setInput = lambda self, _: None

        def __init__(self, path):
            with numpy.load(path) as arrays:
                self.arrays = dict(arrays)
            self.left = int(self.arrays.pop("runs", 1000000))

        def getUnconnectedOutLayersNames(self):
            return list(self.arrays)

        def forward(self, names):
            self.left -= 1
            if self.left < 0:
                os._exit(7)
            return [self.arrays[name] for name in names]
"""


class PeersCase(unittest.TestCase):
    """A folder with a small network, its raw heads, and a place for stubs."""

    @classmethod
    def setUpClass(cls) -> None:
        kept = tempfile.TemporaryDirectory()
        cls.addClassCleanup(kept.cleanup)
        cls.models = Path(kept.name)
        (cls.models / "net.pt").write_bytes(make_checkpoint.make())
        export.export(str(cls.models / "net.pt"), str(cls.models / "net.v5l"), False)
        done = subprocess.run([*cls.own_worker(), "--prepare", str(cls.models)], check=True, capture_output=True)
        cls.heads = [Head(*numbers) for numbers in json.loads(done.stdout)["heads"]]
        cls.values = read_reference(cls.models / "heads.f32", cls.heads)

    @classmethod
    def own_worker(cls) -> List[str]:
        return [str(WORKERS / "v5lite"), "--model", str(cls.models / "net.v5l"), "--size", str(SIZE), "--image",
                str(PICTURE)]

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "cv2.py").write_text(STUB)

    def run_it(self, *arguments: Any) -> Tuple[int, str, str]:
        """Returns exit status, output and errors of a run in this process. The last of two equal options counts."""
        usual = ["--models", self.models, "--peer-models", self.folder, "--checkpoints", self.folder, "--workers",
                 WORKERS,
                 "--cases", f"net@{SIZE}", "--starts", 1, "--turns", 2, "--runs", 3, "--warmup", 1]
        out, error = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error), \
                unittest.mock.patch.dict(os.environ, PYTHONPATH=str(self.folder)):
            try:
                status = program.main([str(a) for a in (*usual, *arguments)])
            except SystemExit as exit:  # argparse
                status = int(exit.code or 0)
        return status, out.getvalue(), error.getvalue()

    def rows(self, *arguments: Any, status: int = 0) -> Dict[str, Dict[str, Any]]:
        """Returns the rows of a run, by engine."""
        code, out, error = self.run_it("--format", "json", *arguments)
        self.assertEqual(code, status, error)
        return {row["engine"]: row for row in json.loads(out)["cases"][0]["engines"]}

    def stub_row(self, arrays: Dict[str, np.ndarray], status: int) -> Dict[str, Any]:
        """Returns OpenCV's row when forward() returns these arrays."""
        with open(self.folder / f"v5lite-net-{SIZE}.onnx", "wb") as file:
            np.savez(file, **arrays)
        return self.rows("--peers", "opencv", status=status)["opencv"]

    def right(self) -> Dict[str, np.ndarray]:
        """Returns v5lite's own heads, the smallest map first, as NCHW."""
        maps = [v.transpose(0, 2, 1).reshape(1, -1, h.height, h.width) for v, h in zip(self.values, self.heads)]
        return {f"o{i}": m for i, m in reversed(list(enumerate(maps)))}


class CommandLine(PeersCase):
    def refuse(self, pattern: str, *arguments: Any) -> None:
        code, out, error = self.run_it(*arguments)
        self.assertEqual((code, out), (2, ""))
        self.assertRegex(error, pattern)
        self.assertEqual(error.count("\n"), 1, error)

    def test_help_names_every_option(self) -> None:
        script = str(ROOT / "bench" / "peers" / "run.py")
        out = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True, check=True).stdout
        for option in ("--models", "--peer-models", "--onnxruntime", "--ncnn", "--mnn", "--tflite", "--cpu",
                       "--format"):
            self.assertIn(option, out)

    def test_bad_arguments_are_one_line(self) -> None:
        self.refuse("^run: usage: .*--unknown", "--unknown")
        self.refuse("'e320' is not NAME@SIZE", "--cases", "e320")
        self.refuse("'../e@320' is not NAME@SIZE", "--cases", "../e@320")
        self.refuse("'torch' is none of onnxruntime,", "--peers", "torch")
        for option in ("--starts", "--turns", "--runs", "--threads"):
            self.refuse("is not a number from 1", option, "0")
        self.refuse("'65' is not a number from 1 to 64", "--threads", "65")
        self.refuse("--cpu", "--cpu", "sse2")

    def test_missing_and_broken_files_are_named(self) -> None:
        self.refuse("file: .*v5lite-none.v5l: expected it to exist", "--cases", "none@64")
        self.refuse("file: .*none.png", "--image", self.folder / "none.png")
        self.refuse("expected multiples of 32", "--cases", "net@65")
        (self.folder / "bad.v5l").write_text("text")
        self.refuse("bad model", "--models", self.folder, "--cases", "bad@64")
        self.refuse("cannot read image", "--image", self.models / "net.v5l")
        self.refuse("worker: .*No such file", "--workers", self.folder)


class Absent(PeersCase):
    def test_absent_peers_are_named_and_no_failure(self) -> None:
        rows = self.rows()
        self.assertEqual(list(rows), ["v5lite", "onnxruntime", "ncnn", "mnn", "tflite", "opencv", "pytorch"])
        self.assertEqual([row["state"] for row in rows.values()], ["measured"] + 6 * ["absent"])
        self.assertRegex(rows["onnxruntime"]["why"], "give --onnxruntime .*libonnxruntime.so")
        self.assertRegex(rows["ncnn"]["why"], "give --ncnn DIR")
        self.assertRegex(rows["mnn"]["why"], "give --mnn DIR")
        self.assertRegex(rows["tflite"]["why"], "give --tflite .*libtensorflowlite_c.so")
        self.assertRegex(rows["opencv"]["why"], "expected the model .*v5lite-net-64.onnx")
        self.assertRegex(rows["pytorch"]["why"], "expected the checkpoint .*v5lite-net.pt")
        self.assertIn("absent: give --ncnn DIR", self.run_it()[1])
        self.assertIn("| ncnn | absent: give --ncnn DIR", self.run_it("--format", "markdown")[1])

    def test_python_without_the_module_is_absent_too(self) -> None:
        for module, model in (("cv2", f"v5lite-net-{SIZE}.onnx"), ("torch", "v5lite-net.pt")):
            (self.folder / f"{module}.py").write_text("raise ImportError('not installed here')")
            (self.folder / model).touch()
        rows = self.rows("--peers", "opencv,pytorch")
        for key in ("opencv", "pytorch"):
            self.assertEqual(rows[key]["state"], "absent")
            self.assertRegex(rows[key]["why"], "not installed here")

    def test_models_of_given_engines_are_asked_for(self) -> None:
        rows = self.rows("--onnxruntime", PICTURE, "--ncnn", self.folder, "--mnn", self.folder, "--tflite", PICTURE)
        for key, ending in (("onnxruntime", "-64.onnx"), ("ncnn", ".ncnn.param"), ("mnn", "-64.mnn"),
                            ("tflite", "-64.tflite")):
            self.assertEqual(rows[key]["state"], "absent")
            self.assertRegex(rows[key]["why"], f"expected the model .*v5lite-net{ending}")

    def test_what_is_given_and_does_not_work_is_a_failure(self) -> None:
        for ending in (f"-{SIZE}.onnx", f"-{SIZE}.tflite", ".ncnn.param", ".ncnn.bin", ".mnn"):
            (self.folder / f"v5lite-net{ending}").touch()
        rows = self.rows("--onnxruntime", PICTURE, "--ncnn", self.folder, "--mnn", self.folder, "--tflite", PICTURE,
                         "--python", self.folder / "none", status=1)
        for key, why in (("onnxruntime", "ort: .*coffee.png"), ("ncnn", "expected .*libncnn.a"),
                         ("mnn", "expected .*libMNN.so or .*libMNN.a"), ("tflite", "tflite: .*coffee.png"),
                         ("opencv", "none: No such file")):
            self.assertEqual(rows[key]["state"], "failed")
            self.assertRegex(rows[key]["why"], why)

    def test_installations_without_headers_do_not_compile(self) -> None:
        (self.folder / "lib").mkdir()
        for name in ("v5lite-net.ncnn.param", "v5lite-net.ncnn.bin", "v5lite-net.mnn", "lib/libncnn.a", "lib/libMNN.a"):
            (self.folder / name).touch()
        rows = self.rows("--ncnn", self.folder, "--mnn", self.folder, "--peers", "ncnn,mnn", status=1)
        for key, header in (("ncnn", "net.h"), ("mnn", "Interpreter.hpp")):
            self.assertEqual(rows[key]["state"], "failed")
            self.assertRegex(rows[key]["why"], f"{header}|^g(cc|[+][+]):")

    def test_libraries_of_something_else_are_told(self) -> None:
        for ending in ("onnx", "tflite"):
            (self.folder / f"v5lite-net-{SIZE}.{ending}").touch()
        rows = self.rows("--onnxruntime", "libc.so.6", "--tflite", "libc.so.6", "--peers", "onnxruntime,tflite",
                         status=1)
        self.assertEqual(rows["onnxruntime"]["why"], "ort: libc.so.6: expected ONNX Runtime's library")
        self.assertEqual(rows["tflite"]["why"], "tflite: libc.so.6: expected it to have TfLiteVersion")


class Int8(PeersCase):
    def test_the_file_in_8_bits_is_timed(self) -> None:
        code, _, error = self.run_it("--int8")
        self.assertEqual(code, 2)
        self.assertRegex(error, "file: .*v5lite-net-int8.v5l: expected it to exist")
        both = self.folder / "models"
        both.mkdir()
        for name in ("net", "net-int8"):
            (both / f"{name}.v5l").write_bytes((self.models / "net.v5l").read_bytes())
        rows = self.rows("--int8", "--models", both)
        self.assertEqual(list(rows), ["v5lite", "onnxruntime", "qdq", "qlinear", "qlinear16"])
        self.assertEqual((rows["v5lite"]["title"], rows["v5lite"]["max_difference"]), (f"v5lite {VERSION}, int8", 0))
        self.assertEqual([rows[key]["state"] for key in list(rows)[1:]], 4 * ["absent"])


class TFLite(PeersCase):
    """The worker with a stub library that returns the outputs in its "model", and stores its input."""

    def setUp(self) -> None:
        super().setUp()
        self.engine, self.kept = self.folder / "libstub.so", self.folder / "kept"
        stub = ROOT / "tests" / "tools" / "stub_tflite.c"
        subprocess.run(["cc", "-shared", "-fPIC", f'-DKEPT="{self.kept}"', "-o", self.engine, stub], check=True)

    def row(self, maps: List[np.ndarray], status: int = 0) -> Dict[str, Any]:
        """Returns its row for these outputs."""
        numbers = [len(maps), *(n for m in maps for n in (m.ndim, *m.shape))]
        values = b"".join(np.ascontiguousarray(m).tobytes() for m in maps)
        (self.folder / f"v5lite-net-{SIZE}.tflite").write_bytes(np.array(numbers, np.int32).tobytes() + values)
        return self.rows("--tflite", self.engine, "--peers", "tflite", status=status)["tflite"]

    def test_maps_are_nhwc(self) -> None:
        row = self.row([m.transpose(0, 2, 3, 1) for m in self.right().values()])
        self.assertEqual((row["state"], row["title"], row["max_difference"]), ("measured", "TensorFlow Lite 0", 0))
        self.assertEqual([len(turn) for turn in row["turns_ms"]], [3, 3])
        given = np.fromfile(self.models / "input.f32", np.float32).reshape(3, SIZE, SIZE)
        self.assertTrue(np.array_equal(np.fromfile(self.kept, np.float32).reshape(SIZE, SIZE, 3),
                                       given.transpose(1, 2, 0)))

    def test_differing_heads_are_refused(self) -> None:
        row = self.row([m.transpose(0, 2, 3, 1) + np.float32(0.01) for m in self.right().values()], 1)
        self.assertEqual(row["state"], "refused")

    def test_a_network_that_cannot_be_read_is_named(self) -> None:
        row = self.row([], 1)
        self.assertEqual((row["state"], row["why"][:8]), ("failed", "tflite: "))
        self.assertRegex(row["why"], "v5lite-net-64.tflite: cannot read the network")


class PyTorch(unittest.TestCase):
    def test_it_computes_every_family_of_networks(self) -> None:
        pixels = np.random.RandomState(1).randint(0, 256, (SIZE, SIZE, 3)).astype(np.uint8)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (pixels.transpose(2, 0, 1) / np.float32(255)).astype("<f4").tofile(folder / "input")
            for net in make_checkpoint.NETS:
                (folder / "net.pt").write_bytes(make_checkpoint.make(net, classes=1))
                done = subprocess.run(
                    [sys.executable, str(ROOT / "bench" / "peers" / "torch_worker.py"), str(folder / "net.pt"),
                     str(SIZE), "1",
                     str(folder / "input"), str(folder / "heads")], stdin=subprocess.DEVNULL, capture_output=True,
                    text=True)
                if done.returncode == 3:
                    self.skipTest(f"no PyTorch: {done.stderr.strip()}")
                self.assertEqual(done.returncode, 0, done.stderr)
                export.export(str(folder / "net.pt"), str(folder / "net.v5l"), True)
                model = interpreter.Model((folder / "net.v5l").read_bytes())
                values = model.run(pixels)
                maps = [values[model.name(op)] for op in model.ops if op.kind == interpreter.DETECT]
                expected = np.concatenate([m.transpose(2, 0, 1).reshape(-1) for m in maps])
                np.testing.assert_allclose(np.fromfile(folder / "heads", "<f4"), expected, rtol=1e-4, atol=1e-4)


class Turns(PeersCase):
    def test_v5lite_alone(self) -> None:
        row = self.rows("--peers", "")["v5lite"]
        self.assertEqual((row["state"], row["timed"], row["title"]), ("measured", "detection", f"v5lite {VERSION}"))
        self.assertEqual([len(turn) for turn in row["turns_ms"]], [3, 3])
        self.assertTrue(all(t > 0 for turn in row["turns_ms"] for t in turn))

    def test_v5lite_has_a_turn_before_each_of_a_peers(self) -> None:
        row = self.stub_row(self.right(), 0)
        self.assertEqual((row["state"], row["title"], row["max_difference"]), ("measured", "OpenCV DNN 0", 0))
        self.assertEqual([len(turn) for turn in row["turns_ms"]], [3, 3])
        self.assertGreater(row["v5lite_to_peer"], 0)

    def test_every_start_adds_turns(self) -> None:
        with open(self.folder / f"v5lite-net-{SIZE}.onnx", "wb") as file:
            np.savez(file, **self.right())
        rows = self.rows("--peers", "opencv,ncnn", "--starts", 2)
        self.assertEqual([len(rows[key]["turns_ms"]) for key in ("v5lite", "opencv", "ncnn")], [4, 4, 0])

    def test_worker_answers_each_line_and_refuses_what_is_no_number(self) -> None:
        done = subprocess.run(self.own_worker(), input="3\n1\n", capture_output=True, text=True, check=True)
        ready, first, second = map(json.loads, done.stdout.splitlines())
        self.assertEqual((len(first["ms"]), len(second["ms"])), (3, 1))
        self.assertGreater(ready["first_ms"], 0)
        for line in ("x", "0", "-1", "100001", "1 1", ""):
            done = subprocess.run(self.own_worker(), input=line + "\n1\n", capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout.count("\n"), done.stderr.count("\n")), (2, 1, 1), line)

    def test_input_is_the_letterboxed_picture(self) -> None:
        values = np.fromfile(self.models / "input.f32", np.float32).reshape(3, SIZE, SIZE)
        self.assertTrue(np.array_equal(values[:, 0], np.full((3, SIZE), np.float32(114) / np.float32(255))))
        self.assertGreater(values[:, SIZE // 2].std(), 0.1)


class Differences(PeersCase):
    def refused(self, arrays: Dict[str, np.ndarray], pattern: str) -> None:
        row = self.stub_row(arrays, 1)
        self.assertEqual((row["state"], row["turns_ms"], row["v5lite_to_peer"]), ("refused", [], None))
        self.assertRegex(row["why"], pattern)

    def test_differing_heads_are_refused(self) -> None:
        for name, change in (("o0", 0.01), ("o0", math.nan), ("o2", math.nan)):
            arrays = self.right()
            arrays[name] = arrays[name].copy()
            arrays[name][0, 5, 1, 1] += np.float32(change)
            self.refused(arrays, r"differ from v5lite's by (0\.01|nan)")

    def test_other_shapes_are_refused(self) -> None:
        arrays = self.right()
        self.refused({**arrays, "o0": arrays["o0"][:, 1:]}, "shapes")
        self.refused({**arrays, "o3": arrays["o0"]}, "shapes")
        self.refused({"o0": arrays["o0"]}, "shapes")

    def test_a_peer_that_breaks_is_named(self) -> None:
        row = self.stub_row({**self.right(), "runs": np.array(3)}, 1)
        self.assertEqual((row["state"], row["why"], row["turns_ms"]), ("failed", "exit status 7", []))
        (self.folder / "cv2.py").write_text(STUB.replace("self.left -= 1", "raise ValueError('cannot\\nread this')"))
        row = self.stub_row(self.right(), 1)
        self.assertEqual((row["state"], row["why"]), ("failed", "ValueError: cannot read this"))


if __name__ == "__main__":
    unittest.main()
