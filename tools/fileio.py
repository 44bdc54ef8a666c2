# SPDX-License-Identifier: MIT
"""Reads and writes files for the Python tools: inputs up to a stated size; outputs whole or not at all, and never over
an input. Standard library only.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Dict, Iterable, Iterator, Optional, Tuple, Union

PathLike = Union[str, Path]
STANDARD_INPUT = "-"
PIECE = 1 << 24


def read_bytes(path: PathLike, most: int) -> bytes:
    """Returns the file's bytes, or those of standard input for "-". Raises OSError for a file of more than `most`
    bytes, without reading all of it.
    """
    try:
        if str(path) == STANDARD_INPUT:
            data = _up_to(sys.stdin.buffer, most + 1) if sys.stdin is not None else b""
        else:
            with open(path, "rb") as file:
                data = _up_to(file, most + 1)
    except OSError as error:
        raise _named(error, path) from None
    if len(data) > most:
        raise OSError(errno.EFBIG, f"expected a file of at most {most} bytes", str(path))
    return data


def _up_to(file: IO[bytes], most: int) -> bytes:
    """Returns the next bytes, at most `most`, in pieces: one large read would allocate that much, whatever the file
    has.
    """
    parts, size = [], 0
    while size < most:
        parts.append(file.read(min(PIECE, most - size)))
        size += len(parts[-1])
        if not parts[-1]:
            break
    return b"".join(parts)


def _named(error: OSError, path: PathLike, temporary: Optional[str] = None) -> OSError:
    """Returns the error with the name that the user knows, in place of none or of the temporary one."""
    if error.filename is None or error.filename == temporary:
        error.filename, error.filename2 = str(path), None
    return error


# ---- outputs that are inputs ----

Identity = Tuple[object, ...]


def _identity(path: PathLike) -> Optional[Identity]:
    """Returns a value that is equal for two names of one file or folder, links and ignored letter case included.

    Returns None for a device or a pipe, which cannot be overwritten. Identifies a path that does not exist by its real
    path.
    """
    try:
        status = os.fstat(0) if str(path) == STANDARD_INPUT else os.stat(path)
    except OSError:
        return ("new", os.path.realpath(path))
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        return None
    return (status.st_dev, status.st_ino)


def check_outputs(outputs: Iterable[PathLike], inputs: Iterable[PathLike]) -> None:
    """Raises OSError if an output is an input, or if two outputs are one file or folder.

    Call it before anything is written. A tool that fills a folder passes the folder and the files that it will write
    there.
    """
    known: Dict[Optional[Identity], str] = {_identity(path): f"is the input {path}" for path in inputs}
    for path in outputs:
        identity = _identity(path)
        if identity is not None and identity in known:
            raise OSError(errno.EEXIST, f"{known[identity]}: expected another file or folder to write", str(path))
        known[identity] = f"is the output {path}, too"


# ---- whole files ----


def is_standard_output(path: PathLike) -> bool:
    """Returns whether a path, such as /dev/stdout, is where standard output goes, so that no summary is mixed into the
    file.
    """
    return _stream_of(path) == 1


def _stream_of(path: PathLike) -> Optional[int]:
    """Returns 1 or 2 if standard output or error writes to the path, otherwise None."""
    for descriptor in (1, 2):
        with suppress(OSError):
            if os.path.samestat(os.stat(path), os.fstat(descriptor)):
                return descriptor
    return None


@contextmanager
def replacing(path: PathLike) -> Iterator[IO[bytes]]:
    """Opens a file under a temporary name, which replaces `path` when the block ends without an exception.

    Keeps a symbolic link and replaces its target. A replaced file keeps its permissions. Writes directly to a device, a
    pipe and whatever standard output or error writes to.
    """
    target = os.path.realpath(path)
    # The name does not contain the final one, which may have the maximal length; no other run makes the same name.
    temporary = os.path.join(os.path.dirname(target), f".v5lite-{secrets.token_hex(8)}.tmp")
    try:
        stream = _stream_of(path)
        if stream is not None:
            _flush(sys.stdout, sys.stderr)
            with open(os.dup(stream), "wb") as file:
                yield file
        elif os.path.exists(path) and not os.path.isfile(path):
            with open(path, "wb") as file:
                yield file
        else:
            with _temporary(temporary, target) as file:
                yield file
    except OSError as error:
        raise _named(error, path, temporary) from None


@contextmanager
def _temporary(temporary: str, target: str) -> Iterator[IO[bytes]]:
    try:
        with open(temporary, "xb") as file:
            with suppress(FileNotFoundError):
                os.fchmod(file.fileno(), stat.S_IMODE(os.stat(target).st_mode) & 0o777)
            yield file
            file.flush()
            _sync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _flush(*streams: Optional[IO[str]]) -> None:
    for stream in streams:
        if stream is not None:
            stream.flush()


def _sync(descriptor: int) -> None:
    """Flushes to the disk before the file gets its final name. Some file systems cannot."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
            raise


def write_atomically(path: PathLike, data: bytes) -> None:
    """Writes a file whole, or leaves the old one."""
    with replacing(path) as file:
        file.write(data)
