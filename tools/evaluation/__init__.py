# SPDX-License-Identifier: MIT
"""Measures detections against labels: the metric of the COCO challenge, and what tools/eval.py needs around it."""
