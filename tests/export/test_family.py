# SPDX-License-Identifier: MIT
"""Tests of tools/export.py on the modules of v5lite-c, v5lite-g and YOLOv5 v5.0. See test_export.py on how to
run them.
"""

from __future__ import annotations

import sys
import unittest
from pathlib import Path
from typing import Any, Callable, List, Tuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

import reference  # noqa: E402
from export_case import PICTURE, ExportCase, OfficialCase  # noqa: E402
from interpreter import (ADD, AVGPOOL, CONCAT, CONV, DETECT, DWCONV, MAXPOOL, SCALE, SHUFFLE, SPLIT,
                         UPSAMPLE,  # noqa: E402
                         Model)
from make_checkpoint import Modules, Network, checkpoint, make, module  # noqa: E402
from torchlike import Instance, save  # noqa: E402

MOVEMENT = (SPLIT, CONCAT, SHUFFLE, UPSAMPLE)
Build = Callable[[Modules], Instance]


def parameters(model: Model) -> int:
    """Returns the number of weights and biases without padding."""
    total = 0
    for op in model.ops:
        spans = model.operand(op.out_first, op.out_count)
        outputs = sum(span.count for span in spans)
        inputs = sum(span.count for span in model.operand(op.a_first, op.a_count))
        if op.kind in (CONV, DETECT, DWCONV):
            total += outputs + op.kernel_h * op.kernel_w * (inputs if op.kind != DWCONV else 1) * outputs
    return total


def products(model: Model, size: int) -> int:
    """Returns the multiplications of all convolutions for a square picture."""
    total = 0
    for op in model.ops:
        if op.kind in (CONV, DETECT, DWCONV):
            spans = model.operand(op.out_first, op.out_count)
            stride = model.tensors[spans[0].tensor].stride
            inputs = sum(span.count for span in model.operand(op.a_first, op.a_count)) if op.kind != DWCONV else 1
            total += (size // stride if stride
                      else 1) ** 2 * op.kernel_h * op.kernel_w * inputs * sum(s.count for s in spans)
    return total


def performed(model: Model) -> List[int]:
    """Returns the kinds of the operations that are not views."""
    return [op.kind for op in model.ops if not op.flags & 1]


class FamilyCase(ExportCase):
    """A module between a convolution and a head."""

    def one(self, build: Build, before: int = 8, after: int = 8, stride: int = 2,
            seed: int = 3) -> Tuple[bytes, Instance]:
        """Returns a checkpoint of a convolution to `before` channels, the module of `after` channels and a head; and
        the module.
        """
        net, m = Network(), Modules(seed)
        net.add(m.conv(3, before, 3, 2))
        made = build(m)
        net.add(made)
        net.add(m.detect([after], [stride], 2, 1), [-1])
        return save(checkpoint(net.model(m, 2))), made

    def check(self, build: Build, name: str, **shape: int) -> Tuple[Model, Model]:
        """Checks that both forms of the checkpoint of `one` agree with each other and, where the operation called
        `name` has the module's
            output, with the numpy reference.
        """
        data, made = self.one(build, **shape)
        literal, planned = self.both(data)
        values = self.assert_same_values(literal, planned)
        expected = reference.run(made, values["model.0.conv"])
        np.testing.assert_allclose(values[name], expected, rtol=1e-5, atol=1e-5)
        return literal, planned

    def refused_with(self, build: Build, change: Callable[[Instance], None], *expected: str) -> None:
        """Checks that the module with a change is refused."""
        def changed(m: Modules) -> Instance:
            made = build(m)
            change(made)
            return made
        self.refused(self.one(changed)[0], *expected)


