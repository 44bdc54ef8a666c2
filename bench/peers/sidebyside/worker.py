# SPDX-License-Identifier: MIT
"""Runs an engine in its own process, which computes only on request: see turns.h."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Sequence

from .errors import Absent, Failed

ABSENT = 3  # exit status of a worker whose engine is not installed


class Worker:
    """A started worker, stopped (SIGSTOP) except during its turns, so that none of its threads spins while another
    engine is timed.
    """

    def __init__(self, command: Sequence[object], environment: Dict[str, str]) -> None:
        self.errors = tempfile.TemporaryFile()
        try:
            self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=self.errors, env={**os.environ, **environment})
        except OSError as error:
            self.errors.close()
            raise Failed(f"{command[0]}: {error.strerror}") from None
        try:
            self.ready = self._answer()
            self._signal(signal.SIGSTOP)
        except BaseException:
            self.close()
            raise

    def turn(self, runs: int) -> List[float]:
        """Returns the milliseconds of so many runs."""
        self._signal(signal.SIGCONT)
        try:
            self.process.stdin.write(b"%d\n" % runs)  # type: ignore[union-attr]
            self.process.stdin.flush()  # type: ignore[union-attr]
        except OSError:
            pass  # it has ended; _answer gives the reason
        times = self._answer().get("ms")
        if not isinstance(times, list) or len(times) != runs:
            raise Failed(f"the worker answered {times}, expected {runs} times")
        self._signal(signal.SIGSTOP)
        return [float(t) for t in times]

    def peak_bytes(self) -> int:
        """Returns the peak memory of the process in bytes; 0 where the system does not report it."""
        try:
            found = re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{self.process.pid}/status").read_text())
        except OSError:
            return 0
        return int(found.group(1)) * 1024 if found else 0

    def close(self) -> None:
        """Ends the process."""
        self.process.kill()
        self.process.communicate()
        self.errors.close()

    def _signal(self, number: int) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)

    def _answer(self) -> Dict[str, Any]:
        line = self.process.stdout.readline()  # type: ignore[union-attr]
        try:
            answer = json.loads(line) if line else None
        except ValueError:
            answer = None
        if isinstance(answer, dict):
            return answer
        if line:
            raise Failed(f"the worker said {line[:80]!r}, expected JSON")
        status = self.process.wait()
        self.errors.seek(0)
        said = self.errors.read(100000).decode("utf-8", "replace").strip().splitlines()
        # The worker's own line is its last one; a library may have printed more before.
        reason = said[-1] if said else f"exit status {status}" if status >= 0 else f"ended by signal {-status}"
        raise Absent(reason) if status == ABSENT else Failed(reason)
