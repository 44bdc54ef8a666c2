# SPDX-License-Identifier: MIT
"""Tests of successful commands. `python3 -m unittest discover -s tests/cli` from the root."""

import json
import os
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import numpy as np  # noqa: E402

import pictures  # noqa: E402
from program import COCO_NAMES, HEIGHT, ROOT, SIZE, WIDTH, ProgramTest, make_model  # noqa: E402

sys.path.append(str(ROOT / "tools"))
from package.sets import read_sets  # noqa: E402


class Formats(ProgramTest):
    def detections(self, *arguments):
        lines = [json.loads(line) for line in self.detect("--format", "json", *arguments).splitlines()]
        self.assertTrue(all(line["detections"] for line in lines), "the random model has to find something")
        return lines

    def test_json_is_one_object_an_image_with_times(self):
        lines = self.detections(self.images)
        self.assertEqual([Path(line["image"]).name for line in lines], ["a7_13.bmp", "b_000042.png", "c0.ppm"])
        for line in lines:
            self.assertEqual(list(line), ["image", "width", "height", "detections", "ms"])
            self.assertEqual((line["width"], line["height"]), (WIDTH, HEIGHT))
            self.assertEqual(list(line["ms"]), ["read", "letterbox", "network", "decode", "nms", "total"])
            stages = sum(line["ms"][s] for s in ("letterbox", "network", "decode", "nms"))
            self.assertGreater(line["ms"]["network"], 0)
            self.assertLessEqual(stages, line["ms"]["total"] + 0.01)
            scores = [d["score"] for d in line["detections"]]
            self.assertEqual(scores, sorted(scores, reverse=True))
            for d in line["detections"]:
                self.assertEqual(d["name"], self.NAMES[d["class"]])
                x0, y0, x1, y1 = d["box"]
                self.assertTrue(0 <= x0 <= x1 <= WIDTH and 0 <= y0 <= y1 <= HEIGHT)

    def test_file_types_give_the_same_detections(self):
        bmp, png, ppm = self.detections(self.images)
        self.assertEqual(bmp["detections"], png["detections"])
        self.assertEqual(ppm["detections"], png["detections"])

    def test_article_size_is_read_from_the_loaded_picture(self):
        """The article takes width and height from the picture before it has loaded one, so that every picture is scaled
        as an empty one. Two pictures of different shape, in either order, must each get their own size and boxes."""
        tall = self.inputs / "tall.ppm"
        tall.write_bytes(pictures.ppm([row[:60 * 3] for row in self.rows], 60))
        both = self.detections(tall, self.png)
        self.assertEqual([(line["width"], line["height"]) for line in both], [(60, HEIGHT), (WIDTH, HEIGHT)])
        swapped = self.detections(self.png, tall)
        for first, second in zip(both, reversed(swapped)):
            self.assertEqual(first["detections"], second["detections"])
        self.assertTrue(all(d["box"][2] <= 60 for d in both[0]["detections"]))
        self.assertTrue(any(d["box"][2] > 60 for d in both[1]["detections"]))

    def test_text_agrees_with_json_and_is_aligned(self):
        expected = self.detections(self.png)[0]["detections"]
        lines = self.detect(self.png).splitlines()
        self.assertEqual(len(lines), len(expected))
        self.assertEqual(len({line.index(str(self.png)) for line in lines}), 1)
        pattern = re.compile(r"([\d.]+)  (.+?) +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+)  (.*)")
        for line, d in zip(lines, expected):
            score, name, *box, path = pattern.fullmatch(line).groups()
            self.assertEqual((name, path), (d["name"], str(self.png)))
            np.testing.assert_allclose([float(score)] + [float(v) for v in box], [d["score"]] + d["box"], atol=0.0051)

    def test_coco_agrees_with_json_and_takes_the_last_number_as_id(self):
        by_id = {13: 0, 42: 1, 0: 2}
        images = self.detections(self.images)
        results = json.loads(self.detect("--format", "coco", self.images))
        self.assertEqual([r["image_id"] for r in results],
                         [i for i, at in by_id.items() for _ in images[at]["detections"]])
        expected = [d for image in images for d in image["detections"]]
        for r, d in zip(results, expected):
            x0, y0, x1, y1 = d["box"]
            self.assertEqual((r["category_id"], r["score"]), (d["class"], d["score"]))
            np.testing.assert_allclose(r["bbox"], [x0, y0, x1 - x0, y1 - y0], atol=2e-4)

    def test_coco_of_nothing_is_an_empty_array(self):
        self.assertEqual(json.loads(self.detect("--format", "coco", "--conf", "1", self.png)), [])

    def test_yolo_agrees_with_json(self):
        expected = self.detections(self.images)
        self.assertEqual(self.detect("--format", "yolo", "--out", "labels", self.images), "")
        self.assertEqual(self.files(), ["labels/a7_13.txt", "labels/b_000042.txt", "labels/c0.txt"])
        for name, image in zip(self.files(), expected):
            rows = np.loadtxt(self.directory / name, ndmin=2)
            boxes = np.array([d["box"] for d in image["detections"]]) / [WIDTH, HEIGHT, WIDTH, HEIGHT]
            center, side = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
            np.testing.assert_array_equal(rows[:, 0], [d["class"] for d in image["detections"]])
            np.testing.assert_allclose(rows[:, 1:5], np.hstack([center, side]), atol=2e-6)
            np.testing.assert_allclose(rows[:, 5], [d["score"] for d in image["detections"]], atol=1e-6)

    def test_yolo_files_go_to_the_current_directory_and_are_empty_without_detections(self):
        self.detect("--format", "yolo", "--conf", "1", self.png)
        self.assertEqual(self.files(), ["b_000042.txt"])
        self.assertEqual((self.directory / "b_000042.txt").read_bytes(), b"")

    def test_names_that_json_must_escape(self):
        odd = os.fsencode(self.directory) + b'/a"b\\\n\x01\xff\xc3\xa9 1.png'
        with open(odd, "wb") as file:
            file.write(self.png.read_bytes())
        lines = self.detect("--format", "json", self.directory).splitlines()
        self.assertEqual(len(lines), 1)
        self.assertEqual(json.loads(lines[0])["image"], f'{self.directory}/a"b\\\n\x01\ufffd\u00e9 1.png')

    def test_standard_input_is_an_image(self):
        line = json.loads(self.detect("--format", "json", "-", stdin=self.png.read_bytes()))
        self.assertEqual(line["image"], "-")
        self.assertEqual(line["detections"], self.detections(self.png)[0]["detections"])


