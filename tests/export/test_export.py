# SPDX-License-Identifier: MIT
"""Tests of tools/export.py. From the repository's root: python3 -m unittest discover -s tests/export

Set V5LITE_SHARED to the folder that holds checkpoints/ and golden/ to run the tests on official checkpoints too.
"""

from __future__ import annotations

import hashlib
import sys
import unittest
import zipfile
from pathlib import Path
from typing import Callable, List, Tuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

import interpreter  # noqa: E402
from export_case import PICTURE, SHARED, ExportCase, OfficialCase  # noqa: E402
from interpreter import Model  # noqa: E402
from make_checkpoint import Modules, Network, checkpoint, make, module  # noqa: E402
from torchlike import save  # noqa: E402

class TestNetworks(ExportCase):
    """The exported file computes what the checkpoint specifies."""

    def test_planned_equals_literal_on_all_variants(self) -> None:
        for net in "es":
            for options in ({}, {"relu": True, "half": True, "anchors": 4, "classes": 2, "width": 14, "seed": 5},
                            {"anchors": 1, "classes": 1, "width": 8, "seed": 9}):
                with self.subTest(net=net, **options):
                    literal, planned = self.both(make(net, **options))
                    values = self.assert_same_values(literal, planned)
                    self.assertEqual(literal.class_count, options.get("classes", 3))
                    self.assertEqual(values["head.0"].shape,
                                     (options.get("anchors", 3), 5 + literal.class_count, 8, 12))

    def test_planned_file_moves_nothing(self) -> None:
        for net in "es":
            literal, planned = self.both(make(net))
            self.assertEqual((literal.form, planned.form), (0, 1))
            self.assertFalse(any(op.flags for op in literal.ops))
            movement = [op for op in planned.ops if op.kind >= interpreter.SPLIT]
            self.assertTrue(movement and all(op.flags == 1 for op in movement))
            self.assertEqual(len([op for op in planned.ops if not op.flags & 1]),
                             len([op for op in literal.ops if op.kind < interpreter.SPLIT]))
            self.assertLess(len(planned.tensors), len(literal.tensors))

    def test_names_are_module_paths(self) -> None:
        names = [m.name(op) for m in (self.export(make("e")), self.export(make("s"))) for op in m.ops]
        for name in ("model.0.conv.0", "model.0.maxpool", "model.1.branch2.5", "model.2.0.branch2.0", "model.2.0.x1",
                     "model.2.0.x2", "model.2.0.cat", "model.2.0", "model.7.conv", "model.9", "model.14.conv1",
                     "model.10.cv1.conv", "model.10.m.0.cv2.conv", "model.10.cat", "model.20.m.1.add", "model.21.m.0"):
            self.assertIn(name, names)

    def test_anchors_classes_and_provenance_come_from_the_checkpoint(self) -> None:
        data = make("e", classes=2, anchors=4)
        model = self.export(data)
        self.assertEqual(model.class_names, ["class 0", "class 1"])
        self.assertEqual([h.stride for h in model.heads], [8, 16, 32])
        self.assertEqual(model.anchors(model.heads[0]).tolist(), [[10, 13], [17, 31], [35, 22], [24, 26]])
        self.assertEqual(model.source_sha256, hashlib.sha256(data).digest())
        self.assertIn("export.py", model.exporter)

    def test_literal_heads_keep_the_original_order_and_planned_ones_put_objectness_first(self) -> None:
        literal, planned = self.both(make("e", classes=2))
        self.assertEqual(literal.heads[1][2:10], (3, 4, 7, 0, 7, 5, 7, 0))
        self.assertEqual(planned.heads[1][2:10], (3, 0, 1, 3, 6, 7, 6, 0))

    def test_convolution_agrees_with_batch_norm_unfolded(self) -> None:
        net, m = Network(), Modules(3, eps=0.05)
        net.add(m.conv(3, 8, 3, 2))
        net.add(m.detect([8], [2], 1, 1), [-1])
        state = net.layers[0].state["_modules"]
        weight = state["conv"].state["_parameters"]["weight"].args[0].astype(float)
        norm, table = state["bn"].state, {}
        table.update({k: v.args[0].astype(float) for k, v in norm["_parameters"].items()})
        table.update(norm["_buffers"])
        values = self.export(save(checkpoint(net.model(m, 1)))).run(PICTURE)
        padded = np.pad(PICTURE / 255.0, ((1, 1), (1, 1), (0, 0)))
        y, x = 5, 7
        raw = np.einsum("oikl,kli->o", weight, padded[2 * y:2 * y + 3, 2 * x:2 * x + 3])
        z = (raw - table["running_mean"]) / np.sqrt(table["running_var"] + 0.05) * table["weight"] + table["bias"]
        np.testing.assert_allclose(values["model.0.conv"][y, x], z / (1 + np.exp(-z)), rtol=1e-5, atol=1e-6)

    def test_eps_of_the_checkpoint_is_used(self) -> None:
        small, large = (self.export(make("e", eps=eps)).run(PICTURE)["head.0"] for eps in (1e-3, 1e-1))
        self.assertGreater(np.abs(small - large).max(), 1e-2)

    def test_ema_is_preferred_and_optimizer_ignored(self) -> None:
        plain = self.export(make("e")).run(PICTURE)
        ema = self.export(make("e", ema=True, optimizer=True)).run(PICTURE)
        for name in plain:
            np.testing.assert_array_equal(plain[name], ema[name])

    def test_the_closing_line_counts_the_classes(self) -> None:
        for classes, text in ((1, " 1 class, "), (2, " 2 classes, ")):
            done, _ = self.run_export(self.store(make("s", classes=classes, width=6)))
            self.assertIn(text, done.stdout)

    def test_output_is_the_same_bytes_each_time(self) -> None:
        source = self.store(make("s"))
        for option in ([], ["--literal"]):
            first, second = (self.run_export(source, *option)[1].read_bytes() for _ in range(2))
            self.assertEqual(first, second)
        self.assertEqual(make("s"), make("s"))

    def test_deflated_archives_are_read(self) -> None:
        net, m = Network(), Modules(3)
        net.add(m.conv(3, 8, 3, 2))
        net.add(m.detect([8], [2], 1, 1), [-1])
        self.export(save(checkpoint(net.model(m, 1)), zipfile.ZIP_DEFLATED))


