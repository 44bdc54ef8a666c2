# SPDX-License-Identifier: MIT
"""Tests that no Python tool writes over an input, whatever the input's name. From the repository's root: python3 -m
unittest discover -s tests/tools
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import io
import os
import runpy
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path
from typing import Any, Dict, List

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "export")]

import make_checkpoint  # noqa: E402

TORCH = importlib.util.find_spec("torch") is not None


class Overwriting(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)
        environment = {name: value for name, value in os.environ.items() if name != "V5LITE_CHECKPOINTS"}
        patch = unittest.mock.patch.dict(os.environ, environment, clear=True)
        patch.start()
        self.addCleanup(patch.stop)

    def put(self, name: str, data: bytes = b"input") -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return name

    def files(self) -> Dict[str, Any]:
        return {str(path): path.read_bytes() if path.is_file() else os.readlink(path) if path.is_symlink() else None
                for path in sorted(self.folder.rglob("*"))}

    def refuse(self, tool: str, *arguments: str, says: str = "is the input") -> None:
        before, error = self.files(), io.StringIO()
        with unittest.mock.patch("sys.argv", [tool, *arguments]), unittest.mock.patch("sys.path", sys.path[:]), \
                contextlib.redirect_stderr(error), self.assertRaises(SystemExit) as end:
            runpy.run_path(str(ROOT / tool), run_name="__main__")
        self.assertEqual((end.exception.code, error.getvalue().count("\n")), (2, 1),
                         f"{tool} {arguments}: {error.getvalue()}")
        self.assertRegex(error.getvalue(), rf"\A{Path(tool).stem}: file: .*{says}")
        self.assertEqual(self.files(), before)

    def names(self, name: str) -> List[str]:
        """Returns four names of the file."""
        hard, soft = f"hard-{name}", f"soft-{name}"
        os.link(self.folder / name, self.folder / hard)
        (self.folder / soft).symlink_to(name)
        return [name, f"./{name}", hard, soft]

    def test_export(self) -> None:
        self.put("x.pt", make_checkpoint.make())
        for name in self.names("x.pt"):
            self.refuse("tools/export.py", "x.pt", "-o", name)

    def test_export_int8(self) -> None:
        """Tests the program that runs the pictures, and pictures beyond the first 128, which are not run."""
        self.put("x.v5l")
        self.put("engine")
        for number in range(130):
            self.put(f"pictures/{number:03}.png")
        for name in self.names("engine") + ["x.v5l", "pictures/000.png", "pictures/129.png"]:
            for outputs in (("-o", name), ("-o", "y.v5l", "--report", name)):
                self.refuse("tools/export.py", "x.v5l", "--int8", "--images", "pictures", "--engine", "./engine",
                            *outputs)


    def test_embed(self) -> None:
        self.put("x.c")
        for name in self.names("x.c"):
            self.refuse("tools/embed.py", "x.c", "-o", name)

    def test_fetch(self) -> None:
        line = f"x.pt {hashlib.sha256(b'other').hexdigest()} GPL-3.0 default http://127.0.0.1:9/x.pt\n"
        self.put("x.pt", line.encode())
        self.refuse("tools/fetch.py", "--catalog", "x.pt", "--out", ".")
        self.put("out/other")
        for name in ("x.pt", "x.v5l"):
            os.link(self.folder / "x.pt", self.folder / "out" / name)
            self.refuse("tools/fetch.py", "--catalog", "x.pt", "--out", "out")
            (self.folder / "out" / name).unlink()

    def test_plot(self) -> None:
        self.put("x.svg", b"{}")
        for name in self.names("x.svg"):
            self.refuse("bench/plot.py", "x.svg", "--layers", name)
        self.refuse("bench/plot.py", "x.svg", "--layers", "y.svg", "--roofline", "./y.svg",
                    says="is the output y.svg, too")

    def test_amalgam(self) -> None:
        """Tests outputs that are the sources themselves, through a link, which must stay."""
        (self.folder / "include").symlink_to(ROOT / "include")
        self.refuse("tools/package/amalgam.py", "--out", "include")
        self.put("out/other")
        (self.folder / "out" / "v5lite.c").symlink_to(ROOT / "src" / "net.c")
        self.refuse("tools/package/amalgam.py", "--out", "out")

    def test_scenes(self) -> None:
        for number in range(10):
            self.put(f"digits/{number}.json", b'{"data": [' + b"1," * 783 + b"1]}")
        self.refuse("tools/train/write_scenes.py", "--digits", "digits", "--out", "digits", "--count", "1")
        self.put("out/images/other")
        self.put("out/labels/other")
        for name in ("images/scene-000000.png", "labels/scene-000000.txt", "classes.txt"):
            os.link(self.folder / "digits" / "3.json", self.folder / "out" / name)
            self.refuse("tools/train/write_scenes.py", "--digits", "digits", "--out", "out", "--count", "1")
            (self.folder / "out" / name).unlink()

    @unittest.skipUnless(TORCH, "PyTorch is not installed: install python3-torch")
    def test_audit_torch(self) -> None:
        self.put("x.npz", make_checkpoint.make(width=8))
        self.put("p.npz", b"P6\n64 64\n255\n" + bytes(64 * 64 * 3))
        for name in self.names("x.npz") + self.names("p.npz"):
            self.refuse("tools/audit_torch.py", "x.npz", "p.npz", "-o", name, "--size", "64")
        self.put("dump/input.npy", (self.folder / "p.npz").read_bytes())
        self.refuse("tools/audit_torch.py", "x.npz", "dump/input.npy", "-o", "dump", "--size", "64")

    @unittest.skipUnless(TORCH, "PyTorch is not installed: install python3-torch")
    def test_train(self) -> None:
        for name in ("data/classes.txt", "data/images/a.png", "data/labels/a.txt", "run/other", "start.pt"):
            self.put(name)
        for out in ("data", "data/images", "data/labels"):
            self.refuse("tools/train/train.py", "--data", "data", "--out", out)
            self.refuse("tools/train/train.py", "--digits", "run", "--val", "data", "--out", out)
        self.refuse("tools/train/train.py", "--digits", "run", "--out", "run")
        for source in ("data/images/a.png", "data/labels/a.txt", "data/classes.txt", "start.pt"):
            for name in ("best.pt", "last.pt"):
                os.link(self.folder / source, self.folder / "run" / name)
                self.refuse("tools/train/train.py", "--data", "data", "--out", "run", "--weights", "start.pt")
                (self.folder / "run" / name).unlink()
        self.put("run/best.pt")
        self.refuse("tools/train/train.py", "--data", "data", "--out", "run", "--weights", "run/best.pt")


if __name__ == "__main__":
    unittest.main()
