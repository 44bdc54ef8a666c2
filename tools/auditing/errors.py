# SPDX-License-Identifier: MIT
"""The exception that a user sees as one line."""


class AuditError(Exception):
    """An error: where it is, and what was expected."""

    def __init__(self, where: str, expected: str) -> None:
        super().__init__(f"{where}: {expected}")
