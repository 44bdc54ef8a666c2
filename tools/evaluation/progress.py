# SPDX-License-Identifier: MIT
"""Shows a progress bar on standard error, if that is a terminal."""

from __future__ import annotations

import sys

WIDTH = 30


class Progress:
    """`with Progress("name", total) as bar: bar.show(done)`. Erases the line at the end."""

    def __init__(self, title: str, total: int) -> None:
        self.title, self.total = title, total
        self.visible = sys.stderr.isatty()

    def __enter__(self) -> Progress:
        self.show(0)
        return self

    def __exit__(self, *_: object) -> None:
        self._write("\r\033[K")

    def show(self, done: int) -> None:
        """Draws the bar; with a total of 0 (unknown), the number alone."""
        filled = WIDTH * min(done, self.total) // self.total if self.total else 0
        bar = f"[{'#' * filled}{'.' * (WIDTH - filled)}] {done}/{self.total}" if self.total else str(done)
        self._write(f"\r\033[K{self.title} {bar}")

    def _write(self, text: str) -> None:
        if self.visible:
            sys.stderr.write(text)
            sys.stderr.flush()
