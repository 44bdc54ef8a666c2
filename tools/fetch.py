#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fetches the YOLOv5-Lite checkpoints of the catalog, checks their SHA-256 and converts them to weights files of
v5lite.

The checkpoints are licensed GPL-3.0 by their authors and are not part of v5lite. Python 3.9 or later and numpy.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import os
import re
import socket
import sys
import urllib.error
import urllib.parse
import urllib.request
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Dict, Iterator, List, Optional

from needs import numpy_or_exit

numpy_or_exit("fetch")

import export  # noqa: E402
from cli import Parser, run  # noqa: E402
from evaluation.progress import Progress  # noqa: E402
from exporter.errors import ExportError, one_line  # noqa: E402
from exporter.magic import MAGIC  # noqa: E402
from exporter.writer import HEADER_BYTES  # noqa: E402
from fileio import check_outputs, read_bytes, replacing  # noqa: E402

TIMEOUT = 30  # longest wait for a byte, in seconds
MAX_BYTES = 1 << 28
BLOCK = 1 << 16
ROOT = Path(__file__).resolve().parents[1]


class FetchError(Exception):
    """A file that cannot be fetched: what is wrong, where, and what was expected."""

    def __init__(self, what: str, where: object, expected: str) -> None:
        super().__init__(f"{what}: {where}: {expected}")


@dataclass(frozen=True)
class Entry:
    """A line of the catalog."""

    file: str  # NAME.pt
    sha256: str
    licence: str
    default: bool
    publisher: str  # official, mirror, or empty: not stated
    url: str

    @property
    def name(self) -> str:
        """Returns the file without .pt."""
        return self.file[:-len(".pt")]

    @property
    def origin(self) -> str:
        """States who publishes the file at the address; on a host of repositories, whose repository it is."""
        parts = self.url.split("/")  # https:, nothing, host, path
        place = "/".join(parts[2:5] if parts[2] == "github.com" else parts[2:3])
        kind = {"official": "published by its authors at", "mirror": "from a mirror,"}.get(self.publisher, "from")
        return f"{kind} {place}"


def read_catalog(path: Path) -> Dict[str, Entry]:
    """Reads the catalog. Returns name -> entry, in its order."""
    entries: Dict[str, Entry] = {}
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise FetchError("catalog", path, error.strerror or "cannot be read") from None
    except UnicodeDecodeError:
        raise FetchError("catalog", path, "expected plain text") from None
    for at, line in enumerate(lines, 1):
        fields = line.split()
        if not fields or fields[0].startswith("#"):
            continue
        if len(fields) == 5:
            fields.insert(4, "")
        if len(fields) != 6 or fields[4] not in ("", "official", "mirror") \
                or not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*\.pt", fields[0]) \
                or not re.fullmatch(r"[0-9a-f]{64}", fields[1]) or fields[3] not in ("default", "optional"):
            raise FetchError("catalog", f"{path}:{at}", "expected NAME.pt, SHA-256, licence, default or optional, "
                                                         "official or mirror, address")
        if not fields[5].startswith(("http://", "https://")):
            raise FetchError("catalog", f"{path}:{at}", "expected an http or https address")
        entry = Entry(fields[0], fields[1], fields[2], fields[3] == "default", fields[4], fields[5])
        if entries.setdefault(entry.name, entry) is not entry:
            raise FetchError("catalog", f"{path}:{at}", "expected a name that no other line has")
    return entries


def chosen(entries: Dict[str, Entry], names: List[str], path: Path) -> List[Entry]:
    """Returns the named entries, with or without .pt; the default ones if none is named."""
    if not names:
        return [e for e in entries.values() if e.default]
    result = []
    for name in names:
        entry = entries.get(name[:-len(".pt")] if name.endswith(".pt") else name)
        if entry is None:
            raise FetchError("name", name, f"expected one that {path} has: {', '.join(entries) or 'it is empty'}")
        result.append(entry)
    return result


