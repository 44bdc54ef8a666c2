# SPDX-License-Identifier: MIT
"""Packaging: one file, installation, instruction sets."""
