# SPDX-License-Identifier: MIT
"""Tests of tools/audit_torch.py: its pictures and letterbox, and, where PyTorch is installed, every family against the
C program.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import shlex
import struct
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
import zlib
from pathlib import Path
from typing import List, Tuple

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "export"), str(ROOT / "tests" / "cli")]

os.environ.setdefault("OMP_NUM_THREADS", "1")  # threads would slow small networks down

import audit_torch  # noqa: E402
from fuse import fuse  # noqa: E402
import make_checkpoint  # noqa: E402
from auditing.errors import AuditError  # noqa: E402
from auditing.pictures import read_picture  # noqa: E402
from torchlike import save  # noqa: E402

TORCH = importlib.util.find_spec("torch") is not None
PROGRAM = shlex.split(os.environ.get("RUN", "")) + [os.path.abspath(os.environ.get("V5LITE", ROOT / "build"
                                                                                   / "v5lite"))]
NETS = {"e": {}, "s": {"relu": True}, "c": {"half": True}, "g": {}, "v5": {"ema": True}, "v6": {"half": True}}


def filtered_png(samples: np.ndarray, color: int, filters: List[int], depth: int = 8, interlace: int = 0) -> bytes:
    """Returns a PNG of uint8 [height][width][channels]; row y is filtered by filters[y % len]."""
    height, width, step = samples.shape
    raw, above = b"", np.zeros((width, step), np.int64)
    for y, row in enumerate(samples.astype(np.int64)):
        left, corner = (np.concatenate([np.zeros((1, step), np.int64), r[:-1]]) for r in (row, above))
        distance = [np.abs(left + above - corner - p) for p in (left, above, corner)]
        paeth = np.where((distance[0] <= distance[1]) & (distance[0] <= distance[2]), left,
                         np.where(distance[1] <= distance[2], above, corner))
        kind = filters[y % len(filters)]
        predicted = (0 * row, left, above, (left + above) // 2, paeth)[kind]
        raw += bytes([kind]) + ((row - predicted) & 255).astype(np.uint8).tobytes()
        above = row
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        kept = tempfile.TemporaryDirectory()
        cls.addClassCleanup(kept.cleanup)
        cls.directory = Path(kept.name)
        random = np.random.default_rng(5)
        smooth = np.add.outer(np.arange(75) * 2, np.arange(97))[:, :, None] + np.array([0, 60, 90])
        cls.scene = ((smooth + random.integers(0, 40, smooth.shape)) & 255).astype(np.uint8)
        cls.picture = cls.directory / "scene.png"
        cls.picture.write_bytes(filtered_png(cls.scene, 2, [0, 1, 2, 3, 4]))
        cls.model = cls.export("e")

    @classmethod
    def export(cls, net: str, *options: str) -> Path:
        """Makes a small random network of a family, and its weights file. Returns both paths."""
        checkpoint, model = cls.directory / f"{net}.pt", cls.directory / f"{net}{''.join(options)}.v5l"
        checkpoint.write_bytes(make_checkpoint.make(net=net, width=8, **NETS[net]))
        subprocess.run([sys.executable, str(ROOT / "tools/export.py"), str(checkpoint), "-o", str(model), *options],
                       check=True, stdout=subprocess.DEVNULL)
        return model

    def audit(self, *arguments: object, status: int = 0) -> dict:
        done = subprocess.run([*PROGRAM, "audit", "--format", "json", *map(str, arguments)], capture_output=True,
                              check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        return json.loads(done.stdout)

    def run_tool(self, *arguments: object) -> Tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = audit_torch.main([str(a) for a in arguments])
            except SystemExit as end:
                status = end.code
        return status, out.getvalue(), err.getvalue()

    def refuse(self, *arguments: object, says: str) -> None:
        status, out, err = self.run_tool(*arguments)
        self.assertEqual((status, out, err.count("\n")), (2, "", 1), err)
        self.assertRegex(err, "^audit_torch: .+: .+")
        self.assertIn(says, err)


class Information(Case):
    def test_info_says_which_network_it_is(self) -> None:
        for net, says in (("e", "YOLOv5-Lite e"), ("v5", "YOLOv5 v5.0"), ("v6", "YOLOv5 v6")):
            done = subprocess.run([*PROGRAM, "info", self.export(net)], capture_output=True, text=True, check=True)
            self.assertRegex(done.stdout, rf"(?m)^exporter +v5lite export.py [0-9.]+, from {says}$")


class Pictures(Case):
    def read(self, data: bytes) -> np.ndarray:
        path = self.directory / "picture"
        path.write_bytes(data)
        picture, letterboxed = read_picture(str(path))
        self.assertFalse(letterboxed)
        return picture

    def test_every_filter_and_colour_type(self) -> None:
        alpha = self.scene[:, :, :1] ^ 255
        gray = self.scene[:, :, 1:2]
        for filters in ([0], [1], [2], [3], [4], [4, 3, 2, 1, 0]):
            np.testing.assert_array_equal(self.read(filtered_png(self.scene, 2, filters)), self.scene)
            np.testing.assert_array_equal(self.read(filtered_png(np.concatenate([self.scene, alpha], 2), 6, filters)),
                                          self.scene)
            np.testing.assert_array_equal(self.read(filtered_png(gray, 0, filters)), gray.repeat(3, 2))
            np.testing.assert_array_equal(self.read(filtered_png(np.concatenate([gray, alpha], 2), 4, filters)),
                                          gray.repeat(3, 2))

    def test_ppm_and_pgm(self) -> None:
        height, width, _ = self.scene.shape
        np.testing.assert_array_equal(self.read(b"P6 # made by hand\n%d\n%d 255\n" % (width, height)
                                                + self.scene.tobytes()), self.scene)
        gray = self.scene[:, :, 0]
        np.testing.assert_array_equal(self.read(b"P5\n%d %d\n255\n" % (width, height) + gray.tobytes()),
                                      np.stack([gray] * 3, 2))

    def test_others_are_refused(self) -> None:
        good = filtered_png(self.scene, 2, [4])
        bad = [b"", b"\xff\xd8\xff", good[:40], good[:-200], filtered_png(self.scene, 2, [0], depth=16),
               filtered_png(self.scene[:, :, :1], 3, [0]), filtered_png(self.scene, 2, [0], interlace=1),
               b"P6\n0 3\n255\n",
               b"P6\n4 4\n255\n" + bytes(47), b"P3\n1 1\n255\n1 2", b"P6\n99999 99999\n255\n", b"\x93NUMPY\x01\x00"]
        for shape, kind in (((4, 4), np.uint8), ((4, 4, 3), np.float32), ((4, 4, 4), np.uint8)):
            bad.append(audit_torch.npy_bytes(np.zeros(shape, kind)))
        for data in bad:
            with self.assertRaises(AuditError, msg=data[:60]):
                self.read(data)

    def test_letterbox_equals_the_programs(self) -> None:
        for size in ("64", "96x32", "160x192", "320"):
            dump = self.directory / f"dump-{size}"
            self.audit(self.model, "--size", size, "--image", self.picture, "--dump", dump)
            ours = audit_torch.network_input(str(self.picture), audit_torch.parse_size(size))
            np.testing.assert_array_equal(ours, np.load(dump / "input.npy"))
            np.testing.assert_array_equal(audit_torch.network_input(str(dump / "input.npy"), None), ours)

    def test_without_torch_one_line(self) -> None:
        with unittest.mock.patch("importlib.util.find_spec", return_value=None):
            self.refuse(self.directory / "e.pt", self.picture, "-o", self.directory / "x.npz", says="python3-torch")

    def test_bad_arguments(self) -> None:
        pt = self.directory / "e.pt"
        self.refuse(pt, self.picture, says="-o")
        for size in ("0", "x", "64x", "64x64x64", "-32", "9000", "\u0663\u0662"):
            self.refuse(pt, self.picture, "-o", "x.npz", f"--size={size}", says="expected N or WxH")
        letterboxed = self.directory / "input.npy"
        np.save(letterboxed, np.zeros((64, 96, 3), np.uint8))
        self.refuse(pt, letterboxed, "-o", "x.npz", "--size=64", says="letterboxed to 96x64")
        self.refuse(pt, self.directory / "none.png", "-o", "x.npz", says="none.png: No such file")


@unittest.skipUnless(TORCH, "PyTorch is not installed: install python3-torch")
class AgainstTorch(Case):
    def reference(self, net: str, *options: str) -> Path:
        out = self.directory / f"{net}.npz"
        status, said, err = self.run_tool(self.directory / f"{net}.pt", self.picture, "--size", "96x64", "-o", out,
                                          *options)
        self.assertEqual((status, err), (0, ""))
        self.assertIn("96x64", said)
        return out

    def compare(self, model: Path, reference: Path, status: int = 0) -> dict:
        return self.audit(model, "--size", "96x64", "--image", self.picture, "--against", reference,
                          status=status)["comparison"]

    def test_every_family_after_fuse(self) -> None:
        for net in NETS:
            modules = make_checkpoint.Modules(4)
            model = make_checkpoint.NETS[net](modules, 8, 3, 3).model(modules, 3)
            (self.directory / f"{net}-fused.pt").write_bytes(save(make_checkpoint.checkpoint(fuse(model))))
            target = self.directory / f"{net}-fused.v5l"
            subprocess.run([sys.executable, str(ROOT / "tools/export.py"), str(self.directory / f"{net}-fused.pt"),
                            "-o", str(target)],
                           check=True, stdout=subprocess.DEVNULL)
            self.assertTrue(self.compare(target, self.reference(f"{net}-fused"))["passes"], net)

    def test_every_family_in_both_forms(self) -> None:
        for net in NETS:
            models = self.export(net), self.export(net, "--literal")
            reference = self.reference(net)
            for model in models:
                with self.subTest(model=model.name):
                    found = self.compare(model, reference)
                    self.assertTrue(found["passes"])
                    self.assertEqual((found["ops_without_reference"], found["arrays_without_op"]), ([], []))
                    self.assertEqual(found["arrays"][0]["name"], "input")

    def test_a_directory_is_as_good(self) -> None:
        out = self.directory / "arrays"
        self.assertEqual(self.run_tool(self.directory / "e.pt", self.picture, "--size", "96x64", "-o", out)[0], 0)
        found = self.compare(self.model, out)
        self.assertTrue(found["passes"])
        self.assertEqual((found["ops_without_reference"], found["arrays_without_op"]), ([], []))

    def test_another_network_fails_at_its_first_op(self) -> None:
        other = self.directory / "other.pt"
        other.write_bytes(make_checkpoint.make(net="e", width=8, seed=2))
        out = self.directory / "other.npz"
        self.assertEqual(self.run_tool(other, self.picture, "--size", "96x64", "-o", out)[0], 0)
        self.assertIn("the first is model.0.conv.0, by", self.compare(self.model, out, status=1)["verdict"])

    def test_upstreams_classes(self) -> None:
        """Uses the classes of tools/train, which have the original's names, attributes and meaning, in place of the
        original's.
        """
        with tempfile.TemporaryDirectory() as directory:
            saved, out, model = (Path(directory) / name for name in ("saved.pt", "out.npz", "saved.v5l"))
            make = ("import sys, torch; from models.yolo import Model, Widths; torch.manual_seed(3); "
                    "m = Model(Widths(8, (16, 24, 32), 16), ['a'], [[(9, 9)], [(20, 20)], [(40, 40)]]); "
                    "torch.save({'model': m, 'ema': None}, sys.argv[1])")
            with_models = {**os.environ, "PYTHONPATH": str(ROOT / "tools/train")}
            subprocess.run([sys.executable, "-c", make, str(saved)], check=True, env=with_models)
            subprocess.run([sys.executable, str(ROOT / "tools/export.py"), str(saved), "-o", str(model)], check=True,
                           stdout=subprocess.DEVNULL)
            command = [sys.executable, str(ROOT / "tools/audit_torch.py"), "--upstream", str(saved), str(self.picture),
                       "--size", "96x64",
                       "-o", str(out)]
            subprocess.run(command, check=True, env=with_models, stdout=subprocess.DEVNULL)
            found = self.compare(model, out)
            self.assertEqual((found["passes"], found["ops_without_reference"], found["arrays_without_op"]),
                             (True, [], []))
            done = subprocess.run(command, env={**os.environ, "PYTHONPATH": ""}, capture_output=True, text=True,
                                  check=False)
            self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1))
            self.assertIn("expected a checkout of the original on PYTHONPATH", done.stderr)

    def test_checkpoints_and_sizes_that_do_not_work(self) -> None:
        out = self.directory / "not.npz"
        broken = self.directory / "broken.pt"
        broken.write_bytes(b"PK\x03\x04")
        self.refuse(broken, self.picture, "-o", out, says="broken.pt: ")
        self.refuse(self.directory / "e.pt", self.picture, "--size=100", "-o", out, says="runs at this --size")
        self.refuse(self.directory / "e.pt", self.picture, "-o", self.directory / "nowhere" / "x.npz", says="nowhere")
        self.assertFalse(out.exists())


if __name__ == "__main__":
    unittest.main()
