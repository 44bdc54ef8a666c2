#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a picture part of a program: writes C that holds the pixels of an 8-bit RGB PNG file as the v5l_image
`picture`.

    python3 tests/firmware/picture.py tests/images/digits.png picture.c
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "export")]

from fileio import check_outputs, write_atomically  # noqa: E402
from png import read_png  # noqa: E402

BYTES_A_LINE = 24


def main() -> int:
    """Runs the tool and returns its exit status."""
    if len(sys.argv) != 3:
        print("picture: usage: picture.py PICTURE.png FILE.c", file=sys.stderr)
        return 2
    check_outputs(sys.argv[2:], sys.argv[1:2])
    pixels = read_png(Path(sys.argv[1]))
    height, width, _ = pixels.shape
    data = pixels.tobytes()
    lines = [f"/* {Path(sys.argv[1]).name}, by tests/firmware/picture.py. */", '#include "v5lite.h"',
             "extern const v5l_image picture;", f"static const uint8_t pixels[{len(data)}] = {{"]
    lines += [",".join(map(str, data[at:at + BYTES_A_LINE])) + "," for at in range(0, len(data), BYTES_A_LINE)]
    lines += ["};", "const v5l_image picture = "
                    f"{{.data = pixels, .width = {width}, .height = {height}, .format = V5L_RGB}};"]
    write_atomically(sys.argv[2], ("\n".join(lines) + "\n").encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
