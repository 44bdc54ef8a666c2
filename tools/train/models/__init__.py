# SPDX-License-Identifier: MIT
"""The network for training. A checkpoint names a module's class with its file, and the exporter knows these by
`models.common.*` and `models.yolo.*`: the two files of this package must keep their names.
"""
