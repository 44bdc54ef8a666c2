# SPDX-License-Identifier: MIT
"""What the command lines of the tools share. From the repository's root: python3 -m unittest discover -s tests/tools"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import tempfile
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
            self.assertEqual(error.getvalue(), f"{name}: usage: argument --count: '10\\nforged: line' is not a count from 1 to 9: "
                                               f"see {program} --help\n")


class Files(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = self.folder / "file.bin"

    def test_a_file_takes_the_place_of_another_with_the_usual_rights(self) -> None:
        self.path.write_bytes(b"old")
        umask = os.umask(0o027)
        try:
            cli.write_atomically(self.path, b"new")
        finally:
            os.umask(umask)
        self.assertEqual((self.path.read_bytes(), self.path.stat().st_mode & 0o777), (b"new", 0o640))
        self.assertEqual(os.listdir(self.folder), ["file.bin"])

    def test_what_fails_half_way_leaves_what_was_there(self) -> None:
        self.path.write_bytes(b"old")
        with self.assertRaises(RuntimeError), cli.replacing(self.path) as file:
            file.write(b"half")
            raise RuntimeError
        self.assertEqual(self.path.read_bytes(), b"old")
        self.assertEqual(os.listdir(self.folder), ["file.bin"])

    def test_a_pipe_stays_one(self) -> None:
        os.mkfifo(self.path)
        reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        cli.write_atomically(self.path, b"new")
        self.assertEqual(os.read(reader, 9), b"new")
        os.close(reader)
        self.assertTrue(self.path.is_fifo())

    def test_errors_name_the_file_that_was_asked_for(self) -> None:
        path = self.folder / "missing" / "file"
        with self.assertRaises(OSError) as failed:
            cli.write_atomically(path, b"")
        self.assertEqual(failed.exception.filename, str(path))


if __name__ == "__main__":
    unittest.main()
