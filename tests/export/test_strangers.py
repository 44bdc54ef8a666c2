# SPDX-License-Identifier: MIT
"""Tests with checkpoints of other origins: fused, wrapped, with other names and packages. See test_export.py on how to
run them.
"""

from __future__ import annotations

import sys
import unittest
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

import make_checkpoint  # noqa: E402
from export_case import PICTURE, SHARED, ExportCase  # noqa: E402
from fuse import FORWARDS, fuse  # noqa: E402
from interpreter import Model  # noqa: E402
from make_checkpoint import NETS, Modules, checkpoint, make, module  # noqa: E402
from torchlike import Call, Global, Instance, Ordered, Raw, save  # noqa: E402

WILD = Path(SHARED) / "checkpoints-wild"
needs_wild = unittest.skipUnless(SHARED and WILD.is_dir(), "no checkpoints of strangers: pass SHARED=DIR")


def network(net: str = "e", classes: int = 3, seed: int = 1) -> Instance:
    """Returns a random network's model."""
    modules = Modules(seed)
    return NETS[net](modules, 16, classes, 3).model(modules, classes)


def walk(model: Instance) -> List[Instance]:
    """Returns a module and all below it."""
    return [model, *(inner for child in model.state["_modules"].values() for inner in walk(child))]


class StrangerCase(ExportCase):
    def heads_of(self, root: Any) -> Dict[str, np.ndarray]:
        return self.export(save(root)).run(PICTURE)

    def assert_same_heads(self, root: Any, plain: Optional[Instance] = None, tolerance: float = 0.0) -> Model:
        """Checks that the checkpoint computes what the plain network of the same seed does."""
        literal, planned = self.both(save(root))
        expected = self.heads_of(checkpoint(plain or network()))
        for model in (literal, planned):
            values = model.run(PICTURE)
            for index in range(3):
                error = np.abs(values[f"head.{index}"] - expected[f"head.{index}"]).max()
                self.assertLessEqual(error, max(tolerance, 1e-4 if model is literal else tolerance))
        return planned


class Fused(StrangerCase):
    """Networks saved after fuse(): BatchNorm is gone and `forward` is another method."""

    def test_every_family(self) -> None:
        for net in NETS:
            for own in (True, False):
                with self.subTest(net=net, own=own):
                    self.assert_same_heads(fuse(network(net), own), network(net), 1e-3)

    def test_all_of_e(self) -> None:
        self.assert_same_heads(fuse(network("e"), block_too=True), network("e"), 1e-3)

    def test_the_name_of_v6(self) -> None:
        names = {name: "forward_fuse" for name in FORWARDS}
        self.assert_same_heads(checkpoint(fuse(network("v6"), True, names)), network("v6"), 1e-3)

    def test_a_function_of_the_class_by_its_qualified_name(self) -> None:
        model = network("v6")
        fuse(model)
        for part in walk(model):
            if "forward" in part.state:
                part.state["forward"] = Global("models.common",
                                               f"{part.kind.name}.fuseforward") if part.kind.name == "Conv" else None
        self.assert_same_heads(checkpoint(model), network("v6"), 1e-3)

    def test_rep_vgg_switched_to_deploy(self) -> None:
        model = network("g")
        fuse(model)
        for part in walk(model):
            if part.kind.name == "RepVGGBlock":
                part.state.pop("forward")
                part.state["_modules"]["rbr_reparam"] = part.state["_modules"].pop("rbr_dense")
                part.state["_modules"].pop("rbr_identity", None)
        self.assert_same_heads(checkpoint(model), network("g"), 1e-3)

    def refuse_with(self, change: Callable[[Instance], None], *expected: str) -> None:
        model = fuse(network())
        change(next(part for part in walk(model) if part.kind.name == "Conv"))
        self.refused(save(checkpoint(model)), *expected)

    def test_forwards_that_are_not_those_of_fuse_are_refused(self) -> None:
        other = Global("models.common", "C3")
        for value, says in ((Call(Global("__builtin__", "getattr"), other, "fuseforward"), "its forward is replaced"),
                            (Call(Global("__builtin__", "getattr"), other, "forward"), "asks for __builtin__.getattr"),
                            (Call(Global("builtins", "getattr"), Global("collections", "OrderedDict"), "fuse"),
                             "getattr"),
                            (Global("models.common", "Conv.__init__"), "Conv.__init__"),
                            (other, "its forward is replaced"),
                            (7, "its forward is replaced")):
            self.refuse_with(lambda conv: conv.state.update(forward=value), says)

    def test_a_fused_forward_beside_batch_norm_is_refused(self) -> None:
        self.refuse_with(lambda conv: conv.state["_modules"].update(bn=Modules(1).norm(16)), "expected no BatchNorm")

    def test_a_fused_forward_of_another_class_is_refused(self) -> None:
        model = network("s")
        block = next(part for part in walk(model) if part.kind.name == "C3")
        block.state["forward"] = Call(Global("__builtin__", "getattr"), block.kind, "forward_fuse")
        self.refused(save(checkpoint(model)), "model.10: models.common.C3: its forward is replaced")


