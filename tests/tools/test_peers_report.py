# SPDX-License-Identifier: MIT
"""Tests of how bench/peers compares heads and reports; they run no engine. From the repository's root: python3 -m
unittest discover -s tests/tools
"""

from __future__ import annotations

import math
import sys
import tempfile
import unittest
from pathlib import Path
from typing import List, Optional, Tuple

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "bench" / "peers")]

from sidebyside import report  # noqa: E402
from sidebyside.engines import Case  # noqa: E402
from sidebyside.errors import Refused  # noqa: E402
from sidebyside.heads import Head, compare, read_peer, read_reference  # noqa: E402
from sidebyside.measure import Result, Row  # noqa: E402


class Heads(unittest.TestCase):
    HEADS = [Head(4, 4, 3, 7), Head(2, 2, 3, 7)]

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name) / "heads"
        random = np.random.default_rng(1)
        self.maps = [random.random((h.height, h.width, h.anchors, h.channels), np.float32) for h in self.HEADS]
        self.write(self.maps)
        self.reference = read_reference(self.file, self.HEADS)

    def write(self, arrays: List[np.ndarray]) -> List[Tuple[int, ...]]:
        self.file.write_bytes(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays))
        return [a.shape for a in arrays]

    def test_layouts(self) -> None:
        for order in ((2, 0, 1, 3), (2, 3, 0, 1), (0, 1, 2, 3)):
            for lead in ((), (1,)):
                arrays = []
                for head, m in zip(self.HEADS, self.maps):
                    shape = {(2, 0, 1, 3): (3, -1, 7), (2, 3, 0, 1): (21, head.height, head.width),
                             (0, 1, 2, 3): (head.height, head.width, 21)}[order]
                    arrays.append(m.transpose(order).reshape(lead + shape))
                shapes = self.write(arrays[::-1])
                found = compare(self.reference, read_peer(self.file, shapes, self.HEADS))
                self.assertEqual(found.difference, 0, (order, lead))
                self.assertAlmostEqual(found.cosine, 1, 12)

    def test_a_map_may_be_a_matrix(self) -> None:
        shapes = self.write([m.reshape(-1, 21) for m in self.maps])
        self.assertEqual(compare(self.reference, read_peer(self.file, shapes, self.HEADS)).difference, 0)

    def test_in_8_bits_heads_need_only_be_alike(self) -> None:
        near = [r + np.float32(0.02) for r in self.reference]
        found = compare(self.reference, near, int8=True)
        self.assertAlmostEqual(found.difference, 0.02, 5)
        self.assertGreater(found.cosine, 0.999)
        for far in ([-r for r in self.reference], [r * np.float32(math.nan) for r in self.reference]):
            with self.assertRaisesRegex(Refused, "cosine of (-1.0000|nan)"):
                compare(self.reference, far, int8=True)

    def test_channels_in_another_order_are_found_out(self) -> None:
        shapes = self.write([m[..., ::-1].transpose(2, 3, 0, 1).reshape(21, len(m), -1) for m in self.maps])
        with self.assertRaises(Refused) as refusal:
            compare(self.reference, read_peer(self.file, shapes, self.HEADS))
        self.assertGreater(refusal.exception.difference, 0.1)


class Report(unittest.TestCase):
    SETUP = {"threads": 1, "cpu": "all", "image": "a.png"}

    def result(self, peer: Optional[Row] = None) -> Result:
        own = Row("v5lite", "v5lite 0", "detection", turns=[[1.0, 2.0], [3.0, 4.0]])
        return Result(Case("e", 320), 1, [own, *([peer] if peer else [])])

    def test_figures(self) -> None:
        figures = report.figures(self.result().rows[0])
        self.assertEqual((figures.median, figures.minimum), (2.5, 1.0))
        self.assertAlmostEqual(figures.spread, (3.7 - 1.3) / 2.5)
        self.assertIsNone(report.figures(Row("x", "x", "network")))
        self.assertEqual(report.quantile([3.0], 0.9), 3.0)

    def test_tables_have_every_row_and_the_ratio(self) -> None:
        peer = Row("x", "a peer", "network", difference=1e-5, turns=[[4.0], [8.0]], ratios=[0.5, 0.25, 0.75])
        text = report.text(self.result(peer), self.SETUP)
        self.assertRegex(text, r"a peer +network +6\.00 +4\.00 .* 0\.500 +0\.375 to 0\.625 .*1\.0e-05")
        self.assertRegex(text, "^e@320, 1 thread, --cpu all, a.png: 1 detection\n")
        refused = Row("x", "a|peer", "network", state="refused", why="differs", difference=math.inf)
        self.assertIn("| a\\|peer | refused: differs |", report.markdown(self.result(refused), self.SETUP))
        self.assertIsNone(report.row_object(refused)["max_difference"])
        self.assertIn("a|peer    refused: differs", report.text(self.result(refused), self.SETUP))


if __name__ == "__main__":
    unittest.main()
