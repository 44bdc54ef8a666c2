# SPDX-License-Identifier: MIT
"""Tests of the scenes that tools/train composes. From the repository's root:
python3 -m unittest discover -s tests/train"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools" / "train"), str(ROOT / "tools"), str(ROOT / "tests" / "cli"),
                str(ROOT / "tests" / "train")]

import anchors  # noqa: E402
import dataset  # noqa: E402
import digits  # noqa: E402
import draw  # noqa: E402
import pictures  # noqa: E402
import scenes  # noqa: E402
import write_scenes  # noqa: E402
from errors import TrainError  # noqa: E402
from evaluation.errors import EvalError  # noqa: E402
from png import png_bytes  # noqa: E402
from toy_digits import COUNT, toy_digits, write_json  # noqa: E402

SIZE = 96


def composer(seed: int = 3) -> scenes.Composer:
    return scenes.Composer(toy_digits(), SIZE, seed)


class TestScenes(unittest.TestCase):
    def test_a_scene_depends_on_seed_and_index_alone(self) -> None:
        first, again = composer(), composer()
        again.scene(0)  # earlier scenes do not matter
        for index in (7, 1):
            a, b = first.scene(index), again.scene(index)
            np.testing.assert_array_equal(a.picture, b.picture)
            np.testing.assert_array_equal(a.labels, b.labels)
        self.assertFalse(np.array_equal(first.scene(7).picture, composer(4).scene(7).picture))

    def test_boxes_lie_in_the_picture_and_do_not_touch(self) -> None:
        count = 0
        for index in range(60):
            scene = composer().scene(index)
            self.assertEqual((scene.picture.shape, scene.picture.dtype), ((SIZE, SIZE, 3), np.uint8))
            boxes = scene.labels[:, 1:]
            self.assertTrue((boxes >= 0).all() and (boxes <= SIZE).all() and (boxes[:, 2:] > boxes[:, :2]).all())
            sides = (boxes[:, 2:] - boxes[:, :2]).max(1)
            self.assertTrue((sides >= scenes.SMALLEST).all(), sides)
            for at, a in enumerate(boxes):
                for b in boxes[:at]:
                    self.assertTrue(a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] or b[1] >= a[3], (index, a, b))
            count += len(boxes)
        self.assertGreater(count, 60)

    def test_boxes_are_tight_to_the_ink(self) -> None:
        random = np.random.RandomState(0)
        for size in (12, 20, 50, 90):
            for picture in toy_digits()[3][:5]:
                ink = scenes.glyph(picture, 3, size, random.uniform(-0.4, 0.4), 0.1, 1.1, 0.5,
                                   1.5).coverage > digits.INK
                for edge in (ink[0], ink[-1], ink[:, 0], ink[:, -1]):
                    self.assertTrue(edge.any())
                self.assertLess(abs(max(ink.shape) - size), 0.5 * size + 2)

    def test_the_picture_changes_where_a_box_says_so_and_nowhere_else(self) -> None:
        drawing = scenes._Drawing(toy_digits(), SIZE, np.random.default_rng(1))
        drawing.picture = np.full((SIZE, SIZE, 3), 0.5, np.float32)
        drawing.chance = lambda probability: False  # no plate
        while not drawing.boxes:
            drawing.single()
        (left, top, right, bottom), = drawing.boxes
        changed = (np.abs(drawing.picture - 0.5) > 0.02).any(2)
        rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
        self.assertEqual((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1), (left, top, right, bottom))


class TestDigits(unittest.TestCase):
    def test_digits_for_training_and_held_out_ones_are_disjoint_and_complete(self) -> None:
        everything = toy_digits()
        seen, held_out = digits.split(everything, False), digits.split(everything, True)
        for whole, a, b in zip(everything, seen, held_out):
            ours, theirs = ({picture.tobytes() for picture in part} for part in (a, b))
            self.assertFalse(ours & theirs)
            self.assertEqual((len(ours) + len(theirs), len(theirs)), (COUNT, round(COUNT * digits.HELD_OUT)))
            self.assertEqual(ours | theirs, {picture.tobytes() for picture in whole})

    def test_files_are_read_and_wrong_ones_refused(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            write_json(Path(name))
            for read, made in zip(digits.load(name), toy_digits()):
                np.testing.assert_array_equal(read, made)
            for text in ("", "{}", '{"data": [0, 1]}', '{"data": ["a"]}', '{"data": [%s2]}' % ("0," * 783)):
                (Path(name) / "4.json").write_text(text)
                with self.assertRaisesRegex(TrainError, "4.json: expected"):
                    digits.load(name)
            (Path(name) / "4.json").unlink()
            with self.assertRaisesRegex(TrainError, "4.json: No such file"):
                digits.load(name)


class TestDrawing(unittest.TestCase):
    def test_shapes_that_leave_the_picture_are_cut_off(self) -> None:
        white = np.ones(3, np.float32)
        for x in (-50, -3, 5, 14, 60):
            picture = np.zeros((16, 16, 3), np.float32)
            draw.rectangle(picture, x, x, 6, 6, 1, white)
            draw.ellipse(picture, x, 8, 4, 3, 1, white)
            draw.stroke(picture, [(x, 0), (x + 5, 20)], 2, white)
            self.assertTrue(((picture >= 0) & (picture <= 1)).all())

    def test_blur_keeps_flat_pictures_and_the_sum_of_a_point(self) -> None:
        flat = np.full((20, 24, 3), 0.4, np.float32)
        np.testing.assert_allclose(draw.blur(flat, 1.5), flat, atol=1e-6)
        flat[10, 12] = 1
        self.assertAlmostEqual(float(draw.blur(flat, 1.5).sum()), float(flat.sum()), places=2)

    def test_png_files_hold_the_picture(self) -> None:
        picture = composer().scene(2).picture
        width, rows = pictures.png_rows(png_bytes(picture))
        self.assertEqual((width, b"".join(bytes(row) for row in rows)), (SIZE, picture.tobytes()))


class TestData(unittest.TestCase):
    def test_the_window_of_scenes_is_the_same_after_a_jump(self) -> None:
        walked, jumped = (dataset.Scenes(composer(), 6, 4) for _ in range(2))
        for epoch in range(3):
            walked.go_to(epoch)
        jumped.go_to(2)
        for a, b in zip(walked.pictures, jumped.pictures):
            np.testing.assert_array_equal(a, b)

    def test_zoom_moves_boxes_with_the_picture(self) -> None:
        picture = np.zeros((64, 64, 3), np.uint8)
        picture[16:32, 24:40] = 255
        labels = np.array([[1, 0.5, 0.375, 0.25, 0.25]], np.float32)
        moved, (label,) = dataset.zoom(picture, labels, 1.5, 0.1, -0.05)
        rows, columns = (np.flatnonzero((moved == 255).all(2).any(axis)) for axis in (1, 0))
        edges = np.array([label[1] - label[3] / 2, label[2] - label[4] / 2, label[1] + label[3] / 2,
                          label[2] + label[4] / 2])
        np.testing.assert_allclose(edges * 64, [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], atol=1.01)
        self.assertEqual(len(dataset.zoom(picture, labels, 1.0, 0.6, 0)[1]), 0)  # most of it is outside

    @unittest.skipUnless(importlib.util.find_spec("PIL"), "Pillow is not installed: install python3-pil")
    def test_a_folder_is_read_with_the_labels_that_evaluation_reads(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            for part in ("images", "labels"):
                (Path(name) / part).mkdir()
            for picture in "abc":
                (Path(name) / "images" / f"{picture}.png").write_bytes(png_bytes(np.zeros((32, 64, 3), np.uint8)))
            (Path(name) / "labels"
             / "a.txt").write_bytes(b"\xef\xbb\xbf2\t.5 .5 .25 .5\r\n1 .2 .2 .4 .2 .4 .8\r\n\r\n0 .5 .5 0 .1 \r\n")
            (Path(name) / "labels" / "b.txt").write_text("")
            folder = dataset.Folder(name, 64, 3)
            # In shares of the square: the picture's rows are 16 .. 47 of 64.
            np.testing.assert_allclose(folder.labels[0], [[2, .5, .5, .25, .25], [1, .3, .5, .2, .3]], atol=1e-6)
            self.assertEqual(([len(labels) for labels in folder.labels], folder.without_area), ([2, 0, 0], 1))
            (Path(name) / "labels" / "c.txt").write_text("0 .5 .5 .1 .1\n3 .5 .5 .1 .1")
            with self.assertRaisesRegex(EvalError, "c.txt:2: expected a class number below 3"):
                dataset.Folder(name, 64, 3)

    def test_anchors_are_near_the_sizes_they_come_from(self) -> None:
        made = np.repeat([[10, 20], [40, 30], [90, 100]], 50, 0) * np.random.RandomState(1).uniform(0.95, 1.05,
                                                                                                    (150, 2))
        chosen = np.array(anchors.choose(made, 3, 1, 0))
        np.testing.assert_allclose(chosen[:, 0], [[10, 20], [40, 30], [90, 100]], rtol=0.1)
        self.assertEqual(np.array(anchors.choose(made[:1], 3, 3, 0)).shape, (3, 3, 2))  # fewer sizes than anchors


class TestWriteScenes(unittest.TestCase):
    def run_program(self, *arguments: str) -> tuple:
        error = io.StringIO()
        with contextlib.redirect_stderr(error):
            try:
                status = write_scenes.main(list(arguments))
            except SystemExit as stopped:
                status = stopped.code
        return status, error.getvalue()

    def test_files_are_the_same_each_time(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            write_json(root)
            for out in ("a", "b"):
                done = self.run_program("--digits", name, "--out", f"{name}/{out}", "--count", "2", "--size", "64")
                self.assertEqual(done, (0, ""))
            made = sorted(path.relative_to(root / "a") for path in (root / "a").rglob("*") if path.is_file())
            self.assertEqual([str(path) for path in made],
                             ["classes.txt", "images/scene-000000.png", "images/scene-000001.png",
                                                            "labels/scene-000000.txt", "labels/scene-000001.txt"])
            for path in made:
                self.assertEqual((root / "a" / path).read_bytes(), (root / "b" / path).read_bytes())

    def test_bad_input_is_one_line(self) -> None:
        for arguments in (("--digits", "/nowhere", "--out", "/nowhere"), ("--out", "x"),
                          ("--digits", "x", "--out", "y", "--size", "1")):
            status, error = self.run_program(*arguments)
            self.assertEqual((status, error.count("\n")), (2, 1), error)
            self.assertTrue(error.startswith("write_scenes: "), error)


if __name__ == "__main__":
    unittest.main()
