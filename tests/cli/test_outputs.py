# SPDX-License-Identifier: MIT
"""Tests of outputs: never onto an input or another output, complete or not at all, under unique temporary names, with
the expected permissions; also when the program is ended by a signal or the disk is full."""

import glob
import os
import random
import re
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import pictures  # noqa: E402
from program import PROGRAM, ROOT, SIZE, ProgramTest  # noqa: E402


class OutputTest(ProgramTest):
    def setUp(self):
        super().setUp()
        for name, source in (("m.v5l", self.model), ("p.png", self.png)):
            shutil.copyfile(source, self.directory / name)
        self.on_picture = ("audit", "m.v5l", "--size", SIZE, "--image", "p.png")

    def state(self):
        """Returns everything below the directory, with contents."""
        return {str(p.relative_to(self.directory)): (p.lstat().st_mode, os.readlink(p)
                                                     if p.is_symlink() else p.is_file() and p.read_bytes())
                for p in self.directory.rglob("*")}

    def refuse(self, *arguments, says="replace", **options):
        before = self.state()
        done = self.run_program(*arguments, **options)
        self.assertEqual((done.returncode, done.stdout or b"", done.stderr.count(b"\n")), (2, b"", 1),
                         (arguments, done.stderr))
        self.assertIn(says, done.stderr.decode())
        self.assertTrue(self.state() == before, arguments)


