# SPDX-License-Identifier: MIT
"""Checks the language of all texts, comments included: unusual words, the length of lines in C and Python, and that of
README.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterable, List

from documents import ROOT, all_files

README_LINES = 160
# Words, and what to write instead.
WORDS = {
    r"behind": "after, past", r"anew": "again", r"mend(s|ed|ing)?": "fix", r"go(es)? by": "use",
    r"asked for": "requested", r"to the bit": "bit-identical", r"at hand": "available", r"in front of": "before",
    r"brings? along": "has",
    r"ha(s|ve|d) to do with": "reads, writes, uses", r"nobody but": "no other", r"does without": "does not use",
}
PATTERN = re.compile("|".join(rf"(?<![\w-])(?:{word})(?![\w-])" for word in WORDS), re.IGNORECASE)
TEXTS = {".md", ".c", ".h", ".inc", ".def", ".S", ".cpp", ".py", ".sh", ".mk", ".js", ".mjs", ".html", ".css", ".txt",
         ".ts", ".in", ".ld", ".cmake", ""}
CODE = {".c", ".h", ".inc", ".def", ".S", ".py"}
CODE_COLUMNS = 120
ONE_LINE = ('V5L_SET(',)  # rows that make reads as text
WRITTEN_BY_OTHERS = ("tools/third_party/",)


def texts() -> Iterable[Path]:
    """Yields the files with text of ours, except this one."""
    for path in all_files():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix in TEXTS and not name.startswith(WRITTEN_BY_OTHERS) and path != Path(__file__).resolve():
            yield path


def instead_of(found: str) -> str:
    """Returns what to write instead of a word."""
    return next(better for word, better in WORDS.items() if re.fullmatch(word, found, re.IGNORECASE))


def faults_of(name: str, text: str) -> List[str]:
    """Returns the faults of a text."""
    lines = list(enumerate(text.splitlines(), 1))
    found = [f"{name}:{number}: '{word.group(0)}': expected another word: {instead_of(word.group(0))}"
             for number, line in lines for word in PATTERN.finditer(line)]
    if Path(name).suffix in CODE:
        found += [f"{name}:{number}: {len(line)} columns: expected at most {CODE_COLUMNS}" for number, line in lines
                  if len(line) > CODE_COLUMNS and not line.startswith(ONE_LINE)]
    if name == "README.md" and len(lines) > README_LINES:
        found.append(f"{name}: {len(lines)} lines: expected at most {README_LINES}")
    return found


def faults() -> List[str]:
    """Returns the faults of all texts."""
    return [fault for path in texts()
            for fault in faults_of(path.relative_to(ROOT).as_posix(), path.read_bytes().decode("utf-8", "replace"))]
