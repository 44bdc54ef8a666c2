# SPDX-License-Identifier: MIT
"""tests/docs/figures.py finds figures that differ between pages."""

import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "docs"))
import figures  # noqa: E402

README = "| e, 320 | 0.3 / 0.4 | 6.2 | 100 | 50 | small |\n| e, ESTIMATED ms | 1 | 2 | 3 | 4 |\n"
PRECISION = "| e, 320 | 0.3 / 0.4 | 6.2 | 100 | 50 |\n| e, 320, avx2 | | 9 | 9 | 50 |\n"
MEMORY = "| e, 320 | 100 | 90 | 0 | 10 | 50 |\n| e, 160 | 1 | 1 | 0 | 0 | 50 |\n"


class Figures(unittest.TestCase):
    def faults(self, precision=PRECISION, bench="| e, ESTIMATED ms | 1 | 2 | 3 | 4 |\n", memory=MEMORY):
        return figures.faults_of({"README.md": README, "weights/precision.md": precision, "bench/README.md": bench,
                                  "src/README.md": memory})

    def test_equal_figures_are_no_fault(self):
        self.assertEqual(self.faults(), [])

    def test_each_column_is_compared(self):
        for old, new in (("0.3 /", "0.2 /"), ("| 6.2 ", "| 6.3 "), ("| 100 ", "| 101 "), ("| 50 |\n|", "| 51 |\n|")):
            self.assertTrue(self.faults(precision=PRECISION.replace(old, new, 1)), new)
        self.assertEqual(self.faults(bench="| e, ESTIMATED ms | 1 | 2 | 3 | 5 |\n"),
                         ["bench/README.md: 'e, ESTIMATED ms': 1, 2, 3, 5: expected 1, 2, 3, 4, as in README.md"])
        for old, new in (("| 100 ", "| 101 "), ("| 10 | 50 ", "| 10 | 51 ")):
            self.assertEqual(len(self.faults(memory=MEMORY.replace(old, new))), 1, new)


if __name__ == "__main__":
    unittest.main()
