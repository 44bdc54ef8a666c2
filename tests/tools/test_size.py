# SPDX-License-Identifier: MIT
"""Tests that budgets fail when they should, that sizes are summed from the right sections, and that README's table is
compared line by line.
"""

import contextlib
import io
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("bench", "tests/size", "tools/size")]
import budget  # noqa: E402
import check  # noqa: E402
import measure  # noqa: E402
import table  # noqa: E402

SECTIONS = """common.o   (ex lib.a):
section             size   addr
.text                100      0
.data                  7      0
.eh_frame           1000      0
.rodata.str1.1        10      0
.debug_info         5000      0
Total               6117

gemm_f32_6x16_avx2.o   (ex lib.a):
section             size   addr
.text.unlikely         4      0
.data.rel.ro.local    32      0
.rodata.cst16         16      0
.ARM.attributes       50      0
copy_ref.o   (ex lib.a):
.text                  3      0
"""


def quietly(function, *arguments):
    """Returns a call's result, and its output on stderr."""
    told = io.StringIO()
    with contextlib.redirect_stderr(told), contextlib.redirect_stdout(io.StringIO()):
        return function(*arguments), told.getvalue()


class Budget(unittest.TestCase):
    ALLOWED = {"code": {"a": 1000, "b": 50}}

    def test_one_percent_more_is_let_through_and_no_more(self):
        for value, failures in ((900, 0), (1000, 0), (1010, 0), (1011, 1)):
            self.assertEqual(quietly(budget.check, {"code": {"a": value}}, self.ALLOWED, "bytes")[0], failures, value)

    def test_a_failure_says_what_and_how_much(self):
        failures, told = quietly(budget.check, {"code": {"a": 1100, "b": 50, "c": 1}, "arena": {"a": 1}}, self.ALLOWED,
                                 "bytes")
        self.assertEqual(failures, 3)
        self.assertEqual(told.splitlines(),
                         ["code a: 1100 bytes, 10.00 % over the budget of 1000", "code c: not in the budget",
                                             "arena a: not in the budget"])

    def test_an_update_keeps_what_was_not_measured(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "budget.json"
            budget.update({"code": {"a": 1}, "limits": {"a": 9}}, path)
            budget.update({"code": {"b": 2}}, path)
            self.assertEqual(json.loads(path.read_text()), {"code": {"a": 1, "b": 2}, "limits": {"a": 9}})
            path.write_text("{")
            with self.assertRaisesRegex(SystemExit, "budget.json.*expected JSON"):
                budget.load(path)


class Check(unittest.TestCase):
    TARGET = measure.Target("small", "", "ref")
    ALLOWED = {"limits": {"small": 40}, "compiler": {"gcc": 12}, "code": {"small": 39}}

    def measure(self, size, version=12, there=True, require=False, update=False):
        totals = {}
        with mock.patch.multiple(check, TARGETS=[self.TARGET], has_compiler=lambda _: there, code_bytes=lambda _: size,
                                 compiler_version=lambda _: version):
            return (*quietly(check.measure_code, totals, self.ALLOWED, require, update), totals.get("code"))

    def test_the_limit_holds_whatever_the_budget(self):
        self.assertEqual(self.measure(40), (0, "", {"small": 40}))
        self.assertEqual(self.measure(41), (1, "code small: 41 bytes, over the limit of 40\n", {"small": 41}))
        self.assertEqual(self.measure(41, version=13)[0], 1)

    def test_another_compilers_bytes_are_not_compared(self):
        self.assertEqual(self.measure(40, version=13), (0, "", None))
        self.assertEqual(self.measure(40, version=13, update=True), (0, "", {"small": 40}))

    def test_a_missing_compiler_fails_where_all_are_asked_for(self):
        self.assertEqual(self.measure(40, there=False), (0, "", None))
        self.assertEqual(self.measure(40, there=False, require=True)[0], 1)

    def test_the_budget_has_every_target_and_the_limits_of_the_small_ones(self):
        allowed = budget.load(ROOT / "tests/size/budget.json")
        self.assertEqual(set(allowed["code"]), {t.name for t in measure.TARGETS})
        self.assertEqual(allowed["limits"], {"ARMv7 Thumb-2 -Os, ref": 40 * 1024, "AArch64, neon": 160 * 1024,
                                             "AArch64, neon, F32 only": 120 * 1024, "AArch64, S8": 40 * 1024})
        keys = {f"{name}@{size}" for name, sizes in check.SIZES.items() for size in sizes}
        self.assertEqual((set(allowed["arena"]), set(allowed["memory"])), (keys, keys))


class Sections(unittest.TestCase):
    def count(self, text):
        return subprocess.run(["awk", "-v", "sets=ref avx2 neon", "-f", ROOT / "tools/size/code.awk"], input=text,
                              check=True, capture_output=True,
                              text=True).stdout

    def test_code_and_constants_by_set_of_kernels(self):
        self.assertEqual(self.count(SECTIONS), "common 110\nref 3\navx2 52\n")

    def test_objects_without_code_are_not_measured(self):
        self.assertEqual(self.count(SECTIONS.replace(".text   ", ".gnu.lto").replace(".rodata.str", ".debug_str")), "")


class Table(unittest.TestCase):
    REPORT = {"kernels": "avx512, avx2", "memory": {"total": 10, "arena": 6, "winograd": 1, "scratch": 1, "tables": 2},
              "flash": {"model": 77}}
    LINE = "| net, 32 | 10 | 6 | 1 | 3 | 77 |"

    def run_table(self, option, text, kernels="avx512"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "README.md"
            path.write_text(text)
            with mock.patch.multiple(table, MODELS={"net": [32]}, find_model=lambda _: path,
                                     memory=lambda *_, **__: dict(self.REPORT, kernels=kernels)), \
                    mock.patch.object(sys, "argv", ["t", option, str(path)]):
                return quietly(table.main)

    def test_a_stale_line_fails(self):
        self.assertEqual(self.run_table("--check", f"text\n{self.LINE}\n"), (0, ""))
        status, told = self.run_table("--check", self.LINE.replace("77", "78"))
        self.assertEqual(status, 1)
        self.assertIn(self.LINE, told)
        self.assertEqual(self.run_table("--check", "text")[0], 1)

    def test_a_summary_has_the_same_ram_and_flash(self):
        right = "| net, 32 | 0.3 | 9 | 10 | 77 | text |"
        self.assertEqual(self.run_table("--summary", f"{right}\n| net, 64 | 0.3 | 9 | 11 | 77 | text |\n"), (0, ""))
        for line in (right.replace("10", "11"), right.replace("77", "78")):
            status, told = self.run_table("--summary", line)
            self.assertEqual(status, 1)
            self.assertIn(f"expected '{right}'", told)

    def test_update_writes_the_figures(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "README.md"
            path.write_text("a\n| net, 32 | 9 |\nb\n")
            rows = [table.Row("| net, 32 |", "avx512", 10, 77, self.LINE)]
            self.assertEqual(table.expected(path, rows, False), f"a\n{self.LINE}\nb\n")

    def test_other_kernels_are_not_compared(self):
        status, told = self.run_table("--check", "", "avx2")
        self.assertEqual(status, 0)
        self.assertIn("not compared", told)

    def test_of_neon_only_int8_is_not_compared(self):
        for model, kernels, compared in (("net", "neon", True), ("net-int8", "neon", False),
                                         ("net-int8", "avx512", True), ("net-fp16", "fp16, neon", False)):
            row = table.Row(f"| {model}, 32 |", kernels, 1, 2, "")
            self.assertEqual(table.has_documented_memory(row), compared, row)


if __name__ == "__main__":
    unittest.main()
