# SPDX-License-Identifier: MIT
"""Runs tools/export.py on files in its own process, with limits of memory and time."""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Iterable, List, Tuple

HERE = Path(__file__).resolve().parent
MEMORY = 1 << 30  # bytes of address space, including the interpreter and numpy
SECONDS = 10  # CPU time for one file, in seconds

Result = Tuple[int, str]  # exit status, standard error


def run_limited(files: Iterable[bytes]) -> List[Result]:
    """Exports each file and returns the results. A file that kills the process or raises ends the list with
    the reason.
    """
    with tempfile.TemporaryDirectory() as folder:
        count = 0
        for data in files:
            Path(folder, f"{count}.pt").write_bytes(data)
            count += 1
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        done = subprocess.run([sys.executable, __file__, folder, str(count)], capture_output=True, text=True,
                              env=environment)
        results = [tuple(json.loads(line)) for line in done.stdout.splitlines()]
        if len(results) < count:
            results.append((done.returncode or -1, f"process ended: {done.stderr[-600:]}"))
        return results


def main() -> None:
    """Runs the child process."""
    sys.path.insert(0, str(HERE.parents[1] / "tools"))
    import export
    folder, count = sys.argv[1], int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for number in range(count):
        used = resource.getrusage(resource.RUSAGE_SELF)
        end = int(used.ru_utime + used.ru_stime) + SECONDS + 1
        resource.setrlimit(resource.RLIMIT_CPU, (end, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        error = io.StringIO()
        with contextlib.redirect_stderr(error), contextlib.redirect_stdout(io.StringIO()):
            status = export.main([os.path.join(folder, f"{number}.pt"), "-o", os.path.join(folder, "out.v5l")])
        if "out of memory" in error.getvalue():
            status = -9
        print(json.dumps([status, error.getvalue()]), flush=True)


if __name__ == "__main__":
    main()
