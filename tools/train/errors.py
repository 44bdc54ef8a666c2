# SPDX-License-Identifier: MIT
"""The error that the training programs report in one line."""


class TrainError(Exception):
    """An invalid input: where, and what was expected."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
