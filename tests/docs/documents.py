# SPDX-License-Identifier: MIT
"""Reads the repository's Markdown pages: links, paths, commands, programs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterator, List, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {"build", "node_modules", ".git"}
SOURCES = "c|h|py|md|mk|sh|def|inc|cpp|in|ld"  # endings of files that are ours if a page names them
COMMAND = re.compile(r"(?:[A-Z0-9_]+=\S+ )*(?:make|python3|cc|build/\S+|sh|npm)(?: |$)")


class Place(NamedTuple):
    """A piece of text on a page, with its position."""

    page: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def all_files() -> List[Path]:
    """Returns the files in the repository's folders, tracked or not."""
    return [path for top in sorted(ROOT.iterdir()) if top.name not in NOT_OURS
            for path in ([top] if top.is_file() else sorted(top.rglob("*"))) if path.is_file()
            and "__pycache__" not in path.parts]


def pages() -> List[Path]:
    """Returns the paths of all Markdown pages."""
    return [path for path in all_files() if path.suffix == ".md"]


def programs(page: Path) -> Iterator[Place]:
    """Yields the C blocks of a page."""
    for found in re.finditer(r"^```c\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL):
        yield Place(page, page.read_text()[:found.start()].count("\n") + 2, found.group(1))


def header_example(header: Path) -> Place:
    """Returns the example in the comment at the top of a header: its indented lines."""
    comment = header.read_text().split("*/", 2)[1]
    lines = [line[3:] for line in comment.splitlines() if re.match(r" \*     ", line)]
    return Place(header, 2, "\n".join(lines) + "\n")


def without_fences(text: str) -> str:
    """Returns the page with empty lines in place of fenced blocks, except those of a shell."""
    return re.sub(r"^```(?!sh$)\w*\n.*?^```$", lambda found: "\n" * found.group(0).count("\n"), text,
                  flags=re.MULTILINE | re.DOTALL)


def commands(page: Path) -> Iterator[Place]:
    """Yields the commands in indented blocks and ```sh blocks, without comments."""
    shell = False
    for number, line in enumerate(without_fences(page.read_text()).splitlines(), 1):
        if line.startswith("```"):
            shell = line == "```sh"
        elif shell or line.startswith("    "):
            text = re.sub(r"\s+#.*$", "", line.strip())
            if COMMAND.match(text):
                yield Place(page, number, text)


def links(page: Path) -> Iterator[Place]:
    """Yields the targets of links, except addresses."""
    for number, line in enumerate(without_fences(page.read_text()).splitlines(), 1):
        for target in re.findall(r"\]\(([^)\s]+)\)", line) + re.findall(r'\bsrc="([^"]+)"', line):
            if not re.match(r"[a-z]+:", target):
                yield Place(page, number, target)


def named_files(page: Path) -> Iterator[Place]:
    """Yields the words that name a source file or, with a slash, a folder of ours. * matches any name."""
    tops = "|".join(re.escape(path.name) for path in ROOT.iterdir() if path.is_dir() and path.name not in NOT_OURS)
    word = r"[\w.*][\w.*-]*"
    pattern = re.compile(rf"(?<![\w./<>*])(?:(?:{word}/)*(?:{word})?\w\.(?:{SOURCES})|"
                         rf"(?:{tops})/[\w./*-]*\w)(?![\w/*<(=-])")
    for number, line in enumerate(without_fences(page.read_text()).splitlines(), 1):
        for found in pattern.finditer(re.sub(r"https?://\S+|\]\([^)]*\)", " ", line)):
            yield Place(page, number, found.group(0))


def anchors(page: Path) -> List[str]:
    """Returns the anchors of a page's headings."""
    heads = re.findall(r"^#+ (.*)$", without_fences(page.read_text()), re.MULTILINE)
    return [re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads]
