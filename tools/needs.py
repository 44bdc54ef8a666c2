# SPDX-License-Identifier: MIT
"""Checks what the Python tools need besides the standard library, before anything imports it."""

import importlib.util
import sys


def numpy_or_exit(program: str) -> None:
    """Ends the program with one line if this Python has no numpy."""
    if importlib.util.find_spec("numpy") is None:
        print(f"{program}: numpy: {sys.executable} does not have it: expected a Python with numpy", file=sys.stderr)
        sys.exit(2)


def torch_or_exit(program: str) -> None:
    """Ends the program with one line if this Python has no PyTorch."""
    if importlib.util.find_spec("torch") is None:
        print(f"{program}: torch: {sys.executable} does not have it: "
              "expected a Python with PyTorch (Debian: python3-torch)", file=sys.stderr)
        sys.exit(2)