class Onto(OutputTest):
    def names_of(self, name):
        """Yields other names of the file: links, spellings of the path."""
        os.symlink(name, self.directory / ("soft-" + name))
        os.symlink("soft-" + name, self.directory / ("softer-" + name))
        os.link(self.directory / name, self.directory / ("hard-" + name))
        os.symlink(".", self.directory / "here")
        yield from (name, "./" + name, ".//" + name, "here/" + name, "here/here/./" + name, str(self.directory / name),
                    "soft-" + name,
                    "softer-" + name, "hard-" + name)

    def test_the_model(self):
        for name in self.names_of("m.v5l"):
            with self.subTest(name=name):
                self.refuse("info", "m.v5l", "--svg", name)
                self.refuse("audit", "m.v5l", "--html", name)
                self.refuse("audit", name, "--html", "m.v5l")
        os.link(self.directory / "m.v5l", self.directory / "drawn.png")
        self.refuse("detect", "--model", "m.v5l", "--draw", "drawn.png", "p.png")

    def test_the_picture(self):
        for name in self.names_of("p.png"):
            with self.subTest(name=name):
                self.refuse("detect", "--model", "m.v5l", "--draw", name, "p.png")
                self.refuse("detect", "--model", "m.v5l", "--draw", "p.png", name)
                self.refuse(*self.on_picture, "--dump", "d", "--html", name)
        with open(self.directory / "p.png", "rb") as picture:
            before = self.state()
            done = subprocess.run(PROGRAM + ["detect", "--model", "m.v5l", "--draw", "p.png", "-"], cwd=self.directory,
                                  stdin=picture,
                                  capture_output=True)
            self.assertEqual((done.returncode, done.stdout), (2, b""))
            self.assertTrue(self.state() == before)

    def test_a_picture_of_a_folder(self):
        (self.directory / "in").mkdir()
        (self.directory / "out").mkdir()
        for name in ("a.png", "b.png", "c.png"):
            shutil.copyfile(self.png, self.directory / "in" / name)
        os.link(self.directory / "in" / "c.png", self.directory / "out" / "a.png")
        self.refuse("detect", "--model", "m.v5l", "--draw", "out", "in")
        self.refuse("detect", "--model", "m.v5l", "--draw", "in", "in")
        os.link(self.directory / "in" / "b.png", self.directory / "out" / "c.txt")
        self.refuse("detect", "--model", "m.v5l", "--format", "yolo", "--out", "out", "in")

    def test_the_reference(self):
        self.succeed(*self.on_picture, "--dump", "ref")
        for dump in ("ref", "./ref/", "ref/../ref"):
            self.refuse(*self.on_picture, "--against", "ref", "--dump", dump, says="ref")
        os.symlink("ref", self.directory / "alias")
        self.refuse(*self.on_picture, "--against", "ref", "--dump", "alias", says="alias")
        self.refuse(*self.on_picture, "--against", "ref", "--html", "ref/input.npy", says="ref")
        (self.directory / "linked").mkdir()
        os.symlink("../ref/input.npy", self.directory / "linked" / "input.npy")
        self.refuse(*self.on_picture, "--against", "ref", "--dump", "linked", says="linked")
        # New files in the reference would be compared with themselves by the next run.
        for path in (self.directory / "ref").glob("0*.npy"):
            path.rename(path.with_name(path.name[4:]))
        self.refuse(*self.on_picture, "--against", "ref", "--dump", "ref", says="ref")
        # Directories next to it and below it are allowed.
        self.succeed(*self.on_picture, "--against", "ref", "--dump", "ref/own", "--html", "ref/audit.html")

    def test_a_reference_archive(self):
        import numpy
        self.succeed(*self.on_picture, "--dump", "d")
        numpy.savez(self.directory / "r.npz", **{p.stem: numpy.load(p) for p in (self.directory / "d").glob("0*.npy")})
        for name in self.names_of("r.npz"):
            self.refuse(*self.on_picture, "--against", "r.npz", "--html", name)
        os.link(self.directory / "r.npz", self.directory / "d" / "only.npy")
        os.replace(self.directory / "d" / "only.npy", self.directory / "d" / "000_model.0.conv.0.npy")
        self.refuse(*self.on_picture, "--against", "r.npz", "--dump", "d")

    def test_crops(self):
        self.succeed("detect", "--model", "m.v5l", "--size", SIZE, "--save-crops", "d", "--max-det", "3", "p.png")
        crop = sorted((self.directory / "d").rglob("*.png"))[0]
        crop.unlink()
        os.link(self.directory / "p.png", crop)
        before = (self.directory / "p.png").read_bytes()
        done = self.run_program("detect", "--model", "m.v5l", "--size", SIZE, "--save-crops", "d", "--max-det", "3",
                                "p.png")
        self.assertEqual((done.returncode, done.stderr.count(b"\n")), (2, 1), done.stderr)
        self.assertIn(b"replace", done.stderr)
        self.assertEqual((self.directory / "p.png").read_bytes(), before)

    def test_no_other_code_opens_files_for_writing(self):
        """Only output.c opens outputs, so that guard.h checks all of them."""
        opening = re.compile(r"\b(fopen|freopen|open|openat|creat|mkstemp|mkdir|rename|link|symlink|unlink|remove"
                             r"|truncate)\(([^;]*)")
        for path in sorted((ROOT / "tools" / "v5lite").glob("*.c")):
            for name, arguments in opening.findall(path.read_text()):
                reads = (name == "fopen" and '"r"' in arguments) or (name == "open" and "O_RDONLY" in arguments)
                self.assertTrue(reads or path.name == "output.c", f"{path.name}: {name}({arguments}")

    def test_another_output(self):
        self.refuse(*self.on_picture, "--dump", "d", "--html", "d/input.npy")
        self.refuse(*self.on_picture, "--dump", "d", "--html", "./d//input.npy")
        os.symlink("target", self.directory / "link.html") # to nothing yet
        (self.directory / "target").mkdir()
        os.symlink("../target/input.npy", self.directory / "target" / "loop.html")
        self.refuse(*self.on_picture, "--dump", "target", "--html", "target/loop.html")

    def test_standard_output(self):
        with open(self.directory / "m.v5l", "ab") as model:
            self.refuse("info", "m.v5l", stdout=model, says="standard output")
        with open(self.directory / "a.svg", "wb") as results:
            self.refuse("info", "m.v5l", "--svg", "a.svg", stdout=results)


