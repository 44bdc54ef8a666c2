# SPDX-License-Identifier: MIT
"""The beginning of a .v5l file (weights/FORMAT.md), for tools that do without numpy."""

MAGIC = b"\x89V5L\r\n\x1a\n"
VERSION = 1
