#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a board's images under qemu, each with a time limit, and reports errors: detections that differ from this
machine's, and bad images that are not refused. `make check-firmware` builds the images and calls this.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import List, NamedTuple, Tuple

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60  # for a run, which needs one or two
KERNELS = 400  # for the checks of kernels, which need up to 15
QUIET = ["-display", "none", "-serial", "none", "-monitor", "none", "-semihosting-config", "enable=on,target=native"]
BEGINNING = b"\x89V5L\r\n\x1a\n\1\0\0\0"  # first bytes of a weights file: magic and version
SCENE = ["--size", "256", "--agnostic", "tests/images/digits.png"]


class Board(NamedTuple):
    """How qemu emulates a board, in one or more ways, and whether its result is bit-identical to the reference kernels'
    here.
    """

    machines: List[str]
    exact: bool
    kernels: List[str] = []  # instruction sets whose kernels kernels.elf checks
    format: str = "bin"  # elf: the image has gaps, and the start-up code no memory protection to check


# virt starts at EL1, EL3, EL2; the second with another core.
VIRT = ["qemu-system-aarch64 -machine virt -cpu cortex-a72 -m 16M -nic none -bios",
        "qemu-system-aarch64 -machine virt,secure=on -cpu cortex-a53 -m 16M -nic none -bios",
        "qemu-system-aarch64 -machine virt,virtualization=on -cpu cortex-a72 -m 16M -nic none -bios"]
BOARDS = {"virt": Board(VIRT, False), "virt-ref": Board(VIRT[:1], True),
          "an500": Board(["qemu-system-arm -machine mps2-an500 -kernel"], True, ["dsp"]),
          "an547": Board(["qemu-system-arm -machine mps3-an547 -kernel"], True, ["dsp", "mve"], "elf")}
# For NEON kernels, which sum in another order: the tolerance between all of this library's kernels.
SCORE, PIXELS = 1e-4, 0.05


class Failure(Exception):
    """A check that failed."""


def statuses() -> dict:
    """Returns the statuses of board.h by name."""
    text = (ROOT / "tests" / "firmware" / "board.h").read_text()
    return {name: int(number) for name, number in re.findall(r"STATUS_(\w+) = (\d+)", text)}


def run(command: List[str], seconds: int = SECONDS) -> Tuple[int, str]:
    """Returns status and text of a program that must end by itself."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=seconds, cwd=ROOT)
    except subprocess.TimeoutExpired as late:
        raise Failure(f"{' '.join(command)}: expected an end within {seconds} s") from late
    return done.returncode, done.stdout.decode(errors="replace")


def detections(text: str) -> List[List[str]]:
    """Returns score, class, four corners and the bits of the floats of each line that is a detection."""
    return [line.split() for line in text.splitlines() if re.match(r"[01]\.\d{6} ", line)]


def agree(found: List[List[str]], expected: List[List[str]]) -> bool:
    """Returns whether two results have the same classes, and scores and corners within the tolerance."""
    limits = [SCORE] + 4 * [PIXELS]
    return len(found) == len(expected) and all(
        a[1] == b[1]
        and all(abs(float(x) - float(y)) <= limit for x, y, limit in zip(a[:1] + a[2:6], b[:1] + b[2:6], limits))
        for a, b in zip(found, expected))


def hosted(host: str, program: str, model: str) -> List[List[str]]:
    """Returns main.c's detections with a model on this machine, after comparing them with the command line's in the
    picture's file.
    """
    host = f"{host}-{model}"
    status, text = run([host])
    if status != 0:
        raise Failure(f"{host}: status {status}: {text}")
    found = detections(text)
    listed = json.loads(subprocess.run([program, "detect", "--cpu", "ref", "--format", "json", "--model",
                                        f"weights/{model}.v5l", *SCENE], check=True,
                                       capture_output=True, cwd=ROOT).stdout)["detections"]
    expected = [[f"{d['score']:.6f}", d["name"], *(f"{x:.4f}" for x in d["box"])] for d in listed]
    if not expected or [line[:6] for line in found] != expected:
        raise Failure(f"{host}: found {found}, but {program}: {expected}")
    return found


def damaged(image: Path) -> Path:
    """Makes a copy of an image with one bit of the model's weights changed. Returns its path."""
    data = bytearray(image.read_bytes())
    if data.count(BEGINNING) != 1:
        raise Failure(f"{image}: expected one model in it")
    data[data.index(BEGINNING) + 1_000_000] ^= 0x10
    copy = image.with_name("damaged.bin")
    copy.write_bytes(data)
    return copy


