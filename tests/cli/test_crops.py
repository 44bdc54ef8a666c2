# SPDX-License-Identifier: MIT
"""Tests of `v5lite detect --save-crops DIR`: pixels, and paths for any names of classes and pictures."""

import json
import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import pictures  # noqa: E402
from program import HEIGHT, SIZE, WIDTH, ProgramTest  # noqa: E402


class CropTest(ProgramTest):
    def found(self, *arguments):
        lines = self.detect("--format", "json", "--conf", "0.2", "--max-det", "12", *arguments).splitlines()
        return [json.loads(line)["detections"] for line in lines]

    def crop(self, *arguments, status=0):
        done = self.run_program("detect", "--model", self.model, "--size", SIZE, "--conf", "0.2", "--max-det", "12",
                                "--save-crops", "crops", *arguments)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def crops(self):
        return [name for name in self.files() if name.startswith("crops/")]


class Crops(CropTest):
    def test_one_file_a_detection_with_the_pixels_of_its_box(self):
        found = self.found(self.png)[0]
        self.assertGreater(len(found), 3)
        self.crop(self.png)
        self.assertEqual(self.crops(), sorted(f"crops/{d['name']}/b_000042_{i}.png" for i, d in enumerate(found, 1)))
        for i, d in enumerate(found, 1):
            width, rows = pictures.png_rows((self.directory / f"crops/{d['name']}/b_000042_{i}.png").read_bytes())
            x0, y0, x1, y1 = d["box"]
            left, top = min(int(x0), WIDTH - 1), min(int(y0), HEIGHT - 1)
            self.assertTrue(abs(width - (x1 - x0)) < 2 and abs(len(rows) - (y1 - y0)) < 2)
            self.assertEqual(rows, [row[3 * left:3 * (left + width)] for row in self.rows[top:top + len(rows)]])

    def test_crops_are_of_the_picture_without_the_drawing(self):
        self.crop(self.png)
        plain = {name: (self.directory / name).read_bytes() for name in self.crops()}
        self.crop("--draw", "drawn.png", self.png)
        self.assertEqual(plain, {name: (self.directory / name).read_bytes() for name in self.crops()})

    def test_nothing_found_makes_the_folder_alone(self):
        self.crop("--conf", "1", self.png)
        self.assertEqual(os.listdir(self.directory / "crops"), [])

    def test_jpeg_stays_jpeg(self):
        self.detect("--draw", "a.jpg", "--conf", "1", self.png)
        self.crop("a.jpg")
        self.assertTrue(self.crops())
        for name in self.crops():
            self.assertTrue(name.endswith(".jpg") and (self.directory / name).read_bytes().startswith(b"\xff\xd8"))

    def test_pictures_of_one_name_are_kept_apart_by_their_place(self):
        for folder in ("x", "y", "Z"):
            (self.directory / folder).mkdir()
            (self.directory / folder / ("A.png" if folder == "Z" else "a.png")).write_bytes(self.png.read_bytes())
        (self.directory / "a.2.png").write_bytes(self.png.read_bytes())
        count = len(self.found(self.png)[0])
        self.crop("x/a.png", "y/a.png", "Z/A.png", "a.2.png")
        stems = {Path(name).stem.rpartition("_")[0] for name in self.crops()}
        self.assertEqual((stems, len(self.crops())), ({"a.1.1", "a.2.2", "A.3.3", "a.2.4"}, 4 * count))

    def test_boxes_at_the_border_and_tiny_pictures(self):
        for width, height in ((1, 1), (2, 300), (300, 2)):
            path = self.directory / "small.ppm"
            path.write_bytes(pictures.ppm(pictures.scene(width, height), width))
            self.crop("--conf", "0.0001", path)
        self.assertTrue(self.crops())

    def test_no_crop_replaces_an_input(self):
        name = self.found(self.png)[0][0]["name"]
        folder = self.directory / "crops" / name
        folder.mkdir(parents=True)
        (folder / "a_1.png").write_bytes(self.png.read_bytes())
        os.link(folder / "a_1.png", self.directory / "a.png")
        done = self.crop("a.png", status=2)
        self.assertIn(b"replace", done.stderr)
        self.assertEqual((folder / "a_1.png").read_bytes(), self.png.read_bytes())

    def test_a_place_that_cannot_be_is_refused_before_anything_is_done(self):
        (self.directory / "crops").write_text("in the way")
        done = self.crop(self.png, status=2)
        self.assertEqual((done.stdout, len(done.stderr.splitlines())), (b"", 1))

    def test_long_and_odd_names_of_pictures(self):
        for i, name in enumerate((b"n" * 251, b"-x", b"\xff\n\x1b[2J", "\u202e\u00e9".encode(),
                                  b"a" * 99 + "\u00e9".encode())):
            with open(os.fsencode(self.directory) + b"/%d" % i, "wb") as file:
                file.write(self.png.read_bytes())
            os.rename(os.fsencode(self.directory) + b"/%d" % i, os.fsencode(self.directory) + b"/" + name + b".png")
        self.crop(self.directory)
        stems = {Path(name).stem.rpartition("_")[0] for name in self.crops()}
        self.assertEqual(len(stems), 5)
        self.assertTrue(all(len(stem.encode()) <= 110 and stem.isprintable() for stem in stems), stems)


class HostileClasses(CropTest):
    NAMES = ["../../up", "a/b", "a_b", "A_B", "..", ".", "", "-rf", "con:\\", "x" * 250, "x" * 249, "end.", "plain",
             "a_b.1", "/abs"]

    def test_every_class_has_a_folder_of_its_own_inside_the_directory(self):
        expected = self.found("--multi-label", "--conf", "0.01", "--max-det", "400", self.png)[0]
        self.assertEqual({d["class"] for d in expected}, set(range(len(self.NAMES))),
                         "the random model has to find all")
        self.crop("--multi-label", "--conf", "0.01", "--max-det", "400", self.png)
        folders = os.listdir(self.directory / "crops")
        self.assertEqual(len({folder.casefold() for folder in folders}), len(self.NAMES))
        self.assertEqual(len(self.crops()), len(expected))
        self.assertEqual(self.files(), self.crops())
        for folder in folders:
            self.assertFalse(folder.startswith((".", "-")) or len(folder.encode()) > 110, folder)


if __name__ == "__main__":
    unittest.main()
