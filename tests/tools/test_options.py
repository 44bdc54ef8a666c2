# SPDX-License-Identifier: MIT
"""Tests of the shared command-line parts of the tools. From the repository's root: python3 -m unittest discover -s
tests/tools
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import cli  # noqa: E402


class Options(unittest.TestCase):
    def test_numbers_are_taken_within_their_range(self) -> None:
        size = cli.whole(64, 2048, "multiple of 32", 32)
        self.assertEqual([size(text) for text in ("64", "096", "2048")], [64, 96, 2048])
        self.assertEqual([cli.SEED(text) for text in ("0", "4294967295")], [0, (1 << 32) - 1])
        for text in ("32", "2080", "100", "-64", "+64", " 64", "6_4", "64.0", "", "\u0666\u0664", "9" * 30):
            with self.subTest(text=text), self.assertRaises(argparse.ArgumentTypeError):
                size(text)

    def test_usage_errors_are_one_line_and_status_2(self) -> None:
        for program, name in (("tool.py", "tool"), ("tool", "tool")):
            parser, error = cli.Parser(prog=program), io.StringIO()
            parser.add_argument("--count", type=cli.whole(1, 9, "count"))
            with contextlib.redirect_stderr(error), self.assertRaises(SystemExit) as stopped:
                parser.parse_args(["--count", "10\nforged: line"])
            self.assertEqual(stopped.exception.code, cli.BAD_INPUT)
            self.assertEqual(error.getvalue(),
                             f"{name}: usage: argument --count: '10\\nforged: line' is not a count from 1 to 9: "
                                               f"see {program} --help\n")


if __name__ == "__main__":
    unittest.main()
