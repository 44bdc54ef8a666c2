# SPDX-License-Identifier: MIT
"""The parts of tools/export.py: a YOLOv5-Lite checkpoint goes in, a .v5l file comes out.

Data flows one way:

    names, rebuild -> pickles -> filekind, checkpoint -> tree -> modules, family (builder, fold) -> graph
            -> literal | pools -> plan (slots) -> program -> replay, rules -> writer

No part needs PyTorch. No part executes anything that the checkpoint names.
"""

EXPORTER = "v5lite export.py 1.0"