class TestTopologies(ExportCase):
    """Networks that upstream never published, built to break the channel plan."""

    def check(self, build: Callable[[Network, Modules], List[Tuple[int, int, int]]]) -> Tuple[Model, Model]:
        """Checks a network. `build` adds layers and returns (layer, channels, stride) of Detect's inputs."""
        net, m = Network(), Modules(11)
        levels = build(net, m)
        net.add(m.detect([c for _, c, _ in levels], [s for _, _, s in levels], 2, 2), [i for i, _, _ in levels])
        literal, planned = self.both(save(checkpoint(net.model(m, 2))))
        self.assert_same_values(literal, planned)
        return literal, planned

    def test_a_tap_before_each_in_place_update_keeps_its_value(self) -> None:
        def build(net: Network, m: Modules):
            net.add(m.stem(3, 8))
            net.add(m.shuffle_block(8, 24, 2))
            for _ in range(5):
                net.add(m.shuffle_block(24, 24, 1))
            net.add(m.concat(), [-1, 1, 2, 4, 6])
            return [(net.add(m.conv(120, 10)), 10, 8)]
        self.check(build)

    def test_blocks_that_fork_from_one_value(self) -> None:
        def build(net: Network, m: Modules):
            net.add(m.stem(3, 8))
            net.add(m.shuffle_block(8, 20, 2))
            net.add(m.stage(20, 2))
            net.add(m.shuffle_block(20, 20, 1), 2)
            net.add(m.stage(20, 3), 2)
            net.add(m.add(), [-1, 3])
            return [(net.add(m.conv(20, 10)), 10, 8), (3, 20, 8), (2, 20, 8)]
        self.check(build)

    def test_stride_1_blocks_on_a_plain_convolution_and_on_a_concat(self) -> None:
        def build(net: Network, m: Modules):
            net.add(m.conv(3, 12, 3, 2))
            net.add(m.stage(12, 3))
            net.add(m.concat(), [-1, 0])
            net.add(m.sequential(m.sequential(m.stage(24, 2)), m.stage(24, 1)))
            net.add(m.upsample())
            net.add(m.stage(24, 2))
            net.add(m.concat(), [-1, -1])
            return [(net.add(m.dw_conv_block(48, 8, 5)), 8, 1)]
        self.check(build)

    def test_max_pooling_and_sums_of_shuffled_values_are_materialised(self) -> None:
        def build(net: Network, m: Modules):
            net.add(m.conv(3, 8, 3, 2))
            net.add(m.shuffle_block(8, 16, 2))
            net.add(m.stage(16, 2))
            net.add(m.conv(16, 16))
            net.add(m.add(0.25), [-1, 2])
            net.add(m.upsample())
            net.add(m.upsample())
            net.add(m.shuffle_block(16, 16, 1))
            pool = m.stem(16, 8).state["_modules"]["maxpool"]
            net.add(module("models.common.conv_bn_relu_maxpool", {"conv": m.stage(16, 2), "maxpool": pool}))
            return [(2, 16, 4), (net.add(m.conv(16, 8)), 8, 2), (4, 16, 4)]
        _, planned = self.check(build)
        self.assertTrue(any(op.kind >= interpreter.SPLIT and not op.flags for op in planned.ops))

    def test_sum_of_depthwise_results_in_different_orders(self) -> None:
        def build(net: Network, m: Modules):
            net.add(m.stem(3, 8))
            net.add(m.shuffle_block(8, 16, 2))
            net.add(m.stage(16, 3))
            net.add(m.sequential(m.conv2d(16, 16, 3, 1, 16), m.norm(16), m.act("ReLU")))
            net.add(m.conv(16, 16), 1)
            net.add(m.add(), [-1, 3])
            net.add(m.sequential(m.conv2d(16, 16, 3, 1, 16), m.norm(16)), 2)
            net.add(m.add(), [-1, 5])
            return [(net.add(m.conv(16, 8)), 8, 8)]
        self.check(build)

    def test_single_head_and_eight_heads(self) -> None:
        def build(net: Network, m: Modules):
            net.add(m.stem(3, 8))
            return [(0, 8, 4)] * 8
        literal, _ = self.check(build)
        self.assertEqual(len(literal.heads), 8)


class TestOfficial(OfficialCase):
    """Official and family checkpoints against the original's outputs."""

    def golden(self, pattern: str) -> List[np.ndarray]:
        return [np.load(Path(SHARED) / "golden" / pattern.format(stride)) for stride in (8, 16, 32)]

    def test_e_at_320(self) -> None:
        self.compare("v5lite-e.pt", 320, self.golden("e320_horse_head_s{}.npy"))

    def test_s_at_416(self) -> None:
        self.compare("v5lite-s.pt", 416, self.golden("s416_horse_head_s{}.npy"))

    def test_other_class_counts_and_anchors(self) -> None:
        for name in ("v5lite-e-3class-random", "v5lite-s-1class-random"):
            self.compare_random(name)

    def test_the_2021_checkpoint(self) -> None:
        literal, planned = self.both(Path(SHARED) / "checkpoints" / "yolov5-lite-2021.pt")
        self.assert_same_values(literal, planned)
        self.assertEqual(literal.tensors[1].channels, 24)


if __name__ == "__main__":
    unittest.main()
