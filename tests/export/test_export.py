# SPDX-License-Identifier: MIT
"""Tests of tools/export.py. From the repository's root: python3 -m unittest discover -s tests/export

Set V5LITE_SHARED to the folder that holds checkpoints/ and golden/ to run the tests on official checkpoints too.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import subprocess
import sys
import unittest
import zipfile
from pathlib import Path
from typing import Any, Callable, List, Tuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

import interpreter  # noqa: E402
from export_case import EXPORT, PICTURE, SHARED, ExportCase, OfficialCase  # noqa: E402
from interpreter import Model  # noqa: E402
from make_checkpoint import Modules, Network, checkpoint, make, module  # noqa: E402
from torchlike import Call, Global, Raw, save  # noqa: E402

class TestNetworks(ExportCase):
    """What is exported computes what the checkpoint says."""

    def test_planned_equals_literal_on_all_variants(self) -> None:
        for net in "es":
            for options in ({}, {"relu": True, "half": True, "anchors": 4, "classes": 2, "width": 14, "seed": 5},
                            {"anchors": 1, "classes": 1, "width": 8, "seed": 9}):
                with self.subTest(net=net, **options):
                    literal, planned = self.both(make(net, **options))
                    values = self.assert_same_values(literal, planned)
                    self.assertEqual(literal.class_count, options.get("classes", 3))
                    self.assertEqual(values["head.0"].shape, (options.get("anchors", 3), 5 + literal.class_count, 8, 12))

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
        """`build` adds layers and returns (layer, channels, stride) of what Detect reads."""
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


class TestRefusals(ExportCase):
    """What cannot be exported is refused in one line, and nothing is executed or left behind."""

    def simple(self, change: Callable[[Network, Modules], None]) -> bytes:
        net, m = Network(), Modules(2)
        net.add(m.stem(3, 8))
        net.add(m.conv(8, 8))
        net.add(m.upsample())
        net.add(m.detect([8], [2], 2, 1), [-1])
        change(net, m)
        return save(checkpoint(net.model(m, 2)))

    def test_pickles_that_name_code_are_refused_by_that_name(self) -> None:
        marker = self.folder / "executed"
        command = f"touch {marker}"

        def text(s: str) -> bytes:
            return b"X" + len(s).to_bytes(4, "little") + s.encode()

        stack_global = b"\x80\x04" + text("os") + text("system") + b"\x93" + text(command) + b"\x85R."
        cases = {
            "os.system": Call(Global("os", "system"), command),
            "posix.system": Raw(pickle.dumps(_Reduce(os.system, command), 2)[2:-1]),
            "builtins.eval": Call(Global("builtins", "eval"), f"open({str(marker)!r}, 'w')"),
            "__builtin__.getattr": Call(Global("__builtin__", "getattr"), Global("models.common", "Conv"), "__init__"),
            "subprocess.Popen": Call(Global("subprocess", "Popen"), command),
            "torch.load": Call(Global("torch", "load"), "x"),
            "torch.hub.load": Global("torch.hub", "load"),
            "operator.attrgetter": Global("operator", "attrgetter"),
            "shutil.rmtree": Raw(b"(" + text(str(marker)) + b"ishutil\nrmtree\n"),
            "nt.system": Raw(b"(cnt\nsystem\n" + text(command) + b"o"),
            "os.system ": Raw(stack_global[2:-1]),
            "models.common.Conv.__init__": Raw(text("models.common") + text("Conv.__init__") + b"\x93"),
        }
        for name, payload in cases.items():
            with self.subTest(name):
                self.refused(save(checkpoint(payload)), f"refused: the pickle asks for {name.strip()}, which is not part")
        self.assertFalse(marker.exists())

    def test_extension_opcodes_are_refused(self) -> None:
        self.refused(save(checkpoint(Raw(b"\x82\x01"))), "opcode EXT1")

    def test_classes_are_never_called(self) -> None:
        self.refused(save(checkpoint(Call(Global("torch.nn.modules.container", "Sequential"), 1, 2))), "expected a module")

    def test_unknown_modules_are_refused_by_class_and_path(self) -> None:
        for name in ("SEBlock", "GhostConv", "BottleneckCSP", "SPPF", "TransformerBlock", "CBAM", "Contract"):
            def change(net: Network, m: Modules, name: str = name) -> None:
                net.layers[1].kind.name = name
            self.refused(self.simple(change), f"model.1: module class models.common.{name} is not supported")

    def test_attributes_that_change_the_result_are_refused(self) -> None:
        def attribute(layer: int, path: str, key: str, value: Any) -> Callable[[Network, Modules], None]:
            def change(net: Network, m: Modules) -> None:
                target = net.layers[layer]
                for part in filter(None, path.split(".")):
                    target = target.state["_modules"][part]
                target.state[key] = value
            return change

        cases = [
            (1, "conv", "dilation", (2, 2)), (1, "conv", "padding_mode", "reflect"), (1, "conv", "stride", (1, 2)),
            (1, "conv", "groups", 2), (1, "conv", "padding", (1, 1)), (1, "conv", "stride", (3, 3)),
            (1, "bn", "eps", "x"), (1, "bn", "affine", False), (0, "maxpool", "ceil_mode", True), (0, "maxpool", "kernel_size", 5),
            (2, "", "scale_factor", 3.0), (2, "", "mode", "bilinear"), (2, "", "size", 64), (3, "", "nc", 5),
            (3, "", "stride", np.array([4], "<f4")), (1, "", "f", 7), (1, "", "f", [-1, 0]), (1, "", "i", 4),
        ]
        for layer, path, key, value in cases:
            with self.subTest(path=path, key=key):
                self.refused(self.simple(attribute(layer, path, key, value)), ".".join(filter(None, ["model", str(layer), path])))
        self.export(self.simple(lambda net, m: None))

    def test_any_attribute_may_be_anything(self) -> None:
        laughs: Any = Raw(b"]q\x01" + b"(" + b"h\x01" * 3 + b"e")  # a list that contains itself
        for _ in range(20):
            laughs = Call(Global("models.common", "X"), laughs)
        strange = [None, "\ud800", [], {}, -1, 1 << 70, float("nan"), (1, (2, [])), laughs]

        def modules(layers: List[Any]) -> List[Any]:
            return [m for layer in layers for m in [layer, *modules([c for c in layer.state["_modules"].values()])]]

        probe = Network()
        self.simple(lambda net, m: probe.layers.extend(net.layers))
        places = [(number, key) for number, target in enumerate(modules(probe.layers)) for key in target.state if key != "training"]
        for turn, (number, key) in enumerate(places):
            def change(net: Network, m: Modules, number: int = number, key: str = key, turn: int = turn) -> None:
                modules(net.layers)[number].state[key] = strange[turn % len(strange)]
            done, _ = self.run_export(self.store(self.simple(change)))
            self.assertIn(done.returncode, (0, 2))
            self.assertEqual((done.stdout + done.stderr).count("\n"), 1)

    def test_class_names_that_cannot_be_written_are_refused(self) -> None:
        for name in ("\ud800", "a\nb", "x" * 256, 3):
            net, m = Network(), Modules(2)
            net.add(m.conv(3, 8, 3, 2))
            net.add(m.detect([8], [2], 1, 1), [-1])
            model = net.model(m, 1)
            model.state["names"] = [name]
            self.refused(save(checkpoint(model)), "names:")

    def test_other_activations_are_refused_by_name(self) -> None:
        def change(net: Network, m: Modules) -> None:
            net.layers[1].state["_modules"]["act"] = m.act("LeakyReLU")
        self.refused(self.simple(change), "model.1.act: torch.nn.modules.activation.LeakyReLU")

    def test_networks_too_large_for_the_format_are_refused(self) -> None:
        net, m = Network(), Modules(2)
        for _ in range(520):
            net.add(m.conv(3, 3))
        net.add(m.detect([3], [1], 1, 1), [-1])
        self.refused(save(checkpoint(net.model(m, 1))), "number of tensors, expected at most 512")

    def test_weights_that_are_not_finite_are_refused_by_path(self) -> None:
        for value in (np.nan, np.inf, 1e38):
            def change(net: Network, m: Modules, value: float = value) -> None:
                net.layers[1].state["_modules"]["bn"].state["_parameters"]["weight"].args[0][3] = value
                net.layers[1].state["_modules"]["bn"].state["_buffers"]["running_var"][3] = 0
            self.refused(self.simple(change), "model.1.conv", "finite")

    def test_strange_names_stay_on_one_line(self) -> None:
        self.refused(save(checkpoint(Raw(b"X\x01\0\0\0a" + b"X\x09\0\0\0b\nexport:" + b"\x93"))), r"a.b\nexport:")

    def test_files_cut_short_anywhere_are_refused(self) -> None:
        data = make("e")
        for size in (0, 1, 4, 100, len(data) // 3, len(data) // 2, len(data) - 100, len(data) - 23, len(data) - 1):
            with self.subTest(size=size):
                self.refused(data[:size])

    def test_pickles_cut_short_are_refused(self) -> None:
        data = make("e")
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            content = archive.read("archive/data.pkl")
        for size in (0, 1, 2, 50, 333, 5000, len(content) - 1):
            with self.subTest(size=size):
                self.refused(rezip(data, "data.pkl", content[:size]), "data.pkl")

    def test_damaged_storages_are_refused(self) -> None:
        data = make("e")
        self.refused(rezip(data, "data/3", b"short"), "data/3")
        self.refused(rezip(data, "data/3", None), "data/3", "missing")
        self.refused(rezip(data, "data/3", bytes(1 << 24), zipfile.ZIP_DEFLATED), "data/3", "claims 16777216 bytes")

    def test_things_that_are_no_checkpoint_are_refused(self) -> None:
        for root in (None, 7, [], {}, {"model": None}, {"model": {"a": 1}}, {"ema": [1], "model": 3}, checkpoint(np.ones(3, "<f4"))):
            with self.subTest(root=str(root)[:40]):
                self.refused(save(root))
        self.refused(b"hello", "not a zip archive")
        self.refused(self.folder / "missing.pt", "No such file")
        self.refused(self.folder, "directory")

    def test_tensors_outside_their_storage_are_refused(self) -> None:
        def storage(offset: int, shape: tuple, strides: tuple) -> Call:
            # data/0 is the stem's weight: 216 floats
            return Call(Global("torch._utils", "_rebuild_tensor_v2"),
                        Raw(b"(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\x000X\3\0\0\0cpuK\xd8tQ"), offset, shape, strides, False)
        for offset, shape, strides in ((209, (8,), (1,)), (-1, (8,), (1,)), (0, (8,), (31,)), (0, (8,), (-1,)), (0, (), ()),
                                       (0, (8, 1 << 30), (1, 0)), (0, (1 << 62, 8), (1 << 62, 1))):
            def change(net: Network, m: Modules) -> None:
                net.layers[1].state["_modules"]["bn"].state["_parameters"]["weight"] = storage(offset, shape, strides)
            with self.subTest(offset=offset, shape=shape):
                self.refused(self.simple(change), "model.1.bn")

    def test_a_command_line_run_exits_with_status_and_one_line(self) -> None:
        good, bad = self.store(self.simple(lambda net, m: None)), self.folder / "missing.pt"
        for source, status in ((good, 0), (bad, 2)):
            done = subprocess.run([sys.executable, str(EXPORT), str(source), "-o", "m.v5l"], capture_output=True, text=True,
                                  cwd=self.folder)
            self.assertEqual((done.returncode, (done.stdout + done.stderr).count("\n")), (status, 1))
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["file.pt", "m.v5l"])

    def test_usage_errors_are_one_line(self) -> None:
        for arguments in ([], ["x.pt"], ["x.pt", "-o"], ["x.pt", "-o", "y", "--what"]):
            done = subprocess.run([sys.executable, str(EXPORT), *arguments], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 1))

    def test_an_output_that_cannot_be_written_is_reported(self) -> None:
        source = self.store(self.simple(lambda net, m: None))
        done = subprocess.run([sys.executable, str(EXPORT), str(source), "-o", str(self.folder / "no" / "x.v5l")],
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1))


class _Reduce:
    """An object that pickles as a call."""

    def __init__(self, function: Any, *args: Any) -> None:
        self.call = (function, args)

    def __reduce__(self) -> tuple:
        return self.call


def rezip(data: bytes, name: str, content: Any, compression: int = zipfile.ZIP_STORED) -> bytes:
    """An archive with one member replaced, or left out if `content` is None."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for info in source.infolist():
            if info.filename != f"archive/{name}":
                target.writestr(info, source.read(info))
            elif content is not None:
                target.writestr(info, content, compression)
    return out.getvalue()


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
