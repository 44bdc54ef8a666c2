# SPDX-License-Identifier: MIT
"""Tests of tools/fileio.py, which all Python tools share. From the repository's root: python3 -m unittest discover -s
tests/tools
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "tools")]

import fileio  # noqa: E402
import signals_case  # noqa: E402


class Files(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = self.folder / "file.bin"

    def test_a_new_file_has_the_usual_permissions(self) -> None:
        umask = os.umask(0o027)
        try:
            fileio.write_atomically(self.path, b"new")
        finally:
            os.umask(umask)
        self.assertEqual((self.path.read_bytes(), self.path.stat().st_mode & 0o777), (b"new", 0o640))
        self.assertEqual(os.listdir(self.folder), ["file.bin"])

    def test_what_fails_half_way_leaves_what_was_there(self) -> None:
        self.path.write_bytes(b"old")
        with self.assertRaises(RuntimeError), fileio.replacing(self.path) as file:
            file.write(b"half")
            raise RuntimeError
        self.assertEqual(self.path.read_bytes(), b"old")
        self.assertEqual(os.listdir(self.folder), ["file.bin"])

    def test_a_pipe_stays_one(self) -> None:
        os.mkfifo(self.path)
        reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        fileio.write_atomically(self.path, b"new")
        self.assertEqual(os.read(reader, 9), b"new")
        os.close(reader)
        self.assertTrue(self.path.is_fifo())

    def test_errors_name_the_file_that_was_asked_for(self) -> None:
        path = self.folder / "missing" / "file"
        with self.assertRaises(OSError) as failed:
            fileio.write_atomically(path, b"")
        self.assertEqual(failed.exception.filename, str(path))

    def test_a_file_that_is_replaced_keeps_its_permissions(self) -> None:
        self.path.write_bytes(b"old")
        self.path.chmod(0o604)
        fileio.write_atomically(self.path, b"new")
        self.assertEqual((self.path.read_bytes(), self.path.stat().st_mode & 0o777), (b"new", 0o604))

    def test_a_symbolic_link_is_written_through(self) -> None:
        (self.folder / "kept").mkdir()
        for name in ("kept/file", "kept/not there yet"):
            link = self.folder / "link"
            link.symlink_to(name)
            fileio.write_atomically(link, b"new")
            self.assertTrue(link.is_symlink())
            self.assertEqual((self.folder / name).read_bytes(), b"new")
            link.unlink()
        loop = self.folder / "loop"
        loop.symlink_to("loop")
        with self.assertRaises(OSError) as failed:
            fileio.write_atomically(loop, b"new")
        self.assertEqual((failed.exception.errno, failed.exception.filename), (errno.ELOOP, str(loop)))
        self.assertEqual(sorted(os.listdir(self.folder)), ["kept", "loop"])

    def test_a_full_disk_names_the_file_and_leaves_nothing(self) -> None:
        with unittest.mock.patch("os.fsync", side_effect=OSError(errno.ENOSPC, "No space left on device")):
            with self.assertRaises(OSError) as failed:
                fileio.write_atomically(self.path, b"new")
        self.assertEqual((failed.exception.errno, failed.exception.filename), (errno.ENOSPC, str(self.path)))
        self.assertEqual(os.listdir(self.folder), [])

    def test_of_several_files_all_are_written_or_none(self) -> None:
        other = self.folder / "other"
        for failing in ("/dev/full", self.folder / "missing" / "file", self.folder):
            for files in ([self.path, other, failing], [failing, self.path, other]):
                self.path.write_bytes(b"old")
                with self.assertRaises(OSError) as failed:
                    fileio.write_together([(path, b"new" * 9000) for path in files])
                self.assertEqual(failed.exception.filename, str(failing))
                self.assertEqual((self.path.read_bytes(), os.listdir(self.folder)), (b"old", ["file.bin"]))
        fileio.write_together([(self.path, b"new"), (other, b"too")])
        self.assertEqual((self.path.read_bytes(), other.read_bytes()), (b"new", b"too"))
        self.assertEqual(sorted(os.listdir(self.folder)), ["file.bin", "other"])

    def test_temporary_files_of_programs_name_their_folder(self) -> None:
        with self.assertRaisesRegex(OSError, "No space left on device: expected space for temporary files") as failed:
            fileio.write_temporary("/dev/full", b"new")
        self.assertEqual(failed.exception.filename, tempfile.gettempdir())

    def test_places_that_cannot_be_written_are_known_before(self) -> None:
        (self.folder / "closed").mkdir(0o555)
        bad = [self.folder, self.folder / "missing" / "file", ""]
        for path in bad + ([] if os.access(self.folder / "closed", os.W_OK) else [self.folder / "closed" / "file"]):
            with self.assertRaisesRegex(OSError, "expected (the name of a file|a folder)") as failed:
                fileio.check_places([self.path, path])
            self.assertEqual(failed.exception.filename, str(path) or "''")
            with self.assertRaises(OSError):
                fileio.write_atomically(path, b"new")
        fileio.check_places([self.path, "/dev/stdout", "/dev/full"])
        self.assertEqual(os.listdir(self.folder), ["closed"])

    def test_a_name_as_long_as_names_may_be(self) -> None:
        path = self.folder / ("n" * 255)
        fileio.write_atomically(path, b"new")
        self.assertEqual(path.read_bytes(), b"new")

    def test_a_file_left_by_a_run_that_was_killed_is_in_nobodys_way(self) -> None:
        """With temporary names made of the process's number, a later run of that number would fail."""
        program = "import os, sys, fileio\nwith fileio.replacing('out') as f: f.write(b'half'); os._exit(0)"
        for _ in range(2):
            subprocess.run([sys.executable, "-c", program], cwd=self.folder, check=True,
                           env={**os.environ, "PYTHONPATH": str(ROOT / "tools")})
        left = os.listdir(self.folder)
        self.assertEqual(len(left), 2)
        self.assertTrue(all(name.startswith(".v5lite-") and name.endswith(".tmp") for name in left))

    def test_standard_output_is_written_to_as_it_is(self) -> None:
        program = "import fileio; print('before', flush=True); " \
                  "fileio.write_atomically('/dev/stdout', b'new'); print(' after')"
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
        dash = subprocess.run([sys.executable, "-c", program.replace("/dev/stdout", "-")], check=True,
                              capture_output=True, env=environment, cwd=self.folder)
        self.assertEqual((dash.stdout, os.listdir(self.folder)), (b"before\nnew after\n", []))
        fileio.check_places(["-"])
        with open(self.path, "wb") as out:
            subprocess.run([sys.executable, "-c", program], check=True, stdout=out, env=environment)
        self.assertEqual(self.path.read_bytes(), b"before\nnew after\n")
        piped = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, env=environment)
        self.assertEqual(piped.stdout, b"before\nnew after\n")

    def test_signals_that_end_a_tool_leave_no_temporary_file(self) -> None:
        program = ("import cli, fileio, sys, time\n"
                   "def work():\n"
                   "    with fileio.replacing('out') as file: file.write(b'half'); print('there', flush=True); "
                   "time.sleep(60)\n"
                   "sys.exit(cli.run('tool', work))")
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            with self.subTest(signal=number):
                running = subprocess.Popen([sys.executable, "-c", program], cwd=self.folder, stdout=subprocess.PIPE,
                                           stderr=subprocess.PIPE,
                                           env={**os.environ, "PYTHONPATH": str(ROOT / "tools")},
                                           preexec_fn=signals_case.heed_signals)
                self.assertEqual(running.stdout.readline(), b"there\n")
                self.assertEqual(len(os.listdir(self.folder)), 1)
                running.send_signal(number)
                _, error = running.communicate(timeout=30)
                self.assertEqual((running.returncode, error, os.listdir(self.folder)), (128 + number, b"", []))


