# SPDX-License-Identifier: MIT
"""Counts the instructions of the letterbox by pixel format, under qemu-user: bench/letterbox.c, 1280 x 720 into 320 x
320.

    python3 bench/qemu/letterbox.py
"""

from __future__ import annotations

import argparse

from guest import ARCHES, ROOT, build, run_guest


def main() -> int:
    """Prints thousands of instructions and their ratio to those of RGB."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    for arch in ARCHES:
        program = build(arch, "letterbox", [ROOT / "bench" / "letterbox.c", ROOT / "bench" / "trial.c"],
                        ["include", "src", "bench"])
        slots, names = run_guest(arch, [program, "count"])
        print(f"{arch.name}: thousands of instructions, ratio to RGB: letterbox, v5l_image_to_rgb")
        for i, name in enumerate(names.split()):
            figures = [(slots[2 * i + c].instructions, slots[c].instructions) for c in range(2)]
            print(f"{name:12}" + "".join(f"{count / 1000:9.0f} {count / rgb:5.2f}" for count, rgb in figures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