class _WebOnly(urllib.request.HTTPRedirectHandler):
    """Follows redirects to http and https only; the standard handler also follows ftp."""

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: str) -> Any:
        if urllib.parse.urlsplit(newurl).scheme not in ("http", "https"):
            raise FetchError("download", newurl, "expected a redirect to an http or https address")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """Returns an opener that knows http and https only: no file:, no ftp:."""
    opener = urllib.request.OpenerDirector()
    for handler in (urllib.request.ProxyHandler, urllib.request.HTTPHandler, urllib.request.HTTPSHandler, _WebOnly,
                    urllib.request.HTTPDefaultErrorHandler, urllib.request.HTTPErrorProcessor,
                    urllib.request.UnknownHandler):
        opener.add_handler(handler())
    return opener


def _blocks(response: Any, url: str) -> Iterator[bytes]:
    """Yields the content of a response, block by block."""
    try:
        while block := response.read(BLOCK):
            yield block
    except (OSError, http.client.HTTPException) as error:
        raise FetchError("download", url, f"{str(error) or type(error).__name__}, expected the whole file") from None


def _receive(entry: Entry, file: IO[bytes]) -> str:
    """Writes the content of the address into a file and returns its SHA-256."""
    hashed, size = hashlib.sha256(), 0
    with _opener().open(entry.url, timeout=TIMEOUT) as response:
        declared = response.headers.get("Content-Length", "")
        total = int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 19 else 0
        if total > MAX_BYTES:
            raise FetchError("download", entry.url, f"expected at most {MAX_BYTES} bytes, not {total}")
        with Progress(entry.file, total) as bar:
            for block in _blocks(response, entry.url):
                size += len(block)
                if size > MAX_BYTES:
                    raise FetchError("download", entry.url, f"expected at most {MAX_BYTES} bytes")
                hashed.update(block)
                file.write(block)
                bar.show(size)
    if size < total:
        raise FetchError("download", entry.url, f"truncated after {size} bytes, expected {total}")
    return hashed.hexdigest()


def download(entry: Entry, target: Path) -> None:
    """Fetches into a temporary file next to the target, checks it, and renames it: writes the whole file or nothing."""
    try:
        with replacing(target) as file:
            found = _receive(entry, file)
            if found != entry.sha256:
                raise FetchError("download", entry.url, f"expected SHA-256 {entry.sha256}, not {found}")
    except urllib.error.HTTPError as error:
        error.close()
        raise FetchError("download", entry.url, f"expected the file, not status {error.code}") from None
    except urllib.error.URLError as error:
        reason = getattr(error.reason, "strerror", None) or error.reason
        raise FetchError("download", entry.url, f"{reason}, expected a connection (or --from DIR)") from None
    except (http.client.HTTPException, socket.timeout, ConnectionError, ValueError) as error:  # ValueError: the address
        raise FetchError("download", entry.url, f"{str(error) or type(error).__name__}, expected a response") from None


def sha256_of(path: Path) -> str:
    """Returns the SHA-256 of a file, in hexadecimal digits."""
    hashed = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            hashed.update(block)
    return hashed.hexdigest()


def checkpoint(entry: Entry, source: Optional[Path], out: Path) -> Path:
    """Returns the path of the verified checkpoint: in `source`, or in `out`, fetched if necessary."""
    if source is not None:
        path = source / entry.file
        found = sha256_of(path)
        if found != entry.sha256:
            raise FetchError("checkpoint", path, f"expected SHA-256 {entry.sha256}, not {found}")
        return path
    path = out / entry.file
    if not path.is_file() or sha256_of(path) != entry.sha256:
        download(entry, path)
        print(f"{one_line(str(path))}: fetched")
    return path


def is_made_from(target: Path, sha256: str) -> bool:
    """Returns whether a weights file is complete and was made from the checkpoint of this SHA-256, by its header
    (weights/FORMAT.md).
    """
    try:
        data = read_bytes(target, 4 * MAX_BYTES)
    except OSError:
        return False
    return (data[:8] == MAGIC and len(data) > HEADER_BYTES and data[144:176].hex() == sha256
            and int.from_bytes(data[16:24], "little") == len(data)
            and int.from_bytes(data[12:16], "little") == zlib.crc32(data[16:]))


