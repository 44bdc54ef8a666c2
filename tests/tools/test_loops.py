# SPDX-License-Identifier: MIT
"""Tests which loops bench/qemu/loops.py finds in a disassembly. llvm-mca itself runs in CI, on the real kernels."""

import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench" / "qemu"))
import loops  # noqa: E402

LISTING = """
kernel.o:     file format elf64-littleaarch64

Disassembly of section .text:

0000000000000000 <nested>:
   0:\tmov\tx0, #0x1                   \t// #1
   4:\tldr\tq0, [x1], #16
   8:\tfmla\tv1.4s, v0.4s, v2.s[0]
   c:\tsubs\tx0, x0, #0x1
  10:\tb.ge\t8 <nested+0x8>  // b.tcont
  14:\tcbnz\tx2, 4 <nested+0x4>
  18:\tret

0000000000000020 <forward>:
  20:\ttbz\tw3, #2, 2c <forward+0xc>
  24:\tfmla\tv1.4s, v0.4s, v2.4s
  28:\tb.ne\t0 <nested>  // b.any
  2c:\tret
"""


class TestLoops(unittest.TestCase):
    def found(self) -> list:
        return [loop for name, lines in loops.functions(LISTING) for loop in loops.loops_of(name, lines)]

    def test_a_loop_is_from_a_branchs_target_to_the_branch_and_holds_no_other(self) -> None:
        self.assertEqual([(loop.function, len(loop.body), loop.fmla) for loop in self.found()], [("nested", 3, 1)])

    def test_comments_and_names_of_targets_are_left_out(self) -> None:
        self.assertEqual(self.found()[0].body, ("fmla\tv1.4s, v0.4s, v2.s[0]", "subs\tx0, x0, #0x1", "b.ge\t64"))

    def test_products_count_lanes_and_dot_products(self) -> None:
        for line, products in (("fmla\tv1.4s, v0.4s, v2.s[0]", 4), ("fmla\tv1.8h, v0.8h, v2.h[0]", 8),
                               ("sdot\tv1.4s, v0.16b, v2.4b[0]", 16), ("smmla\tv1.4s, v0.16b, v2.16b", 32),
                               ("smlal2\tv1.8h, v0.16b, v2.16b", 8), ("sadalp\tv1.4s, v0.8h", 0), ("ldr\tq0, [x1]", 0)):
            self.assertEqual(loops.Loop("loop", (line, "b.ne\t64")).products, products, line)

    def test_the_densest_loop_is_one_of_the_named_function_if_there_is_one(self) -> None:
        sdot = "sdot\tv1.4s, v0.16b, v2.4b[0]"
        found = (loops.Loop("tall", (sdot,) * 8 + ("nop",) * 2), loops.Loop("tall", (sdot,) * 8 + ("nop",)),
                 loops.Loop("stem", (sdot,) * 8), loops.Loop("short", (sdot,)))
        with mock.patch.object(loops, "all_loops", lambda file: found):
            self.assertEqual(loops.densest_loop("file", "tall"), found[1])
            self.assertEqual(loops.densest_loop("file", "(?!stem)"), found[1])
            self.assertEqual(loops.densest_loop("file", "none"), found[2])
        with mock.patch.object(loops, "all_loops", lambda file: ()), self.assertRaisesRegex(loops.LoopError,
                                                                                            "file: no loop"):
            loops.densest_loop("file", "tall")

    def test_limits_are_missed_below_their_share_and_named(self) -> None:
        loop = loops.Loop("wide", ("fmla",) * 9)
        limits = [loops.Limit("wide", 9, core, 0.90) for core in ("slow", "quick")]
        with mock.patch.multiple(loops, LIMITS=limits, find_loop=lambda *_: loop, cycles=lambda _,
                                 core: {"slow": 10.1, "quick": 10.0}[core]), \
                mock.patch("sys.stderr") as stderr:
            self.assertEqual(loops.check(), 1)
        self.assertIn("wide, 9 fmla, on slow: 89.1 %", "".join(call.args[0] for call in stderr.write.call_args_list))

    def test_a_loop_that_is_not_there_is_an_error(self) -> None:
        with mock.patch.object(loops, "find_loops",
                               lambda file: ()), self.assertRaisesRegex(loops.LoopError, "wide: no loop with 9 fmla"):
            loops.find_loop("wide", 9)


if __name__ == "__main__":
    unittest.main()
