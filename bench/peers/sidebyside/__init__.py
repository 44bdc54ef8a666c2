# SPDX-License-Identifier: MIT
"""The parts of bench/peers/run.py."""