class TestModules(FamilyCase):
    """Each module computes what the original's does, unfolded."""

    def test_cbh(self) -> None:
        self.check(lambda m: m.cbh(8, 8, 3), "model.1.conv")
        self.check(lambda m: m.cbh(8, 8, 5, 2, 8), "model.1.conv", stride=4)

    def test_blocks_that_were_fused_before_they_were_saved(self) -> None:
        for build in (lambda m: m.conv(8, 8, 3), lambda m: m.cbh(8, 8, 3)):
            def fused(m: Modules, build: Build = build) -> Instance:
                made = build(m)
                made.state["_modules"].pop("bn")
                made.state["_modules"]["conv"] = m.conv2d(8, 8, 3, bias=True)
                return made
            self.check(fused, "model.1.conv")

    def test_lc_block(self) -> None:
        literal, _ = self.check(lambda m: m.lc_block(8, 12, 5, 2), "model.1.pw_conv.conv", after=12, stride=4)
        self.assertEqual([op.activation for op in literal.ops[1:3]], [3, 3])

    def test_lc_block_with_a_gate(self) -> None:
        literal, planned = self.check(lambda m: m.lc_block(8, 12, 5, 2, True), "model.1.pw_conv.conv", after=12,
                                      stride=4)
        self.assertEqual([literal.name(op) for op in literal.ops[1:6]],
                         ["model.1.dw_conv.conv", "model.1.se.avg_pool", "model.1.se.conv1", "model.1.se.conv2",
                          "model.1.se"])
        for model in (literal, planned):
            self.assertEqual(performed(model)[1:7], [DWCONV, AVGPOOL, CONV, CONV, SCALE, CONV])
            self.assertEqual([t.stride for t in model.tensors[3:6]], [0, 0, 0])

    def test_the_gate_is_the_activation_that_is_stored(self) -> None:
        for name, number in (("SiLU", 2), ("Hardswish", 3), ("ReLU", 1)):
            def build(m: Modules, name: str = name) -> Instance:
                se = m.lc_se(8)
                se.state["_modules"]["SiLU"] = m.act(name)
                return se
            literal, _ = self.check(build, "model.1")
            self.assertEqual(literal.ops[3].activation, number)

    def test_dense(self) -> None:
        self.check(lambda m: m.dense(8, 16), "model.1.dense_conv", after=16)

    def test_focus_of_the_picture_is_one_convolution(self) -> None:
        net, m = Network(), Modules(3)
        made = m.focus(3, 8)
        net.add(made)
        net.add(m.detect([8], [2], 2, 1), [-1])
        literal, planned = self.both(save(checkpoint(net.model(m, 2))))
        values = self.assert_same_values(literal, planned)
        np.testing.assert_allclose(values["model.0.conv.conv"], reference.run(made, PICTURE / 255.0), rtol=1e-5,
                                   atol=1e-5)
        op = planned.ops[0]
        self.assertEqual((op.kind, op.kernel_h, op.kernel_w, op.stride, op.pad), (CONV, 6, 6, 2, 2))

    def test_focus_of_a_map_and_of_other_kernels(self) -> None:
        for kernel in (1, 3, 5):
            self.check(lambda m: m.focus(8, 12, kernel), "model.1.conv.conv", after=12, stride=4)

    def test_rep_vgg_with_two_and_three_branches(self) -> None:
        self.check(lambda m: m.rep_vgg(8, 12), "model.1", after=12)
        self.check(lambda m: m.rep_vgg(8, 8, 2), "model.1", stride=4)
        _, planned = self.check(lambda m: m.rep_vgg(8, 8), "model.1")
        self.assertEqual(performed(planned), [CONV, CONV, DETECT])

    def test_rep_vgg_fused(self) -> None:
        for fused in ("rbr_dense", "rbr_reparam"):
            self.check(lambda m: m.rep_vgg(8, 12, 2, fused), "model.1", after=12, stride=4)

    def test_rep_vgg_may_read_the_picture(self) -> None:
        net, m = Network(), Modules(3)
        made = m.rep_vgg(3, 3)
        net.add(made)
        net.add(m.detect([3], [1], 2, 1), [-1])
        values = self.assert_same_values(*self.both(save(checkpoint(net.model(m, 2)))))
        np.testing.assert_allclose(values["model.0"], reference.run(made, PICTURE / 255.0), rtol=1e-5, atol=1e-5)

    def test_spp_keeps_its_windows_in_the_literal_form_and_chains_them_in_the_planned_one(self) -> None:
        def windows(model: Model) -> List[int]:
            return [op.kernel_h for op in model.ops if op.kind == MAXPOOL]

        for sizes, chain in (((5, 9, 13), [5, 5, 5]), ((3, 7), [3, 5]), ((13, 9, 5), [13, 9, 5]),
                             ((5, 13, 9), [5, 9, 5]),
                             ((5, 5), [5, 5]), ((1, 3), [1, 3])):
            with self.subTest(sizes=sizes):
                literal, planned = self.check(lambda m: m.spp(8, 12, sizes), "model.1.cv2.conv", after=12)
                self.assertEqual((windows(literal), windows(planned)), (list(sizes), chain))
                self.assertNotIn(CONCAT, performed(planned))
                self.assertIn(CONCAT, performed(literal))


