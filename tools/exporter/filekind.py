# SPDX-License-Identifier: MIT
"""Describes a file that is not a checkpoint: one line with its kind and what to do."""

from __future__ import annotations

import re
import struct
from typing import Callable, List, Optional, Tuple

from .errors import ExportError

HEAD = 1 << 12  # bytes to inspect
_LEGACY = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."  # the magic number that torch.save wrote before 1.6
NETWORK = "expected the PyTorch checkpoint (.pt) that it was made from"
ITSELF = "expected the checkpoint itself"

_BY_START: List[Tuple[bytes, str, str]] = [
    (b"\x89V5L\r\n\x1a\n", "a weights file of v5lite", "it needs no export: expected a checkpoint (.pt)"),
    (b"\x00\x05\x16\x07", "an AppleDouble file",
     "macOS keeps attributes in it: expected the file of that name without ._"),
    (b"\x00\x05\x16\x00", "an AppleSingle file", ITSELF),
    (_LEGACY, "a checkpoint in the format of PyTorch before 1.6",
     "expected the zip format: load it with its own code and save it again with PyTorch 1.6 or later"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file (Keras .h5)", NETWORK),
    (b"7767517", "an ncnn .param file", NETWORK), (b"\x01\x30\x6bG", "ncnn weights (.bin)", NETWORK),
    (b"\x47\x6b\x30\x01", "ncnn weights (.bin)", NETWORK), (b"RKNN", "an RKNN model", NETWORK),
    (b"ptrt", "a TensorRT engine", NETWORK),
    (b"ftrt", "a TensorRT engine", NETWORK), (b"\x93NUMPY", "a numpy array (.npy)", NETWORK),
    (b"\0\0\0\0\x02\0\0\0\x05\0\0\0", "Darknet weights", NETWORK), (b"\0\0\0\0\x02\0\0\0", "Darknet weights", NETWORK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "expected it to be unpacked"),
    (b"Rar!\x1a\x07", "a RAR archive", "expected it to be unpacked"),
    (b"\x1f\x8b", "a gzip archive", "expected it to be unpacked"),
    (b"BZh", "a bzip2 archive", "expected it to be unpacked"),
    (b"\xfd7zXZ\0", "an xz archive", "expected it to be unpacked"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "expected it to be unpacked"),
    (b"\x89PNG", "a PNG picture", ITSELF), (b"\xff\xd8\xff", "a JPEG picture", ITSELF),
    (b"%PDF", "a PDF document", ITSELF),
    (b"\x7fELF", "a program (ELF)", ITSELF), (b"MZ", "a program for Windows", ITSELF), (b"#!", "a script", ITSELF),
]


def describe(data: bytes) -> ExportError:
    """Returns the error about a file that is not a zip archive."""
    for start, kind, what in _BY_START:
        if data.startswith(start):
            return ExportError(kind, what)
    for test in _TESTS:
        found = test(data)
        if found is not None:
            return ExportError(*found)
    return ExportError("not a zip archive",
                       f"{len(data)} bytes of an unknown kind, expected a checkpoint saved by PyTorch 1.6 or later, "
                                            "complete")


def describe_zip(names: List[str]) -> Optional[ExportError]:
    """Returns the error about a zip archive whose members are not those of a checkpoint, or None."""
    ends = [name.rpartition("/")[2] for name in names]
    if "constants.pkl" in ends or any("/code/" in f"/{name}" for name in names):
        return ExportError("a TorchScript archive", "torch.jit.save leaves no modules that can be read: " + NETWORK)
    if "serialized_exported_program.json" in ends or any("/models/" in f"/{n}" and n.endswith(".json") for n in names):
        return ExportError("an archive of torch.export", NETWORK)
    if "data.pkl" in ends:
        return None
    inside = [name for name in names if name.lower().endswith((".pt", ".pth")) and "/." not in f"/{name}"]
    if inside:
        return ExportError("a zip archive", f"with {inside[0]!r} in it, expected it to be unpacked")
    if names and all(name.endswith(".npy") for name in names):
        return ExportError("a numpy archive (.npz)", NETWORK)
    if "model.weights.h5" in ends:
        return ExportError("a Keras archive (.keras)", NETWORK)
    example = f"with {names[0]!r} in it" if names else "without members"
    return ExportError("a zip archive",
                       f"{example} and no data.pkl, expected a checkpoint saved by PyTorch 1.6 or later")


Found = Optional[Tuple[str, str]]


def _nothing(data: bytes) -> Found:
    if not data:
        return "an empty file", "0 bytes, " + ITSELF
    if not data.strip(b"\0"):
        return f"{len(data)} bytes of zeros", "an incomplete download? " + ITSELF
    return None


def _cut_off(data: bytes) -> Found:
    if data.startswith(b"PK\x03\x04") or len(data) < 4 and b"PK\x03\x04".startswith(data):
        return "cut off", f"a zip archive of {len(data)} bytes without the directory at its end " \
                          "(an incomplete download?), expected a complete checkpoint"
    return None


def _git_lfs(data: bytes) -> Found:
    if not data.startswith(b"version https://git-lfs"):
        return None
    size = re.search(rb"^size (\d{1,15})\s*$", data[:HEAD], re.MULTILINE)
    of_size = f" of {size[1].decode()} bytes" if size else ""
    return "a Git LFS pointer", f"stands for the checkpoint{of_size}, which git lfs pull fetches"


def _text(data: bytes) -> Found:
    """Describes markup and plain text of any kind."""
    head = data[:HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<head", b"<body")) or b"<html" in head[:1024]:
        return "a web page (HTML)", "what was downloaded is the page about the file, not the file: " + ITSELF
    if head.startswith((b"<?xml", b"<net")):
        return "an XML file" + (" (OpenVINO)" if b"<net" in head else ""), NETWORK
    if head.startswith((b"{", b"[")) and _is_plain(data[:HEAD]):
        return "a JSON file", "an answer of a server instead of the file? " + ITSELF
    return ("a text file", "not a zip archive, " + ITSELF) if _is_plain(data[:HEAD]) else None


def _is_plain(head: bytes) -> bool:
    try:
        text = head[:len(head) // 4 * 4 or None].decode("utf-8", "ignore")
    except UnicodeDecodeError:
        return False
    return bool(text) and len(text.encode()) > 0.95 * len(head) - 4 and all(c.isprintable() or c in "\t\r\n\f"
                                                                            for c in text)


def _tar(data: bytes) -> Found:
    if data[257:262] != b"ustar":
        return None
    if data.startswith((b"storages\0", b"tensors\0", b"pickle\0", b"sys_info\0")):
        return ("a checkpoint in the tar format of PyTorch before 0.1.10",
                "expected the zip format of PyTorch 1.6 or later")
    return "a tar archive", "expected it to be unpacked"


def _safetensors(data: bytes) -> Found:
    if len(data) > 8 and data[8:9] == b"{" and int.from_bytes(data[:8], "little") <= len(data):
        return "a safetensors file", "weights alone do not say the network: " + NETWORK
    return None


def _flatbuffer(data: bytes) -> Found:
    return ("a TensorFlow Lite model (.tflite)", NETWORK) if data[4:8] == b"TFL3" else None


def _protobuf(data: bytes) -> Found:
    head = data[:HEAD]
    if head[:1] == b"\x08" and len(head) > 4 and head[1] < 32 and head[2] in (0x12, 0x1A, 0x3A):
        if head[1] == 1 and b"onnx" not in head and b"pytorch" not in head:
            return "a TensorFlow SavedModel (.pb)", NETWORK
        producer = head[4:4 + head[3]]
        if head[2] == 0x3A or producer.isascii() and producer.decode("ascii").isprintable():
            return "an ONNX model", NETWORK
        return "a Core ML model", NETWORK
    if head[:1] == b"\x0a" and any(op in head for op in (b"Placeholder", b"Const", b"input", b"NoOp")):
        return "a TensorFlow graph (.pb)", NETWORK
    return None


def _raw_floats(data: bytes) -> Found:
    """Recognises ncnn's .bin without a magic number: a 0 and weights."""
    if len(data) < 68 or data[:4] != bytes(4):
        return None
    if all(1e-12 < abs(value) < 1e4 for value in struct.unpack_from("<16f", data, 4)):
        return "ncnn weights (.bin)", NETWORK
    return None


def _pickle(data: bytes) -> Found:
    if len(data) > 2 and data[0] == 0x80 and 2 <= data[1] <= 5:
        return "a plain pickle", "not written by torch.save of PyTorch 1.6 or later: " + ITSELF
    return None


_TESTS: List[Callable[[bytes], Found]] = [_nothing, _cut_off, _git_lfs, _tar, _safetensors, _flatbuffer, _protobuf,
                                          _raw_floats,
                                          _pickle, _text]