class Wrapped(StrangerCase):
    """Networks inside wrappers for training or inference, and pickles with other spellings of names."""

    def test_sync_batch_norm(self) -> None:
        model = network()
        for part in walk(model):
            if part.kind.name == "BatchNorm2d":
                part.kind.name = "SyncBatchNorm"
                part.state["process_group"] = None
        self.assert_same_heads(checkpoint(model))

    def test_wrappers(self) -> None:
        parallel = "torch.nn.parallel.data_parallel.DataParallel"
        distributed = "torch.nn.parallel.distributed.DistributedDataParallel"
        for build in (lambda m: module(parallel, {"module": m}, device_ids=[0]),
                      lambda m: module(distributed, {"module": m}, device=Call(Global("torch", "device"), "cuda", 0)),
                      lambda m: module(parallel, {"module": module(distributed, {"module": m})}),
                      lambda m: module("models.common.autoShape", {"model": m}),
                      lambda m: module("models.common.DetectMultiBackend", {"model": m}),
                      lambda m: module("torch.optim.swa_utils.AveragedModel", {"module": m}),
                      lambda m: Instance(Global("utils.torch_utils", "ModelEMA"), {"ema": m, "updates": 5})):
            self.assert_same_heads(checkpoint(build(network())))
        self.assert_same_heads(checkpoint(network(seed=2),
                                          Instance(Global("utils.torch_utils", "ModelEMA"), {"ema": network()})))
        self.assert_same_heads(checkpoint(network(seed=2), (network(), 12)))
        self.assert_same_heads(network())

    def test_packages(self) -> None:
        for prefix in ("yolov5", "YOLOv5_Lite", "yolov5-lite.src", "a.b.c"):
            model = network()
            for part in walk(model):
                if part.kind.module.startswith("models."):
                    part.kind.module = f"{prefix}.{part.kind.module}"
            self.assert_same_heads(checkpoint(model))

    def test_names_that_other_versions_use(self) -> None:
        extra = [Call(Global(m, "PosixPath"), "a", "b") for m in ("pathlib", "pathlib._local")]
        extra += [Call(Global("pathlib._local", "WindowsPath"), "a"), Call(Global("pathlib", "PurePath"), "b")]
        extra += [Call(Global("numpy._core.multiarray", "scalar"), Call(Global("numpy", "dtype"), "f8", False, True),
                       "x")]
        extra += [Call(Global("collections", "defaultdict"), Global("builtins", "list")),
                  Call(Global("collections", "deque"), [1], 5),
                  Call(Global("collections", "Counter"), {"a": 1}),
                  Call(Global("torch.torch_version", "TorchVersion"), "2.1"),
                  Call(Global("builtins", "frozenset"), [1, 2]),
                  Call(Global("copyreg", "_reconstructor"), Global("models.common", "X"),
                                                                     Global("builtins", "object"), None)]
        self.assert_same_heads({**checkpoint(network()), "opt": extra})

    def test_builtin_types_by_dill(self) -> None:
        for name in ("SetType", "set"):
            for dill in ("dill._dill", "dill.dill", "dill"):
                model = network()
                text = b"X" + len(name).to_bytes(4, "little") + name.encode()
                kind = f"c{dill}\n_load_type\n".encode() + text + b"\x85R"
                for part in walk(model):
                    part.state["_non_persistent_buffers_set"] = Raw(kind + b"]\x85R")
                self.assert_same_heads(checkpoint(model))

    def test_other_types_by_dill_are_refused(self) -> None:
        for name in ("CodeType", "FunctionType", "eval", "getattr", 7):
            self.refused(save(checkpoint(Call(Global("dill._dill", "_load_type"), name))),
                         "refused: the pickle asks for dill's")
        self.refused(save(checkpoint(Call(Global("dill._dill", "_create_function"), 1))),
                     "asks for dill._dill._create_function")

    def test_parameters_with_attributes(self) -> None:
        model = network()
        for part in walk(model):
            for name, value in part.state["_parameters"].items():
                if value is not None:
                    part.state["_parameters"][name] = Call(Global("torch._utils", "_rebuild_parameter_with_state"),
                                                           value.args[0], True,
                                                           Ordered(), {"own": 1})
        self.assert_same_heads(checkpoint(model))

    def test_bfloat16(self) -> None:
        """Storages of bfloat16 are the upper halves of float32."""
        model, plain = network(), network()
        for part, same in zip(walk(model), walk(plain)):
            for value, kept in zip(part.state["_parameters"].values(), same.state["_parameters"].values()):
                if value is not None:
                    upper = (value.args[0].view("<u4") >> 16).astype("<u2")
                    value.args = (upper, *value.args[1:])
                    kept.args = ((upper.astype("<u4") << 16).view("<f4"), *kept.args[1:])
        self.assert_same_heads(checkpoint(model), plain)

    def test_functions_of_other_packages_are_refused(self) -> None:
        for package, name in (("email.utils", "formataddr"), ("pip._internal.utils.subprocess", "call"),
                              ("torch.utils.x", "Y"),
                              ("numpy.models", "Y")):
            self.refused(save({**checkpoint(network()), "opt": Call(Global(package, name), 1)}),
                         f"asks for {package}.{name}")

    def test_wide_weights(self) -> None:
        model = network()
        for part in walk(model):
            for value in part.state["_parameters"].values():
                if value is not None:
                    value.args = (value.args[0].astype("<f8"), *value.args[1:])
        self.assert_same_heads(checkpoint(model))


