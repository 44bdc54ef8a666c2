# SPDX-License-Identifier: MIT
"""Measures detections against labels by the metric of the COCO challenge, for tools/eval.py."""
