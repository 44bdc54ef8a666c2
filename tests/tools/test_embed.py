# SPDX-License-Identifier: MIT
"""Tests of tools/embed.py: its output is compiled, linked and compared with the file. From the repository's root:
python3 -m unittest discover -s tests/tools
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import List, Tuple

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "export")]

import embed  # noqa: E402
import export  # noqa: E402
import make_checkpoint  # noqa: E402

# Prints 1 if the bytes are aligned and equal those of standard input, 0 if not.
COMPARE = """
#include <stdint.h>
#include <stdio.h>
extern const unsigned char net[];
extern const uint32_t net_size;
int main(void) {
    uint32_t same = 0;
    for (int c; (c = getchar()) != EOF; same++)
        if (same == net_size || net[same] != c) break;
    printf("%d", same == net_size && (uintptr_t)net % 64 == 0);
}
"""


class Embedding(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.model = self.folder / "net.planned.v5l"
        checkpoint = self.folder / "net.pt"
        checkpoint.write_bytes(make_checkpoint.make())
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(export.main([str(checkpoint), "-o", str(self.model)]), 0)

    def embed(self, *arguments: str) -> Tuple[int, str]:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                status = embed.main(list(arguments))
            except SystemExit as end:
                status = int(end.code or 0)
        return status, said.getvalue()

    def compiled(self, source: Path, flags: List[str]) -> str:
        main, program = self.folder / "main.c", self.folder / "program"
        main.write_text(COMPARE)
        command = [os.environ.get("CC", "gcc"), *flags, "-o", str(program), str(main), str(source)]
        subprocess.run(command, check=True, cwd=self.folder)
        return subprocess.run([str(program)], input=self.model.read_bytes(), check=True,
                              capture_output=True).stdout.decode()

    def test_c_holds_the_file(self) -> None:
        target = self.folder / "net.c"
        status, said = self.embed(str(self.model), "-o", str(target))
        self.assertEqual((status, said), (0, f"{target}: net, {self.model.stat().st_size} bytes\n"))
        self.assertEqual(self.compiled(target, ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]), "1")

    def test_assembly_holds_the_file(self) -> None:
        target = self.folder / "net.S"
        self.assertEqual(self.embed(str(self.model), "-o", str(target))[0], 0)
        self.assertEqual(self.compiled(target, ["-std=c11"]), "1")
        for prefix in ("aarch64-linux-gnu-", "arm-linux-gnueabihf-"):
            if shutil.which(prefix + "gcc"):
                subprocess.run([prefix + "gcc", "-c", "-o", os.devnull, str(target)], check=True, cwd=self.folder)

    def test_assembles_in_another_folder(self) -> None:
        """By its absolute path anywhere; by a path relative to itself with -I, also after both have moved."""
        target, away = self.folder / "generated" / "net.S", self.folder / "away"
        for folder in (target.parent, away):
            folder.mkdir()
        command = ["gcc", "-c", "-o", os.devnull]
        self.assertEqual(self.embed(os.path.relpath(self.model), "-o", str(target))[0], 0)
        subprocess.run([*command, str(target)], check=True, cwd=away)
        self.assertEqual(self.embed(os.path.relpath(self.model), "-o", str(target), "--relative")[0], 0)
        self.assertNotIn(str(self.folder), target.read_text())
        self.folder.joinpath("moved").mkdir()
        for path in (target.parent, self.model):
            path.rename(self.folder / "moved" / path.name)
        moved = self.folder / "moved" / "generated"
        subprocess.run([*command, "-I", str(moved), str(moved / "net.S")], check=True, cwd=away)

    def test_section_and_header(self) -> None:
        header = self.folder / "net.h"
        for name in ("net.c", "net.S"):
            with self.subTest(name=name):
                target, built = self.folder / name, self.folder / "net.o"
                self.assertEqual(self.embed(str(self.model), "-o", str(target), "--section", ".flash_models",
                                            "--header", str(header))[0], 0)
                flags = ["-std=c11"] + (["-include", str(header)] if name == "net.c" else [])
                self.assertEqual(self.compiled(target, flags), "1")
                subprocess.run(["gcc", "-c", "-o", str(built), str(target)], check=True)
                listed = subprocess.run(["objdump", "-h", str(built)], check=True, capture_output=True).stdout.decode()
                self.assertRegex(listed, r"\.flash_models +[0-9a-f]+(.*\n) .*READONLY")

    def test_cpp_finds_the_c_names(self) -> None:
        self.assertEqual(self.embed(str(self.model), "-o", str(self.folder / "net.c"), "--header",
                                    str(self.folder / "net.h"))[0], 0)
        (self.folder / "use.cpp").write_text(
            '#include "net.h"\nint main() { return net[1] == 86 && net_size > 1 ? 0 : 1; }\n')
        flags = ["g++", "-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
        subprocess.run([*flags, "-x", "c++", "-c", "net.c", "-o", "net.o"], check=True, cwd=self.folder)
        subprocess.run([*flags, "use.cpp", "net.o", "-o", "use"], check=True, cwd=self.folder)
        subprocess.run([str(self.folder / "use")], check=True)

    def test_needs_the_standard_library_alone(self) -> None:
        """-S: no site-packages."""
        subprocess.run([sys.executable, "-E", "-S", str(ROOT / "tools" / "embed.py"), str(self.model), "-o",
                        str(self.folder / "alone.c")], check=True, stdout=subprocess.DEVNULL)

    def test_a_name_can_be_given(self) -> None:
        target = self.folder / "other.c"
        self.assertEqual(self.embed(str(self.model), "-o", str(target), "--name", "other")[0], 0)
        self.assertIn("const unsigned char other[", target.read_text())

    def test_bad_input_is_one_line_and_leaves_nothing(self) -> None:
        broken, text = self.folder / "broken.v5l", self.folder / "text.v5l"
        data = bytearray(self.model.read_bytes())
        data[-1] ^= 1
        broken.write_bytes(data)
        text.write_bytes(b"hello")
        for arguments, said in (([str(broken), "-o", "x.c"], "CRC"), ([str(text), "-o", "x.c"], "expected a .v5l file"),
                                ([str(self.folder / "none"), "-o", "x.c"], "No such file"),
                                ([str(self.model), "-o", "x.o"], "ends in .c or .S"), ([str(self.model)], "usage"),
                                ([str(self.model), "-o", "x.c", "--name", "int"], "name for C"),
                                ([str(self.model), "-o", "x.c", "--name", "1x"], "name for C"),
                                ([str(self.model), "-o", "x.c", "--section", 'a", "w'], "name of letters"),
                                ([str(self.model), "-o", "x.c", "--header", "x.c"], "is the output"),
                                ([str(self.model), "-o", "x.c", "--header", str(self.model)], "is the input"),
                                ([str(self.model), "-o", str(self.folder / "no" / "x.c")], "No such file")):
            with self.subTest(arguments=arguments):
                status, line = self.embed(*arguments)
                self.assertEqual((status, line.count("\n")), (2, 1))
                self.assertIn(said, line)
        self.assertFalse(Path("x.c").exists())


if __name__ == "__main__":
    unittest.main()