class Names(StrangerCase):
    """Class names that are not texts."""

    def names(self, stored: Any, count: int = 3) -> List[str]:
        model = network(classes=count)
        model.state["names"] = stored
        return self.export(save(checkpoint(model))).class_names

    def test_what_yaml_makes_of_words(self) -> None:
        date = Call(Global("datetime", "date"), Call(Global("_codecs", "encode"), "\x07\xe5\x02\x03", "latin1"))
        self.assertEqual(self.names([0, 1, 2]), ["0", "1", "2"])
        self.assertEqual(self.names([True, None, 1.5]), ["True", "None", "1.5"])
        self.assertEqual(self.names([date, -7, 1 << 62]), ["2021-02-03", "-7", str(1 << 62)])

    def test_dictionaries_and_tuples(self) -> None:
        self.assertEqual(self.names({0: "a", 1: "b", 2: "c"}), ["a", "b", "c"])
        self.assertEqual(self.names({2: "c", 0: "a", 1: 5}), ["a", "5", "c"])
        self.assertEqual(self.names({"0": "a", "1": "b", "2": "c"}), ["a", "b", "c"])
        self.assertEqual(self.names(("a", "b", "c")), ["a", "b", "c"])

    def test_numpy(self) -> None:
        def scalar(kind: str, data: bytes) -> Call:
            return Call(Global("numpy.core.multiarray", "scalar"), Call(Global("numpy", "dtype"), kind, False, True),
                        Call(Global("_codecs", "encode"), data.decode("latin-1"), "latin1"))
        self.assertEqual(self.names([scalar("i8", (9).to_bytes(8, "little")), scalar("U2", "ab".encode("utf-32-le")),
                                     "c"]),
                         ["9", "ab", "c"])
        array = Instance(Global("numpy", "ndarray"), None)
        array = Raw(b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\0tX\1\0\0\0btR"
                    b"(K\1(K\3tcnumpy\ndtype\n(X\2\0\0\0O8\x89\x88tR\x89](X\1\0\0\0aX\1\0\0\0bX\1\0\0\0cetb")
        self.assertEqual(self.names(array), ["a", "b", "c"])

    def test_what_is_no_name(self) -> None:
        for stored in ([["a"], "b", "c"], {0: "a", 1: "b", 3: "c"}, ["a", "b"], 3, "abc", [(), (), ()]):
            model = network()
            model.state["names"] = stored
            self.refused(save(checkpoint(model)), "names:")


class Six(StrangerCase):
    """YOLOv5 v6 and v7."""

    def test_the_file_says_which_network_it_is(self) -> None:
        for net, says in (("e", "YOLOv5-Lite e"), ("s", "YOLOv5-Lite s"), ("c", "YOLOv5-Lite c"),
                          ("g", "YOLOv5-Lite g"),
                          ("v5", "YOLOv5 v5.0"), ("v6", "YOLOv5 v6")):
            self.assertTrue(self.export(make(net)).exporter.endswith(", from " + says), says)

    def test_v6_and_v7_are_told_apart_where_the_file_says_so(self) -> None:
        for extra, says in (({}, "v6 or v7"), ({"wandb_id": None}, "v6"), ({"git": {}}, "v7"),
                            ({"yolov5pip_version": "7.0.13"}, "v7"),
                            ({"yolov5pip_version": 7}, "v6 or v7")):
            model = network("v6")
            model.kind.name = "DetectionModel"
            root = {"epoch": -1, "model": model, "ema": None, **extra}
            self.assertTrue(self.export(save(root)).exporter.endswith(f", from YOLOv5 {says}"), says)

    def test_widths_and_precisions(self) -> None:
        for options in ({}, {"width": 8, "half": True, "classes": 1},
                        {"width": 20, "relu": True, "anchors": 4, "seed": 5}):
            literal, planned = self.both(make_checkpoint.make("v6", **options))
            self.assert_same_values(literal, planned)


@needs_wild
class Wild(ExportCase):
    """The files themselves."""

    def test_all_convert(self) -> None:
        found = sorted(WILD.glob("*.pt"))
        self.assertTrue(found)
        for path in found:
            with self.subTest(path.name):
                self.assert_same_values(*self.both(path))

    def test_official_e_after_fuse_is_official_e(self) -> None:
        fused = self.export(WILD / "made-rep-v5lite-e.pt").run(PICTURE)
        plain = self.export(Path(SHARED) / "checkpoints" / "v5lite-e.pt").run(PICTURE)
        for index in range(3):
            np.testing.assert_allclose(fused[f"head.{index}"], plain[f"head.{index}"], atol=1e-3)


if __name__ == "__main__":
    unittest.main()
