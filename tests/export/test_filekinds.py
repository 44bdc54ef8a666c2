# SPDX-License-Identifier: MIT
"""Tests of tools/export.py's messages for files that are not checkpoints: what they are, and what to do. See
test_export.py on how to run them.
"""

from __future__ import annotations

import gzip
import io
import struct
import sys
import tarfile
import unittest
import zipfile
from pathlib import Path
from typing import Any, Dict

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from export_case import SHARED, ExportCase  # noqa: E402
from make_checkpoint import Modules, Network, checkpoint, make, module  # noqa: E402
from torchlike import Global, Instance, Ordered, save  # noqa: E402

LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."
LFS = (b"version https://git-lfs.github.com/spec/v1\noid "
       b"sha256:13e49165932b0eb77072336a90293d7a1c7402c746a850ace9b6e9e931a1d543\n"
       b"size 3577870\n")


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return file.getvalue()


def tarred(*names: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name))
    return file.getvalue()


class Kinds(ExportCase):
    def check(self, kinds: Dict[str, Any]) -> None:
        for expected, files in kinds.items():
            for data in files if isinstance(files, tuple) else (files,):
                with self.subTest(expected, start=data[:16]):
                    self.refused(data, expected)

    def test_what_a_download_may_be(self) -> None:
        self.check({
            "a Git LFS pointer: stands for the checkpoint of 3577870 bytes, which git lfs pull fetches": LFS,
            "a Git LFS pointer: stands for the checkpoint, which": LFS[:80],
            "a web page (HTML)": (b"<!DOCTYPE html>\n<html lang=en>", b"\n\n<html>",
                                  b"\xef\xbb\xbf<!doctype HTML PUBLIC",
                                  b"<!-- saved --><html><body>"),
            "a JSON file": (b'{"message": "Not Found"}', b"[1, 2]"),
            "an XML file": b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
            "an empty file: 0 bytes": b"", "100 bytes of zeros": bytes(100),
            "an AppleDouble file": b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        ",
            "a text file": (b"404: Not Found", "données".encode(), b"import torch\n"),
        })

    def test_cut_off_files_say_their_size(self) -> None:
        data = make("e")
        for size in (3, 4, 100, len(data) // 2, len(data) - 30):
            self.refused(data[:size], f"cut off: a zip archive of {size} bytes without the directory at its end")

    def test_files_of_other_tools(self) -> None:
        header = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
        self.check({
            "an ONNX model": (
                b"\x08\x07\x12\x07pytorch\x1a\x061.13.0:\xa9\xf6", b"\x08\x08:\xa9\xf6\xc1\x01",
                b"\x08\x09\x12\x0bonnx.helper:"),
            "a safetensors file": struct.pack("<Q", len(header)) + header + bytes(4),
            "a TensorFlow graph (.pb)": b"\n/\n\x06images\x12\x0bPlaceholder*\x0b\n\x05dtype",
            "a TensorFlow SavedModel (.pb)": b"\x08\x01\x12\xd8\xbd\x01\n\x0f\n\x05serve",
            "a TensorFlow Lite model (.tflite)": b"\x1c\0\0\0TFL3\x14\0 \0",
            "an HDF5 file (Keras .h5)": b"\x89HDF\r\n\x1a\n\0\0\0",
            "an ncnn .param file": b"7767517\n191 216\nInput images 0 1 images\n",
            "ncnn weights (.bin)": struct.pack("<I", 0x01306B47) + bytes(range(100)),
            "a weights file of v5lite": b"\x89V5L\r\n\x1a\n" + bytes(100),
            "Darknet weights": struct.pack("<3iQ", 0, 2, 5, 32013312) + bytes(range(64)),
            "an XML file (OpenVINO)": b'<?xml version="1.0"?>\n<net name="v5lite" version="10">',
            "a numpy array (.npy)": b"\x93NUMPY\x01\0v\0{'descr': '<f4'}",
        })

    def test_archives(self) -> None:
        self.check({
            "a 7z archive": b"7z\xbc\xaf\x27\x1c\0\4", "a RAR archive": b"Rar!\x1a\x07\x01\0",
            "a gzip archive": gzip.compress(b"x"),
            "a zip archive: with 'weights/best.pt' in it, expected it to be unpacked": zipped("readme.txt",
                                                                                              "weights/best.pt"),
            "a zip archive: with 'a.txt' in it and no data.pkl": zipped("a.txt", "b.txt"), "without members": zipped(),
            "a numpy archive (.npz)": zipped("input.npy", "head.npy"),
            "a TorchScript archive": zipped("m/data.pkl", "m/constants.pkl", "m/code/__torch__.py", "m/version"),
            "an archive of torch.export": zipped("serialized_exported_program.json", "version"),
            "a checkpoint in the format of PyTorch before 1.6": LEGACY,
            "a checkpoint in the tar format": tarred("storages", "tensors", "pickle"),
            "a tar archive": tarred("best.pt"),
            "a plain pickle": b"\x80\x04\x95\x10\0\0\0\0\0\0\0}\x94.",
        })

    def test_pictures_and_programs(self) -> None:
        self.check({"a PNG picture": b"\x89PNG\r\n\x1a\n", "a JPEG picture": b"\xff\xd8\xff\xe0",
                    "a program (ELF)": b"\x7fELF\2\1\1",
                    "a PDF document": b"%PDF-1.7"})

    def test_anything_else(self) -> None:
        self.refused(bytes(range(1, 256)) * 4, "not a zip archive: 1020 bytes of an unknown kind")


class Contents(ExportCase):
    """Checkpoints of other projects."""

    def state_dict(self) -> Ordered:
        return Ordered({"model.0.conv.weight": np.ones(4, "<f4"), "model.0.conv.bias": np.ones(1, "<f4")})

    def test_weights_alone(self) -> None:
        says = "weights alone (a state dict: 'model.0.conv.weight' and 1 more tensors), which do not say the network"
        for root in (self.state_dict(), dict(self.state_dict()), {"model": self.state_dict(), "epoch": 3},
                     {"ema": self.state_dict()},
                     {"state_dict": self.state_dict(), "pytorch-lightning_version": "1.9"},
                     {"model_state_dict": self.state_dict()}):
            self.refused(save(root), says)

    def test_classes_of_other_projects(self) -> None:
        for path, name, says in (("ultralytics.nn.tasks", "DetectionModel", "a class of YOLOv8 or newer"),
                                 ("ultralytics.yolo.utils", "IterableSimpleNamespace", "a class of YOLOv8 or newer"),
                                 ("yolox.models.yolox", "YOLOX", "a class of YOLOX"),
                                 ("nanodet.model.arch", "NanoDetPlus", "a class of NanoDet"),
                                 ("yolov6.models.yolo", "Model", "a class of YOLOv6"),
                                 ("mmdet.models.detectors", "YOLOX", "of OpenMMLab"),
                                 ("torchvision.models.resnet", "ResNet", "of torchvision")):
            self.refused(save(checkpoint(Instance(Global(path, name), {}))), f"refused: {path}.{name} is a class of ",
                         says,
                         "expected a checkpoint of YOLOv5-Lite or YOLOv5 v5.0 to v7")

    def last(self, kind: str) -> bytes:
        net, m = Network(), Modules(1)
        net.add(m.conv(3, 8, 3, 2))
        net.add(module(kind), [-1])
        return save(checkpoint(net.model(m, 1)))

    def test_networks_that_end_otherwise(self) -> None:
        for kind, whose in (("models.yolo.IDetect", "it is of YOLOv7"), ("models.yolo.DualDDetect", "it is of YOLOv9"),
                            ("models.yolo.Segment", "it is of YOLOv5 for segmentation"),
                            ("models.common.Classify", "it is of YOLOv5 for classification"),
                            ("models.yolo.MyHead", "expected models.yolo.Detect")):
            self.refused(self.last(kind), f"model.1: the last layer is {kind}", whose)

    def test_modules_of_others_are_named(self) -> None:
        for kind, whose in (("SPPCSPC", "YOLOv7"), ("RepNCSPELAN4", "YOLOv9"), ("BottleneckCSP", "YOLOv5 before v4.0")):
            net, m = Network(), Modules(1)
            net.add(m.conv(3, 8, 3, 2))
            net.add(module(f"models.common.{kind}"))
            net.add(m.detect([8], [2], 1, 1), [-1])
            self.refused(save(checkpoint(net.model(m, 1))),
                         f"model.1: module class models.common.{kind} is not supported: it is of {whose}")


@unittest.skipUnless(SHARED, "no files of other tools: pass SHARED=DIR")
class Peers(ExportCase):
    def test_files_of_other_tools_themselves(self) -> None:
        for name, says in (("v5lite-e-320.onnx", "an ONNX model"), ("v5lite-e.ncnn.param", "an ncnn .param file"),
                           ("v5lite-e.ncnn.bin", "ncnn weights (.bin)")):
            path = Path(SHARED) / "peers" / name
            if path.exists():
                self.refused(path, says)


if __name__ == "__main__":
    unittest.main()
