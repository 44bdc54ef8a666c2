# SPDX-License-Identifier: MIT
"""Functions that the tests of packages share: assembling, building, and the program that uses a package."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "package"
MODEL = ROOT / "weights" / "digits.v5l"
CONSUMER = ROOT / "tests" / "install" / "consumer.c"
VERSION = re.search(r'V5L_VERSION "(.*)"', (ROOT / "include/v5lite.h").read_text())[1]


def run(*command: object, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    """Runs a command and returns its output; fails with it."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(f"{' '.join(words)}: status {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


@functools.cache
def assembled(kind: str) -> Path:
    """The folder of a package, made once."""
    run("make", "-s", "package", f"P={kind}")
    return BUILD / kind


@functools.cache
def expected() -> str:
    """Returns what the program of tests/install prints with the library that make built."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "program"
        run("cc", "-std=c11", "-Iinclude", "-o", program, CONSUMER, "build/libv5lite.a", "-lpthread")
        return run(program, MODEL)


class PackageTest(unittest.TestCase):
    """A test with a folder of its own, skipped where a program lacks."""

    needs: dict[str, str] = {}  # program: Debian's package

    def setUp(self) -> None:
        for program, package in self.needs.items():
            if shutil.which(program) is None:
                self.skipTest(f"no {program}: install {package}")
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def enterContext(self, context):  # unittest has it from Python 3.11 on
        value = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return value

    def check_consumer(self, prefix: Path, lib: str = "lib") -> None:
        """Builds the program of tests/install by find_package, and runs it."""
        run("cmake", "-S", ROOT / "tests/install", "-B", self.folder / "use", f"-DVERSION={VERSION}",
            f"-DCMAKE_PREFIX_PATH={prefix}",
            f"-Dv5lite_DIR={prefix}/{lib}/cmake/v5lite")
        run("cmake", "--build", self.folder / "use")
        self.check_program(self.folder / "use" / "consumer_v5lite")

    def check_program(self, program: Path) -> None:
        self.assertEqual(run(program, MODEL), expected())


def only_keys(test: unittest.TestCase, found: dict, known: str, needed: str) -> None:
    """Checks the keys of a manifest against those that its tool documents."""
    test.assertEqual(set(found) - set(known.split()), set())
    test.assertEqual(set(needed.split()) - set(found), set())
