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
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Dict, Iterable, Iterator, Optional, Sequence, Tuple, Union

PathLike = Union[str, Path]
STANDARD_INPUT = STANDARD_OUTPUT = "-"
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


def _identity(path: PathLike, stream: int = 0) -> Optional[Identity]:
    """Returns a value that is equal for two names of one file or folder, links and ignored letter case included.

    stream: the descriptor that "-" stands for. Returns None for a device or a pipe, which cannot be overwritten.
    Identifies a path that does not exist by its real path.
    """
    try:
        status = os.fstat(stream) if str(path) == STANDARD_INPUT else os.stat(path)
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
        identity = _identity(path, 1)
        if identity is not None and identity in known:
            raise OSError(errno.EEXIST, f"{known[identity]}: expected another file or folder to write", str(path))
        known[identity] = f"is the output {path}, too"


def check_places(outputs: Iterable[PathLike]) -> None:
    """Raises OSError if a file cannot be written where it should be, before work that takes minutes."""
    for path in outputs:
        if str(path) == STANDARD_OUTPUT:
            continue
        target = os.path.realpath(path)
        if not str(path) or os.path.isdir(target):
            raise OSError(errno.EISDIR, "expected the name of a file to write", str(path) or "''")
        if not os.path.exists(path) and not os.access(os.path.dirname(target), os.W_OK):
            reason = "a folder to which this user may write" if os.path.isdir(os.path.dirname(target)) else "a folder"
            raise OSError(errno.ENOENT, f"expected {reason} before the name", str(path))


# ---- whole files ----


def is_standard_output(path: PathLike) -> bool:
    """Returns whether a path, such as /dev/stdout, is where standard output goes, so that no summary is mixed into the
    file.
    """
    return _stream_of(path) == 1


def _stream_of(path: PathLike) -> Optional[int]:
    """Returns 1 or 2 if standard output or error writes to the path, otherwise None. "-" is standard output."""
    if str(path) == STANDARD_OUTPUT:
        return 1
    for descriptor in (1, 2):
        with suppress(OSError):
            if os.path.samestat(os.stat(path), os.fstat(descriptor)):
                return descriptor
    return None


class _Output:
    """A file that is open for writing. It gets its name by replace(), once complete() has been called."""

    def __init__(self, path: PathLike) -> None:
        self.path = path
        if not str(path):
            raise OSError(errno.ENOENT, "expected the name of a file to write", "''")
        self.target = os.path.realpath(path)
        # The name does not contain the final one, which may have the maximal length; no other run makes the same name.
        self.temporary: Optional[str] = None
        stream = _stream_of(path)
        with self.naming():
            if stream is not None:
                _flush(sys.stdout, sys.stderr)
                self.file = open(os.dup(stream), "wb")
            elif os.path.exists(path) and not os.path.isfile(path):
                self.file = open(path, "wb")
            else:
                self.temporary = os.path.join(os.path.dirname(self.target), f".v5lite-{secrets.token_hex(8)}.tmp")
                self.file = open(self.temporary, "xb")

    @contextmanager
    def naming(self) -> Iterator[None]:
        """Gives errors the name that the user knows."""
        try:
            yield
        except OSError as error:
            raise _named(error, self.path, self.temporary) from None

    def complete(self) -> None:
        """Puts all bytes where they belong, but for the name."""
        with self.naming():
            self.file.flush()
            if self.temporary is not None:
                with suppress(FileNotFoundError):
                    os.fchmod(self.file.fileno(), stat.S_IMODE(os.stat(self.target).st_mode) & 0o777)
                _sync(self.file.fileno())
            self.file.close()

    def replace(self) -> None:
        """Gives the file its name."""
        if self.temporary is not None:
            with self.naming():
                os.replace(self.temporary, self.target)
            self.temporary = None

    def discard(self) -> None:
        """Leaves no temporary file. Does nothing after replace()."""
        with suppress(OSError):
            self.file.close()
        if self.temporary is not None:
            with suppress(OSError):
                os.unlink(self.temporary)


@contextmanager
def replacing(path: PathLike) -> Iterator[IO[bytes]]:
    """Opens a file under a temporary name, which replaces `path` when the block ends without an exception.

    Keeps a symbolic link and replaces its target. A replaced file keeps its permissions. Writes directly to a device, a
    pipe and whatever standard output or error writes to.
    """
    output = _Output(path)
    try:
        with output.naming():
            yield output.file
        output.complete()
        output.replace()
    finally:
        output.discard()


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
    write_together([(path, data)])


def write_together(files: Sequence[Tuple[PathLike, bytes]]) -> None:
    """Writes all files whole, or leaves all old ones: none gets its name before the bytes of all are on the disk."""
    with ExitStack() as stack:
        outputs = []
        for path, data in files:
            outputs.append(_Output(path))
            stack.callback(outputs[-1].discard)
            with outputs[-1].naming():
                outputs[-1].file.write(data)
        for output in outputs:
            output.complete()
        for output in outputs:
            output.replace()


def write_temporary(path: PathLike, data: bytes) -> None:
    """Writes a file for a program that is run next, in a temporary folder. Errors name the folder of temporary
    files."""
    try:
        with open(path, "wb") as file:
            file.write(data)
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror}: expected space for temporary files (TMPDIR names another "
                                   "folder)", tempfile.gettempdir()) from None
