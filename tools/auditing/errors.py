# SPDX-License-Identifier: MIT
"""The exception that a user sees as one line."""


class AuditError(Exception):
    """Where the error is, and what was expected there."""

    def __init__(self, where: str, expected: str) -> None:
        super().__init__(f"{where}: {expected}")
