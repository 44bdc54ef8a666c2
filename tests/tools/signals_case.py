# SPDX-License-Identifier: MIT
"""Restores signals as a terminal leaves them, for programs under test: nohup, and shells in the background, ignore
some.
"""

import signal

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def heed_signals() -> None:
    """Restores default signal handlers, as subprocess's preexec_fn."""
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)
