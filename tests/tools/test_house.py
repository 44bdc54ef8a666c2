# SPDX-License-Identifier: MIT
"""Rules of the house that no compiler checks: licences, who includes whom, assembly. tests/docs/english.py has those
of texts."""

import re
import shutil
import subprocess
import unittest
from pathlib import Path
from typing import Dict, Iterator, List, Set

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("include", "src", "bench", "tests", "tools")
CODE = {".c", ".h", ".inc", ".def", ".S", ".cpp"}
ARM = "arm-linux-gnueabihf-gcc"
A64 = "aarch64-linux-gnu-gcc"
# Compilers, options, and the sets whose kernels they compile.
TARGETS = ((ARM, ["-mfpu=neon-vfpv4"], "neon"),
           (A64, ["-mcpu=cortex-a55", "-march=armv8.2-a+fp16+dotprod+i8mm"], "neon fp16 dot i8mm"),
           ("arm-none-eabi-gcc", ["-mcpu=cortex-m7", "-mthumb", "-mfpu=fpv5-d16", "-mfloat-abi=hard"], "dsp"),
           ("arm-none-eabi-gcc", ["-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=hard"], "mve"))
STATEMENT = re.compile(r'__asm__(?: volatile)?\((?!"" :)[^\n]*')  # that is not an empty barrier


def files(endings: Set[str]) -> Iterator[Path]:
    """Yields our files, without those that others wrote."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in endings and "third_party" not in path.parts and "node_modules" not in path.parts:
                yield path


def included(path: Path) -> List[Path]:
    """Returns the files of src that a file of src includes."""
    names = re.findall(r'^ *# *include "([^"]+)"', path.read_text(), re.MULTILINE)
    found = []
    for name in names:
        for place in (path.parent / name, ROOT / "src" / name):
            if place.resolve().is_file():
                found.append(place.resolve())
                break
    return found


class House(unittest.TestCase):
    def test_files_start_with_their_licence(self):
        without = [str(path.relative_to(ROOT)) for path in files(CODE | {".py", ".sh", ".mk"})
                   if not any("SPDX-License-Identifier: MIT" in line for line in path.read_text().splitlines()[:3])]
        self.assertEqual(without, [])

    def test_tools_import_nothing_of_bench_or_tests(self):
        for path in (ROOT / "tools").rglob("*.py"):
            imports = "\n".join(re.findall(r"^ *(?:from|import) .*|.*sys\.path.*", path.read_text(), re.MULTILINE))
            self.assertNotRegex(imports, r"\b(bench|tests)\b", path)

    def test_no_two_files_of_the_library_include_each_other(self):
        uses: Dict[Path, Set[Path]] = {}
        for path in (ROOT / "src").rglob("*.*"):
            if path.suffix in CODE:
                unit = path.with_suffix("")
                uses.setdefault(unit, set()).update(p.with_suffix("") for p in included(path))
        done: Set[Path] = set()

        def visit(unit: Path, above: List[Path]) -> None:
            self.assertNotIn(unit, above, " -> ".join(p.name for p in [*above, unit]))
            if unit not in done:
                for other in uses.get(unit, set()) - {unit}:
                    visit(other, [*above, unit])
                done.add(unit)

        for unit in uses:
            visit(unit, [])


class Assembly(unittest.TestCase):
    def test_each_statement_says_why(self):
        for path in (ROOT / "src/kernels").iterdir():
            lines = path.read_text().splitlines()
            for number, line in enumerate(lines):
                if "__asm__" in line:
                    start = 0 if path.name == "float_mode.h" else max(0, number - 16)
                    self.assertRegex("\n".join(lines[start:number + 1]), r"(?i)\bin[\s*]+assembly|an empty barrier",
                                     f"{path.name}:{number + 1}: expected a comment that says what has no intrinsic")

    def kernels(self, *options: str) -> str:
        """Returns the preprocessed kernels of all compilers that are installed, without the compilers' headers."""
        text = []
        for compiler, target, sets in TARGETS:
            for path in (p for s in sets.split() for p in sorted((ROOT / "src/kernels").glob(f"*_{s}.c"))):
                if not shutil.which(compiler):
                    continue
                headers = ["-isystem", "tests/firmware/freestanding", "-Iinclude", "-Isrc"]
                done = subprocess.run([compiler, *target, *options, "-ffreestanding", *headers, "-E",
                                       path.relative_to(ROOT)], cwd=ROOT, check=True, capture_output=True, text=True)
                text += re.findall(r'^# \d+ "src[^\n]*\n((?:(?!# \d).*\n?)*)', done.stdout, re.MULTILINE)
        return "".join(text)

    def test_without_assembly_only_empty_barriers_remain(self):
        if not any(shutil.which(compiler) for compiler, _, _ in TARGETS):
            self.skipTest("no compiler for ARM: install gcc-aarch64-linux-gnu")
        self.assertNotEqual(STATEMENT.findall(self.kernels()), [])
        self.assertEqual(STATEMENT.findall(self.kernels("-DV5L_NO_ASM")), [])


if __name__ == "__main__":
    unittest.main()
