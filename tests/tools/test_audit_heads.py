# SPDX-License-Identifier: MIT
"""Tests of tools/audit_heads.py: the largest errors of heads, and their origin, over generated checkpoints and
pictures.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "export"), str(ROOT / "tests" / "cli")]

os.environ.setdefault("OMP_NUM_THREADS", "1")  # threads would slow small networks down

import make_checkpoint  # noqa: E402
import pictures  # noqa: E402

TORCH = importlib.util.find_spec("torch") is not None


class Case(unittest.TestCase):
    def setUp(self) -> None:
        kept = tempfile.TemporaryDirectory()
        self.addCleanup(kept.cleanup)
        self.directory = Path(kept.name)
        for seed, width in enumerate((90, 64)):
            rows = pictures.scene(width, 70 + seed)
            (self.directory / f"{seed}.png").write_bytes(pictures.png(rows, width))

    def heads(self, *arguments: object, status: int = 0) -> subprocess.CompletedProcess:
        program = os.path.abspath(os.environ.get("V5LITE", ROOT / "build" / "v5lite"))
        done = subprocess.run([sys.executable, str(ROOT / "tools" / "audit_heads.py"), *map(str, arguments), "--size",
                               "64"],
                              cwd=self.directory, env={**os.environ, "V5LITE": program}, capture_output=True, text=True,
                              check=False, timeout=600)
        self.assertEqual(done.returncode, status, done.stderr)
        return done


class Refusals(Case):
    def test_arguments(self) -> None:
        for arguments in ((), ("a.pt",), ("--images", "0.png")):
            self.assertEqual(len(self.heads(*arguments, status=2).stderr.splitlines()), 1)

    @unittest.skipUnless(TORCH, "PyTorch is not installed: install python3-torch")
    def test_files(self) -> None:
        (self.directory / "e.pt").write_bytes(make_checkpoint.make(net="e", width=8))
        (self.directory / "bad.pt").write_bytes(b"no")
        done = self.heads("bad.pt", "e.pt", "--images", "0.png", status=1)
        self.assertEqual((len(done.stdout.splitlines()), len(done.stderr.splitlines())), (2, 1))
        self.assertEqual(len(self.heads("bad.pt", "--images", "0.png", status=2).stderr.splitlines()), 1)
        for arguments in (("e.pt", "--images", "bad.pt"), ("e.pt", "--images", "0.png", "--v5lite", "missing")):
            self.assertEqual(len(self.heads(*arguments, status=2).stderr.splitlines()), 1)


@unittest.skipUnless(TORCH, "PyTorch is not installed: install python3-torch")
class Heads(Case):
    def test_the_table_of_several_families(self) -> None:
        nets = {"e": {}, "c": {"half": True}, "v5": {}}
        for net, options in nets.items():
            (self.directory / f"{net}.pt").write_bytes(make_checkpoint.make(net=net, width=8, **options))
        done = self.heads(*(f"{net}.pt" for net in nets), "--images", "0.png", "1.png")
        lines = done.stdout.splitlines()[1:]
        self.assertEqual([line.split()[0] for line in lines], [f"{net}.pt" for net in nets])
        for line in lines:
            largest, program, torch, folded = map(float, line.split()[1:5])
            self.assertTrue(0 < program < 20 * max(torch, folded) and program < 1e-4 * largest, line)
            self.assertRegex(line, r"[01]\.png: model\.\d+\S*, off by \S+, makes \S+$")
            self.assertLess(float(line.split()[-1]), 4 * program)

    def test_an_op_that_is_wrong_is_named(self) -> None:
        import numpy as np
        import torch
        from auditing import rounding
        from auditing.modules import Network
        from exporter.checkpoint import Checkpoint
        model = Network(Checkpoint(make_checkpoint.make(net="e", width=8)))
        picture = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        reference = rounding.run(model, picture, torch.float64)
        heads = [name for name in reference if ".m." in name]
        convolutions = [name for name in reference if name.endswith(".branch2.5")]
        self.assertEqual(len(heads), 3)
        for name in (convolutions[0], convolutions[-1]):
            wrong = rounding.run(model, picture, torch.float64, add={name: torch.full_like(reference[name], 1e-3)})
            found, size, effect = rounding.origin(model, picture, wrong, reference, heads)
            self.assertEqual(found, name)
            self.assertAlmostEqual(size, 1e-3, places=9)
            self.assertAlmostEqual(effect, rounding.largest(wrong, reference, heads), places=9)


if __name__ == "__main__":
    unittest.main()
