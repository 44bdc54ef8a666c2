# SPDX-License-Identifier: MIT
"""Measures one case: the letterboxed input, the comparison of outputs, and the turns."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from .engines import Case, Engine, Setup
from .errors import Absent, Failed, PeersError, Refused
from .heads import Head, Likeness, compare, likeness, read_peer, read_reference
from .worker import Worker


@dataclass(frozen=True)
class Schedule:
    """Counts: starts of all engines, turns of each a start, and untimed and timed runs in each turn."""

    starts: int
    turns: int
    runs: int
    warmup: int


@dataclass
class Row:
    """The results of one engine in one case. Times in milliseconds, a list a turn."""

    key: str
    title: str
    what: str
    state: str = "measured"  # or "absent", "failed", "refused"
    why: str = ""
    difference: Optional[float] = None
    cosine: Optional[float] = None
    first_ms: List[float] = field(default_factory=list)  # one a start
    peak_bytes: int = 0
    turns: List[List[float]] = field(default_factory=list)
    ratios: List[float] = field(default_factory=list)  # of medians: v5lite's turn divided by the next turn of the peer

    def all_times(self) -> List[float]:
        """Returns every timed run."""
        return [t for turn in self.turns for t in turn]


@dataclass
class Result:
    """A case and its rows, v5lite's first."""

    case: Case
    detections: int
    rows: List[Row]


@dataclass
class Reference:
    """The files that v5lite's worker writes with --prepare."""

    folder: Path
    detections: int
    heads: List[Head]
    values: List[np.ndarray]


def prepare(setup: Setup, case: Case, model: Path, folder: Path) -> Reference:
    """Runs v5lite's worker to write the peers' input and its own raw heads."""
    folder.mkdir()
    command = [str(c) for c in [*setup.v5lite(case, model), "--prepare", folder]]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    except OSError as error:
        raise PeersError("worker", command[0], error.strerror) from None
    if done.returncode != 0:
        raise PeersError("v5lite", case, (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[0])
    answer = json.loads(done.stdout)
    heads = [Head(*numbers) for numbers in answer["heads"]]
    return Reference(folder, answer["detections"], heads, read_reference(folder / "heads.f32", heads))


def start_peer(engine: Engine, setup: Setup, case: Case, reference: Reference, row: Row) -> Worker:
    """Starts a peer's worker and compares its outputs."""
    outputs = reference.folder / f"{engine.key}.f32"
    worker = Worker([*engine.command(setup, case), reference.folder / "input.f32", outputs], setup.environment())
    try:
        fill(row, worker.ready, f", {engine.int8}" if engine.int8 else "")
        note(row, compare(reference.values, read_peer(outputs, worker.ready.get("shapes"), reference.heads),
                          engine.int8 != ""))
    except BaseException:
        worker.close()
        raise
    return worker


def fill(row: Row, ready: Dict[str, Any], form: str = "") -> None:
    """Reads the worker's report of itself. form: what to add to its name."""
    try:
        row.title = f"{ready['engine']}{form}"
        row.first_ms.append(float(ready["first_ms"]))
    except (KeyError, TypeError, ValueError):
        raise Failed(f"the worker said {ready}") from None


def note(row: Row, found: Likeness) -> None:
    """Keeps the worst likeness of all starts."""
    row.difference = max(found.difference, row.difference or 0.0)
    row.cosine = min(found.cosine, 1.0 if row.cosine is None else row.cosine)


def mark(row: Row, error: Exception) -> None:
    """Sets the reason why an engine has no times."""
    row.turns, row.ratios = [], []
    row.state = {Absent: "absent", Failed: "failed", Refused: "refused"}[type(error)]
    row.why = str(error)
    if isinstance(error, Refused):
        row.difference = error.difference


def turn(worker: Worker, row: Row, schedule: Schedule) -> float:
    """Runs one turn. Returns its median."""
    times = worker.turn(schedule.warmup + schedule.runs)[schedule.warmup:]
    row.turns.append(times)
    return median(times)


def run_turns(own: Worker, own_row: Row, peers: Dict[str, Worker], rows: Dict[str, Row], schedule: Schedule) -> None:
    """Runs v5lite, peer, v5lite, peer ..: each peer's turn comes right after one of v5lite's."""
    for _ in range(schedule.turns):
        if not peers:
            turn(own, own_row, schedule)
        for key, worker in list(peers.items()):
            row = rows[key]
            before = turn(own, own_row, schedule)
            try:
                row.ratios.append(before / turn(worker, row, schedule))
            except Failed as error:
                mark(row, error)
                del peers[key]
    for row, worker in [(own_row, own), *((rows[key], worker) for key, worker in peers.items())]:
        row.peak_bytes = max(row.peak_bytes, worker.peak_bytes())


def one_start(setup: Setup, reference: Reference, case: Case, engines: Sequence[Engine], schedule: Schedule,
              own_row: Row, rows: Dict[str, Row]) -> None:
    """Starts every engine that has not dropped out, and runs their turns."""
    with contextlib.ExitStack() as stack:
        own = Worker(setup.v5lite(case, setup.timed_model(case)), setup.environment())
        stack.callback(own.close)
        fill(own_row, own.ready, ", int8" if setup.int8 else "")
        peers: Dict[str, Worker] = {}
        for engine in engines:
            if rows[engine.key].state != "measured":
                continue
            try:
                peers[engine.key] = start_peer(engine, setup, case, reference, rows[engine.key])
                stack.callback(peers[engine.key].close)
            except (Absent, Failed, Refused) as error:
                mark(rows[engine.key], error)
        run_turns(own, own_row, peers, rows, schedule)


def measure(setup: Setup, case: Case, engines: Sequence[Engine], schedule: Schedule, folder: Path) -> Result:
    """Measures one case."""
    reference = prepare(setup, case, setup.model(case), folder / "reference")
    own_row = Row("v5lite", "v5lite", "detection")
    if setup.int8:
        own = prepare(setup, case, setup.timed_model(case), folder / "timed")
        note(own_row, likeness(reference.values, own.values))
    rows = {e.key: Row(e.key, e.title, "network") for e in engines}
    for start in range(schedule.starts):
        print(f"run: {case}: start {start + 1} of {schedule.starts}", file=sys.stderr)
        try:
            one_start(setup, reference, case, engines, schedule, own_row, rows)
        except (Absent, Failed) as error:  # v5lite itself
            raise PeersError("v5lite", case, error) from None
    return Result(case, reference.detections, [own_row, *rows.values()])