def refuses(command: List[str], status: int, line: str) -> None:
    """Fails unless the program ends with this status and, as its last line, this one (a pattern)."""
    ended, text = run(command)
    last = text.splitlines()[-1] if text else ""
    if ended != status or not re.fullmatch(line, last):
        raise Failure(f"{' '.join(command)}: status {ended} and '{last}': expected status {status} and '{line}'")


def check_kernels(board: Board, images: Path) -> None:
    """Fails unless the kernels of all the board's instruction sets give the reference's bits."""
    machine = board.machines[0].split()
    status, text = run([*machine, str(images / "kernels.elf"), *QUIET], KERNELS)
    checked = {name for name in board.kernels if re.search(rf"_{name}: as the reference\n", text)}
    if status != 0 or checked != set(board.kernels):
        raise Failure(f"{' '.join(machine)}: kernels: status {status}\n{text}expected kernels of "
                      + ", ".join(board.kernels))


def check(board: Board, images: Path, expected: List[List[str]]) -> str:
    """Checks one board. Returns its memory use, as text."""
    text, code = "", statuses()
    for machine in board.machines:
        status, text = run(machine.split() + [str(images / f"digits.{board.format}"), *QUIET])
        found = detections(text)
        if status != code["FOUND"] or not (found == expected if board.exact else agree(found, expected)):
            raise Failure(f"{machine}: status {status}\n{text}expected status {code['FOUND']} and\n"
                          + "\n".join(" ".join(line) for line in expected))
    if board.kernels:
        check_kernels(board, images)
    if board.format == "bin":
        check_bad(board, images)
    return "; ".join(line for line in text.splitlines() if line.startswith(("flash:", "RAM:")))


def check_int8(board: Board, images: Path, expected: List[List[str]]) -> None:
    """Fails unless the network in 8 bits finds what it finds here: its kernels give the same bits everywhere."""
    machine = board.machines[0].split()
    status, text = run([*machine, str(images / "digits-int8.elf"), *QUIET])
    if status != 0 or detections(text) != expected:
        raise Failure(f"{' '.join(machine)}: digits-int8: status {status}\n{text}expected\n"
                      + "\n".join(" ".join(line) for line in expected))


def check_bad(board: Board, images: Path) -> None:
    """Fails unless each bad image is refused as it should be."""
    machine, code = board.machines[0].split(), statuses()
    for image, status, line in ((damaged(images / "digits.bin"), code["MODEL"], "model: .*checksum.*"),
                                (images / "copied.bin", code["PLACE"], "model: not read in place: .*"),
                                (images / "small.bin", code["NET"], r"net: needs \d+ bytes, of which there are \d+"),
                                (images / "wrong.bin", code["FAULT"], "fault: .*"),
                                (images / "overflow.bin", code["FAULT"], "fault: .*")):
        refuses([*machine, str(image), *QUIET], status, line)


def main() -> int:
    """Runs the tool and returns its exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("board", choices=sorted(BOARDS))
    parser.add_argument("--images", required=True, type=Path, help="folder of digits.bin and the images that must fail")
    parser.add_argument("--host", required=True, help="main.c, built for this machine: the path without -MODEL")
    parser.add_argument("--program", required=True, help="build/v5lite")
    args = parser.parse_args()
    board = BOARDS[args.board]
    emulator = board.machines[0].split()[0]
    if shutil.which(emulator) is None:
        print(f"firmware: {args.board}: built, not run: {emulator} is not installed")
        return 0
    try:
        memory = check(board, args.images, hosted(args.host, args.program, "digits"))
        if (args.images / "digits-int8.elf").exists():
            check_int8(board, args.images, hosted(args.host, args.program, "digits-int8"))
    except Failure as failure:
        print(f"firmware: {args.board}: {failure}", file=sys.stderr)
        return 1
    print(f"firmware: {args.board}: {'bit-identical' if board.exact else 'as expected'}; {memory}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