class Whole(OutputTest):
    def test_modes(self):
        umask = os.umask(0o027)
        try:
            self.succeed("info", "m.v5l", "--svg", "new.svg")
            self.assertEqual(stat.S_IMODE((self.directory / "new.svg").stat().st_mode), 0o640)
            for mode in (0o600, 0o666, 0o755):
                (self.directory / "new.svg").chmod(mode)
                self.succeed("info", "m.v5l", "--svg", "new.svg")
                self.assertEqual(stat.S_IMODE((self.directory / "new.svg").stat().st_mode), mode)
        finally:
            os.umask(umask)

    def test_a_link_stays_and_its_target_is_replaced(self):
        (self.directory / "deep").mkdir()
        (self.directory / "deep" / "real.svg").write_text("old")
        for target in ("deep/real.svg", "deep/missing.svg"):
            with self.subTest(target=target):
                link = self.directory / "link.svg"
                os.symlink(target, link)
                self.succeed("info", "m.v5l", "--svg", "link.svg")
                self.assertTrue(link.is_symlink())
                self.assertTrue((self.directory / target).read_bytes().startswith(b"<svg"))
                link.unlink()
        self.assertEqual(sorted(os.listdir(self.directory / "deep")), ["missing.svg", "real.svg"])
        os.symlink("round", self.directory / "round")
        self.refuse("info", "m.v5l", "--svg", "round", says="round")

    def test_devices_and_descriptors(self):
        self.succeed("info", "m.v5l", "--svg", "/dev/null")
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))
        text = self.succeed("info", "m.v5l", "--memory", "--svg", "/dev/stdout")
        self.assertTrue(text.startswith("<svg") and text.endswith("\n") and "</svg>\nm.v5l, input" in text)
        with open(self.directory / "both", "wb") as both:
            self.succeed("info", "m.v5l", "--memory", "--svg", "/dev/stdout", stdout=both)
        self.assertEqual((self.directory / "both").read_text(), text)

    def test_protected_places(self):
        """Runs as a user without write permission everywhere."""
        user = 65534 if os.geteuid() == 0 else os.geteuid()
        for path in (self.directory, *self.directory.iterdir()):
            os.chown(path, user, -1)
        (self.directory / "kept.svg").write_text("kept")
        (self.directory / "kept.svg").chmod(0o444)
        (self.directory / "closed").mkdir(0o555)
        before = self.state()
        for place in ("kept.svg", "closed/a.svg"):
            done = subprocess.run(PROGRAM + ["info", "m.v5l", "--svg", place], cwd=self.directory, capture_output=True,
                                  preexec_fn=lambda: os.setuid(user))
            self.assertEqual((done.returncode, done.stdout, done.stderr.decode()),
                             (2, b"", f"v5lite: cannot write: {place}: Permission denied\n"))
            self.assertTrue(self.state() == before)

    def test_a_left_over_name_is_no_obstacle(self):
        def leave():
            for name in (f".v5lite-{os.getpid()}.tmp", f"a.svg.{os.getpid()}.tmp", "a.svg.tmp"):
                (self.directory / name).write_text("left over")
        done = subprocess.run(PROGRAM + ["info", "m.v5l", "--svg", "a.svg"], cwd=self.directory, capture_output=True,
                              preexec_fn=leave)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_several_at_once(self):
        runs = [subprocess.Popen(PROGRAM + ["info", "m.v5l", "--svg", "a.svg"], cwd=self.directory,
                                 stdout=subprocess.DEVNULL)
                for _ in range(8)]
        self.assertEqual([run.wait() for run in runs], [0] * 8)
        self.assertEqual(self.files(), ["a.svg", "m.v5l", "p.png"])


