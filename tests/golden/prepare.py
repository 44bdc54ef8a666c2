#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the data of tests/golden/test_golden.c: models in both forms, arrays as plain .npy, lists as text.

Without --shared, makes only the synthetic networks (planned against literal); with it, adds the official and random
checkpoints and the outputs of the PyTorch original. The test is a C program without JSON or zip readers, so it needs
this step. OUT/cases.txt names every case, one a line, cheapest first.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import List

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
SYNTHETIC = {"synthetic-e": ["--net", "e", "--classes", "3"],
             "synthetic-s": ["--net", "s", "--classes", "2", "--anchors", "4"],
             "synthetic-2021": ["--net", "s", "--relu", "--half"], "synthetic-c": ["--net", "c"],
             "synthetic-g": ["--net", "g", "--anchors", "2"], "synthetic-v5": ["--net", "v5", "--classes", "1"],
             "synthetic-v6": ["--net", "v6", "--half"]}
LAYOUT_SIZE = 128  # at which convolutions of synthetic-g use Winograd's transform
RANDOM = ["v5lite-e-3class-random", "v5lite-s-1class-random", "v5lite-c-random", "v5lite-g-random",
          "yolov5s-v5.0-random"]
HALVES = ["synthetic-e", "synthetic-s"]  # also in half floats
OFFICIAL = ["v5lite-e", "v5lite-s", "yolov5-lite-2021", *RANDOM]


def run(*command: object) -> None:
    subprocess.run([sys.executable, *map(str, command)], check=True, stdout=subprocess.DEVNULL)


def export(checkpoint: Path, name: str, out: Path) -> None:
    run(ROOT / "tools/export.py", checkpoint, "-o", out / f"{name}.planned.v5l")
    run(ROOT / "tools/export.py", checkpoint, "-o", out / f"{name}.literal.v5l", "--literal")


def export_halves(checkpoint: Path, name: str, out: Path) -> None:
    """Exports in half floats, which bench/qemu counts and tools/size measures."""
    run(ROOT / "tools/export.py", checkpoint, "-o", out / f"{name}-fp16.planned.v5l", "--fp16")


def save_map(path: Path, array: np.ndarray) -> None:
    """Converts the original's CHW to float32 HWC, as v5l_view_copy returns it."""
    np.save(path, np.ascontiguousarray(array.astype(np.float32).transpose(1, 2, 0)))


def save_heads(npz: Path, prefix: Path) -> None:
    with np.load(npz) as heads:
        for key in ("s8", "s16", "s32"):
            save_map(Path(f"{prefix}_{key}.npy"), heads[key])


def random_cases(golden: Path, out: Path) -> List[str]:
    cases = []
    for name in RANDOM:
        save_heads(golden / f"{name}_horse320_heads.npz", out / name)
        cases.append(f"heads {name} 320 {golden}/inputs/horse_lb320.png {out / name} 0")
    return cases


def official_cases(golden: Path, out: Path, name: str, size: int) -> List[str]:
    tag = f"{name[-1]}{size}"
    for stride in (8, 16, 32):
        save_map(out / f"{tag}_horse_s{stride}.npy", np.load(golden / f"{tag}_horse_head_s{stride}.npy"))
    with np.load(golden / f"{tag}_horse_layers_fp16.npz") as layers:
        for key in layers.files:
            save_map(out / f"{tag}_{key}.npy", layers[key])
    horse = f"{golden}/inputs/horse_lb{size}.png"
    cases = [f"heads {name} {size} {horse} {out}/{tag}_horse 0",
             f"layers {name} {size} {horse} {out}/{tag}_layer 4.9e-4"]
    for npz in sorted(golden.glob(f"{tag}_0*_heads_fp16.npz")):
        picture = npz.name[len(tag) + 1:-len("_heads_fp16.npz")]
        save_heads(npz, out / f"{tag}_{picture}")
        cases.append(f"heads {name} {size} {golden}/inputs/{picture}_lb{size}.png {out}/{tag}_{picture} 4.9e-4")
    return cases


def detection_cases(golden: Path, out: Path, name: str, size: int) -> List[str]:
    tag = f"{name[-1]}{size}"
    cases = []
    for file, entry in json.loads((golden / f"{tag}_detections_conf025_iou045.json").read_text()).items():
        stem = Path(file).stem
        listing = out / f"{tag}_{stem}.txt"
        listing.write_text("".join(" ".join(map(str, d)) + "\n" for d in entry["detections"]))
        decoded = golden / "inputs" / f"{stem}_decoded.png"
        if decoded.exists():
            cases.append(f"letterbox {name} {size} {decoded} {golden}/inputs/{stem}_lb{size}.png 0")
            cases.append(f"detect {name} {size} {decoded} {listing} 0")
        cases.append(f"detect {name} {size} {golden}/inputs/{file} {listing} 1")
    return cases


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="directory to write to")
    parser.add_argument("--shared", type=Path, help="directory with checkpoints/ and golden/")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    out = args.out.resolve()
    for name, options in SYNTHETIC.items():
        run(ROOT / "tests/export/make_checkpoint.py", "-o", out / f"{name}.pt", *options)
        export(out / f"{name}.pt", name, out)
    run(ROOT / "tools/export.py", out / "synthetic-g.pt", "-o", out / "synthetic-g.winograd.v5l",
        "--layout", "winograd", "--size", LAYOUT_SIZE)
    for name in HALVES:
        export_halves(out / f"{name}.pt", name, out)
    cases = [f"forms {name} 96 - - 0" for name in SYNTHETIC] + [f"layout synthetic-g {LAYOUT_SIZE} - - 0"]
    if args.shared:
        golden = args.shared.resolve() / "golden"
        for name in OFFICIAL:
            export(args.shared / "checkpoints" / f"{name}.pt", name, out)
        for name in ("v5lite-e", "v5lite-s"):
            export_halves(args.shared / "checkpoints" / f"{name}.pt", name, out)
        horse = golden / "inputs/horse_lb320.png"
        cases += random_cases(golden, out)
        for name, size in (("v5lite-e", 320), ("v5lite-s", 416)):
            cases += official_cases(golden, out, name, size)
            cases += detection_cases(golden, out, name, size)
        cases += [f"forms {name} 320 {horse} - 0" for name in OFFICIAL]
    (out / "cases.txt").write_text("\n".join(cases) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
