# SPDX-License-Identifier: MIT
"""The exception that a user sees as one line."""

from __future__ import annotations

from typing import Any


class ExportError(Exception):
    """A checkpoint that cannot be exported: where the error is, and what was expected there."""

    def __init__(self, where: str, expected: str) -> None:
        super().__init__(f"{where}: {expected}")


def brief(value: Any) -> str:
    """Formats a value from a checkpoint for a message. Spells out scalars only, because a hostile list may
    be endless.
    """
    if isinstance(value, (tuple, list)) and len(value) <= 4:
        return f"({', '.join(brief(v) if not isinstance(v, (tuple, list)) else type(v).__name__ for v in value)})"
    if isinstance(value, str):
        return repr(value[:40])
    if isinstance(value, float) or value is None or isinstance(value, int) and abs(value) < 1 << 64:
        return repr(value)
    return "an integer beyond 64 bits" if isinstance(value, int) else f"a {type(value).__name__}"


def one_line(text: str, limit: int = 400) -> str:
    """Escapes everything in `text` that is not printable, so that a hostile name cannot forge output lines, and cuts it
    to the limit.
    """
    shown = text[:limit + 1]  # a hostile name may be megabytes
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in shown)
    return safe if len(safe) <= limit else safe[:limit] + "..."
