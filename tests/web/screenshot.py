#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the demo page of build/web, with the digits, as a small PNG. `make web-picture` calls it:

    python3 tests/web/screenshot.py OUT.png
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "cli")]
import browser  # noqa: E402
from serving import Server  # noqa: E402

READY = "return document.getElementById('state').textContent === 'ready'"
# Detects again and again: the time of the first detection is that of code that the browser has not optimised.
WARM = "document.getElementById('digits').click()"
WIDTH, HEIGHT, SCALE = 740, 430, 0.75
DETECTIONS = 30


def draw() -> bytes:
    """Returns the page as a PNG."""
    server, page = Server(), browser.Browser(more=["--hide-scrollbars"])
    try:
        page.devtools("Emulation.setDeviceMetricsOverride", width=WIDTH, height=HEIGHT, deviceScaleFactor=SCALE,
                      mobile=False)
        page.open(server.address)
        for _ in range(DETECTIONS):
            if not page.wait(READY):
                raise SystemExit(f"screenshot: the page says: {page.run('return document.body.innerText')}")
            page.run(WARM)
        page.wait(READY)
        return page.picture()
    finally:
        page.close()
        server.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    if browser.missing() is not None:
        print(f"screenshot: {browser.missing()}", file=sys.stderr)
        return 2
    part = out.with_name(out.name + ".part")
    part.write_bytes(draw())
    part.replace(out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