class TestNetworks(ExportCase):
    """Whole networks of the family's structures."""

    def test_planned_equals_literal(self) -> None:
        for net in ("c", "g", "v5"):
            for options in ({}, {"half": True, "anchors": 4, "classes": 2, "width": 12, "seed": 5},
                            {"anchors": 1, "classes": 1, "width": 8, "seed": 9}):
                with self.subTest(net=net, **options):
                    literal, planned = self.both(make(net, **options))
                    values = self.assert_same_values(literal, planned)
                    self.assertEqual(values["head.0"].shape,
                                     (options.get("anchors", 3), 5 + literal.class_count, 8, 12))

    def test_planned_files_move_nothing(self) -> None:
        for net in ("c", "g", "v5"):
            literal, planned = self.both(make(net))
            self.assertFalse(set(performed(planned)) & set(MOVEMENT))
            self.assertEqual(performed(planned), [kind for kind in performed(literal) if kind not in MOVEMENT])

    def test_numbers_of_levels_and_anchors(self) -> None:
        for levels, anchors in ((1, 16), (2, 5), (4, 3), (8, 1)):
            net, m = Network(), Modules(7)
            net.add(m.focus(3, 8))
            maps = [net.add(m.rep_vgg(8, 8, 2))]
            while len(maps) < min(levels, 5):
                maps.append(net.add(m.lc_block(8, 8, 3, 2, True)))
            maps += maps[:levels - len(maps)]
            net.add(m.detect([8] * levels, [4 << i for i in halvings(maps)], 2, anchors), maps)
            literal, planned = self.both(save(checkpoint(net.model(m, 2))))
            values = self.assert_same_values(literal, planned, np.tile(PICTURE, (2, 4, 1))[:, :256])
            for model in (literal, planned):
                self.assertEqual([h.anchor_count for h in model.heads], [anchors] * levels)
            self.assertEqual(values[f"head.{levels - 1}"].shape[:2], (anchors, 7))

    def test_a_gate_takes_the_order_of_a_shuffled_map(self) -> None:
        net, m = Network(), Modules(4)
        net.add(m.stem(3, 8))
        net.add(m.shuffle_block(8, 16, 2))
        net.add(m.stage(16, 3))
        net.add(m.lc_block(16, 12, 3, 1, True))
        net.add(m.lc_se(16), 2)
        net.add(m.conv(16, 12))
        net.add(m.concat(), [-1, 3])
        net.add(m.detect([24], [8], 2, 2), [-1])
        literal, planned = self.both(save(checkpoint(net.model(m, 2))))
        self.assert_same_values(literal, planned)
        self.assertFalse(set(performed(planned)) & set(MOVEMENT))
        orders = [op.order for op in planned.ops if op.kind == SCALE]
        self.assertTrue(all(order != 0xFFFFFFFF for order in orders), "this test is about maps in another order")

    def test_pools_and_gates_of_joined_maps_are_materialised(self) -> None:
        net, m = Network(), Modules(4)
        net.add(m.conv(3, 8, 3, 2))
        net.add(m.conv(8, 8))
        net.add(m.concat(), [-1, 0])
        net.add(m.lc_se(16))
        net.add(m.max_pool(5, 1), 2)
        net.add(m.max_pool(9, 1), 2)
        net.add(m.concat(), [-1, 3, 4])
        net.add(m.detect([48], [2], 2, 2), [-1])
        literal, planned = self.both(save(checkpoint(net.model(m, 2))))
        self.assert_same_values(literal, planned)
        self.assertEqual(performed(planned).count(CONCAT), 1)
        self.assertEqual([op.kernel_h for op in planned.ops if op.kind == MAXPOOL], [5, 5])

    def test_a_sum_takes_the_order_of_its_other_operand(self) -> None:
        net, m = Network(), Modules(4)
        net.add(m.stem(3, 8))
        net.add(m.shuffle_block(8, 16, 2))
        net.add(m.stage(16, 3))
        net.add(m.sequential(m.conv2d(16, 16, 3, 1, 16), m.norm(16)))
        net.add(m.conv(16, 16))
        net.add(m.add(), [-1, 3])
        net.add(m.detect([16], [8], 2, 2), [-1])
        literal, planned = self.both(save(checkpoint(net.model(m, 2))))
        self.assert_same_values(literal, planned)
        self.assertEqual(performed(planned)[-2:], [ADD, DETECT])
        self.assertFalse(set(performed(planned)) & set(MOVEMENT))


