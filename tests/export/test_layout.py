# SPDX-License-Identifier: MIT
"""Tests of export.py --layout winograd, with a reader that transforms the weights back. From the repository's root:
python3 -m unittest discover -s tests/export
"""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from export_case import ExportCase  # noqa: E402
from make_checkpoint import make  # noqa: E402

WINOGRAD = 4  # flag
PICTURE = np.random.RandomState(0).randint(0, 256, (128, 128, 3)).astype(np.uint8)


class TestLayout(ExportCase):
    def test_transformed_weights_are_those_of_the_default_file(self) -> None:
        for options in ([], ["--literal"]):
            with self.subTest(options=options):
                checkpoint = make("g", width=24)
                default = self.export(checkpoint, *options)
                stored = self.export(checkpoint, *options, "--layout", "winograd", "--size", "320")
                self.assertFalse(any(op.flags & WINOGRAD for op in default.ops))
                flagged = [op for op in stored.ops if op.flags & WINOGRAD]
                self.assertGreater(len(flagged), 2)
                self.assertEqual([op._replace(flags=0, weights=0, weight_count=0, bias=0) for op in default.ops],
                                 [op._replace(flags=0, weights=0, weight_count=0, bias=0) for op in stored.ops])
                self.assert_same_values(default, stored, PICTURE)

    def test_default_layout_can_be_named(self) -> None:
        source = self.store(make("g"))
        plain, named = (self.run_export(source, *options)[1].read_bytes() for options in ([], ["--layout", "direct"]))
        self.assertEqual(plain, named)


if __name__ == "__main__":
    unittest.main()
