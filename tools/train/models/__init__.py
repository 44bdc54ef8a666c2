# SPDX-License-Identifier: MIT
"""The network to be trained. A checkpoint names a module's class with its file: the exporter knows these by `models.common.*`
and `models.yolo.*`, so the two files of this package must keep their names."""
