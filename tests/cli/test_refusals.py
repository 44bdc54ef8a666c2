# SPDX-License-Identifier: MIT
"""Bad arguments, files and places: one line on stderr, the right status, nothing written."""

import json
import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import pictures  # noqa: E402
from program import SIZE, WIDTH, ProgramTest  # noqa: E402


class Refusals(ProgramTest):
    def refuse(self, *arguments, status=2, says="", **options):
        before = self.files()
        done = self.run_program(*arguments, **options)
        lines = done.stderr.decode().splitlines()
        self.assertEqual((done.returncode, len(lines)), (status, 1), (arguments, done.stderr))
        self.assertRegex(lines[0], r"^v5lite: .+: .+: .+")
        self.assertIn(says, lines[0])
        self.assertEqual(self.files(), before)
        return done.stdout

    def refuse_detect(self, *arguments, **options):
        return self.refuse("detect", "--model", self.model, "--size", SIZE, "--draw", "drawn.png", *arguments,
                           **options)

    def test_options_of_drawing(self):
        for options, want in ((("--line-width", "0"), "from 1 to 100"), (("--line-width", "101"), "from 1 to 100"),
                              (("--font-scale", "0"), "from 1 to 64"), (("--font-scale", "65"), "from 1 to 64"),
                              (("--font-scale", "1.5"), "whole number"), (("--no-labels=1",), "no value")):
            with self.subTest(options=options):
                self.refuse("detect", "--model", self.model, "--draw", "drawn.png", *options, self.png, says=want)
        for options in (("--line-width", "2"), ("--font-scale", "2"), ("--no-labels",), ("--hide-scores",)):
            with self.subTest(options=options):
                self.refuse("detect", "--model", self.model, *options, self.png, says="expected --draw with it")

    def test_arguments(self):
        for arguments, says in (
                ((), "missing command"),
                (("frobnicate",), "frobnicate"),
                (("help", "frobnicate"), "frobnicate"),
                (("detect", self.png), "--model"),
                (("detect", "--model", self.model), "IMAGE"),
                (("info",), "MODEL"),
                (("info", self.model, self.model), "too many"),
                (("info", self.model, "--threads", "2"), "--threads"),
                (("bench",), "--model"),
                (("bench", "--layers"), "--model"),
                (("bench", "--model", self.model, "--cpu", "sse"), "sse"),
                (("bench", "--layers=1"), "--layers=1"),
                (("bench", "--layers", self.png), "too many"),
                (("audit", self.model, "--dump", "d"), "--image"),
                (("audit", self.model, "--against", "d"), "--image"),
                (("audit", self.model, "--image", self.png), "--dump")):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.refuse(*arguments, says=says), b"")

    def test_options(self):
        for option in ("--unknown", "--conf", "--conf=", "--conf=nan", "--conf=2", "--conf=-0.1", "--conf=0x1",
                       "--conf=0.5x",
                       "--conf= 0.5", "--iou=inf", "--iou=1.01", "--size=0", "--size=100", "--size=99999999999",
                       "--size=-32",
                       "--size=8224", "--size=64x", "--size=x64", "--size=64x64x64", "--size=64x100", "--threads=0",
                       "--threads=65", "--threads=1.5", "--affinity", "--affinity=", "--affinity=x",
                       "--affinity=0,", "--affinity=,0", "--affinity=-1", "--affinity=0-", "--affinity=2-1",
                       "--affinity=0-1-2", "--affinity=0x1",
                       "--affinity= 0", "--affinity=1023", "--affinity=1024", "--affinity=99999999999",
                       "--affinity=0-1023,0", "--cpu=", "--cpu=sse", "--cpu=AVX2", "--max-det=0", "--max-det=30001",
                       "--format=xml", "--format=",
                       "--classes=5", "--classes=-1", "--classes=zebra", "--classes=cat,", "--classes=", "--rect=1",
                       "--out=d"):
            with self.subTest(option=option):
                self.assertEqual(self.refuse_detect(self.png, option, says=option.split("=")[-1]), b"")

    def test_of_an_option_given_twice_the_last_value_counts(self):
        self.assertEqual(self.succeed("info", self.model, "--size", "64", "--size=96"),
                         self.succeed("info", self.model, "--size", "96"))
        self.succeed("audit", self.model, "--html", "a.html", "--html", "b.html")
        self.assertEqual(self.files(), ["b.html"])
        self.refuse("info", self.model, "--size", "garbage", "--size", "64", says="garbage")

    def test_models_that_are_something_else(self):
        empty = self.inputs / "empty.v5l"
        empty.write_bytes(b"")
        for model, says in ((self.png, "not a .v5l"), (empty, "empty"), (self.model.with_suffix(".pt"), "not a .v5l"),
                            (self.inputs, "is a directory"), ("/dev/null", "empty"), ("-", "empty")):
            for command in (("info",), ("audit",), ("detect", self.png, "--model"), ("bench", "--model")):
                with self.subTest(model=model, command=command[0]):
                    self.assertEqual(self.refuse(*command, model, says=says), b"")
        self.refuse("info", "", says="No such file")
        self.refuse("detect", "--model", "", self.png, says="--model")

    def test_references_that_are_something_else(self):
        folder = self.inputs / "nothing"
        folder.mkdir(exist_ok=True)
        for path in (self.png, self.model, folder, self.inputs / "missing", "/dev/null", ""):
            self.assertEqual(self.refuse("audit", self.model, "--size", SIZE, "--image", self.png, "--against", path,
                                         says=str(path)), b"")
        self.refuse("audit", self.model, "--against", folder, says="--image")

    def test_models(self):
        whole = self.model.read_bytes()
        damaged = bytearray(whole)
        damaged[len(whole) // 2] ^= 1
        bad = self.inputs / "bad.v5l"
        for data in (b"", whole[:100], whole[:-1], whole + b"\0", bytes(damaged), b"garbage" * 100):
            bad.write_bytes(data)
            for command in (("info", bad), ("audit", bad), ("detect", "--model", bad, self.png)):
                with self.subTest(size=len(data), command=command[0]):
                    self.refuse(*command, says="bad.v5l")
        for path in (self.inputs / "missing.v5l", self.inputs):
            self.refuse("info", path, says=str(path))

    def broken_images(self):
        png = self.png.read_bytes()
        ppm = pictures.ppm(self.rows, WIDTH)
        return {"empty.png": b"", "text.png": b"this is not a picture", "half.png": png[:len(png) // 2],
                "end.ppm": ppm[:-1], "half.bmp": pictures.bmp(self.rows, WIDTH)[:30000],
                "wide.png": pictures.png(self.rows, 40000), "huge.png": pictures.png(self.rows, 30000, 30000),
                "header.ppm": b"P6\n99999999999 1\n255\n", "zero.ppm": b"P6\n0 0\n255\n",
                "start.jpg": b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"}

    def test_broken_images_alone(self):
        for name, data in self.broken_images().items():
            with self.subTest(name=name):
                path = self.inputs / name
                path.write_bytes(data)
                self.assertEqual(self.refuse_detect(path, says=name), b"")
                self.refuse("audit", self.model, "--size", SIZE, "--image", path, "--dump", "d", says=name)
        self.refuse_detect(self.inputs / "missing.png", says="missing.png")
        self.refuse_detect("-", says="-")

    def test_a_broken_image_among_others_is_reported_and_the_others_done(self):
        for name, data in self.broken_images().items():
            with self.subTest(name=name):
                path = self.inputs / name
                path.write_bytes(data)
                done = self.run_program("detect", "--model", self.model, "--size", SIZE, "--format", "json", "--draw",
                                        "drawn",
                                        self.png, path, self.images / "c0.ppm")
                self.assertEqual(done.returncode, 1)
                self.assertEqual(len(self.messages(done)), 1)
                images = [json.loads(line)["image"] for line in done.stdout.splitlines()]
                self.assertEqual(images, [str(self.png), str(self.images / "c0.ppm")])
                self.assertEqual(self.files(), ["drawn/b_000042.png", "drawn/c0.png"])

    def test_truncated_jpegs(self):
        self.detect("--draw", self.inputs / "whole.jpg", self.png)
        whole = (self.inputs / "whole.jpg").read_bytes()
        for size in (3, 30, 300, len(whole) // 2, len(whole) - 20):
            with self.subTest(size=size):
                (self.inputs / "half.jpg").write_bytes(whole[:size])
                self.refuse_detect(self.inputs / "half.jpg", says="half.jpg")

    def test_all_of_several_images_broken(self):
        done = self.run_program("detect", "--model", self.model, "missing1.png", "missing2.png")
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertEqual(len(done.stderr.splitlines()), 2)

    def test_places(self):
        (self.directory / "file").write_text("in the way")
        for option in (("--draw", "file/drawn.png"), ("--draw", "file/drawn"), ("--draw", "missing/drawn"),
                       ("--draw", "file"),
                       ("--format", "yolo", "--out", "file/labels"), ("--format", "yolo", "--out", "file")):
            with self.subTest(option=option):
                self.refuse("detect", "--model", self.model, "--size", SIZE, "--conf", "1", *option, self.png)
        self.refuse("audit", self.model, "--size", SIZE, "--image", self.png, "--dump", "file/d", says="file/d")
        for place in ("file/map.svg", "missing/map.svg", "."):
            self.refuse("info", self.model, "--svg", place, says=place)

    def test_a_pipe_as_output_stays_one(self):
        pipe = self.directory / "pipe"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.succeed("info", self.model, "--svg", "pipe")
        self.assertTrue(pipe.is_fifo())
        self.assertTrue(os.read(reader, 1 << 16).startswith(b"<svg"))
        os.close(reader)
        self.assertEqual(os.listdir(self.directory), ["pipe"])

    def test_drawings_of_other_kinds_make_no_folder(self):
        for name in ("out.webp", "out.gif", "out.tiff", "out.PNGX", "out.jpeg2", "-", "a.b/out.webp", "out.png.webp",
                     ".webp.x"):
            with self.subTest(name=name):
                self.refuse("detect", "--model", self.model, "--size", SIZE, "--draw", name, self.png, says=name)
                self.refuse("detect", "--model", self.model, "--size", SIZE, "--draw", name, self.images, says=name)

    def test_one_drawing_for_several_images(self):
        self.refuse_detect(self.png, self.images / "c0.ppm", says="directory")
        self.refuse_detect(self.images, says="directory")

    def test_no_output_replaces_an_input(self):
        copy = self.directory / "copy.png"
        copy.write_bytes(self.png.read_bytes())
        os.link(copy, self.directory / "link.png")
        for draw in ("copy.png", ".", "./link.png"):
            self.refuse_detect("copy.png", "--draw", draw, says="replace")
        model = self.directory / "model.txt"
        model.write_bytes(self.model.read_bytes())
        self.refuse("detect", "--model", model, "--format", "yolo", self.png, self.images / "c0.ppm", "model.png",
                    status=2,
                    says="replace")
        self.refuse("info", model, "--svg", "model.txt", says="replace")
        self.assertEqual(copy.read_bytes(), self.png.read_bytes())
        self.assertEqual(model.read_bytes(), self.model.read_bytes())

    def test_no_output_replaces_another(self):
        other = self.inputs / "other"
        other.mkdir(exist_ok=True)
        (other / "b_000042.bmp").write_bytes(pictures.bmp(self.rows, WIDTH))
        self.refuse_detect(self.png, other / "b_000042.bmp", "--draw", "drawn", says="one output")
        self.refuse_detect(self.png, other / "b_000042.bmp", "--draw", "d", "--format", "yolo", says="one output")
        self.refuse_detect(self.png, other / "b_000042.bmp", "--draw", "d", "--format", "coco", says="42")

    def test_directories_without_images(self):
        self.refuse_detect(self.directory, says="no images")
        (self.directory / "below").mkdir()
        (self.directory / "below" / "a.txt").write_text("no picture")
        self.refuse_detect(self.directory, says="or --recursive")
        self.refuse_detect(self.directory, "--recursive", says="no images")

    @unittest.skipUnless(os.path.exists("/dev/full"), "this system has no /dev/full: run on Linux")
    def test_a_full_disk_behind_standard_output(self):
        with open("/dev/full", "wb") as full:
            self.refuse("--help", stdout=full, says="standard output")
            self.refuse("info", self.model, stdout=full, says="standard output")
            self.refuse("detect", "--model", self.model, "--size", SIZE, "--format", "json", self.png, self.png,
                        stdout=full,
                        says="standard output")

    def test_a_closed_pipe_behind_standard_output_ends_it_silently(self):
        reader, writer = os.pipe()
        os.close(reader)
        try:
            done = self.run_program("audit", self.model, stdout=writer)
        finally:
            os.close(writer)
        self.assertEqual((done.returncode, done.stderr), (141, b""))


if __name__ == "__main__":
    unittest.main()
