# SPDX-License-Identifier: MIT
"""Tests of v5lite.Model and Tracker, and of what the package says of itself."""

from __future__ import annotations

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from case import DIGITS, ROOT, SCENE, SIZE, read_picture, run  # noqa: E402

import v5lite  # noqa: E402
from v5lite import Detector, Model, Tracker  # noqa: E402


class Models(unittest.TestCase):
    def test_a_model_is_what_info_prints(self) -> None:
        model, detector = Model(DIGITS), Detector(DIGITS, SIZE)
        report = json.loads(run("info", DIGITS, "--size", SIZE, "--format", "json"))
        self.assertEqual(list(model.classes), report["classes"])
        self.assertEqual((len(model.ops), sum(op.view for op in model.ops)), (report["op_count"], report["view_count"]))
        self.assertEqual(model.parameter_count, report["parameters"])
        for layer in report["layers"]:
            op = model.ops[layer["op"]]
            self.assertEqual({name: getattr(op, name) for name in layer if name != "op"},
                             {name: value for name, value in layer.items() if name != "op"})
        self.assertEqual(model.file_bytes, Path(DIGITS).stat().st_size)
        self.assertEqual(model.memory(SIZE), detector.info.memory_bytes)
        self.assertEqual((detector.info.width, detector.info.height), (SIZE, SIZE))
        self.assertIn(str(model.memory(SIZE)), json.dumps(report))
        self.assertIn(str(detector.info.macs), json.dumps(report))
        self.assertIn(model.source_sha256, json.dumps(report))
        self.assertIn(model.exporter, json.dumps(report))

    def test_ops_have_names_kinds_and_sizes(self) -> None:
        ops = Model(ROOT / "weights" / "digits-int8.v5l").ops
        self.assertEqual({op.kind for op in ops if op.name.startswith("model.21.m")}, {"detect"})
        first = ops[0]
        self.assertEqual((first.kind, first.kernel_h, first.kernel_w, first.stride, first.in_channels, first.in_type,
                          first.out_type), ("conv", 3, 3, 2, 3, "u8", "s8"))
        self.assertTrue(all(op.in_channels > 0 and op.out_channels > 0 for op in ops))

    def test_heads_have_strides_and_anchors(self) -> None:
        heads = Model(DIGITS).heads
        self.assertEqual([head.stride for head in heads], [8, 16, 32])
        for head in heads:
            self.assertEqual(head.anchors.shape, (3, 2))
            self.assertTrue((head.anchors > 1).all())

    def test_sizes_need_not_be_square(self) -> None:
        detector = Detector(DIGITS, (384, 192))
        self.assertEqual((detector.info.width, detector.info.height), (384, 192))
        self.assertEqual(detector.network(read_picture(SCENE))[0].shape, (24, 48, 3, 15))


class Trackers(unittest.TestCase):
    def test_moving_objects_keep_their_identities(self) -> None:
        tracker = Tracker(max_lost_us=500000)
        for frame in range(10):
            boxes = [(10.0 + 5 * frame, 10.0, 50.0 + 5 * frame, 90.0, 0.9, 0), (300.0, 10.0, 340.0, 90.0, 0.8, 1)]
            tracks = tracker.update(boxes[::-1 if frame % 2 else 1], frame * 40000)  # type: ignore[arg-type]
            self.assertEqual([(track.id, track.class_id) for track in tracks], [(1, 0), (2, 1)])
            self.assertEqual([track.box for track in tracks], [1, 0] if frame % 2 else [0, 1])
        self.assertAlmostEqual(tracks[0].velocity_x, 125, delta=15)
        self.assertEqual(tracks[0].age_us, 360000)
        self.assertEqual([track.box for track in tracker.update([], 500000)], [-1, -1])
        self.assertEqual(tracker.update([], 5000000), [])
        tracker.reset()
        self.assertEqual(len(tracker.update([], 0)), 0)

    def test_detections_arrays_and_lists_are_the_same_boxes(self) -> None:
        found = Detector(DIGITS, SIZE)(read_picture(SCENE))
        results = []
        for boxes in (found, found.array(), list(found), tuple(found), iter(found), found[::1], found[::-1][::-1],
                      found.array()[::-1][::-1]):
            results.append(Tracker().update(boxes, 0))
            self.assertEqual(results[-1], results[0])
        self.assertEqual(len(results[0]), 6)  # of the seven, one is below start_score
        self.assertEqual(results[0].array()["x0"].tolist(), [found[track.box].x0 for track in results[0]])


class Pages(unittest.TestCase):
    def test_the_page_shows_the_example(self) -> None:
        example = (ROOT / "tools" / "python" / "examples" / "detect.py").read_text()
        page = ROOT / "tools" / "python" / "README.md"
        shown = page.read_text().split("```python\n")[1].split("```")[0]
        for line in shown.splitlines():
            line = line.replace('"weights/v5lite-e.v5l"', "model")
            line = line.replace("size=320", "size=int(size[0]) if size else 320")
            self.assertIn(line.strip(), example)

    def test_what_is_public_is_documented(self) -> None:
        for name in v5lite.__all__:
            thing = getattr(v5lite, name)
            if isinstance(thing, type):
                self.assertTrue(thing.__doc__, name)
                for member, value in vars(thing).items():
                    if not member.startswith("_") and (callable(value) or isinstance(value, property)):
                        self.assertTrue(value.__doc__, f"{name}.{member}")


if __name__ == "__main__":
    unittest.main()
