# SPDX-License-Identifier: MIT
"""Runs the program under test, $RUN $V5LITE, by default build/v5lite, and makes its models and pictures."""

import os
import re
import shlex
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import pictures

ROOT = Path(__file__).resolve().parents[2]
RUN = shlex.split(os.environ.get("RUN", ""))
PROGRAM = RUN + [os.path.abspath(os.environ.get("V5LITE", ROOT / "build" / "v5lite"))]
SIZE = "64"
WIDTH, HEIGHT = 200, 120

# The classes of the COCO data set, which have ids of their own in COCO's results format.
COCO_NAMES = """person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,
parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,
frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,
wine glass,cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,
potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,
refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush""".replace("\n", "").split(",")


SUMMARY = re.compile(rb"v5lite: done: (\d+) pictures(?:, (\d+) not read)?: (?:(\d+) detections, )?"
                     rb"(\d+\.\d\d) s, (\d+\.\d) pictures/s\n")


def make_model(path, names, *export_options):
    """Exports a small random network with these classes to `path`."""
    sys.path.insert(0, str(ROOT / "tests" / "export"))
    import make_checkpoint
    plain = make_checkpoint.module

    def named(*arguments, **attributes):
        if "names" in attributes:
            attributes["names"] = list(names)
        return plain(*arguments, **attributes)

    make_checkpoint.module = named
    try:
        checkpoint = make_checkpoint.make(classes=len(names))
    finally:
        make_checkpoint.module = plain
    path.with_suffix(".pt").write_bytes(checkpoint)
    subprocess.run([sys.executable, str(ROOT / "tools" / "export.py"), str(path.with_suffix(".pt")), "-o", str(path),
                    *export_options], check=True, stdout=subprocess.DEVNULL)


class ProgramTest(unittest.TestCase):
    """Makes a directory with a model and pictures for all tests of a class, and an empty one for each test."""

    NAMES = ["cat", "dog", "2", "traffic light", "\u00e9t\u00e9"]

    @classmethod
    def setUpClass(cls):
        cls.kept = tempfile.TemporaryDirectory()
        cls.inputs = Path(cls.kept.name)
        cls.model = cls.inputs / "model.v5l"
        make_model(cls.model, cls.NAMES)
        cls.rows = pictures.scene(WIDTH, HEIGHT)
        cls.images = cls.inputs / "images"
        cls.images.mkdir()
        (cls.images / "b_000042.png").write_bytes(pictures.png(cls.rows, WIDTH))
        (cls.images / "a7_13.bmp").write_bytes(pictures.bmp(cls.rows, WIDTH))
        (cls.images / "c0.ppm").write_bytes(pictures.ppm(cls.rows, WIDTH))
        (cls.images / "notes.txt").write_text("not an image")
        cls.png = cls.images / "b_000042.png"

    @classmethod
    def tearDownClass(cls):
        cls.kept.cleanup()

    def setUp(self):
        empty = tempfile.TemporaryDirectory()
        self.addCleanup(empty.cleanup)
        self.directory = Path(empty.name)

    def run_program(self, *arguments, stdin=b"", **options):
        return subprocess.run(PROGRAM + [str(a) for a in arguments], input=stdin, cwd=self.directory, timeout=600,
                              stdout=options.get("stdout", subprocess.PIPE), stderr=subprocess.PIPE)

    def succeed(self, *arguments, status=0, **options):
        """Returns standard output of a run that has to end with `status`, for 0 without a message."""
        done = self.run_program(*arguments, **options)
        self.assertEqual(done.returncode, status, done.stderr)
        if status == 0:
            self.assertEqual(self.messages(done), [])
        return (done.stdout or b"").decode()

    @staticmethod
    def messages(done):
        """Returns the lines on stderr without the summary of several pictures."""
        return SUMMARY.sub(b"", done.stderr).splitlines()

    def detect(self, *arguments, **options):
        return self.succeed("detect", "--model", self.model, "--size", SIZE, *arguments, **options)

    def files(self):
        return sorted(str(p.relative_to(self.directory)) for p in self.directory.rglob("*") if p.is_file())
