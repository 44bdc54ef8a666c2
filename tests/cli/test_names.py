# SPDX-License-Identifier: MIT
"""Names of classes, files and arrays that try to forge output: no output is forged."""

import json
import os
import struct
import sys
import unittest
import zlib
from pathlib import Path
from xml.dom import minidom

sys.path.insert(0, str(Path(__file__).parent))
from program import SIZE, ProgramTest  # noqa: E402

# Bytes of one class name each, as long as the exported placeholder; the loader accepts them.
PLACEHOLDERS = ["aaaaaaaa", "bbbbbbbb", "cccccccc", "dddddddd"]
FORGED = ["x\u202egnpx".encode(), "x\u2066\u2069x".encode(), "\u200f\u200e\u061c".encode(), b"<b>&\"'x/"]
# A file name: line feed, escape sequence, C1 as UTF-8 and as a byte, invalid UTF-8, bidirectional override, line
# separator.
FILE_NAME = b"a\nverdict: OK\x1b[31m\xc2\x85\x9b1m\xff" + "\u202e\u2028\u00e9.png".encode()

UNSAFE = [chr(c) for c in (*range(32), *range(127, 160), 0x61c, 0x200e, 0x200f, *range(0x2028, 0x202f),
                           *range(0x2066, 0x206a))
          if chr(c) != "\n"]


def rename(model, old, new):
    """Replaces strings of a model by others of the same length, and corrects the checksum."""
    for a, b in zip(old, new):
        assert len(a) == len(b) and model.count(a + b"\0") == 1, (a, b)
        model = model.replace(a + b"\0", b + b"\0")
    return model[:12] + struct.pack("<I", zlib.crc32(model[16:])) + model[16:]


class Names(ProgramTest):
    NAMES = PLACEHOLDERS

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        forged = rename(cls.model.read_bytes(), [p.encode() for p in PLACEHOLDERS], FORGED)
        (cls.inputs / "forged.v5l").write_bytes(forged)
        cls.forged = cls.inputs / "forged.v5l"

    def setUp(self):
        super().setUp()
        self.picture = os.fsdecode(FILE_NAME)
        (self.directory / self.picture).write_bytes(self.png.read_bytes())
        self.found = ("detect", "--model", self.forged, "--size", SIZE, "--conf", "0.0001", "--max-det", "50")

    def assert_safe(self, data):
        """Checks for UTF-8 without code points that move the cursor or reorder text, except line feeds."""
        text = data.decode() if isinstance(data, bytes) else data
        for unsafe in UNSAFE:
            self.assertNotIn(unsafe, text)
        return text

    def output(self, *arguments, status=0):
        done = self.run_program(*arguments)
        self.assertEqual(done.returncode, status, done.stderr)
        return self.assert_safe(done.stdout), self.assert_safe(done.stderr)

    def test_detections_are_one_line_each(self):
        text, _ = self.output(*self.found, self.picture)
        lines = [line for line in text.splitlines() if line[:2] in ("0.", "1.")]
        self.assertGreater(len(lines), 3)
        self.assertFalse([line for line in text.splitlines() if line.startswith("verdict")])
        self.assertTrue(all("a?verdict: OK?[31m??1m???" in line for line in lines), lines[0])

    def test_json_is_utf8_and_has_the_names(self):
        image = json.loads(self.output(*self.found, "--format", "json", self.picture)[0])
        self.assertEqual(image["image"], FILE_NAME.decode("utf-8", "replace"))
        self.assertLessEqual({d["name"] for d in image["detections"]}, {f.decode() for f in FORGED})
        info = json.loads(self.output("info", self.forged, "--format", "json")[0])
        self.assertEqual(info["classes"], [f.decode() for f in FORGED])

    def test_every_text_output(self):
        os.link(self.forged, self.directory / "m\n\x1b.v5l")
        model = "m\n\x1b.v5l"
        for arguments in (("info", model), ("info", model, "--memory"), ("info", model, "--memory", "--format", "json"),
                          ("audit", model),
                          ("audit", model, "--format", "json"),
                          ("audit", model, "--size", SIZE, "--image", self.picture, "--dump", "d"),
                          ("audit", model, "--size", SIZE, "--image", self.picture, "--against", "d"),
                          ("audit", model, "--size", SIZE, "--image", self.picture, "--against", "d", "--format",
                           "json"),
                          ("bench", "--model", model, "--size", SIZE, "--runs", "1", "--warmup", "0", "--layers")):
            with self.subTest(arguments=arguments):
                text, _ = self.output(*arguments)
                self.assertNotIn("m\n", text)
                if "json" in arguments:
                    json.loads(text)

    def test_names_of_arrays(self):
        self.output("audit", self.forged, "--size", SIZE, "--image", self.picture, "--dump", "d")
        (self.directory / "d" / "input.npy").rename(self.directory / "d" / os.fsdecode(FILE_NAME[:-4] + b".npy"))
        for form in ("text", "json"):
            text, _ = self.output("audit", self.forged, "--size", SIZE, "--image", self.picture, "--against", "d",
                                  "--html", "a.html",
                                  "--format", form)
            self.assertFalse([line for line in text.splitlines() if line.startswith("verdict")
                              and "ops compared" not in line])
            page = self.assert_safe((self.directory / "a.html").read_bytes())
            self.assertTrue("&#xFFFD;" in page)

    def test_pages_and_drawings(self):
        os.link(self.forged, self.directory / "m\x1b\u202e<b>.v5l")
        self.output("info", "m\x1b\u202e<b>.v5l", "--svg", "a.svg")
        self.assert_safe((self.directory / "a.svg").read_bytes())
        minidom.parse(str(self.directory / "a.svg"))
        self.output("audit", "m\x1b\u202e<b>.v5l", "--html", "a.html")
        self.assertNotIn("<b>", self.assert_safe((self.directory / "a.html").read_bytes()))
        self.output(*self.found, "--draw", "drawn.png", self.picture)

    def test_messages_are_one_line(self):
        for arguments in ((*self.found, "missing" + self.picture), ("info", self.picture),
                          ("detect", "--model", self.picture, self.picture),
                          ("--" + self.picture,), ("detect", "--" + self.picture),
                          ("info", self.forged, "--size", self.picture),
                          (*self.found, "--classes", self.picture, self.picture),
                          ("info", self.forged, "--svg", "no/" + self.picture),
                          ("audit", self.forged, "--image", self.picture, "--against", self.picture)):
            with self.subTest(arguments=arguments):
                text, message = self.output(*arguments, status=2)
                self.assertEqual((text, len(message.splitlines())), ("", 1), message)
                self.assertRegex(message, "^v5lite: .+: .+: .+\n$")


if __name__ == "__main__":
    unittest.main()
