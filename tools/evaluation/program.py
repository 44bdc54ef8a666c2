# SPDX-License-Identifier: MIT
"""Runs the v5lite program over pictures."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Sequence

from . import files
from .classes import Classes
from .errors import EvalError
from .pictures import Picture
from .progress import Progress

BATCH = 16  # pictures a run: few enough for a progress bar, enough to make the start-up time negligible
MEASURE = ("--format", "json", "--multi-label", "--conf", "0.001", "--iou", "0.6", "--max-det", "300")


@dataclass(frozen=True)
class Program:
    """The program and the options that all runs share."""

    path: str
    size: str = "320"
    rect: bool = False
    threads: int = 1
    option: str = "--v5lite"  # the tool's option that names the program

    @property
    def file(self) -> str:
        """Returns the path of the program's file, which may be in a folder of $PATH."""
        return shutil.which(self.path) or self.path

    def run(self, *arguments: str) -> bytes:
        """Returns the standard output of a run. Passes the program's own messages on. $RUN, if set, runs
        the program.
        """
        command = shlex.split(os.environ.get("RUN", "")) + [self.path]
        try:
            done = subprocess.run([*command, *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False)
        except OSError as error:
            reason = f"{error.strerror or 'cannot be run'}, expected the v5lite program (make, or {self.option} PATH)"
            raise EvalError("program", command[0], reason) from None
        if done.returncode != 0:
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
            reason = lines[0] if lines else f"exit status {done.returncode}, expected 0"
            raise EvalError("program", f"{self.path} {arguments[0]}", reason)
        return done.stdout

    def classes(self, model: str) -> Classes:
        """Returns the class names of a model."""
        info = files.parse_json(self.run("info", "--format", "json", operand(model)), self.path, "program")
        names: List[Any] = files.member(info, "classes", list, "program", f"{self.path} info")
        return Classes(tuple(str(name) for name in names))

    def detect(self, model: str, pictures: Sequence[Picture], ids: Sequence[int], classes: Classes) -> List[Any]:
        """Returns the results list of a model over the pictures, in COCO's format. ids: the pictures' image ids."""
        options = ["--model", model, "--size", self.size, "--threads", str(self.threads), *MEASURE]
        if self.rect:
            options.append("--rect")
        results: List[Any] = []
        with Progress(os.path.basename(model), len(pictures)) as bar:
            for start in range(0, len(pictures), BATCH):
                batch = pictures[start:start + BATCH]
                output = self.run("detect", *options, *(operand(p.path) for p in batch))
                lines = output.decode("utf-8", "replace").strip("\n").split("\n")
                if len(lines) != len(batch):
                    raise EvalError("program", f"{self.path} detect", f"expected {len(batch)} lines, got {len(lines)}")
                for line, image_id in zip(lines, ids[start:]):
                    results += _results(line, image_id, classes, f"{self.path} detect")
                bar.show(start + len(batch))
        return results


def _results(line: str, image_id: int, classes: Classes, where: str) -> Iterator[Dict[str, Any]]:
    """Converts the detections of one picture, a line of JSON with corners and class numbers, to COCO's box and
    category.
    """
    for found in files.member(files.parse_json(line, where, "program"), "detections", list, "program", where):
        x0, y0, x1, y1 = files.numbers(found, "box", "program", where)
        category = classes.category(files.identity(found, "class", "program", where))
        yield {"image_id": image_id, "category_id": category, "bbox": [x0, y0, x1 - x0, y1 - y0],
               "score": found.get("score")}


def operand(path: str) -> str:
    """Returns the path as an operand of the program, with ./ before it if it looks like an option."""
    return os.path.join(".", path) if path.startswith("-") else path
