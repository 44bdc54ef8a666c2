# SPDX-License-Identifier: MIT
"""calibrate: its statistics are those of an interpreter of the file, and every refusal is one line."""

import sys
import unittest
import zipfile
from unittest import mock

import numpy as np
import pictures
from program import ROOT, SIZE, ProgramTest, make_model

sys.path.insert(0, str(ROOT / "tests" / "export"))
import interpreter  # noqa: E402

WITH_WEIGHTS = (interpreter.CONV, interpreter.DWCONV, interpreter.DETECT)


class Recorder(interpreter.Model):
    """Runs pictures, and keeps the input and the output of each op in the order of the file."""

    def run_pictures(self, images):
        self.inputs = [[] for _ in self.ops]
        self.outputs = [[] for _ in self.ops]
        plain = interpreter.activate

        def activate(x, activation):
            self.outputs[self.now].append(plain(x, activation))
            return self.outputs[self.now][-1]

        with mock.patch.object(interpreter, "activate", activate):
            for image in images:
                self.run(image)

    def _compute(self, op, a, memory):
        self.now = next(i for i, o in enumerate(self.ops) if o is op)
        self.inputs[self.now].append(a)
        return super()._compute(op, a, memory)

    def statistics(self, images):
        """Returns the arrays of an archive of calibrate by their names."""
        arrays = {}
        self.run_pictures(images)
        for i, op in enumerate(self.ops):
            if op.flags & 1:
                continue
            arrays[f"min.{i}"] = np.min(self.outputs[i], axis=(0, 1, 2))
            arrays[f"max.{i}"] = np.max(self.outputs[i], axis=(0, 1, 2))
            if op.kind in WITH_WEIGHTS:
                taps = [[patch for _, _, patch in interpreter.windows(op, a, 0.0)] for a in self.inputs[i]]
                arrays[f"mean.{i}"] = np.mean(np.array(taps), axis=(0, 2, 3))
        return arrays


