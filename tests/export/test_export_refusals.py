# SPDX-License-Identifier: MIT
"""Tests of what tools/export.py refuses, and how. From the repository's root: python3 -m unittest discover -s
tests/export
"""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
import unittest
import zipfile
from pathlib import Path
from typing import Any, Callable, List

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from export_case import EXPORT, ExportCase  # noqa: E402
from make_checkpoint import Modules, Network, checkpoint, make  # noqa: E402
from torchlike import Call, Global, Raw, save  # noqa: E402


class TestRefusals(ExportCase):
    """Refusals are one line; nothing is executed, and no file remains in the folder."""

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
                self.refused(save(checkpoint(payload)),
                             f"refused: the pickle asks for {name.strip()}, which is not part")
        self.assertFalse(marker.exists())

    def test_extension_opcodes_are_refused(self) -> None:
        self.refused(save(checkpoint(Raw(b"\x82\x01"))), "opcode EXT1")

    def test_classes_are_never_called(self) -> None:
        self.refused(save(checkpoint(Call(Global("torch.nn.modules.container", "Sequential"), 1, 2))),
                     "expected a module")

    def test_unknown_modules_are_refused_by_class_and_path(self) -> None:
        for name in ("SEBlock", "GhostConv", "BottleneckCSP", "C3TR", "TransformerBlock", "CBAM", "Contract"):
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
            (1, "bn", "eps", "x"), (1, "bn", "affine", False), (0, "maxpool", "ceil_mode", True),
            (0, "maxpool", "kernel_size", 5),
            (2, "", "scale_factor", 3.0), (2, "", "mode", "bilinear"), (2, "", "size", 64), (3, "", "nc", 5),
            (3, "", "stride", np.array([4], "<f4")), (1, "", "f", 7), (1, "", "f", [-1, 0]), (1, "", "i", 4),
        ]
        for layer, path, key, value in cases:
            with self.subTest(path=path, key=key):
                self.refused(self.simple(attribute(layer, path, key, value)),
                             ".".join(filter(None, ["model", str(layer), path])))
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
        places = [(number, key) for number,
                  target in enumerate(modules(probe.layers)) for key in target.state if key != "training"]
        for turn, (number, key) in enumerate(places):
            def change(net: Network, m: Modules, number: int = number, key: str = key, turn: int = turn) -> None:
                modules(net.layers)[number].state[key] = strange[turn % len(strange)]
            done, _ = self.run_export(self.store(self.simple(change)))
            self.assertIn(done.returncode, (0, 2))
            self.assertEqual((done.stdout + done.stderr).count("\n"), 1)

    def test_class_names_that_cannot_be_written_are_refused(self) -> None:
        for name in ("\ud800", "a\nb", "x" * 256, ["a"], {"a": 1}):
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
        for root in (None, 7, [], {}, {"model": None}, {"model": {"a": 1}}, {"ema": [1], "model": 3},
                     checkpoint(np.ones(3, "<f4"))):
            with self.subTest(root=str(root)[:40]):
                self.refused(save(root))
        self.refused(b"hello", "not a zip archive")
        self.refused(self.folder / "missing.pt", "No such file")
        self.refused(self.folder, "directory")

    def test_tensors_outside_their_storage_are_refused(self) -> None:
        def storage(offset: int, shape: tuple, strides: tuple) -> Call:
            # data/0 is the stem's weight: 216 floats
            return Call(Global("torch._utils", "_rebuild_tensor_v2"),
                        Raw(b"(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\x000X\3\0\0\0cpuK\xd8tQ"), offset, shape,
                        strides, False)
        for offset, shape, strides in ((209, (8,), (1,)), (-1, (8,), (1,)), (0, (8,), (31,)), (0, (8,), (-1,)),
                                       (0, (), ()),
                                       (0, (8, 1 << 30), (1, 0)), (0, (1 << 62, 8), (1 << 62, 1))):
            def change(net: Network, m: Modules) -> None:
                net.layers[1].state["_modules"]["bn"].state["_parameters"]["weight"] = storage(offset, shape, strides)
            with self.subTest(offset=offset, shape=shape):
                self.refused(self.simple(change), "model.1.bn")

    def test_a_command_line_run_exits_with_status_and_one_line(self) -> None:
        good, bad = self.store(self.simple(lambda net, m: None)), self.folder / "missing.pt"
        for source, status in ((good, 0), (bad, 2)):
            done = subprocess.run([sys.executable, str(EXPORT), str(source), "-o", "m.v5l"], capture_output=True,
                                  text=True,
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
    """Returns an archive with one member replaced, or left out if `content` is None."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for info in source.infolist():
            if info.filename != f"archive/{name}":
                target.writestr(info, source.read(info))
            elif content is not None:
                target.writestr(info, content, compression)
    return out.getvalue()


if __name__ == "__main__":
    unittest.main()
