# SPDX-License-Identifier: MIT
"""The error that training's programs report in one line."""


class TrainError(Exception):
    """Something given from outside is wrong: where, and what was expected."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
