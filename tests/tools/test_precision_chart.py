# SPDX-License-Identifier: MIT
"""bench/precision.py measures models side by side and updates pages; bench/precision_chart.py draws them. From the
repository's root: python3 -m unittest discover -s tests/tools -p test_precision_chart.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ElementTree
from typing import Any

from eval_case import ROOT, FileCase

sys.path.insert(0, str(ROOT / "bench"))
import precision_chart  # noqa: E402

V5LITE = os.environ.get("V5LITE") or str(ROOT / "build" / "v5lite")
DIGITS = ROOT / "weights" / "digits.v5l"
PAGE = """# Page

| model, input | AP / AP50 | ms | RAM, bytes | flash, bytes | |
|---|--:|--:|--:|--:|---|
| digits, 64 | 0.123 / 0.456 | 1.00 | 1 | 2 | kept \u00fc |
| digits, 96, ref | 0.123 / 0.456 | 1.00 | 1 | 2 | |
| digits-int8, 64 | 0.111 / 0.222 | 3.00 | 4 | 5 | |
"""


def run(program: str, *options: Any) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, ROOT / "bench" / program, *options]
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)


@unittest.skipUnless(os.path.exists(V5LITE), "the program is not built: make, or set V5LITE")
class Precision(FileCase):
    def setUp(self) -> None:
        super().setUp()
        (self.labels / "a_0007.txt").write_text("2 0.5 0.5 0.25 0.5\n")
        self.page = self.folder / "page.md"
        self.page.write_text(PAGE, encoding="utf-8")

    def measure(self, *options: Any) -> "subprocess.CompletedProcess[str]":
        return run("precision.py", *options, "--turns", "1", "--v5lite", V5LITE)

    def test_a_row_for_each_model_and_size(self) -> None:
        done = self.measure(f"{DIGITS}@64", f"{DIGITS}@96", "--images", self.images, "--labels", self.labels)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in done.stdout.splitlines()[2:]]
        self.assertEqual([row[0] for row in rows], ["digits, 64", "digits, 96"])
        for row in rows:
            self.assertEqual(row[4], str(DIGITS.stat().st_size))
            self.assertRegex(row[1], r"\A[01]\.\d{3} / [01]\.\d{3}\Z")
            self.assertGreater(float(row[2]), 0)
        self.assertLess(int(rows[0][3]), int(rows[1][3]))

    def test_update_replaces_the_figures_of_measured_models_and_keeps_the_rest(self) -> None:
        done = self.measure(f"{DIGITS}@64", "--update", self.page)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        before, after = PAGE.split("\n"), self.page.read_text(encoding="utf-8").split("\n")
        self.assertRegex(after[4],
                         rf"\A\| digits, 64 \| 0.123 / 0.456 \| [\d.]+ \| \d{{5,}} \| {DIGITS.stat().st_size} "
                                   r"\| kept \u00fc \|\Z")
        self.assertEqual(before[:4] + before[5:], after[:4] + after[5:])

    def test_an_instruction_set_has_lines_of_its_own(self) -> None:
        done = self.measure(f"{DIGITS}@96", "--cpu", "ref", "--update", self.page)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        before, after = PAGE.split("\n"), self.page.read_text(encoding="utf-8").split("\n")
        self.assertEqual([i for i, lines in enumerate(zip(before, after)) if lines[0] != lines[1]], [5])

    def test_bad_input_is_one_line(self) -> None:
        model, bytes_page = f"{DIGITS}@64", self.folder / "bytes.md"
        bytes_page.write_bytes(b"\xff")
        for options, pattern in (([DIGITS], r"MODEL\.v5l@N"), ([f"{self.folder / 'none.v5l'}@64"], r"none\.v5l"),
                                 ([model, "--images", self.images], "--labels"),
                                 ([model, "--update", self.folder / "none.md"], r"none\.md"),
                                 ([model, "--update", bytes_page], "UTF-8"), ([model, "--cpu", "none"], "none")):
            done = self.measure(*options)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertRegex(done.stderr, r"\Aprecision: [^\n]*" + pattern + r"[^\n]*\n\Z")
        done = self.measure(f"{DIGITS}@128", "--update", self.page)
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"\Aprecision: bad page: [^\n]*expected a line '\| digits, 128 \| \.\.'\n\Z")
        self.assertEqual(self.page.read_text(encoding="utf-8"), PAGE)
        out = self.folder / "same.md"
        out.symlink_to(DIGITS)
        before = DIGITS.read_bytes()
        self.assertEqual(self.measure(model, "--update", out).returncode, 2)
        self.assertEqual(DIGITS.read_bytes(), before)


class Chart(FileCase):
    def test_rows_are_read_with_their_type(self) -> None:
        points = precision_chart.read_points(PAGE)
        self.assertEqual([(p.network, p.type, p.ap, p.ms) for p in points],
                         [("digits, 64", "", 0.123, 1.0), ("digits, 64", "-int8", 0.111, 3.0)])

    def test_each_panel_has_a_mark_for_each_row_and_a_name_for_each_network(self) -> None:
        page, chart = self.folder / "page.md", self.folder / "chart.svg"
        page.write_text(PAGE, encoding="utf-8")
        done = run("precision_chart.py", page, "-o", chart)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        root = ElementTree.parse(chart).getroot()
        names = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
        self.assertEqual(names.count("digits, 64"), 3)
        self.assertEqual(len(list(root.iter("{http://www.w3.org/2000/svg}circle"))), 3 + 1)  # and the legend

    def test_a_page_without_rows_is_one_line(self) -> None:
        page = self.folder / "page.md"
        page.write_text("# Page\n")
        done = run("precision_chart.py", page, "-o", self.folder / "chart.svg")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r"\Aprecision_chart: bad table: [^\n]*\n\Z")
        self.assertFalse((self.folder / "chart.svg").exists())


if __name__ == "__main__":
    unittest.main()
