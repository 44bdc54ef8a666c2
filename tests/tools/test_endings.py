# SPDX-License-Identifier: MIT
"""Tests of how the Python tools end: whatever happens to input, output or terminal, they print one line at most and no
traceback. From the repository's root: python3 -m unittest discover -s tests/tools
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path
from typing import Any, Dict, List

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "export"), str(ROOT / "tests" / "tools")]

import cli  # noqa: E402
import make_checkpoint  # noqa: E402
import signals_case  # noqa: E402

TORCH = importlib.util.find_spec("torch") is not None
TOOLS = ["tools/export.py", "tools/embed.py", "tools/eval.py", "tools/fetch.py", "tools/train/write_scenes.py",
         "tools/package/amalgam.py",
         "tools/size/table.py", "bench/limits.py", "bench/plot.py", "bench/article.py", "bench/peers/run.py"]
NEED_TORCH = ["tools/audit_torch.py", "tools/train/train.py"]
NAME = "m\u00fctze \u4eba"  # of a class, and of files


class Endings(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "x.pt").write_bytes(make_checkpoint.make())
        (self.folder / "labels.json").write_text(json.dumps({
            "images": [{"id": 7}], "categories": [{"id": 2, "name": NAME}],
            "annotations": [{"image_id": 7, "category_id": 2, "bbox": [75, 25, 50, 50]}]}))
        (self.folder
         / "r.json").write_text(json.dumps([{"image_id": 7, "category_id": 2, "bbox": [75, 25, 50, 50], "score": 0.9}]))
        self.eval = ["tools/eval.py", "--detections", "r.json", "--labels", "labels.json", "--per-class"]

    def run_tool(self, command: List[str], environment: Dict[str, str],
                 **options: Any) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run([sys.executable, str(ROOT / command[0]), *command[1:]], cwd=self.folder, check=False,
                              env={**os.environ, **environment}, stderr=subprocess.PIPE, **options)

    def test_any_encoding_of_the_terminal_will_do(self) -> None:
        for environment in ({"PYTHONIOENCODING": "ascii"},
                            {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
                            {"PYTHONIOENCODING": "latin-1"}):
            with self.subTest(environment=environment):
                done = self.run_tool(self.eval, environment, stdout=subprocess.PIPE)
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                self.assertIn(rb"\u4eba", done.stdout)
                done = self.run_tool(["tools/export.py", "x.pt", "-o", NAME], environment, stdout=subprocess.PIPE)
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                done = self.run_tool(["tools/export.py", NAME + "\udcff", "-o", "y"], environment,
                                     stdout=subprocess.PIPE)
                self.assertEqual((done.returncode, done.stderr.count(b"\n"), done.stdout), (2, 1, b""))
                self.assertNotIn(b"Traceback", done.stderr)

    def test_help_is_whole_in_any_encoding(self) -> None:
        for tool in TOOLS + (NEED_TORCH if TORCH else []):
            done = self.run_tool([tool, "--help"], {"PYTHONIOENCODING": "ascii"}, stdout=subprocess.PIPE)
            self.assertEqual((done.returncode, done.stderr, done.stdout[:6]), (0, b"", b"usage:"), tool)

    def test_a_reader_that_has_seen_enough_is_no_error(self) -> None:
        for command in (self.eval, ["tools/export.py", "x.pt", "-o", "y.v5l"], *([tool, "--help"] for tool in TOOLS)):
            reader, writer = os.pipe()
            os.close(reader)
            with os.fdopen(writer, "wb") as out:
                done = self.run_tool(command, {}, stdout=out)
            self.assertEqual((done.returncode, done.stderr), (cli.BROKEN_PIPE, b""), command)

    def test_a_full_standard_output_is_named(self) -> None:
        for command in (self.eval, ["tools/export.py", "x.pt", "-o", "y.v5l"]):
            with open("/dev/full", "wb") as full:
                done = self.run_tool(command, {}, stdout=full)
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, rb"\A\w+: file: standard output: No space left on device\n\Z")

    def test_a_full_disk_names_the_file_that_was_to_be_written(self) -> None:
        (self.folder / "y.v5l").symlink_to("/dev/full")
        done = self.run_tool(["tools/export.py", "x.pt", "-o", "y.v5l"], {}, stdout=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (2, b"", b"export: file: y.v5l: No space left on device\n"))

    def test_a_model_on_standard_output_has_nothing_else_in_it(self) -> None:
        done = self.run_tool(["tools/export.py", "x.pt", "-o", "/dev/stdout"], {}, stdout=subprocess.PIPE)
        self.run_tool(["tools/export.py", "x.pt", "-o", "y.v5l"], {}, stdout=subprocess.DEVNULL)
        self.assertEqual((done.returncode, done.stdout == (self.folder / "y.v5l").read_bytes()), (0, True))
        self.assertEqual(done.stderr.count(b"\n"), 1)

    def test_closed_streams(self) -> None:
        for redirection in (">&-", "2>&-", "<&-", "<&- >&- 2>&-"):
            command = f'"$0" "$1" x.pt -o y.v5l {redirection}'
            done = subprocess.run(["sh", "-c", command, sys.executable, str(ROOT / "tools/export.py")], cwd=self.folder,
                                  check=False,
                                  capture_output=True)
            self.assertEqual((done.returncode, done.stderr), (0, b""), redirection)
            self.assertTrue((self.folder / "y.v5l").read_bytes().startswith(b"V5L")
                            or (self.folder / "y.v5l").stat().st_size > 1000)

    def test_an_output_that_is_not_blocking_is_waited_for(self) -> None:
        count = range(4000)
        (self.folder / "labels.json").write_text(json.dumps({
            "images": [{"id": 7}], "categories": [{"id": i, "name": f"{NAME} {i}"} for i in count],
            "annotations": [{"image_id": 7, "category_id": i, "bbox": [75, 25, 50, 50]} for i in count]}))
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        with os.fdopen(reader, "rb") as source:
            running = subprocess.Popen([sys.executable, str(ROOT / self.eval[0]), *self.eval[1:]], cwd=self.folder,
                                       stdout=writer,
                                       stderr=subprocess.PIPE)
            os.close(writer)
            out = source.read()
        self.assertEqual((running.communicate()[1], running.returncode), (b"", 0))
        self.assertGreater(out.count(b"\n"), 4000)

    def test_an_interrupted_tool_says_nothing(self) -> None:
        os.mkfifo(self.folder / "never")
        for command in (["tools/eval.py", "--detections", "never", "--labels", "labels.json"],
                        ["bench/plot.py", "never", "--layers", "x.svg"],
                        ["tools/embed.py", "never", "-o", "x.c"]):
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                running = subprocess.Popen([sys.executable, str(ROOT / command[0]), *command[1:]], cwd=self.folder,
                                           stdout=subprocess.PIPE,
                                           stderr=subprocess.PIPE, preexec_fn=signals_case.heed_signals)
                writer = os.open(self.folder / "never", os.O_WRONLY)  # returns once the tool reads
                running.send_signal(number)
                try:
                    out, error = running.communicate(timeout=20)
                except subprocess.TimeoutExpired:  # it came between Python's check for signals and the call of read
                    running.send_signal(number)
                    out, error = running.communicate(timeout=60)
                os.close(writer)
                self.assertEqual((running.returncode, out, error), (128 + number, b"", b""), command)


class Runs(unittest.TestCase):
    """Tests of exceptions in cli.run."""

    def result(self, error: BaseException, *kinds: Any) -> tuple:
        out = io.StringIO()
        with contextlib.redirect_stderr(out):
            status = cli.run("tool", unittest.mock.Mock(side_effect=error), *kinds)
        return status, out.getvalue()

    def test_exceptions_and_their_lines(self) -> None:
        self.assertEqual(self.result(ValueError("a\nb\u202e\x9b"), ValueError), (2, "tool: a\\nb\\u202e\\x9b\n"))
        self.assertEqual(self.result(OSError(2, "No such file", "a\nb")), (2, "tool: file: a\\nb: No such file\n"))
        self.assertEqual(self.result(BrokenPipeError(32, "Broken pipe", "fifo")),
                         (2, "tool: file: fifo: Broken pipe\n"))
        self.assertEqual(self.result(BrokenPipeError(32, "Broken pipe")), (141, ""))
        self.assertEqual(self.result(MemoryError()), (2, "tool: out of memory: expected input that needs less\n"))
        self.assertEqual(self.result(KeyboardInterrupt()), (130, ""))
        self.assertEqual(self.result(SystemExit(3)), (3, ""))
        self.assertEqual(self.result(SystemExit("why")), (2, "tool: why\n"))
        self.assertEqual(self.result(ValueError("x" * 5000), ValueError)[1], f"tool: {'x' * cli.LINE}...\n")
        with self.assertRaises(ZeroDivisionError):  # does not hide a bug of the tool
            self.result(ZeroDivisionError(), ValueError)

    def test_handlers_are_as_they_were_afterwards(self) -> None:
        before = [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGHUP)]
        cli.run("tool", lambda: 0)
        self.assertEqual([signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGHUP)], before)


if __name__ == "__main__":
    unittest.main()
