# SPDX-License-Identifier: MIT
"""Checks that bench/article.md has bench_article's counts, and that both forms of Focus agree. From the repository's
root, after `make build/bench_article`: python3 -m unittest discover -s tests/tools

Set V5LITE to the program if it is not build/v5lite: bench_article is next to it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Dict, List

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tools")]

import article  # noqa: E402
from package.sets import feature_bits, read_sets  # noqa: E402

PROGRAM = Path(os.path.abspath(os.environ.get("V5LITE") or ROOT / "build" / "v5lite")).parent / "bench_article"
BITS = feature_bits()
LEVELS = [hex(sum(BITS[feature] for feature in row.features)) for row in read_sets()] + [hex(BITS["ALL"])]


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=600)


def sections(text: str) -> Dict[str, List[List[str]]]:
    """Returns name, MACs and parameters of each case, by section."""
    found: Dict[str, List[List[str]]] = {}
    for block in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        rows = [[field.strip() for field in line.split("|")[1:4]]
                for line in block.splitlines() if line.startswith("| ")]
        if rows and rows[0] == ["", "MACs", "parameters"]:
            found[block.splitlines()[0]] = rows[1:]
    return found


class Article(unittest.TestCase):
    def test_page_has_the_counts_that_the_program_prints(self) -> None:
        done = run("--counts")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        counts = sections(done.stdout)
        self.assertEqual(len(counts), 6)
        self.assertEqual(sections((ROOT / "bench" / "article.md").read_text()), counts)

    def test_claims_about_focus(self) -> None:
        cases = {name: (macs, parameters) for name, macs,
                 parameters in sections(run("--counts").stdout)["Focus and the stem, 640 x 640"]}
        self.assertEqual(cases["3x3 s2, 3 to 32"], ("88,473,600", "928"))
        for name, figures in cases.items():
            if name.startswith("Focus as"):
                self.assertEqual(figures, ("353,894,400", "3,520"))

    def test_forms_of_focus_agree_at_every_cpu_level(self) -> None:
        for level in LEVELS:
            with self.subTest(level=level):
                done = run("--counts", "--mask", level)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertRegex(done.stdout, r"\AKernels: .* apart, \d+ % of what rounding allows\.\n")

    def test_counts_on_arm_go_beside_their_cases(self) -> None:
        table = ("Kernels: k\n\n### A\n\n| | MACs |\n|---|--:|\n| one | 1 |\n\n"
                 "### B\n\n| | MACs |\n|---|--:|\n| two | 2 |")
        columns = [[str(10 * case + field) for field in range(len(article.HEADS))] for case in (1, 2)]
        lines = article.beside(table, columns).splitlines()
        self.assertEqual(lines[4], "| | MACs | " + " | ".join(article.HEADS) + " |")
        self.assertEqual(lines[6], "| one | 1 | 10 | 11 | 12 | 13 | 14 | 15 |")
        self.assertEqual(lines[12], "| two | 2 | 20 | 21 | 22 | 23 | 24 | 25 |")
        self.assertEqual({line.count("|") for line in lines if line.startswith("|")}, {9})

    def test_usage(self) -> None:
        for arguments in (["--rounds", "0"], ["--rounds"], ["--nothing"]):
            done = run(*arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn("usage", done.stderr)


if __name__ == "__main__":
    unittest.main()
