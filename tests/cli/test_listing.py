# SPDX-License-Identifier: MIT
"""Tests of lists of detections: text, TSV, CSV, image ids of COCO, summary of several pictures, progress."""

import csv
import fcntl
import io
import json
import os
import pty
import re
import struct
import sys
import termios
import time
import unicodedata
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from program import PROGRAM, SIZE, SUMMARY, ProgramTest  # noqa: E402


class Lists(ProgramTest):
    NAMES = ["traffic light", 'say "cheese"', "salt, pepper", "\u732b", "plain"]

    def expected(self, *arguments):
        images = [json.loads(line)
                  for line in self.detect("--format", "json", "--multi-label", *arguments).splitlines()]
        return [(image, found) for image in images for found in image["detections"]]

    def test_every_line_of_tsv_has_seven_columns(self):
        expected = self.expected(self.images)
        self.assertGreater(len({found["class"] for _, found in expected}), 3)
        rows = [line.split("\t") for line in self.detect("--format", "tsv", "--multi-label", self.images).splitlines()]
        self.assertEqual(len(rows), len(expected))
        for row, (image, found) in zip(rows, expected):
            self.assertEqual((row[1], row[6]), (found["name"], image["image"]))
            self.assertEqual([float(v) for v in (row[0], *row[2:6])], [found["score"], *found["box"]])

    def test_tsv_keeps_its_columns_whatever_the_file_is_named(self):
        path = self.directory / "tab\there\nand there.png"
        path.write_bytes(self.png.read_bytes())
        lines = self.detect("--format", "tsv", path).split("\n")[:-1]
        self.assertTrue(lines)
        for line in lines:
            self.assertEqual(line.count("\t"), 6)
            self.assertTrue(line.endswith("tab?here?and there.png"))

    def test_csv_is_what_a_csv_reader_expects(self):
        expected = self.expected(self.images)
        text = self.detect("--format", "csv", "--multi-label", self.images)
        self.assertEqual(text.count("\r\n"), text.count("\n"))
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
        self.assertEqual(list(rows[0]), ["image", "width", "height", "class", "name", "score", "x0", "y0", "x1", "y1"])
        self.assertEqual(len(rows), len(expected))
        self.assertIn('"say ""cheese"""', text)
        for row, (image, found) in zip(rows, expected):
            self.assertEqual((row["image"], row["name"], int(row["class"])),
                             (image["image"], found["name"], found["class"]))
            self.assertEqual((int(row["width"]), int(row["height"])), (image["width"], image["height"]))
            self.assertEqual([float(row[key]) for key in ("score", "x0", "y0", "x1", "y1")],
                             [found["score"], *found["box"]])

    def test_csv_of_a_hostile_file_name_is_one_line_a_detection(self):
        path = self.directory / 'a",b\n=1+1,\r\x1b[2J.png'
        path.write_bytes(self.png.read_bytes())
        text = self.detect("--format", "csv", path)
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        self.assertEqual({len(row) for row in rows}, {10})
        self.assertEqual({row[0] for row in rows[1:]}, {f'{self.directory}/a",b?=1+1,??[2J.png'})

    def test_nothing_found_is_said_in_text_and_an_empty_list_elsewhere(self):
        nothing = ("--conf", "1", self.images)
        lines = self.detect(*nothing).splitlines()
        self.assertEqual([line[:12] for line in lines], ["0 detections"] * 3)
        self.assertEqual([line.split()[-1] for line in lines],
                         sorted(str(p) for p in self.images.iterdir() if p.suffix != ".txt"))
        some = self.detect(self.png).splitlines()[0]
        self.assertEqual(some.index(str(self.png)), lines[1].index(str(self.png)))
        self.assertEqual(self.detect("--format", "tsv", *nothing), "")
        self.assertEqual(self.detect("--format", "csv", *nothing),
                         "image,width,height,class,name,score,x0,y0,x1,y1\r\n")
        self.assertEqual([json.loads(line)["detections"]
                          for line in self.detect("--format", "json", *nothing).splitlines()], [[]] * 3)

    def summary(self, *arguments, status=0):
        done = self.run_program("detect", "--model", self.model, "--size", SIZE, *arguments)
        self.assertEqual(done.returncode, status)
        return done, SUMMARY.search(done.stderr)

    def test_a_summary_follows_several_pictures(self):
        for form in ("text", "tsv", "csv", "json", "coco", "yolo"):
            done, found = self.summary("--format", form, self.images)
            self.assertEqual((found[1], found[2]), (b"3", None))
            self.assertEqual(int(found[3]), len(self.detect("--format", "tsv", self.images).splitlines()))
            self.assertEqual(done.stderr, found[0])
        self.assertGreaterEqual(float(found[5]) * (float(found[4]) + 0.005), 2.9)
        (self.directory / "broken.png").write_bytes(b"no")
        _, found = self.summary(self.images, "broken.png", status=1)
        self.assertEqual((found[1], found[2]), (b"3", b"1"))

    def test_no_summary_of_one_picture_or_when_quiet_or_when_nothing_was_done(self):
        for arguments, status in (((self.png,), 0), (("--quiet", self.images), 0), (("a.png", "b.png"), 2)):
            self.assertIsNone(self.summary(*arguments, status=status)[1])