class Options(ProgramTest):
    def found(self, *arguments):
        return json.loads(self.detect("--format", "json", *arguments, self.png))["detections"]

    def test_confidence_drops_scores_below_it(self):
        everything = self.found("--conf", "0.1")
        middle = everything[len(everything) // 2]["score"]
        self.assertTrue(all(d["score"] > middle - 1e-6 for d in self.found("--conf", str(middle))))

    def test_max_det_keeps_the_best(self):
        self.assertEqual(self.found("--max-det", "2"), self.found()[:2])

    def test_iou_of_zero_keeps_no_overlapping_boxes_of_a_class(self):
        found = self.found("--iou", "0", "--agnostic")
        for i, a in enumerate(found):
            for b in found[:i]:
                overlap = [min(a["box"][k + 2], b["box"][k + 2]) - max(a["box"][k], b["box"][k]) for k in (0, 1)]
                self.assertFalse(min(overlap) > 0.01, (a, b))

    def test_multi_label_finds_at_least_as_much(self):
        options = ("--conf", "0.05", "--iou", "1", "--max-det", "30000")
        self.assertGreater(len(self.found(*options, "--multi-label")), len(self.found(*options)))

    def test_classes_by_name_and_number(self):
        options = ("--conf", "0.05", "--iou", "1", "--multi-label", "--max-det", "30000")
        everything = self.found(*options)
        for text, classes in (("dog", {1}), ("1", {1}), ("traffic light,0", {3, 0}), ("2", {2}),
                              ("\u00e9t\u00e9", {4})):
            found = self.found(*options, "--classes", text)
            self.assertEqual(found, [d for d in everything if d["class"] in classes], text)

    def test_threads_change_nothing(self):
        self.assertEqual(self.found("--threads", "3"), self.found())

    def test_affinity_changes_nothing_but_the_place(self):
        first, *_, last = sorted(os.sched_getaffinity(0)) * 2
        for cpus in (f"{first}", f"{last},{first}", f"{first}-{first},{last}"):
            for threads in ("1", "3"):
                self.assertEqual(self.found("--threads", threads, "--affinity", cpus), self.found(), cpus)
        plan = self.succeed("audit", self.model, "--threads", "2", "--affinity", last)
        self.assertEqual(plan, self.succeed("audit", self.model, "--threads", "2"))
        self.succeed("bench", "--model", self.model, "--size", SIZE, "--runs", 2, "--threads", 2, "--affinity", first)

    def test_cpu_chooses_the_kernels(self):
        choices = {"all", *(row.name for row in read_sets())}
        functions = {}
        for choice in choices:
            done = self.run_program("audit", self.model, "--cpu", choice, "--format", "json")
            if done.returncode == 2:  # this CPU lacks it
                self.assertIn("--cpu", str(done.stderr))
                continue
            int8 = self.run_program("audit", ROOT / "weights" / "digits-int8.v5l", "--cpu", choice, "--format", "json")
            functions[choice] = {op["function"] for run in (done, int8) for op in json.loads(run.stdout)["ops"]}
            self.assertEqual(len(self.found("--cpu", choice)), len(self.found()), choice)
        self.assertTrue({"all", "ref"} <= set(functions))
        self.assertTrue(all(f.endswith("_ref") or f == "view" for f in functions["ref"]), functions["ref"])
        for choice in set(functions) - {"all", "ref"}:
            self.assertTrue(any(f.endswith("_" + choice) for f in functions[choice]), functions[choice])

    def test_rect_makes_a_net_for_each_shape(self):
        tall = self.directory / "tall.ppm"
        tall.write_bytes(pictures.ppm(pictures.scene(40, 160), 40))
        both = self.detect("--format", "json", "--rect", self.png, tall, self.png).splitlines()
        alone = [json.loads(self.detect("--format", "json", "--rect", path)) for path in (self.png, tall)]
        found = [json.loads(line)["detections"] for line in both]
        self.assertEqual(found, [alone[0]["detections"], alone[1]["detections"], alone[0]["detections"]])
        self.assertTrue(found[0])

    def test_rectangular_size(self):
        self.assertTrue(self.found("--size", "128x64"))
        self.assertEqual(self.found("--size", "64x64"), self.found())

    def test_values_after_an_equals_sign_and_operands_after_two_dashes(self):
        self.assertEqual(self.found("--max-det=2", "--"), self.found("--max-det", "2"))


class Coco(ProgramTest):
    NAMES = COCO_NAMES

    def test_the_coco_classes_get_coco_ids(self):
        ids = [i for i in range(1, 91) if i not in (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)]
        options = ("--conf", "0.01", "--multi-label", "--max-det", "30000", self.png)
        found = json.loads(self.detect("--format", "json", *options))["detections"]
        results = json.loads(self.detect("--format", "coco", *options))
        self.assertGreater(len({d["class"] for d in found}), 60)
        self.assertEqual([r["category_id"] for r in results], [ids[d["class"]] for d in found])


class Draw(ProgramTest):
    def test_drawing_is_a_png_of_the_same_size_with_other_pixels(self):
        self.detect("--draw", "out.png", self.png)
        width, rows = pictures.png_rows((self.directory / "out.png").read_bytes())
        self.assertEqual((width, len(rows)), (WIDTH, HEIGHT))
        self.assertNotEqual(rows, self.rows)

    def test_drawing_of_nothing_is_the_picture(self):
        self.detect("--draw", "out.png", "--conf", "1", self.png)
        self.assertEqual(pictures.png_rows((self.directory / "out.png").read_bytes()), (WIDTH, self.rows))

    def test_the_end_of_a_name_says_the_kind_in_any_case(self):
        for name, start in (("a.png", b"\x89PNG"), ("b.PNG", b"\x89PNG"), ("c.bmp", b"BM"), ("d.BMP", b"BM"),
                            ("e.ppm", b"P6\n"),
                            ("f.Ppm", b"P6\n"), ("g.jpg", b"\xff\xd8"), ("h.JPEG", b"\xff\xd8"), ("i.webp.bmp", b"BM")):
            with self.subTest(name=name):
                self.detect("--draw", name, self.png)
                self.assertTrue((self.directory / name).is_file())
                self.assertTrue((self.directory / name).read_bytes().startswith(start))

    def test_names_of_folders(self):
        (self.directory / "there.webp").mkdir()
        for name in ("plain", "new.webp/", "dot.d/", "there.webp", "png"):
            with self.subTest(name=name):
                self.detect("--draw", name, self.png)
                self.assertEqual([p.suffix for p in (self.directory / name).iterdir()], [".png"])

    def test_directory_holds_one_picture_an_image(self):
        self.detect("--draw", "drawn", self.images)
        self.assertEqual(self.files(), ["drawn/a7_13.png", "drawn/b_000042.png", "drawn/c0.png"])
        for name in self.files():
            self.assertEqual(pictures.png_rows((self.directory / name).read_bytes())[0], WIDTH)

    def test_jpeg_by_extension(self):
        self.detect("--draw", "out.JPG", self.png)
        data = (self.directory / "out.JPG").read_bytes()
        self.assertTrue(data.startswith(b"\xff\xd8\xff") and data.endswith(b"\xff\xd9"))
        self.detect("out.JPG")

    def test_a_jpeg_is_turned_as_its_exif_data_says(self):
        self.detect("--draw", "plain.jpg", "--conf", "1", self.png)
        jpeg = (self.directory / "plain.jpg").read_bytes()
        big_endian = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0%c\0\0"
        little_endian = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0%c\0\0\0"
        plain = np.array([list(row) for row in self.rows], int).reshape(HEIGHT, WIDTH, 3)
        for tiff in (big_endian, little_endian):
            for orientation in range(10):
                exif = b"Exif\0\0" + tiff % orientation
                turned = jpeg[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + jpeg[2:]
                (self.directory / "turned.jpg").write_bytes(turned)
                self.detect("--draw", "turned.png", "--conf", "1", "turned.jpg")
                rows = pictures.png_rows((self.directory / "turned.png").read_bytes())[1]
                found = np.array([list(row) for row in rows], int).reshape(len(rows), -1, 3)
                expected = {2: plain[:, ::-1], 3: plain[::-1, ::-1], 4: plain[::-1], 5: plain.transpose(1, 0, 2),
                            6: np.rot90(plain, -1), 7: plain[::-1, ::-1].transpose(1, 0, 2),
                            8: np.rot90(plain)}.get(orientation, plain)
                self.assertEqual(found.shape, expected.shape)
                self.assertLess(np.abs(found - expected).mean(), 12, orientation)

    def drawn(self, *options):
        """Returns the pixels of a drawing as an array."""
        self.detect("--draw", "out.png", "--conf", "0.01", *options, self.png)
        _, rows = pictures.png_rows((self.directory / "out.png").read_bytes())
        return np.frombuffer(b"".join(rows), np.uint8).reshape(HEIGHT, WIDTH, 3)

    def test_options_change_what_they_say(self):
        boxes = self.drawn("--no-labels")
        plain = np.array([list(row) for row in self.rows], np.uint8).reshape(boxes.shape)
        changed = (boxes != plain).any(2)
        wide = (self.drawn("--no-labels", "--line-width", "5") != plain).any(2)
        self.assertTrue(changed.any())
        self.assertTrue(wide[changed].mean() > 0.95 and wide.sum() > changed.sum())
        labels = [self.drawn(*options) for options in ((), ("--hide-scores",), ("--font-scale", "2"))]
        for i, one in enumerate(labels):
            self.assertTrue(all((one != other).any() for other in [boxes, *labels[:i]]))
        np.testing.assert_array_equal(self.drawn("--no-labels", "--hide-scores"), boxes)

    def test_pictures_too_small_for_labels(self):
        for width, height in ((1, 1), (3, 200), (200, 3)):
            path = self.directory / "small.ppm"
            path.write_bytes(pictures.ppm(pictures.scene(width, height), width))
            self.detect("--conf", "0.01", "--draw", "out.png", path)
            found, rows = pictures.png_rows((self.directory / "out.png").read_bytes())
            self.assertEqual((found, len(rows)), (width, height))


class Info(ProgramTest):
    def info(self, *arguments):
        return json.loads(self.succeed("info", self.model, "--format", "json", *arguments))

    def test_json_says_what_the_file_is(self):
        info = self.info()
        self.assertEqual((info["classes"], info["form"], info["max_stride"]), (self.NAMES, "planned", 32))
        self.assertEqual(info["file_bytes"], self.model.stat().st_size)
        self.assertEqual([h["stride"] for h in info["heads"]], [8, 16, 32])
        self.assertEqual(info["heads"][0]["anchors"], [[10, 13], [17, 31], [35, 22]])
        self.assertEqual(sum(info["ops"].values()) + sum(info["views"].values()), info["op_count"])
        self.assertRegex(info["source_sha256"], "^[0-9a-f]{64}$")

    def test_size_scales_macs_and_memory(self):
        small, large = self.info("--size", "320"), self.info("--size", "640x320")
        self.assertEqual(large["macs"], 2 * small["macs"])
        self.assertEqual(large["input"], [640, 320])
        self.assertGreater(large["memory"]["arena"], small["memory"]["arena"])
        memory = small["memory"]
        parts = ("arena", "winograd", "scratch", "tables")
        self.assertEqual(memory["total"], sum(memory[part] for part in parts))
        self.assertEqual(memory["input"], 0)  # streamed row by row

    def test_text_agrees_with_json(self):
        info, text = self.info(), self.succeed("info", self.model)
        for value in (info["macs"], info["parameters"], info["file_bytes"], info["memory"]["total"],
                      info["source_sha256"]):
            self.assertIn(str(value), text)


class Help(ProgramTest):
    def test_version_is_the_headers(self):
        version = re.search(r'V5L_VERSION "(.*)"', (ROOT / "include" / "v5lite.h").read_text()).group(1)
        self.assertRegex(self.succeed("--version"),
                         rf"\Av5lite {re.escape(version)}\nJPEG: (libjpeg-turbo \d[\d.]*|stb_image)\n"
                                                     r"HTTP: (libmicrohttpd \d[\d.]*|none)\n\Z")

    def test_help_lists_the_commands_and_each_explains_itself(self):
        overview = self.succeed("--help")
        self.assertEqual(overview, self.succeed("help"))
        for command in ("detect", "info", "audit", "bench"):
            self.assertIn(command, overview)
            help_text = self.succeed(command, "--help")
            self.assertEqual(help_text, self.succeed("help", command))
            for line in help_text.splitlines():
                if line.startswith("  --"):  # an explanation starts early, or has a line of its own
                    self.assertRegex(line, r"^  --.{,34}  \S|^  --\S+ \S+$")
        self.assertIn("--multi-label", self.succeed("detect", "--help"))


if __name__ == "__main__":
    unittest.main()
