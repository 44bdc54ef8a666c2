# SPDX-License-Identifier: MIT
"""What the command lines of the tools in Python share: exit statuses, usage errors in one line, types of options, and files
that are there whole or not at all. Standard library only."""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Callable, Iterator, NoReturn, Union

from exporter.errors import one_line

BAD_INPUT = 2  # exit status, with one line on standard error


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, as every other error of the tools."""

    def error(self, message: str) -> NoReturn:
        name = self.prog[:-len(".py")] if self.prog.endswith(".py") else self.prog
        self.exit(BAD_INPUT, f"{name}: usage: {one_line(message)}: see {self.prog} --help\n")


def whole(low: int, high: int, what: str = "number", step: int = 1) -> Callable[[str], int]:
    """A type of option: low .. high, in decimal digits, a multiple of step. what: its name in the message."""
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,10}", text) or not low <= int(text) <= high or int(text) % step:
            raise argparse.ArgumentTypeError(f"'{text}' is not a {what} from {low} to {high}")
        return int(text)
    return parse


SEED = whole(0, (1 << 32) - 1, "seed")


@contextmanager
def replacing(path: Union[str, Path]) -> Iterator[IO[bytes]]:
    """A file beside `path` under a temporary name, which takes its place when the block ends without an exception.
    A device or a pipe is written to as it is: renaming would put a file in its place."""
    path = str(path)
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as file:
            yield file
        return
    try:
        handle, temporary = tempfile.mkstemp(prefix=".v5l-", suffix=os.path.splitext(path)[1], dir=os.path.dirname(path) or ".")
    except OSError as error:
        error.filename = path  # not the temporary name
        raise
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def write_atomically(path: Union[str, Path], data: bytes) -> None:
    """Writes a file whole, or leaves what was there."""
    with replacing(path) as file:
        file.write(data)