class CocoIds(ProgramTest):
    def pictures(self, *names):
        for name in names:
            (self.directory / name).parent.mkdir(exist_ok=True)
            (self.directory / name).write_bytes(self.png.read_bytes())
        return names

    def ids(self, *arguments, **options):
        done = self.run_program("detect", "--model", self.model, "--size", SIZE, "--format", "coco", *arguments,
                                **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = []
        for result in json.loads(done.stdout):
            if result["image_id"] not in found:
                found.append(result["image_id"])
        return found, self.messages(done)

    def test_numbers_in_names_are_the_ids(self):
        self.assertEqual(self.ids(*self.pictures("a_0012.png", "999999999999999999.png", "x7y.png")),
                         ([12, 10 ** 18 - 1, 7], []))

    def test_without_a_number_pictures_count_from_one_and_that_is_said_once(self):
        for names in (("b.png", "a.png", "c.png"), ("9.png", "a.png", "b.png"),
                      ("5.png", "1234567890123456789.png", "8.png"),
                      ("7.png", "9" * 200 + ".png", "2.png")):
            with self.subTest(names=names):
                ids, messages = self.ids(*self.pictures(*names))
                self.assertEqual((ids, len(messages)), ([1, 2, 3], 1))
                self.assertIn(b"1 to 3 in the order", messages[0])
        self.assertEqual(self.ids("-", stdin=self.png.read_bytes())[0], [1])

    def test_a_picture_that_cannot_be_read_keeps_its_number(self):
        self.pictures("a.png", "c.png")
        (self.directory / "b.png").write_bytes(b"no")
        done = self.run_program("detect", "--model", self.model, "--size", SIZE, "--format", "coco", "a.png", "b.png",
                                "c.png")
        self.assertEqual({result["image_id"] for result in json.loads(done.stdout)}, {1, 3})

    def test_equal_numbers_in_names_are_refused(self):
        for names in (("d/12.png", "e/12.png"), ("a12.png", "b_0012.png"), ("f/x1.png", "f/1.png")):
            self.pictures(*names)
            done = self.run_program("detect", "--model", self.model, "--size", SIZE, "--format", "coco", *names)
            self.assertEqual((done.returncode, done.stdout, len(done.stderr.splitlines())), (2, b"", 1))
            self.assertIn(b"one COCO image id", done.stderr)


class Folders(ProgramTest):
    def setUp(self):
        super().setUp()
        for name in ("b.png", "a/z.png", "a/deep/er/y.png", "c/x.png", ".hidden/h.png", "a/.h.png", "a/._b.png",
                     "c/notes.txt"):
            path = self.directory / "tree" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.png.read_bytes())

    def names(self, *arguments):
        return [json.loads(line)["image"] for line in self.detect("--format", "json", *arguments).splitlines()]

    ALL = ["tree/a/deep/er/y.png", "tree/a/z.png", "tree/b.png", "tree/c/x.png"]

    def test_only_the_folder_itself_without_the_option(self):
        self.assertEqual(self.names("tree"), ["tree/b.png"])

    def test_recursive_is_sorted_and_leaves_hidden_ones_out(self):
        self.assertEqual(self.names("--recursive", "tree"), self.ALL)
        self.assertEqual(self.names("--recursive", "tree/"), self.ALL)
        self.assertEqual(self.names("--recursive", "tree/.hidden", "tree/a/.h.png"),
                         ["tree/.hidden/h.png", "tree/a/.h.png"])

    def test_loops_of_links_end(self):
        os.symlink("..", self.directory / "tree" / "a" / "up")
        os.symlink(".", self.directory / "tree" / "self")
        os.symlink("loop", self.directory / "tree" / "loop.png")
        os.symlink(self.png, self.directory / "tree" / "c" / "link.png")
        os.symlink("tree", self.directory / "named")
        done = self.run_program("detect", "--model", self.model, "--size", SIZE, "--format", "json", "--recursive",
                                "tree")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"tree/loop.png", done.stderr)
        self.assertEqual([json.loads(line)["image"] for line in done.stdout.splitlines()],
                         sorted([*self.ALL, "tree/c/link.png"]))
        os.remove(self.directory / "tree" / "loop.png")
        self.assertEqual(len(self.names("--recursive", "named")), 5)

    def test_pipes_sockets_and_folders_named_like_pictures_are_no_pictures(self):
        os.mkfifo(self.directory / "tree" / "pipe.png")
        os.mkfifo(self.directory / "tree" / "c" / "pipe.jpg")
        (self.directory / "tree" / "folder.png").mkdir()
        self.assertEqual(self.names("tree"), ["tree/b.png"])
        self.assertEqual(self.names("--recursive", "tree"), self.ALL)

    def test_a_deep_tree(self):
        path = self.directory / "deep"
        for _ in range(300):
            path = path / "d"
        path.mkdir(parents=True)
        (path / "p.png").write_bytes(self.png.read_bytes())
        self.assertEqual(len(self.names("--recursive", "deep")), 1)

    def test_pictures_of_one_name_in_different_folders_have_one_output(self):
        (self.directory / "tree" / "c" / "z.bmp").write_bytes(self.png.read_bytes())
        for options in (("--format", "yolo", "--out", "labels"), ("--draw", "drawn")):
            done = self.run_program("detect", "--model", self.model, "--size", SIZE, "--recursive", *options, "tree")
            self.assertEqual((done.returncode, done.stdout, len(done.stderr.splitlines())), (2, b"", 1))
            self.assertIn(b"one output would replace another", done.stderr)
        self.assertFalse([name for name in self.files() if not name.startswith("tree/")])


