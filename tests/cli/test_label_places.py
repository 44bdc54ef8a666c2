# SPDX-License-Identifier: MIT
"""Drawn labels are inside the picture and do not overlap."""

import random
import shlex
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAIN = """#include <stdio.h>
#include "labels.h"
int main(void) {
    static rectangle b[400], a[400];
    int w, h, n;
    if (scanf("%d %d %d", &w, &h, &n) != 3) return 1;
    for (int i = 0; i < n; i++)
        if (scanf("%d %d %d %d %d %d", &b[i].x0, &b[i].y0, &b[i].x1, &b[i].y1, &a[i].x1, &a[i].y1) != 6) return 1;
    labels_place(b, a, n, w, h);
    for (int i = 0; i < n; i++) printf("%d %d %d %d\\n", a[i].x0, a[i].y0, a[i].x1, a[i].y1);
    return 0;
}
"""


def overlaps(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


class Labels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        source, cls.program = Path(cls.folder.name) / "main.c", Path(cls.folder.name) / "labels"
        source.write_text(MAIN)
        tools = ROOT / "tools" / "v5lite"
        subprocess.run([*shlex.split(os.environ.get("HOSTCC", "cc")), "-std=c11", f"-I{tools}", str(source),
                        str(tools / "labels.c"), "-o",
                        str(cls.program)], check=True)

    def place(self, width, height, labels):
        text = f"{width} {height} {len(labels)}\n" + "\n".join(" ".join(map(str, (*box, *size))) for box,
                                                               size in labels)
        out = subprocess.run([str(self.program)], input=text, capture_output=True, text=True, check=True).stdout
        return [tuple(map(int, line.split())) for line in out.splitlines()]

    def test_above_the_box_where_there_is_room_and_below_else(self):
        self.assertEqual(self.place(100, 100, [((10, 20, 60, 60), (30, 10))]), [(10, 10, 40, 20)])
        self.assertEqual(self.place(100, 100, [((10, 0, 60, 60), (30, 10))]), [(10, 60, 40, 70)])
        self.assertEqual(self.place(100, 100, [((0, 0, 100, 100), (30, 10))]), [(0, 0, 30, 10)])

    def test_off_other_boxes(self):
        (first, second) = self.place(100, 100, [((10, 50, 60, 90), (30, 10)), ((10, 30, 60, 48), (30, 10))])
        self.assertFalse(overlaps(first, (10, 30, 60, 48)))
        self.assertFalse(overlaps(second, (10, 50, 60, 90)))

    def test_never_on_each_other_and_always_inside(self):
        generator = random.Random(1)
        for count in (1, 20, 100, 400):
            labels = []
            for _ in range(count):
                x, y = generator.randrange(300), generator.randrange(190)
                labels.append(((x, y, x + 1 + generator.randrange(20), y + 1 + generator.randrange(10)),
                               (generator.randrange(10, 80), 12)))
            areas = self.place(320, 200, labels)
            shown = [a for a in areas if a[2] > a[0]]
            self.assertGreater(len(shown), min(count, 20) * 0.9)
            self.assertEqual(areas, self.place(320, 200, labels))
            for i, area in enumerate(shown):
                self.assertTrue(area[0] >= 0 and area[1] >= 0 and area[2] <= 320 and area[3] <= 200)
                self.assertFalse(any(overlaps(area, other) for other in shown[:i]))


if __name__ == "__main__":
    unittest.main()
