# SPDX-License-Identifier: MIT
"""The original's side of an audit: a checkpoint run in PyTorch, module by module (tools/audit_torch.py)."""
