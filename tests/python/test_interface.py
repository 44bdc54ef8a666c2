# SPDX-License-Identifier: MIT
"""Compares the package's functions and structs with the headers, as tests/install/abi.py reads them."""

from __future__ import annotations

import os
import re
import sys
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from case import ROOT  # noqa: E402

sys.path.insert(0, str(ROOT / "tests" / "install"))

import abi  # noqa: E402

from v5lite import _library, rows  # noqa: E402

TEXT = "".join(path.read_text() for path in abi.HEADERS)
BRIDGE = (ROOT / "tools" / "python" / "csrc" / "bridge.c").read_text()


def as_ctypes(declared: str, result: bool = False) -> Any:
    """Returns what ctypes calls a C type."""
    if declared == "const char *" and result:
        return _library.TEXT
    if "*" in declared:
        return _library.POINTER
    return {"void": None, "int": _library.INT, "v5l_status": _library.INT, "v5l_op_kind": _library.INT,
            "size_t": _library.SIZE, "uint64_t": _library.ctypes.c_uint64}[declared]


class Functions(unittest.TestCase):
    def test_functions_have_the_types_of_the_headers(self) -> None:
        entries = abi.declared(TEXT)[0]
        bridge = re.findall(r"^([a-z][\w ]*[ *]+)(v5lpy_\w+)\(([^()]*(?:\[3\])?)\);", BRIDGE, re.MULTILINE)
        for result, name, parameters in bridge:
            parameters = re.sub(r"(\w+) (\w+)\[3\]", r"\1 *\2", parameters)
            kinds = ", ".join(map(abi.without_name, abi.words(parameters).split(",")))
            entries[f"function {name}"] = f"{abi.words(result)} ({kinds})"
        for name, (result, *arguments) in _library.FUNCTIONS.items():
            with self.subTest(name):
                match = re.fullmatch(r"(.*?) \((.*)\)", entries[f"function {name}"])
                assert match is not None
                declared = [] if match[2] == "void" else [as_ctypes(kind.strip()) for kind in match[2].split(",")]
                self.assertEqual([result, *arguments], [as_ctypes(match[1], True), *declared])


class Structs(unittest.TestCase):
    def test_fields_lie_where_a_compiler_sees_them(self) -> None:
        try:
            _, values = abi.measured(os.environ.get("CC") or "cc", abi.declared(TEXT)[1])
        except OSError:
            self.skipTest("no C compiler")
        for struct, fields in _library.FIELDS.items():
            self.assertEqual(values[f"struct {struct}"], str(_library.SIZES[struct]))
            for field, (format, offset) in fields.items():
                self.assertEqual(values[f"field {struct}.{field}"], f"{offset} + {format[1:]}", f"{struct}.{field}")
        for name, value in _library.CONSTANTS.items():
            self.assertEqual(values[f"value {name}"], str(value))

    def test_results_have_every_field(self) -> None:
        declared = [key.split(".") for key in abi.declared(TEXT)[0] if key.startswith("field ")]
        for struct, names in (("v5l_detection", rows.Detection._fields[:-1]), ("v5l_track", rows.Track._fields),
                              ("v5l_tracker_options", tuple(_library.FIELDS["v5l_tracker_options"]))):
            fields = [field for key, field in declared if key == f"field {struct}" and field != "reserved"]
            self.assertEqual(list(names), fields)


if __name__ == "__main__":
    unittest.main()
