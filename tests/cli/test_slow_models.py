# SPDX-License-Identifier: MIT
"""Weights files made to take long: opening is linear in the size of the file, whatever its records share."""

import resource
import struct
import subprocess
import sys
import unittest
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from program import PROGRAM, ProgramTest  # noqa: E402

MIB = 1 << 20
OPS = 1024
CPU_SECONDS = 20  # array by array, the file below takes 20 times as long; once for all arrays, a hundredth of it


def aligned(at):
    return (at + 63) // 64 * 64


def sharing_ops(weights_bytes):
    """Returns a model of OPS convolutions, each with the whole weights section as its weights and as its bias."""
    strings = b"op\0class\0"
    starts, end = [], 192
    for size in (2 * 8, OPS * 96, 2 * OPS * 16, 64, 0, len(strings)):
        starts.append(aligned(end))
        end = starts[-1] + size
    tensors, ops, spans, heads, orders, text = starts
    weights = aligned(end)
    data = bytearray(weights) + struct.pack("<f", 1.0) * (weights_bytes // 4)
    struct.pack_into("<8sIIQ10I8Q2I", data, 0, b"\x89V5L\r\n\x1a\n", 1, 0, len(data), 0, 1, 1, 1, 2, OPS, 2 * OPS, 1, 0,
                     len(strings), *starts, weights, weights_bytes, 3, 0)
    struct.pack_into("<IHHIHH", data, tensors, 3, 1, 1, 8, 1, 0)
    floats = weights_bytes // 4
    for i in range(OPS):
        struct.pack_into("<4HI4HI6IIf4Q", data, ops + 96 * i, 1, 0, 0, 0, 0, 1, 1, 1, 0, 1, 2 * i, 1, 0, 0, 2 * i + 1,
                         1,
                         0xFFFFFFFF, 0, 0, floats, 0, floats)
        struct.pack_into("<8I", data, spans + 32 * i, 0, 0, 3, 0, 1, 0, 8, 0)
    data[text:text + len(strings)] = strings
    struct.pack_into("<9IIQ", data, heads, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0)
    struct.pack_into("<I", data, 12, zlib.crc32(memoryview(data)[16:]))
    return bytes(data)


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))


class Bounds(ProgramTest):
    def test_arrays_that_ops_share_are_read_once(self):
        path = self.directory / "slow.v5l"
        path.write_bytes(sharing_ops(256 * MIB))
        done = subprocess.run([*PROGRAM, "info", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              preexec_fn=limit)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1)


if __name__ == "__main__":
    unittest.main()
