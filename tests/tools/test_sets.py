# SPDX-License-Identifier: MIT
"""A row of src/kernels/sets.def is all that build systems, tools and the amalgamation need to know of an instruction
set.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tools"))

from package.amalgam import clang_features  # noqa: E402
from package.sets import feature_bits, read_sets, set_of  # noqa: E402

PROGRAM = os.path.abspath(os.environ.get("V5LITE") or ROOT / "build" / "v5lite")
A64 = "aarch64-linux-gnu-gcc"
DUMMY = 'V5L_SET(dummy, x86, V5L_CPU_AVX2 | V5L_CPU_DUMMY, "-mavx2 -mbmi2")'


def make(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess:
    """A make of its own, which does not see the one that runs the tests."""
    clean = {name: value for name,
             value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "CC", "CFLAGS")}
    return subprocess.run(["make", *arguments], cwd=cwd, env=clean, capture_output=True, text=True)


def is_x86() -> bool:
    machine = subprocess.run(["gcc", "-dumpmachine"], capture_output=True,
                             text=True).stdout if shutil.which("gcc") else ""
    return machine.startswith("x86_64")


class Sets(unittest.TestCase):
    def test_each_set_has_a_feature_larger_than_those_it_adds_to(self):
        bits, rows = feature_bits(), read_sets()
        self.assertEqual(rows[0].name, "ref")
        for row in rows:
            self.assertIn(row.feature, bits, row)
            self.assertTrue(all(bits[feature] <= bits[row.feature] for feature in row.features), row)
            self.assertTrue(all(flag.startswith("-m") for flag in row.flags), row)

    def test_program_takes_every_set(self):
        text = subprocess.run([PROGRAM, "detect", "--help"], check=True, capture_output=True, text=True).stdout
        self.assertIn(f"--cpu {'|'.join(['all', *(row.name for row in read_sets())])}\n", text)

    def test_every_kernel_in_a_file_of_its_set(self):
        names = "|".join(row.name for row in read_sets())
        listed = (ROOT / "src/kernels/kernels.def").read_text()
        kernels = re.findall(r"^V5L_KERNEL\(\w+, \w+, (\w+),", listed, re.MULTILINE)
        self.assertTrue(kernels)
        for kernel in kernels:
            self.assertRegex(kernel, f"_({names})$")

    def test_other_names_are_refused(self):
        done = make("-n", "ONLY=sse", "lib")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(f"ONLY=sse: expected one of {' '.join(row.name for row in read_sets())}", done.stderr)

    def test_rows_that_cannot_be_read_are_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "sets.def"
            path.write_text("V5L_SET(one,\n    x86)\n")
            with self.assertRaisesRegex(ValueError, r"sets\.def:1: expected V5L_SET"):
                read_sets(path)

    def test_files_belong_to_the_set_that_their_names_end_with(self):
        self.assertEqual(set_of(Path("src/kernels/gemm_f32_8x24_avx512.c")).name, "avx512")
        self.assertIsNone(set_of(Path("src/kernels/gemm_f32_ref.c")))
        self.assertIsNone(set_of(Path("src/arena.c")))

    @unittest.skipUnless(shutil.which(A64), f"no {A64}: install gcc-aarch64-linux-gnu")
    def test_where_the_system_cannot_be_asked_the_compiler_tells_the_features_of_aarch64(self):
        bits = feature_bits()
        for row in read_sets():
            if row.target not in ("arm", "a64"):
                continue
            flags = row.flags if row.target == "a64" else []
            done = subprocess.run([A64, "-ffreestanding", "-O1", "-S", "-o", "-", "-Iinclude", *flags, "src/cpu.c"],
                                  cwd=ROOT, check=True, capture_output=True, text=True)
            found = re.search(r"^v5l_cpu_features:$.*?mov\tw0, (\d+)$", done.stdout, re.MULTILINE | re.DOTALL)
            self.assertIsNotNone(found, done.stdout)
            self.assertEqual(int(found[1]), sum(bits[feature] for feature in row.features), row)

    def test_a_new_feature_needs_no_change_of_its_targets(self):
        code = '#include "cpu.h"\n#define V5L_CPU_NEW %du\n#if V5L_BUILT(NEW, ALL)\nint room;\n#endif\n'
        for compiler, bit in (("gcc", 0x20), (A64, 0x2000)):
            if not shutil.which(compiler) or (compiler == "gcc" and not is_x86()):
                continue
            self.assertNotIn(bit, feature_bits().values())
            done = subprocess.run([compiler, "-Iinclude", "-Isrc", "-E", "-xc", "-"], cwd=ROOT, check=True,
                                  input=code % bit, capture_output=True, text=True)
            self.assertIn("int room;", done.stdout, compiler)

    def test_features_of_a_target_attribute(self):
        self.assertEqual(clang_features(["avx512f", "fma", "tune=icelake-server"]), "avx512f,fma")
        self.assertEqual(clang_features(["arch=armv8.2-a+dotprod+fp16"]), "dotprod,fp16")


@unittest.skipUnless(is_x86(), "the dummy set is one of x86-64, and gcc is missing or for another target")
class NewSet(unittest.TestCase):
    """A copy of the project with one more row and one more file."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.copy = Path(cls.folder.name)
        for name in ("Makefile", "CMakeLists.txt"):
            shutil.copy(ROOT / name, cls.copy)
        for name in ("include", "src", "tools", "tests", "bench"):
            shutil.copytree(ROOT / name, cls.copy / name)
        rows = cls.copy / "src/kernels/sets.def"
        rows.write_text(rows.read_text() + DUMMY + "\n")
        (cls.copy / "src/kernels/gate_dummy.c").write_text('#include "kernels.h"\n#if V5L_BUILT(DUMMY, ALL)\n#endif\n')
        header = cls.copy / "include/v5lite.h"
        header.write_text(header.read_text().replace("#define V5L_CPU_NEON",
                                                     "#define V5L_CPU_DUMMY 0x020u\n#define V5L_CPU_NEON", 1))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_make_compiles_its_files_with_its_flags(self):
        done = make("-n", "V=1", "CC=gcc", "BUILD=none", "ONLY=dummy", "lib", cwd=self.copy)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"-DV5L_ONLY=DUMMY .*-mavx2 -mbmi2 .*gate_dummy\.o")

    def test_tests_have_its_level(self):
        done = make("-n", "V=1", "CC=gcc", "BUILD=none", "check-c", cwd=self.copy)
        self.assertTrue("V5L_CPU_LEVEL=dummy " in done.stdout, done.stderr)

    @unittest.skipUnless(shutil.which("cmake"), "cmake is not installed: install cmake")
    def test_cmake_compiles_its_files_with_its_flags(self):
        done = subprocess.run(["cmake", "-S", ".", "-B", "out", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
                               "-DV5LITE_ONLY=DUMMY", "-DCMAKE_C_COMPILER=gcc"],
                              cwd=self.copy, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        commands = (self.copy / "out/compile_commands.json").read_text()
        self.assertRegex(commands, r"-DV5L_ONLY=DUMMY .*-mavx2 -mbmi2 .*gate_dummy\.c")
        self.assertNotRegex(commands, r"-mavx2[^\n]*arena\.c")

    def test_amalgamation_has_its_pragmas(self):
        subprocess.run([sys.executable, "tools/package/amalgam.py", "--out", "one"], cwd=self.copy, check=True)
        self.assertIn('#if V5L_BUILT(DUMMY, ALL)\n', (self.copy / "one/v5lite.c").read_text())
        self.assertIn('#pragma GCC target("avx2,bmi2")\n', (self.copy / "one/v5lite.c").read_text())

    def test_program_takes_it(self):
        done = subprocess.run(["gcc", "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Iinclude", "-E",
                               "tools/v5lite/session.c"], cwd=self.copy,
                              check=True, capture_output=True, text=True)
        self.assertIn('"|" "dummy"', done.stdout)


if __name__ == "__main__":
    unittest.main()
