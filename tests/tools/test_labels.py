# SPDX-License-Identifier: MIT
"""Tests of YOLO label files, well-formed and malformed. From the repository's root: python3 -m unittest discover -s
tests/tools
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import unittest
import unittest.mock
from pathlib import Path
from typing import Optional

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from evaluation import labels  # noqa: E402
from evaluation.errors import EvalError  # noqa: E402

BOX = [[1, 0.5, 0.25, 0.5, 0.125]]


class Labels(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "a.txt"

    def read(self, data: bytes, classes: Optional[int] = 3) -> np.ndarray:
        self.path.write_bytes(data)
        return labels.read_labels(str(self.path), classes)

    def refuse(self, says: str, data: bytes, classes: Optional[int] = 3) -> None:
        with self.assertRaisesRegex(EvalError, says, msg=data[:80]):
            self.read(data, classes)

    def test_a_box_by_any_program(self) -> None:
        plain = b"1 0.5 0.25 0.5 0.125"
        for data in (plain, plain + b"\n", plain + b"\r\n", plain + b"\r", plain.replace(b" ", b"\t"),
                     b"  " + plain + b" \t \n\n \r\n",
                     b"\xef\xbb\xbf" + plain, b"\xef\xbb\xbf\r\n" + plain, plain.decode().encode("utf-16"),
                     b"\xfe\xff" + plain.decode().encode("utf-16-be"), b"1.0 5e-1 .25 +0.5 0.125", plain + b" 0.87",
                     plain + b" 1\n"):
            with self.subTest(data=data):
                np.testing.assert_array_equal(self.read(data), BOX)
        for data in (b"", b"\n\r\n \t\n", b"\xef\xbb\xbf", b"\xff\xfe"):
            self.assertEqual(self.read(data).shape, (0, 5))

    def test_a_polygon_is_the_box_around_it(self) -> None:
        box = [[1, 0.5, 0.3125, 0.5, 0.125]]
        for data in (b"1 .25 .25 .75 .3125 .5 .375", b"1 .25 .25 .75 .25 .75 .375 .25 .375\r\n",
                     b"1 .5 .375 .75 .3 .5 .25 .25 .3 .5 .3"):
            np.testing.assert_allclose(self.read(data), box, atol=1e-12)
        both = self.read(b"2 .5 .5 .1 .1\n1 .25 .25 .75 .3125 .5 .375\n")
        np.testing.assert_allclose(both, [[2, .5, .5, .1, .1], *box], atol=1e-12)
        long = b"0 " + b" ".join(b"%.6f %.6f" % (0.5 + 0.25 * np.cos(a), 0.5 + 0.125 * np.sin(a))
                                 for a in np.arange(0, 6.3, 0.001))
        np.testing.assert_allclose(self.read(long), [[0, .5, .5, .5, .25]], atol=1e-5)

    def test_lines_that_are_neither(self) -> None:
        for line in (b"1", b"1 .5 .5 .5", b"1 .5 .5 .5 1.5", b"1 .5 .5 .5 -.5", b"1 .5 .5 .5 .5 2", b"1 .5 .5 .5 nan",
                     b"1 .5 .5 .5 inf",
                     b"x .5 .5 .5 .5", b"1,.5,.5,.5,.5", b"1 .5 .5 .5 .5 .5 .5 .5", b"1 .1 .1 .2 .2 .3 1.1",
                     b"1 0_5 .5 .5 .5", b"1 0x1 0 0 0",
                     b"1 .5 .5 .5 0." + b"5" * 100, b"1 .5 .5 .5 1e-", b"1 . .5 .5 .5", b"\x1b[2J"):
            with self.subTest(line=line):
                self.refuse("a.txt:2: expected class, centre x", b"1 .5 .5 .5 .5\n" + line)
        for number in (b"3", b"-1", b"1.5", b"1e300", b"9" * 40):
            self.refuse("a.txt:1: expected a class number below 3", number + b" .5 .5 .5 .5")
        self.assertEqual(self.read(b"2147483647 .5 .5 .5 .5", None)[0, 0], 2147483647)
        self.refuse("expected a class number below 2147483648$", b"2147483648 .5 .5 .5 .5", None)
        for data in (b"\xff\xff\xff", "1 .5 .5 .5 .5 \u0663".encode(), b"1 .5 .5 .5 .5\0", b"\xff\xfe1",
                     "\u0661 .5 .5 .5 .5".encode("utf-16")):
            self.refuse("a.txt: expected plain text", data)

    def test_a_pipe_and_a_folder_are_refused_at_once(self) -> None:
        for make in (os.mkfifo, os.mkdir):
            make(self.path)
            with self.assertRaisesRegex(EvalError, "a.txt: expected a file"):
                labels.read_labels(str(self.path), None)
            os.unlink(self.path) if make is os.mkfifo else os.rmdir(self.path)

    def test_files_of_any_size_take_no_longer_than_their_size(self) -> None:
        began = time.monotonic()
        self.assertEqual(len(self.read(b"1 .5 .5 .5 .5\n" * labels.MAX_OBJECTS)), labels.MAX_OBJECTS)
        self.refuse(f"a.txt:{labels.MAX_OBJECTS + 1}: expected at most {labels.MAX_OBJECTS} objects",
                    b"1 .5 .5 .5 .5\n" * (labels.MAX_OBJECTS + 1))
        self.refuse("expected class", b"9" * labels.MAX_FILE)
        self.refuse("expected class", b"1" + b" 0" * (labels.MAX_FILE // 2 - 2) + b" 2")
        self.assertEqual(len(self.read(b"\n" * labels.MAX_FILE)), 0)
        self.path.write_bytes(b"")
        with open(self.path, "r+b") as file:
            file.truncate(labels.MAX_FILE + 1)
        with self.assertRaisesRegex(OSError, f"expected a file of at most {labels.MAX_FILE} bytes"):
            labels.read_labels(str(self.path), 3)
        self.assertLess(time.monotonic() - began, 30)


if __name__ == "__main__":
    unittest.main()
