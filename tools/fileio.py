# SPDX-License-Identifier: MIT
"""How the tools in Python read and write files: inputs up to a stated size; outputs whole or not at all, and never onto an
input. Standard library only."""

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
    """The file's bytes, or those of standard input for "-". Refuses a file of more than `most` bytes by an OSError, unread."""
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
    """The next bytes, `most` at most. A read of a large size would take that much memory, whatever the file has."""
    parts, size = [], 0
    while size < most:
        parts.append(file.read(min(PIECE, most - size)))
        size += len(parts[-1])
        if not parts[-1]:
            break
    return b"".join(parts)


def _named(error: OSError, path: PathLike, temporary: Optional[str] = None) -> OSError:
    """The error with the name that the user knows, in place of none or of the temporary one."""
    if error.filename is None or error.filename == temporary:
        error.filename, error.filename2 = str(path), None
    return error


# ---- outputs that are inputs ----

Identity = Tuple[object, ...]


def _identity(path: PathLike) -> Optional[Identity]:
    """Equal for two names of one file or folder: links, and letters' case where the file system ignores it. None for a device or
    a pipe, which nothing overwrites. What does not exist yet is known by its real path."""
    try:
        status = os.fstat(0) if str(path) == STANDARD_INPUT else os.stat(path)
    except OSError:
        return ("new", os.path.realpath(path))
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        return None
    return (status.st_dev, status.st_ino)


def check_outputs(outputs: Iterable[PathLike], inputs: Iterable[PathLike]) -> None:
    """Refuses an output that is an input, and two outputs that are one file or folder, by an OSError. Call it before anything is
    written; a tool that fills a folder passes the folder and the files that it will write there."""
    known: Dict[Optional[Identity], str] = {_identity(path): f"is the input {path}" for path in inputs}
    for path in outputs:
        identity = _identity(path)
        if identity is not None and identity in known:
            raise OSError(errno.EEXIST, f"{known[identity]}: expected another file or folder to write", str(path))
        known[identity] = f"is the output {path}, too"


# ---- whole files ----


def is_standard_output(path: PathLike) -> bool:
    """Whether a path, such as /dev/stdout, is what standard output goes to: a summary must not be mixed into it."""
    return _stream_of(path) == 1


def _stream_of(path: PathLike) -> Optional[int]:
    """1 or 2 if the path is what standard output or error writes to."""
    for descriptor in (1, 2):
        with suppress(OSError):
            if os.path.samestat(os.stat(path), os.fstat(descriptor)):
                return descriptor
    return None


@contextmanager
def replacing(path: PathLike) -> Iterator[IO[bytes]]:
    """A file under a temporary name, which takes the place of `path` when the block ends without an exception.

    A symbolic link is kept: what it points to is replaced. A file that is replaced keeps its permissions. A device, a pipe and
    what standard output or error goes to are written to as they are.
    """
    target = os.path.realpath(path)
    # The name does not contain the final one, which may be as long as names can be; no other run makes the same.
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
    """To the disk, before the name says that it is whole; some file systems cannot."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
            raise


def write_atomically(path: PathLike, data: bytes) -> None:
    """Writes a file whole, or leaves what was there."""
    with replacing(path) as file:
        file.write(data)
