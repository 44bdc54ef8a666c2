# SPDX-License-Identifier: MIT
"""The exception that a user sees as one line."""

from __future__ import annotations


class EvalError(Exception):
    """Input that cannot be evaluated: what is wrong, where, and what was expected there."""

    def __init__(self, what: str, where: str, expected: str) -> None:
        super().__init__(f"{what}: {where}: {expected}")
