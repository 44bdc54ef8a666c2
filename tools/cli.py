# SPDX-License-Identifier: MIT
"""Shared parts of the Python tools' command lines: exit statuses, errors in one line, types of options, and handling of
signals and of a failed standard output. Standard library only.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import Any, Callable, Iterator, NoReturn, Optional, Type

from exporter.errors import one_line

BAD_INPUT = 2  # exit status, with one line on standard error
INTERRUPTED = 128 + signal.SIGINT
BROKEN_PIPE = 128 + 13  # a shell's status for a program that SIGPIPE ended
LINE = 1000  # longest message, in characters


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, like all other errors of the tools."""

    def error(self, message: str) -> NoReturn:
        name = self.prog[:-len(".py")] if self.prog.endswith(".py") else self.prog
        self.exit(BAD_INPUT, f"{name}: usage: {one_line(message)}: see {self.prog} --help\n")


def whole(low: int, high: int, what: str = "number", step: int = 1) -> Callable[[str], int]:
    """Returns a type of option: low .. high in decimal digits, a multiple of step. what: its name in the message."""
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,10}", text) or not low <= int(text) <= high or int(text) % step:
            raise argparse.ArgumentTypeError(f"'{text}' is not a {what} from {low} to {high}")
        return int(text)
    return parse


SEED = whole(0, (1 << 32) - 1, "seed")


# ---- running a tool ----


def run(tool: str, work: Callable[[], Optional[int]], *errors: Type[Exception]) -> int:
    """Runs a tool and returns its exit status: that of `work`, or 0.

    Exceptions of the types `errors`, and those of files, become one line on standard error and status 2. SIGTERM and
    SIGHUP end the tool like an exception, so that temporary files are removed.
    """
    with _escaping_output(), _signals_as_exceptions():
        try:
            try:
                status = work() or 0
            except SystemExit as end:  # from argparse, which has printed the reason, or from a signal
                if isinstance(end.code, str):  # a message
                    return fail(tool, end.code)
                status = end.code or 0
            if sys.stdout is not None:
                sys.stdout.flush()
            return status
        except errors as error:
            return fail(tool, str(error))
        except BrokenPipeError as error:
            if error.filename is None:  # the reader of standard output has closed it
                _discard_output()
                return BROKEN_PIPE
            return fail(tool, f"file: {error.filename}: {error.strerror}")
        except OSError as error:
            if error.filename is None:
                _discard_output()
            where = "standard output" if error.filename is None else error.filename or "''"
            return fail(tool, f"file: {where}: {error.strerror or error}")
        except MemoryError:
            return fail(tool, "out of memory: expected input that needs less")
        except KeyboardInterrupt:
            return INTERRUPTED


def fail(tool: str, message: str) -> int:
    """Prints one line on standard error and returns the exit status of bad input."""
    with suppress(OSError):
        print(f"{tool}: {one_line(message, LINE)}", file=sys.stderr, flush=True)
    return BAD_INPUT


@contextmanager
def _escaping_output() -> Iterator[None]:
    """Escapes characters that the locale's encoding lacks. Waits for a slow reader, even if it set its end to
    non-blocking.
    """
    waiting = []
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
        with suppress(AttributeError, OSError, ValueError):  # no stream, or not one of the system's
            if not os.get_blocking(stream.fileno()):
                os.set_blocking(stream.fileno(), True)
                waiting.append(stream.fileno())
    try:
        yield
    finally:
        for descriptor in waiting:
            with suppress(OSError):
                os.set_blocking(descriptor, False)


@contextmanager
def _signals_as_exceptions() -> Iterator[None]:
    """Raises SystemExit on SIGTERM and SIGHUP, unless they are ignored or handled already."""
    def end(number: int, _: Any) -> NoReturn:
        signal.signal(number, signal.SIG_IGN)  # further signals are ignored
        raise SystemExit(128 + number)
    changed = []
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, end)
                changed.append(number)
    try:
        yield
    finally:
        for number in changed:
            signal.signal(number, signal.SIG_DFL)


def _discard_output() -> None:
    """Redirects unwritten output to the null device, so that Python's own last flush prints nothing."""
    with suppress(AttributeError, OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