class Ended(OutputTest):
    """Interrupts the writing of a large picture."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        width, height = 3000, 1500
        noise = random.Random(1).randbytes(3 * width * 64)
        rows = [noise[3 * width * (y % 64):3 * width * (y % 64 + 1)] for y in range(height)]
        (cls.inputs / "large.ppm").write_bytes(pictures.ppm(rows, width))
        cls.draw = ["detect", "--model", str(cls.model), "--size", SIZE, "--draw", "drawn.png",
                    str(cls.inputs / "large.ppm")]

    def temporaries(self):
        return glob.glob(str(self.directory / ".v5lite-*"))

    def run_until_it_writes(self, **options):
        run = subprocess.Popen(PROGRAM + self.draw, cwd=self.directory, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, **options)
        for _ in range(3000):
            if self.temporaries() or run.poll() is not None:
                break
            time.sleep(0.005)
        self.assertEqual((len(self.temporaries()), run.poll()), (1, None))
        return run

    def test_signals_remove_the_temporary_file(self):
        numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGXCPU, signal.SIGUSR1)

        def heed_signals():  # nohup, and shells in the background, ignore some
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            for number in numbers:
                signal.signal(number, signal.SIG_DFL)

        (self.directory / "drawn.png").write_text("as it was")
        before = self.state()
        for number in numbers:
            with self.subTest(number=number):
                run = self.run_until_it_writes(preexec_fn=heed_signals)
                run.send_signal(number)
                self.assertEqual((run.communicate()[1], run.returncode), (b"", -number))
                self.assertTrue(self.state() == before)

    def test_ignored_signals_stay_ignored(self):
        run = self.run_until_it_writes(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        run.send_signal(signal.SIGHUP)
        run.send_signal(signal.SIGPIPE)
        self.assertEqual((run.communicate()[1], run.returncode), (b"", 0))
        self.assertEqual(self.temporaries(), [])

    def test_after_sigkill_the_next_run_succeeds(self):
        run = self.run_until_it_writes()
        run.kill()
        run.communicate()
        left = self.temporaries()
        os.link(left[0], self.directory / f".v5lite-{os.getpid()}.tmp")
        self.succeed("info", "m.v5l", "--svg", "a.svg")

    def test_a_limit_on_file_size_is_an_error(self):
        before = self.state()
        for limit in (0, 10, 100000):
            done = subprocess.run(PROGRAM + self.draw, cwd=self.directory, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE,
                                  preexec_fn=lambda limit=limit: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                                                    (limit, limit)))
            self.assertEqual((done.returncode, done.stderr.decode()),
                             (2, "v5lite: cannot write: drawn.png: File too large\n"))
            self.assertTrue(self.state() == before)

    def test_a_directory_is_removed_if_nothing_came_into_it(self):
        (self.directory / "old").mkdir()
        detect = ("detect", "--model", "m.v5l", "--size", SIZE)
        for directory in ("new", "old"):
            self.refuse(*self.on_picture, "--dump", directory, "--html", "missing/a.html", says="missing/a.html")
            self.refuse("watch", "--model", "m.v5l", "--size", SIZE, "--track", "--snapshot", directory, "--stats",
                        "missing/a.json", "p.png", says="missing/a.json")
            for option in ("--save-crops", "--draw", "--out"):
                self.refuse(*detect, *(["--format", "yolo"] if option == "--out" else []), option, directory + "/",
                            "missing.png", says="missing.png")

    def test_a_full_disk_names_the_file(self):
        with tempfile.TemporaryDirectory() as place:
            if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place],
                              capture_output=True).returncode != 0:
                self.skipTest("may not mount a small file system: run as root")
            try:
                for arguments in (["detect", "--model", self.model, "--size", SIZE, "--draw", place + "/a.png",
                                   self.inputs / "large.ppm"],
                                  ["audit", self.model, "--html", place + "/a.html"],
                                  [*self.on_picture, "--dump", place]):
                    done = self.run_program(*arguments, stdout=subprocess.DEVNULL)
                    self.assertEqual(done.returncode, 2)
                    self.assertRegex(done.stderr.decode(),
                                     f"^v5lite: cannot write: {place}/[^:]+: No space left on device\n$")
                    self.assertEqual([name for name in os.listdir(place) if not name.endswith(".npy")], [])
                    for name in os.listdir(place):
                        os.remove(os.path.join(place, name))
            finally:
                subprocess.run(["umount", place], check=True)


if __name__ == "__main__":
    unittest.main()
