# SPDX-License-Identifier: MIT
"""bench/speed.py draws the table of README.md, and refuses pages without one."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
TABLE = """# A

## Speed

| | e, 320 | s, 320 |
|---|--:|--:|
| v5lite | 6.5 | 8 |
| other <1> | 13.0 (0.50) | 16 (0.50) |

## B
"""


class Speed(unittest.TestCase):
    def draw(self, text):
        with tempfile.TemporaryDirectory() as folder:
            page, picture = Path(folder) / "page.md", Path(folder) / "speed.svg"
            page.write_text(text)
            command = [sys.executable, ROOT / "bench" / "speed.py", page, "-o", picture]
            done = subprocess.run(command, capture_output=True, text=True)
            return done, picture.read_text() if picture.exists() else None

    def test_a_bar_for_each_engine_and_case_to_scale(self):
        done, picture = self.draw(TABLE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        tree = ElementTree.fromstring(picture)
        bars = [float(node.get("width")) for node in tree if node.tag.endswith("rect")][1:]
        self.assertEqual(bars, [230.0, 460.0, 230.0, 460.0])
        self.assertIn("other <1>", [node.text for node in tree])

    def test_pages_without_such_a_table_are_refused_in_one_line(self):
        for text in ("", TABLE.replace("## Speed", "## Other"), TABLE.replace("13.0", "fast"),
                     TABLE.replace("13.0", "0"), TABLE.replace("| 8 |", "|"), TABLE.replace("16 (0.50)", "")):
            done, picture = self.draw(text)
            self.assertEqual((done.returncode, picture), (2, None))
            self.assertRegex(done.stderr, r"\Aspeed: [^\n]+\n\Z")


if __name__ == "__main__":
    unittest.main()