def columns(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


class Progress(ProgramTest):
    """Progress of a run whose standard error is a terminal."""

    def setUp(self):
        super().setUp()
        for i in range(60):
            name = f"{i:03d} " + "\u732b" * (i % 20) + "long name " * (i % 15) + "\u00e9\x1b[2J.png"
            os.link(self.png, self.directory / name)

    def watch(self, width, *arguments, resize=None, term="xterm"):
        """Returns the bytes written to the terminal."""
        terminal, end = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        process = os.fork()
        if process == 0:
            os.dup2(end, 2)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.chdir(self.directory)
            os.execvpe(PROGRAM[0], [*PROGRAM, "detect", "--model", str(self.model), *arguments],
                       {**os.environ, "TERM": term})
        os.close(end)
        got, began = b"", time.monotonic()
        while time.monotonic() - began < 300:
            try:
                data = os.read(terminal, 65536)
            except OSError:  # the other end is closed
                break
            if resize and got.count(b"\r") > 2:
                fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, resize, 0, 0))
            got += data
        os.close(terminal)
        self.assertEqual(os.waitpid(process, 0)[1], 0, got)
        return got

    def lines(self, got):
        text = got.decode()
        shown = [line for line in text.replace("\r\n", "\n").split("\r\x1b[K") if line and "v5lite: done" not in line]
        self.assertTrue(shown)
        for line in shown:
            self.assertNotRegex(line, r"[\x00-\x1f\x7f]")
        return shown

    def test_lines_fit_and_show_rate_and_time_left(self):
        for width in (80, 40, 20, 7):
            shown = self.lines(self.watch(width, "--size", "160", "."))
            self.assertLess(max(map(columns, shown)), width)
        shown = self.lines(self.watch(200, "--size", "160", "."))
        self.assertTrue(shown[0].startswith("1/60  "))
        self.assertRegex(shown[-1], r"^\d+/60  [\d.]+/s  \d+:\d\d left  ")

    def test_a_terminal_that_gets_narrower(self):
        shown = self.lines(self.watch(150, "--size", "320", ".", resize=30))
        self.assertLess(columns(shown[-1]), 30)

    def test_quiet_and_dumb_terminals_show_none(self):
        self.assertEqual(self.watch(80, "--size", "64", "--quiet", "."), b"")
        self.assertRegex(self.watch(80, "--size", "64", ".", term="dumb").replace(b"\r\n", b"\n"),
                         rb"^v5lite: done: 60 pictures.*\n$")

    def test_nothing_without_a_terminal(self):
        done = self.run_program("detect", "--model", self.model, "--size", SIZE, ".")
        self.assertIsNotNone(re.fullmatch(SUMMARY, done.stderr))


if __name__ == "__main__":
    unittest.main()
