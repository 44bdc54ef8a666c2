#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the tests of one Python file and prints each case as cmocka does, for tests/run_test.sh.

    python3 tests/run_module.py tests/cli/test_cli.py
"""

from __future__ import annotations

import argparse
import sys
import unittest
from pathlib import Path
from typing import Any, Set


class Cases(unittest.TextTestResult):
    """Prints a line when a case begins and one when it ends. Subtests are part of their case."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.failed: Set[str] = set()

    def say(self, word: str, case: unittest.TestCase) -> None:
        self.stream.writeln(f"[ {word} ] {case.id().replace(' ', '_')}")
        self.stream.flush()

    def fail(self, case: unittest.TestCase) -> None:
        if case.id() not in self.failed:
            self.failed.add(case.id())
            self.say(" FAILED ", case)

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self.say("RUN     ", test)

    def addSuccess(self, test: unittest.TestCase) -> None:
        super().addSuccess(test)
        self.say("      OK", test)

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        super().addError(test, err)
        self.fail(test)

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addFailure(test, err)
        self.fail(test)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.fail(test)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        self.stream.writeln(f"skip: {' '.join(reason.split())}")
        self.say(" SKIPPED", test)

    def addExpectedFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addExpectedFailure(test, err)
        self.say("      OK", test)

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        super().addUnexpectedSuccess(test)
        self.fail(test)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="a file of tests")
    args = parser.parse_args()
    suite = unittest.defaultTestLoader.discover(str(args.file.parent), args.file.name)
    print(f"[==========] Running {suite.countTestCases()} test(s).", file=sys.stderr, flush=True)
    done = unittest.TextTestRunner(resultclass=Cases, verbosity=0,
                                   warnings=None if sys.warnoptions else "default").run(suite)
    return 0 if done.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
