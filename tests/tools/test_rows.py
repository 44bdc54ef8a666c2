# SPDX-License-Identifier: MIT
"""bench/rows.py replaces figures in pages; bench/qemu/run.py chooses the cores of a model."""

import argparse
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "bench" / "qemu")]
import rows  # noqa: E402
import run  # noqa: E402

PAGE = "| a | x | 1 | 2 | note |\n| a | y | 3 | 4 |\n| ab | x | 5 | 6 |\ntext | a | x |\n"


class Rows(unittest.TestCase):
    def updated(self, new: list, keys: int) -> str:
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "page.md"
            page.write_text(PAGE)
            rows.update(page, new, keys)
            return page.read_text()

    def test_only_lines_that_begin_with_the_keys_change_and_more_cells_stay(self) -> None:
        self.assertEqual(self.updated([["a", "x", "7", "8"]], 2), PAGE.replace("| 1 | 2 |", "| 7 | 8 |"))
        self.assertEqual(self.updated([["ab", "z", "7", "8"]], 1),
                         PAGE.replace("| ab | x | 5 | 6 |", "| ab | z | 7 | 8 |"))
        self.assertEqual(self.updated([["c", "x", "7", "8"]], 1), PAGE)

    def test_an_empty_cell_of_a_row_keeps_the_pages(self) -> None:
        self.assertEqual(self.updated([["a", "y", "", "8"]], 2), PAGE.replace("| 3 | 4 |", "| 3 | 8 |"))

    def test_a_line_with_fewer_cells_stays(self) -> None:
        self.assertEqual(self.updated([["a", "y", "7", "8", "9"]], 2), PAGE)


class Cores(unittest.TestCase):
    def cores(self, name: str, arch: object = None, cpu: object = None) -> list:
        return [core.cpu for core in run.cores(argparse.Namespace(arch=arch, cpu=cpu), name)]

    def test_8_and_16_bits_also_run_with_dot_products_and_half_precision_arithmetic(self) -> None:
        self.assertEqual(self.cores("v5lite-e"), ["cortex-a72", "cortex-a15"])
        self.assertEqual(self.cores("v5lite-e-int8"), ["cortex-a72", "cortex-a76", "cortex-a15"])
        self.assertEqual(self.cores("folder/best-fp16.v5l", "aarch64"), ["cortex-a72", "cortex-a76"])
        self.assertEqual(self.cores("v5lite-e-int8", "arm"), ["cortex-a15"])

    def test_a_chosen_core_is_the_only_one(self) -> None:
        self.assertEqual(self.cores("v5lite-e-int8", "aarch64", "max"), ["max"])


if __name__ == "__main__":
    unittest.main()