class Inputs(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "in").write_bytes(b"in")

    def refuse(self, says: str, outputs: list, inputs: list) -> None:
        with self.assertRaisesRegex(OSError, says) as failed:
            fileio.check_outputs([self.folder / name for name in outputs], [self.folder / name for name in inputs])
        self.assertEqual(failed.exception.filename, str(self.folder / outputs[-1]))

    def test_an_input_is_no_output_by_any_name(self) -> None:
        os.link(self.folder / "in", self.folder / "hard")
        (self.folder / "soft").symlink_to("in")
        (self.folder / "through").symlink_to("soft")
        (self.folder / "here").symlink_to(".")
        for name in ("in", "./in", "hard", "soft", "through", "here/in", "here/../" + self.folder.name + "/in"):
            self.refuse("is the input .*: expected another", [name], ["other", "in"])
            self.refuse("is the input", ["in"], [name])
        self.refuse("is the input", ["."], ["here"])  # folders

    def test_two_outputs_are_two_files(self) -> None:
        (self.folder / "link").symlink_to("new")
        for name in ("new", "./new", "link"):
            self.refuse("is the output .*, too", ["new", name], ["in"])
        fileio.check_outputs([self.folder / "a", self.folder / "b"], [self.folder / "in"])

    def test_devices_are_not_overwritten(self) -> None:
        fileio.check_outputs(["/dev/null", "/dev/null"], ["/dev/null", self.folder / "in"])

    def test_standard_input_is_an_input(self) -> None:
        program = "import fileio; fileio.check_outputs(['in'], ['-'])"
        with open(self.folder / "in", "rb") as file:
            done = subprocess.run([sys.executable, "-c", program], stdin=file, cwd=self.folder, capture_output=True,
                                  check=False,
                                  env={**os.environ, "PYTHONPATH": str(ROOT / "tools")})
        self.assertIn(b"is the input -", done.stderr)
        program = "import fileio; fileio.check_outputs(['-'], ['in'])"
        with open(self.folder / "in", "ab") as file:
            done = subprocess.run([sys.executable, "-c", program], stdout=file, cwd=self.folder, stderr=subprocess.PIPE,
                                  check=False, env={**os.environ, "PYTHONPATH": str(ROOT / "tools")})
        self.assertIn(b"is the input in", done.stderr)

    def test_a_file_that_is_too_large_is_not_read(self) -> None:
        self.assertEqual(fileio.read_bytes(self.folder / "in", 2), b"in")
        for path in (self.folder / "in", "/dev/zero"):
            with self.assertRaisesRegex(OSError, "expected a file of at most 1 bytes"):
                fileio.read_bytes(path, 1)


if __name__ == "__main__":
    unittest.main()
