# SPDX-License-Identifier: MIT
"""tests/docs/english.py finds words, long lines and a long README."""

import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "docs"))
import english  # noqa: E402


class English(unittest.TestCase):
    def test_words_are_found_with_line_and_replacement(self):
        for word, better in english.WORDS.items():
            plain = word.replace("s?", "").replace("(es)?", "").replace("(s|ed|ing)?", "").replace("(s|ve|d)", "ve")
            found = english.faults_of("src/a.c", f"x\n/* {plain.capitalize()} it */\n")
            self.assertEqual(found, [f"src/a.c:2: '{plain.capitalize()}': expected another word: {better}"])

    def test_parts_of_words_and_names_are_no_faults(self):
        self.assertEqual(english.faults_of("a.md", "recommended, mend_it, behind_it, left-behind, canew"), [])

    def test_lines_of_code_and_of_the_readme_are_limited(self):
        for name in ("a.h", "a.py"):
            self.assertEqual(english.faults_of(name, "x" * 120), [])
            self.assertEqual(english.faults_of(name, "x" * 121), [f"{name}:1: 121 columns: expected at most 120"])
        self.assertEqual(english.faults_of("a.md", "x" * 121), [])
        self.assertEqual(english.faults_of("README.md", "\n" * 160), [])
        self.assertEqual(english.faults_of("README.md", "\n" * 161), ["README.md: 161 lines: expected at most 160"])

    def test_comments_of_all_folders_are_read(self):
        names = {path.relative_to(ROOT).as_posix() for path in english.texts()}
        self.assertLessEqual({"Makefile", "src/net.c", "include/v5lite.h", "tests/unit/check.h", "tools/export.py",
                              ".github/CONTRIBUTING.md", "src/kernels/kernels.def"}, names)


if __name__ == "__main__":
    unittest.main()
