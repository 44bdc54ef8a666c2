# SPDX-License-Identifier: MIT
"""Tests of `v5lite info --memory`: sums are right, and the maps show the blocks of the arena."""

import json
import re
import sys
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from program import ROOT, ProgramTest, make_model  # noqa: E402

sys.path.append(str(ROOT / "tools"))
from package.sets import read_sets  # noqa: E402

ROWS, LABEL = 32, 9
SVG = "{http://www.w3.org/2000/svg}"


def overlap(a0, a1, b0, b1):
    return max(0, min(a1, b1) - max(a0, b0))


class Memory(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.literal = cls.inputs / "literal.v5l"
        make_model(cls.literal, cls.NAMES, "--literal")
        cls.cases = [(cls.model, "64"), (cls.model, "320"), (cls.literal, "96"), (cls.literal, "320x256")]

    def report(self, model, size, *arguments):
        return json.loads(self.succeed("info", model, "--size", size, "--memory", "--format", "json", *arguments))

    def each(self):
        for model, size in self.cases:
            yield model, size, self.report(model, size)

    def test_the_sum_is_what_a_net_needs(self):
        for model, size, report in self.each():
            info = json.loads(self.succeed("info", model, "--size", size, "--format", "json"))
            memory = report["memory"]
            self.assertEqual(memory, info["memory"])
            self.assertEqual(memory["total"], sum(memory[part] for part in ("arena", "winograd", "scratch", "tables")))
            self.assertEqual(report["flash"]["model"], model.stat().st_size)
            self.assertEqual(report["flash"]["weights"], info["weight_bytes"])
            self.assertEqual(report["stack"], 8192)

    def test_blocks_alive_at_the_same_time_do_not_overlap_and_fill_the_arena(self):
        for _, _, report in self.each():
            blocks = report["blocks"]
            for i, a in enumerate(blocks):
                self.assertGreater(a["bytes"], 0)
                self.assertLessEqual(a["first_op"], a["last_op"])
                for b in blocks[:i]:
                    if a["first_op"] <= b["last_op"] and b["first_op"] <= a["last_op"]:
                        self.assertEqual(overlap(a["offset"], a["offset"] + a["bytes"], b["offset"],
                                                 b["offset"] + b["bytes"]), 0,
                                         (a, b))
            self.assertEqual(max(b["offset"] + b["bytes"] for b in blocks), report["memory"]["arena"])
            alive = {t: sum(b["bytes"] for b in blocks if b["first_op"] <= t <= b["last_op"])
                     for t in range(-1, report["op_count"] + 1)}
            self.assertEqual(report["least_arena"], max(alive.values()))
            self.assertEqual(alive[report["least_op"]], report["least_arena"])
            self.assertLessEqual(report["least_arena"], report["memory"]["arena"])
            candidates = [b["bytes"] for b in blocks if b["kind"] == "candidates"]
            self.assertEqual(candidates, [report["candidates"]])

    def test_ops_find_their_tensors_alive_and_where_the_audit_says(self):
        for model, size, report in self.each():
            tensors = {b["tensor"]: b for b in report["blocks"] if b["kind"] == "tensor"}
            writers = {}
            for op in json.loads(self.succeed("audit", model, "--size", size, "--format", "json"))["ops"]:
                if op["view"]:
                    continue
                self.assertIn(op["op"], report["times"])
                for span in op["reads"] + op["adds"] + op["writes"]:
                    if span["tensor"] not in tensors:
                        self.assertEqual(span["tensor"], 0)  # the picture, streamed row by row
                        continue
                    block = tensors[span["tensor"]]
                    self.assertTrue(block["first_op"] <= op["op"] <= block["last_op"], (op, block))
                self.assertEqual(tensors[op["writes"][0]["tensor"]]["offset"], op["arena_offset"])
                for tensor in {span["tensor"] for span in op["writes"]}:
                    writers.setdefault(tensor, []).append(op["name"])
            for tensor, block in tensors.items():
                self.assertEqual(block["name"], writers[tensor][0])
                self.assertEqual(block["more_writers"], len(writers[tensor]) - 1)

    def test_a_cell_of_the_text_map_shows_what_takes_most_of_it(self):
        widths = set()
        for model, size, report in self.each():
            lines = self.succeed("info", model, "--size", size, "--memory").splitlines()
            at = next(i for i, line in enumerate(lines) if line.startswith("map:"))
            rows = [line[LABEL:] for line in lines[at + 1:at + 1 + ROWS]]
            self.assertEqual(len(lines), at + ROWS + 2)
            self.assertLessEqual(max(map(len, lines[at + 1:])), 99)
            times, arena = report["times"], report["memory"]["arena"]
            columns = len(rows[0])
            self.assertEqual(columns, min(len(times), 90))
            widths.add(len(times) > 90)
            shown = set()
            for r, row in enumerate(rows):
                top, bottom = arena // ROWS * r, arena // ROWS * (r + 1) if r + 1 < ROWS else arena
                for c, mark in enumerate(row):
                    cell = times[len(times) * c // columns:len(times) * (c + 1) // columns]
                    parts = [(sum(b["first_op"] <= t <= b["last_op"] for t in cell)
                              * overlap(b["offset"], b["offset"] + b["bytes"], top, bottom), b["mark"])
                              for b in report["blocks"]]
                    most = max(part for part, _ in parts)
                    self.assertIn(mark, {m for part, m in parts if part == most} if most > 0 else {"."}, (r, c))
                    shown.add(mark)
            self.assertGreater(len(shown), 10)
        self.assertEqual(widths, {False, True})  # one op per column, and several

    def test_the_text_has_each_block(self):
        for model, size, report in self.each():
            text = self.succeed("info", model, "--size", size, "--memory")
            for block in report["blocks"]:
                name = f"t{block['tensor']}" if block["kind"] == "tensor" else ""
                pattern = (rf"^{block['mark']} {name} +{block['bytes']} +{block['offset']} "
                           rf"+{block['first_op']}-{block['last_op']} .* {re.escape(block['name'])}")
                self.assertRegex(text, re.compile(pattern, re.MULTILINE))
            for value in (*report["memory"].values(), *report["flash"]["code"].values(), report["least_arena"],
                          report["stack"]):
                self.assertRegex(text, rf"\b{value}\b")

    def test_the_picture_has_each_block_where_it_is(self):
        for model, size, report in self.each():
            self.succeed("info", model, "--size", size, "--svg", "map.svg")
            self.assertEqual(self.files(), ["map.svg"])
            root = ElementTree.parse(self.directory / "map.svg").getroot()
            boxes = root.findall(f"{SVG}g")
            self.assertEqual(len(boxes), len(report["blocks"]))
            corners = []
            for box, block in zip(boxes, report["blocks"]):
                title = box.find(f"{SVG}title").text
                self.assertIn(block["name"], title)
                life = f"ops {block['first_op']} to {block['last_op']}"
                self.assertIn(f"{block['bytes']} bytes at {block['offset']}, {life}", title)
                rect = {k: float(v) for k, v in box.find(f"{SVG}rect").attrib.items() if k != "class"}
                x = rect["x"], rect["x"] + rect["width"], block["first_op"], block["last_op"]
                self.assertAlmostEqual(rect["height"] / 520, block["bytes"] / report["memory"]["arena"], delta=1e-4)
                self.assertAlmostEqual((rect["y"] - 40) / 520, block["offset"] / report["memory"]["arena"], delta=1e-4)
                corners.append((x, rect["y"], rect["y"] + rect["height"]))
            for i, (x, top, bottom) in enumerate(corners):
                column = 1000 / len(report["times"])
                self.assertAlmostEqual(x[0], 90 + column * report["times"].index(x[2]), delta=0.02)
                self.assertAlmostEqual(x[1], 90 + column * (report["times"].index(x[3]) + 1), delta=0.02)
                for other, otop, obottom in corners[:i]:
                    self.assertTrue(overlap(x[0], x[1], other[0], other[1]) < 0.05
                                    or overlap(top, bottom, otop, obottom) < 0.05)
            self.assertNotIn("http", (self.directory / "map.svg").read_text().replace("http://www.w3.org/2000/svg", ""))

    def test_with_the_picture_comes_what_was_asked_for(self):
        plain, report = self.succeed("info", self.model), self.succeed("info", self.model, "--memory")
        self.assertEqual(self.succeed("info", self.model, "--svg", "a.svg"), plain)
        self.assertEqual(self.succeed("info", self.model, "--memory", "--svg", "b.svg"), report)
        self.assertEqual((self.directory / "a.svg").read_bytes(), (self.directory / "b.svg").read_bytes())

    def test_code_is_counted_by_instruction_set(self):
        code = self.report(self.model, "64")["flash"]["code"]
        self.assertIn("common", code)
        self.assertTrue(set(code) <= {"common", *(row.name for row in read_sets())}, code)
        self.assertGreater(code["common"], 10000)

    def test_direct_takes_no_transformed_weights(self):
        self.assertEqual(self.report(self.model, "320", "--direct")["memory"]["winograd"], 0)


if __name__ == "__main__":
    unittest.main()
