# SPDX-License-Identifier: MIT
"""Shared part of the tests of `v5lite audit`."""

import json
import struct
import sys
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from program import SIZE, ProgramTest  # noqa: E402


class AuditTest(ProgramTest):
    def audit(self, *arguments, model=None, **options):
        return json.loads(self.succeed("audit", model or self.model, "--size", SIZE, "--format", "json", *arguments,
                                       **options))

    def write_model(self, data):
        """Writes a model file of changed bytes with a correct CRC."""
        struct.pack_into("<I", data, 12, zlib.crc32(data[16:]))
        path = self.directory / "changed.v5l"
        path.write_bytes(data)
        return path
