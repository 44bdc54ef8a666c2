# SPDX-License-Identifier: MIT
"""Runs a checkpoint in PyTorch, module by module: the reference side of an audit (tools/audit_torch.py)."""
