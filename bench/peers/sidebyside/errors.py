# SPDX-License-Identifier: MIT
"""The errors, each with one line of text."""

from __future__ import annotations


def one_line(text: object, limit: int = 300) -> str:
    """Returns text without control characters, cut to a length."""
    plain = "".join(c if c.isprintable() else " " for c in " ".join(str(text).split()))
    return plain if len(plain) <= limit else plain[:limit - 3] + "..."


class PeersError(Exception):
    """Ends the program: what is wrong, where, and what was expected."""

    def __init__(self, what: str, where: object, expected: object) -> None:
        super().__init__(one_line(f"{what}: {where}: {expected}"))


class Absent(Exception):
    """An engine that is not installed: what to do about it. Not a failure."""

    def __init__(self, why: object) -> None:
        super().__init__(one_line(why))


class Failed(Exception):
    """An engine that is installed but does not work."""

    def __init__(self, why: object) -> None:
        super().__init__(one_line(why))


class Refused(Exception):
    """An engine whose outputs differ from v5lite's; `difference` may be infinite."""

    def __init__(self, why: object, difference: float) -> None:
        super().__init__(one_line(why))
        self.difference = difference
