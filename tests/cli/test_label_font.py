# SPDX-License-Identifier: MIT
"""Drawn labels show ASCII and accented Latin letters, and one hollow box for any other code point."""

import os
import shlex
import subprocess
import tempfile
import unicodedata
import unittest
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
ROWS, COLUMNS, TOP, LEFT = 16, 200, 4, 2
MAIN = """#include <stdio.h>
#include "font.h"
static char dots[%d][%d];
static void fill(void *user, int x0, int y0, int x1, int y1) {
    (void)user;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++) dots[y + %d][x + %d] = 1;
}
int main(int argc, char **argv) {
    if (argc != 2) return 1;
    font_draw(argv[1], 0, 0, 1, fill, NULL);
    printf("%%d %%d %%d\\n", FONT_MARKS, FONT_ASCENT, FONT_DESCENT);
    printf("%%d %%d\\n", font_width(argv[1], 1), font_width(argv[1], 3));
    return fwrite(dots, sizeof dots, 1, stdout) == 1 ? 0 : 1;
}
""" % (ROWS, COLUMNS, TOP, LEFT)


class Font(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        source, cls.program = Path(folder.name) / "main.c", Path(folder.name) / "font"
        source.write_text(MAIN)
        tools = ROOT / "tools" / "v5lite"
        sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"] if cls.sanitizes(folder.name) else []
        subprocess.run([*shlex.split(os.environ.get("HOSTCC", "cc")), "-std=c11", *sanitizers, f"-I{tools}",
                        f"-I{ROOT / 'tools/third_party'}",
                        str(source), str(tools / "font.c"), str(tools / "text.c"), "-o", str(cls.program), "-lm"],
                        check=True)

    @staticmethod
    def sanitizes(folder):
        done = subprocess.run([*shlex.split(os.environ.get("HOSTCC", "cc")), "-fsanitize=address,undefined", "-x", "c",
                               "-", "-o",
                               folder + "/try"], input=b"int main(void) { return 0; }", capture_output=True,
                               check=False)
        return done.returncode == 0

    def draw(self, text):
        """Returns the dots of a text, with TOP rows above its capitals and LEFT columns before it, and its width."""
        data = text if isinstance(text, bytes) else text.encode()
        out = subprocess.run([str(self.program), data], capture_output=True, check=True).stdout
        sizes, widths, dots = out.split(b"\n", 2)
        (self.marks, self.ascent, self.descent), (width, tripled) = map(int, sizes.split()), map(int, widths.split())
        self.assertEqual(tripled, 3 * width)
        return np.frombuffer(dots, np.uint8).reshape(ROWS, COLUMNS), width

    def test_letters_are_their_base_and_a_mark(self):
        seen = {}
        for code in range(0xC0, 0x180):
            letter = chr(code)
            dots, width = self.draw(letter)
            with self.subTest(letter=letter):
                self.assertTrue(dots.any())
                self.assertTrue(0 < width <= 12)
                self.assertFalse(dots[:, LEFT + width:].any())
                self.assertFalse(dots[:TOP - self.marks].any() or dots[TOP + self.ascent + self.descent:].any())
                parts = unicodedata.normalize("NFD", letter)
                if len(parts) == 2:
                    base, _ = self.draw(parts[0])
                    kept = slice(TOP + (2 if parts[0] in "ij" else 0), TOP + self.ascent)  # without the dot
                    self.assertTrue((dots >= base)[kept].all())
                    self.assertGreater(dots.sum(), base.sum() - (parts[0] in "ij"))
                    self.assertFalse(np.array_equal(dots, base))
                seen.setdefault(dots.tobytes(), []).append(letter)
        self.assertEqual([letters for letters in seen.values() if len(letters) > 1], [["Ð", "Đ"], ["ð", "đ"]])

    def test_where_marks_are(self):
        for letter, base in (("é", "e"), ("ü", "u"), ("ñ", "n"), ("Å", "A"), ("Č", "C")):
            (dots, _), (plain, _) = self.draw(letter), self.draw(base)
            first = np.flatnonzero(plain.any(1))[0]
            self.assertTrue(dots[:first].any())
            np.testing.assert_array_equal(dots[first:], plain[first:])
        for letter, base in (("ç", "c"), ("ą", "a"), ("Ş", "S")):
            (dots, _), (plain, _) = self.draw(letter), self.draw(base)
            np.testing.assert_array_equal(dots[:TOP + self.ascent], plain[:TOP + self.ascent])
            self.assertTrue(dots[TOP + self.ascent:].any())

    def test_other_code_points_are_one_box_each(self):
        box, width = self.draw("犬")
        ink = box[TOP:TOP + self.ascent, LEFT:LEFT + 4]
        self.assertTrue(ink[0].all() and ink[-1].all() and ink[:, 0].all() and ink[:, -1].all())
        self.assertFalse(ink[1:-1, 1:-1].any())
        self.assertEqual(ink.sum(), box.sum())
        for other in ("ж", "α", "🐕", "÷", "\u0180", "\u00bf", "\U0010ffff"):
            np.testing.assert_array_equal(self.draw(other)[0], box)
        self.assertEqual(self.draw("日本語")[1], 3 * width)
        self.assertEqual(self.draw("日本語")[0].sum(), 3 * box.sum())

    def test_unsafe_and_broken_text_is_as_elsewhere(self):
        question = self.draw("?")[0]
        for text in (b"\x1b", b"\x7f", "\x85".encode(), "\u202e".encode(), b"\x80", b"\xc3", b"\xff"):
            np.testing.assert_array_equal(self.draw(text)[0], question)
        for text, shown in ((b"\xe6\x97", "??"), (b"\xc0\xaf", "??"), (b"\xed\xa0\x80", "???"), (b"a\xc3", "a?"),
                            (b"\xc3a", "?a")):
            np.testing.assert_array_equal(self.draw(text)[0], self.draw(shown)[0])

    def test_ascii(self):
        text = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "|")  # as l
        drawn = {self.draw(c)[0].tobytes() for c in text}
        self.assertEqual(len(drawn), len(text))


if __name__ == "__main__":
    unittest.main()
