# SPDX-License-Identifier: MIT
"""Tests of the versions that tests/install/abi.py requires. From the repository's root: python3 -m unittest discover -s
tests/tools
"""

from __future__ import annotations

import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "install"))

import abi  # noqa: E402

OLD = {"value V5L_A": "1", "function v5l_f": "int (int)"}
HEADER = """
#define V5L_VERSION "1.2.3"
#define V5L_LIMIT 0x10u /* a limit */
typedef enum v5l_e { V5L_A = 1, /* one, V5L_NOT */
                     V5L_B } v5l_e;
typedef struct v5l_s {
    const char *name, *other; /* two */
    int count[3];
    void (*run)(void *user, void (*task)(void *, int), int count);
} v5l_s;
typedef struct v5l_o v5l_o;
v5l_s *v5l_make(const v5l_o *o, int
    count);
void v5l_none(void);
"""


class Versions(unittest.TestCase):
    def test_nothing_changed_asks_for_nothing(self) -> None:
        self.assertEqual(abi.needed(OLD, dict(OLD), "1.2.3"), ((1, 2, 3), []))

    def test_what_is_added_raises_minor(self) -> None:
        for released, lowest in (("1.2.3", (1, 3, 0)), ("0.1.0", (0, 2, 0))):
            self.assertEqual(abi.needed(OLD, {**OLD, "value V5L_B": "2"}, released), (lowest, ["value V5L_B is new"]))

    def test_what_is_gone_or_changed_raises_major_or_while_that_is_0_minor(self) -> None:
        for new, said in (({"value V5L_A": "1"}, "function v5l_f is gone"),
                          ({**OLD, "value V5L_A": "3"}, "value V5L_A is 3")):
            self.assertEqual(abi.needed(OLD, new, "1.2.3"), ((2, 0, 0), [said]))
            self.assertEqual(abi.needed(OLD, new, "0.1.0"), ((0, 2, 0), [said]))


    def test_a_field_in_reserved_room_raises_minor(self) -> None:
        old = {"struct v5l_s": "24", "field v5l_s.a": "int a 0 + 4",
               "field v5l_s.reserved": "uint64_t reserved[2] 8 + 16"}
        taken = {**old, "field v5l_s.b": "int b 8 + 4", "field v5l_s.reserved": "uint64_t reserved[1] 16 + 8"}
        self.assertEqual(abi.needed(old, taken, "1.2.3"), ((1, 3, 0), ["field v5l_s.b is new"]))
        used_up = {key: value for key, value in taken.items() if not key.endswith("reserved")}
        self.assertEqual(abi.needed(old, used_up, "1.2.3")[0], (1, 3, 0))
        for broken in ({"struct v5l_s": "32"}, {"field v5l_s.a": "int a 4 + 4"}):
            self.assertEqual(abi.needed(old, {**taken, **broken}, "1.2.3")[0], (2, 0, 0))


class Header(unittest.TestCase):
    def test_declarations_are_read(self) -> None:
        entries, constants = abi.declared(HEADER)
        self.assertEqual(entries["function v5l_make"], "v5l_s * (const v5l_o *, int)")
        self.assertEqual(entries["function v5l_none"], "void (void)")
        self.assertEqual(entries["field v5l_s.other"], "const char *other")
        self.assertEqual(entries["field v5l_s.count"], "int count[3]")
        self.assertIn("task", entries["field v5l_s.run"])
        names = {name for name, _ in constants}
        self.assertEqual({name for name in names if name.startswith("value")},
                         {"value V5L_LIMIT", "value V5L_A", "value V5L_B"})
        self.assertEqual(names | set(entries), names | {"opaque v5l_o", "function v5l_make", "function v5l_none"})

    @unittest.skipUnless(shutil.which("cc"), "no cc: install gcc")
    def test_a_compiler_says_values(self) -> None:
        _, constants = abi.declared(abi.HEADER.read_text())
        _, values = abi.measured("cc", constants)
        self.assertEqual((values["value V5L_E_VALUE"], values["value V5L_CPU_NEON"]), ("-39", "256"))
        self.assertEqual(values["field v5l_detection.class_id"], "20 + 4")


if __name__ == "__main__":
    unittest.main()