def halvings(maps: List[int]) -> List[int]:
    """Returns how often each of these layers has halved the map of the first; every one halves it."""
    return [layer - maps[0] for layer in maps]


class TestRefusals(FamilyCase):
    """Modules with impossible attributes are refused with class and path."""

    def child(self, name: str, key: str, value: Any) -> Callable[[Instance], None]:
        def change(made: Instance) -> None:
            target = made
            for part in filter(None, name.split(".")):
                target = target.state["_modules"][part]
            if isinstance(value, Instance):
                target.state["_modules"][key] = value
            else:
                target.state[key] = value
        return change

    def test_rep_vgg(self) -> None:
        build: Build = lambda m: m.rep_vgg(8, 8)  # noqa: E731
        m = Modules(1)
        for name, key, value, *expected in (
                ("", "se", module("models.common.SEBlock"),
                 "model.1.se: module class models.common.SEBlock is not supported"),
                ("", "nonlinearity", m.act("GELU"), "model.1.nonlinearity", "GELU"),
                ("", "rbr_reparam", m.conv2d(8, 8, 3, bias=True), "model.1: ", "other branches"),
                ("", "rbr_dense", m.conv2d(8, 8, 3, bias=True), "model.1: ", "other branches"),
                ("rbr_1x1", "conv", m.conv2d(8, 8, 3), "model.1.rbr_1x1.conv", "kernel of 1"),
                ("rbr_1x1", "conv", m.conv2d(8, 8, 1, 2), "model.1.rbr_1x1.conv", "stride is 2"),
                ("rbr_dense", "conv", m.conv2d(8, 8, 5), "model.1.rbr_dense.conv", "kernel of 3"),
                ("", "rbr_identity", m.norm(12), "model.1.rbr_identity", "expected 8 values"),
                ("", "rbr_identity", m.conv2d(8, 8), "model.1.rbr_identity", "BatchNorm2d")):
            with self.subTest(name=name, key=key):
                self.refused_with(build, self.child(name, key, value), *expected)
        self.refused_with(lambda m: m.rep_vgg(8, 8, 2), self.child("", "rbr_identity", m.norm(8)),
                          "model.1.rbr_identity",
                          "stride 1")

    def test_lc_modules(self) -> None:
        build: Build = lambda m: m.lc_block(8, 8, 3, 1, True)  # noqa: E731
        m = Modules(1)
        for name, key, value, *expected in (
                ("", "use_se", 2, "model.1: models.common.LC_Block: use_se is 2"),
                ("se", "SiLU", m.act("Hardsigmoid"), "model.1.se.SiLU", "Hardsigmoid"),
                ("se", "avg_pool", m.max_pool(3, 2), "model.1.se.avg_pool", "AdaptiveAvgPool2d"),
                ("se.avg_pool", "output_size", 2, "model.1.se.avg_pool", "output_size is 2"),
                ("se", "conv1", m.conv2d(8, 2, 3, bias=True), "model.1.se.conv1", "one pixel"),
                ("se", "conv2", m.conv2d(2, 7, bias=True), "model.1.se: ", "7 factors for 8 channels"),
                ("se", "conv2", m.conv2d(2, 8), "model.1.se.conv2", "neither BatchNorm nor bias"),
                ("dw_conv", "hardswish", m.act("GELU"), "model.1.dw_conv.hardswish", "GELU")):
            with self.subTest(name=name, key=key):
                self.refused_with(build, self.child(name, key, value), *expected)
        self.refused_with(lambda m: m.lc_block(8, 8), self.child("", "use_se", True), "model.1: ",
                          "expected a child module se")
        self.refused_with(lambda m: m.dense(8, 8), self.child("", "dropout", m.conv2d(8, 8)),
                          "model.1.dropout: module class")

    def test_focus_and_spp(self) -> None:
        m = Modules(1)
        focus: Build = lambda m: m.focus(8, 8)  # noqa: E731
        self.refused_with(focus, self.child("", "conv", m.cbh(32, 8, 3)),
                          "model.1.conv: module class models.common.CBH")
        self.refused_with(focus, self.child("conv", "conv", m.conv2d(8, 8, 3)), "model.1.conv.conv", "on 32 channels")
        self.refused_with(focus, self.child("conv", "conv", m.conv2d(32, 8, 9)), "model.1.conv.conv", "kernel 18")
        self.refused_with(lambda m: m.spp(8, 8, (5, 4)), lambda made: None, "model.1.m.1", "kernel 4")
        self.refused_with(lambda m: m.spp(8, 8, (5, 17)), lambda made: None, "model.1.m.1", "kernel 17")

    def test_any_attribute_may_be_anything(self) -> None:
        strange = [None, [], {}, -1, 1 << 70, float("nan"), (1, (2, [])), "\ud800"]

        def places(made: Instance) -> List[Instance]:
            return [made, *(inner for c in made.state["_modules"].values() for inner in places(c))]

        builds: List[Build] = [lambda m: m.lc_block(8, 8, 3, 1, True), lambda m: m.dense(8, 8), lambda m: m.focus(8, 8),
                               lambda m: m.rep_vgg(8, 8), lambda m: m.spp(8, 8)]
        turn = 0
        for build in builds:
            for number, target in enumerate(places(build(Modules(1)))):
                for key in target.state:
                    def changed(m: Modules) -> Instance:
                        made = build(m)
                        places(made)[number].state[key] = strange[turn % len(strange)]
                        return made
                    done, _ = self.run_export(self.store(self.one(changed)[0]))
                    self.assertIn(done.returncode, (0, 2))
                    self.assertEqual((done.stdout + done.stderr).count("\n"), 1)
                    turn += 1


class TestOfficial(OfficialCase):
    """Checkpoints of random weights against the original's outputs, and against the counts of the layer tables."""

    def test_v5lite_c(self) -> None:
        planned = self.compare_random("v5lite-c-random")
        self.assertEqual((parameters(planned), products(planned, 320)), (4579805, 1102444544))

    def test_v5lite_g(self) -> None:
        # Focus as one convolution of 6x6x3 has as many multiplications as 3x3x12: the counts are those of the original,
        # fused.
        planned = self.compare_random("v5lite-g-random")
        self.assertEqual((parameters(planned), products(planned, 320)), (5390365, 1951884800))

    def test_yolov5s_v5(self) -> None:
        planned = self.compare_random("yolov5s-v5.0-random")
        self.assertFalse(set(performed(planned)) & set(MOVEMENT))


if __name__ == "__main__":
    unittest.main()
