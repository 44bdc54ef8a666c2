# SPDX-License-Identifier: MIT
"""Exceptions. All have V5liteError as their base; arguments of a wrong type raise TypeError, as in all of Python, and
files that cannot be read raise FileNotFoundError and the like.
"""

from __future__ import annotations

from typing import Optional


class V5liteError(Exception):
    """An error of the library, with its text. status: the number of v5lite.h, or None if Python found the error."""

    def __init__(self, message: str, status: Optional[int] = None) -> None:
        super().__init__(message)
        self.status = status


class ArgumentError(V5liteError, ValueError):
    """An argument outside its documented range."""


class ModelError(V5liteError):
    """A weights file that is damaged, or that this library does not know."""


class StateError(V5liteError, RuntimeError):
    """A detector or tracker that is closed, or that another thread is using."""
