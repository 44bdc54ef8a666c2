# SPDX-License-Identifier: MIT
"""Reads JSON files, plain or gzip, within limits, and checks the numbers in them."""

from __future__ import annotations

import json
import zlib
from typing import Any, List, NoReturn, Union

from fileio import read_bytes

from .errors import EvalError

# COCO's own labels of 5000 pictures have 20 MB and 2.6 million values; 300 detections on each of them, 150 MB and 20
# million.
MAX_BYTES = 1 << 28  # of a JSON file, unpacked
MAX_VALUES = 20_000_000  # values, members and brackets: Python needs up to 100 bytes for each
PIECE = 1 << 16  # bytes to unpack at a time
MAX_PACKED = 1 << 13  # members of a gzip file
MAX_DIGITS = 19  # of an integer: 63 bits need 19


def read_json(path: str, what: str) -> Any:
    """Returns the JSON value in a file."""
    data = read_bytes(path, MAX_BYTES)
    if data[:2] == b"\x1f\x8b":
        data = _unpacked(data, path, what)
    return parse_json(data, path, what)


def _unpacked(data: bytes, path: str, what: str) -> bytes:
    """Returns the unpacked bytes of a gzip file. It may have several members, as parallel compressors write them."""
    parts: List[bytes] = []
    left, at = MAX_BYTES + 1, 0
    for _ in range(MAX_PACKED):
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)  # with gzip's header and trailer
        while not member.eof:
            piece = data[at:at + PIECE]
            try:
                parts.append(member.decompress(piece, left))
            except zlib.error:
                piece = b""
            if not piece:
                raise EvalError(what, path, "expected a whole gzip file")
            left -= len(parts[-1])
            if left == 0:
                raise EvalError(what, path, f"expected at most {MAX_BYTES} bytes of JSON")
            at += len(piece) - len(member.unused_data)
        if data[at:at + 1] in (b"", b"\0") and not data[at:].strip(b"\0"):  # zeros may fill the end
            return b"".join(parts)
    raise EvalError(what, path, f"expected at most {MAX_PACKED} gzip members")


class _Refused(ValueError):
    """JSON that Python's reader accepts and this one refuses: huge integers, NaN and infinity."""


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS:
        raise _Refused(f"expected integers of at most {MAX_DIGITS} digits")
    return int(digits)


def _not_finite(name: str) -> NoReturn:
    raise _Refused(f"expected finite numbers, found {name}")


def parse_json(data: Union[bytes, str], where: str, what: str) -> Any:
    """Parses JSON from bytes or text."""
    brackets = (b"{", b"[", b",", b":") if isinstance(data, bytes) else ("{", "[", ",", ":")
    if sum(data.count(b) for b in brackets) > MAX_VALUES:  # type: ignore[arg-type]
        raise EvalError(what, where, f"expected at most {MAX_VALUES} values")
    try:
        return json.loads(data, parse_int=_integer, parse_constant=_not_finite)
    except RecursionError:
        raise EvalError(what, where, "expected JSON that is not nested as deep") from None
    except _Refused as error:
        raise EvalError(what, where, str(error)) from None
    except ValueError:
        raise EvalError(what, where, "expected JSON") from None


def member(item: Any, key: str, kind: type, what: str, where: str) -> Any:
    """Returns item[key], checked to have a type."""
    value = item.get(key) if isinstance(item, dict) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        name = {int: "an integer", list: "an array", str: "a string", dict: "an object"}[kind]
        raise EvalError(what, where, f'expected {name} as "{key}"')
    return value


def number(value: Any, key: str, what: str, where: str) -> float:
    """Returns a finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -1e18 < value < 1e18:
        raise EvalError(what, where, f'expected a finite number as "{key}"')
    return float(value)


def identity(item: Any, key: str, what: str, where: str) -> int:
    """Returns an id: an integer from 0 that fits 63 bits."""
    value: int = member(item, key, int, what, where)
    if not 0 <= value < 1 << 63:
        raise EvalError(what, where, f'expected an integer from 0 as "{key}"')
    return value


def numbers(item: Any, key: str, what: str, where: str) -> List[float]:
    """Returns item[key], 4 finite numbers."""
    values = member(item, key, list, what, where)
    if len(values) != 4:
        raise EvalError(what, where, f'expected 4 numbers as "{key}"')
    return [number(v, key, what, where) for v in values]


def box(item: Any, what: str, where: str) -> List[float]:
    """Returns the item's "bbox": x, y, width, height, finite; width and height from 0."""
    result = numbers(item, "bbox", what, where)
    if result[2] < 0 or result[3] < 0:
        raise EvalError(what, where, 'expected width and height from 0 in "bbox"')
    return result