def is_older_than_exporter(target: Path) -> bool:
    """Returns whether the exporter has changed since the file was written."""
    tools = Path(__file__).resolve().parent
    return target.stat().st_mtime < max(p.stat().st_mtime
                                        for p in (tools / "export.py", *(tools / "exporter").glob("*.py")))


def is_kept(entry: Entry, target: Path, out: Path) -> bool:
    """Returns whether to keep the weights file of an earlier conversion, because the checkpoint is missing.

    So a file that was converted with --from needs no network afterwards.
    """
    path = out / entry.file
    if not is_made_from(target, entry.sha256) or path.is_file() and sha256_of(path) == entry.sha256:
        return False
    older = ""
    if is_older_than_exporter(target):
        older = ", though older than the exporter: convert it again with --from DIR"
    print(f"{one_line(str(target))}: made from this checkpoint, kept{older}")
    return True


def convert(entry: Entry, path: Path, target: Path) -> None:
    """Exports, unless the weights file is of this checkpoint and newer than the checkpoint and the exporter."""
    is_newer = target.exists() and target.stat().st_mtime >= path.stat().st_mtime
    if is_newer and is_made_from(target, entry.sha256) and not is_older_than_exporter(target):
        print(f"{one_line(str(target))}: up to date")
        return
    try:
        print(one_line(export.export(str(path), str(target), False), 1000))
    except ExportError as error:
        raise FetchError("checkpoint", path, str(error)) from None


def parse(argv: Optional[List[str]]) -> argparse.Namespace:
    """Parses the command line."""
    parser = Parser(
        prog="fetch.py",
        description="Fetch the YOLOv5-Lite checkpoints of the catalog and convert them to v5lite weights files.",
        epilog="The checkpoints are licensed GPL-3.0 by their authors and are not part of v5lite. Every file is "
               "checked against the SHA-256 in the catalog, which names its publisher. A weights file made from the "
               "right checkpoint is kept, so it needs no network. Exit status: 0, or 2 with one line on stderr.")
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help="entry of the catalog to fetch (default: the catalog's default set)")
    parser.add_argument("--catalog", type=Path, default=ROOT / "weights" / "catalog", metavar="FILE",
                        help="list of files (default weights/catalog)")
    parser.add_argument("--out", type=Path, default=ROOT / "weights", metavar="DIR",
                        help="directory to write to (default weights)")
    parser.add_argument("--from", dest="source", type=Path, metavar="DIR",
                        default=Path(os.environ["V5LITE_CHECKPOINTS"]) if os.environ.get("V5LITE_CHECKPOINTS")
                        else None,
                        help="convert checkpoints from this directory; download and copy nothing "
                             "(default $V5LITE_CHECKPOINTS, if set)")
    return parser.parse_args(argv)


def fetch(arguments: argparse.Namespace) -> None:
    """Fetches and converts the entries one by one."""
    entries = chosen(read_catalog(arguments.catalog), arguments.names, arguments.catalog)
    for directory in filter(None, (arguments.source, arguments.out)):
        if not directory.is_dir():
            raise FetchError("directory", directory, "expected it to exist")
    check_outputs([arguments.out / name for entry in entries for name in (entry.file, f"{entry.name}.v5l")],
                  [arguments.catalog])
    for entry in entries:
        print(f"{entry.name}: licensed {one_line(entry.licence)} by its authors, no part of v5lite; "
              f"{one_line(entry.origin)}", flush=True)
        target = arguments.out / f"{entry.name}.v5l"
        if arguments.source is not None or not is_kept(entry, target, arguments.out):
            convert(entry, checkpoint(entry, arguments.source, arguments.out), target)


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the tool and returns its exit status."""
    return run("fetch", lambda: fetch(parse(argv)), FetchError)


if __name__ == "__main__":
    sys.exit(main())