class Calibrate(ProgramTest):
    def calibrate(self, *images, model=None, **options):
        """Runs calibrate on the images and returns the arrays of its archive."""
        self.succeed("calibrate", "--model", model or self.model, "--size", SIZE, "--out", "s.npz", *images, **options)
        with np.load(self.directory / "s.npz") as archive:
            return dict(archive)

    def letterboxed(self, image):
        self.succeed("audit", self.model, "--size", SIZE, "--image", image, "--dump", "dump")
        return np.load(self.directory / "dump" / "input.npy")

    def two_pictures(self):
        """Returns two different pictures: paths, and what the network sees of them."""
        other = self.directory / "other.png"
        other.write_bytes(pictures.png([row[::-1] for row in self.rows[:70]], len(self.rows[0]) // 3))
        paths = [self.png, other]
        return paths, [self.letterboxed(path) for path in paths]

    def check(self, model):
        paths, images = self.two_pictures()
        got = self.calibrate(*paths, model=model)
        want = Recorder(model.read_bytes()).statistics(images)
        self.assertEqual(sorted(got), sorted(want))
        for name, array in want.items():
            with self.subTest(name):
                self.assertEqual(got[name].dtype, np.float64 if name.startswith("mean") else np.float32)
                self.assertEqual(got[name].shape, array.shape)
                np.testing.assert_allclose(got[name], array, rtol=1e-4, atol=1e-4 * np.abs(array).max())


class Statistics(Calibrate):
    def test_are_those_of_an_interpreter_of_the_file(self):
        self.check(self.model)

    def test_of_a_literal_file(self):
        literal = self.directory / "literal.v5l"
        make_model(literal, self.NAMES, "--literal")
        self.check(literal)

    def test_of_the_picture_are_exact_bytes(self):
        paths, images = self.two_pictures()
        got = self.calibrate(*paths)
        model = interpreter.Model(self.model.read_bytes())
        op = model.ops[0]
        taps = [[patch for _, _, patch in interpreter.windows(op, image.astype(np.int64), 0)] for image in images]
        sums = np.sum(np.array(taps), axis=(0, 2, 3))
        np.testing.assert_array_equal(got["mean.0"], sums / (2 * (int(SIZE) // op.stride) ** 2))

    def test_of_several_pictures_combine_those_of_each(self):
        paths, _ = self.two_pictures()
        one, two, both = self.calibrate(paths[0]), self.calibrate(paths[1]), self.calibrate(*paths)
        for name in both:
            how = {"min": np.minimum, "max": np.maximum, "mean": lambda a, b: (a + b) / 2}[name.split(".")[0]]
            np.testing.assert_allclose(both[name], how(one[name], two[name]), rtol=1e-12)

    def test_do_not_depend_on_threads_or_earlier_runs(self):
        self.calibrate(self.images)
        first = (self.directory / "s.npz").read_bytes()
        self.calibrate(self.images, "--threads", "3")
        self.assertEqual((self.directory / "s.npz").read_bytes(), first)

    def test_are_stored_without_compression(self):
        self.calibrate(self.png)
        with zipfile.ZipFile(self.directory / "s.npz") as archive:
            self.assertIsNone(archive.testzip())
            self.assertEqual({m.compress_type for m in archive.infolist()}, {zipfile.ZIP_STORED})


class Refusals(Calibrate):
    def refused(self, *arguments, status=2):
        """Returns the one line of a run that writes nothing."""
        done = self.run_program("calibrate", *arguments)
        self.assertEqual((done.returncode, done.stdout, len(self.messages(done))), (status, b"", 1), done.stderr)
        self.assertEqual([f for f in self.files() if f.endswith((".npz", ".tmp"))], [])
        return done.stderr.decode()

    def arguments(self, *more):
        return ("--model", self.model, "--size", SIZE, "--out", "s.npz", *more)

    def test_missing_arguments(self):
        self.assertIn("--model", self.refused("--out", "s.npz", self.png))
        self.assertIn("--out", self.refused("--model", self.model, self.png))
        self.assertIn("IMAGE", self.refused(*self.arguments()))

    def test_bad_sizes(self):
        self.assertIn("multiples", self.refused("--model", self.model, "--out", "s.npz", "--size", "65", self.png))
        self.assertIn("N or WxH", self.refused("--model", self.model, "--out", "s.npz", "--size", "x", self.png))

    def test_bad_models(self):
        for data in (b"", b"text", self.model.read_bytes()[:-64]):
            bad = self.directory / "bad.v5l"
            bad.write_bytes(data)
            self.assertIn("bad.v5l", self.refused("--model", bad, "--out", "s.npz", self.png))
        self.refused("--model", "missing.v5l", "--out", "s.npz", self.png)

    def test_no_image_that_can_be_read(self):
        self.assertIn("missing.png", self.refused(*self.arguments("missing.png")))
        self.assertIn("notes.txt", self.refused(*self.arguments(self.images / "notes.txt")))
        (self.directory / "empty").mkdir()
        self.assertIn("no images", self.refused(*self.arguments("empty")))

    def test_outputs_that_cannot_be_written(self):
        self.assertIn("nowhere", self.refused(*self.arguments("--out", "nowhere/s.npz", self.png)))
        self.assertIn("model.v5l", self.refused(*self.arguments("--out", self.model, self.png)))
        before = self.png.read_bytes()
        self.refused(*self.arguments("--out", self.png, self.png))
        self.assertEqual(self.png.read_bytes(), before)

    def test_some_images_that_cannot_be_read_are_left_out(self):
        whole = self.calibrate(self.png)
        done = self.run_program("calibrate", *self.arguments(self.png, "missing.png"))
        self.assertEqual((done.returncode, len(self.messages(done))), (1, 1), done.stderr)
        self.assertIn(b"done: 1 pictures, 1 not read: ", done.stderr)
        with np.load(self.directory / "s.npz") as archive:
            for name in whole:
                np.testing.assert_array_equal(archive[name], whole[name])


if __name__ == "__main__":
    unittest.main()
