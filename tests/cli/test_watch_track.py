# SPDX-License-Identifier: MIT
"""v5lite watch --track: identities, lines and zones of digits that move on known ways."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from watching import WatchTest, passing  # noqa: E402

MIDDLE = "middle:25%,0%,75%,0%,75%,100%,25%,100%"
LINE = "gate:160,0,160,240"


class Tracks(WatchTest):
    def events(self, frames):
        return [(line["frame"], event) for line in frames for event in line.get("events", [])]

    def test_each_digit_keeps_its_id(self):
        frames, summary = self.watch("--track", self.stream(passing()))
        names = {}
        for line in frames:
            ids = [d["id"] for d in line["detections"] if "id" in d]
            self.assertEqual(len(ids), len(set(ids)))
            for found in line["detections"]:
                if "id" in found:
                    names.setdefault(found["id"], set()).add(found["name"])
        self.assertEqual(sorted(map(sorted, names.values())), [["0"], ["7"]])
        self.assertEqual(summary["tracks"], 2)
        kinds = [(event["event"], event["name"]) for _, event in self.events(frames)]
        self.assertEqual(kinds, [("start", "7"), ("start", "0")])

    def test_tracks_end(self):
        empty = [[]] * 20
        frames, summary = self.watch("--track", "--only-events", self.stream(passing(30) + empty + passing(30)))
        events = self.events(frames)
        self.assertEqual([event["event"] for _, event in events], ["start", "start", "end", "end", "start", "start"])
        self.assertEqual(len({event["id"] for _, event in events}), 4)
        self.assertEqual(summary["tracks"], 4)
        for number, event in events:
            if event["event"] == "end":
                self.assertTrue(30 < number <= 50)
                self.assertTrue(2 < event["dwell"] <= 3)
        self.assertTrue(all(line["events"] for line in frames))

    def test_a_line_counts_by_class_and_direction(self):
        frames, summary = self.watch("--track", "--count-line", LINE, self.stream(passing()))
        got = sorted((event["event"], event["line"], event["name"], event["direction"])
                     for _, event in self.events(frames))
        # Down along the line, the right side is the left of the picture.
        self.assertEqual(got, [("cross", "gate", "0", "left"), ("cross", "gate", "7", "right")])
        self.assertEqual(summary["lines"], [{"name": "gate", "right": 1, "left": 1, "classes": [
            {"class": 0, "name": "0", "right": 0, "left": 1}, {"class": 7, "name": "7", "right": 1, "left": 0}]}])

    def test_a_line_that_is_turned_round_counts_the_other_way(self):
        _, summary = self.watch("--track", "--count-line", "gate:50%,100%,50%,0%", self.stream(passing()))
        self.assertEqual([c["right"] for c in summary["lines"][0]["classes"]], [1, 0])

    def test_passing_again_and_again(self):
        there = passing()[10:35]
        frames, summary = self.watch("--track", "--count-line", LINE, "--count-line", "far:310,0,310,240",
                                     self.stream((there + there[::-1]) * 3))
        gate, far = summary["lines"]
        self.assertEqual((gate["right"], gate["left"]), (6, 6))
        self.assertEqual((far["right"], far["left"], far["classes"]), (0, 0, []))
        self.assertEqual(len(self.events(frames)), 12)

    def test_a_zone(self):
        frames, summary = self.watch("--track", "--zone", MIDDLE, self.stream(passing()))
        for name in ("0", "7"):
            enter, leave = [(n, e) for n, e in self.events(frames) if e["name"] == name]
            self.assertEqual((enter[1]["event"], leave[1]["event"]), ("enter", "leave"))
            self.assertEqual(leave[1]["dwell"], (leave[0] - enter[0]) / 10)
            middle_at_edge = 80 if name == "0" else 240
            self.assertLess(abs(enter[1]["at"][0] - middle_at_edge), 20)
        zone, = summary["zones"]
        self.assertEqual((zone["name"], zone["inside"], zone["entered"], zone["left"]), ("middle", 0, 2, 2))
        self.assertAlmostEqual(zone["dwell"], sum(e.get("dwell", 0) for _, e in self.events(frames)), places=3)

    def test_who_stays_in_a_zone_is_inside_at_the_end(self):
        _, summary = self.watch("--track", "--zone", MIDDLE, self.stream(passing(25)))
        self.assertEqual((summary["zones"][0]["inside"], summary["zones"][0]["left"]), (2, 0))

    def test_pixels_and_parts_are_the_same_zone(self):
        path = self.stream(passing())
        pixels = "middle:80,0,240,0,240,240,80,240"
        results = [[e for _, e in self.events(self.watch("--track", "--zone", zone, path)[0])]
                   for zone in (MIDDLE, pixels)]
        self.assertEqual(results[0], results[1])

    def test_only_events(self):
        path = self.stream(passing())
        options = ("--track", "--zone", MIDDLE, "--count-line", LINE)
        frames, _ = self.watch(*options, path)
        only, _ = self.watch(*options, "--only-events", path)
        self.assertEqual([line["frame"] for line in only], [line["frame"] for line in frames if line["events"]])
        self.assertEqual(self.events(only), self.events(frames))

    def test_a_digit_that_is_hidden_for_a_moment_keeps_its_id(self):
        hidden = [[p for p in places if p[0] != "0" or not 20 <= i < 25] for i, places in enumerate(passing())]
        frames, summary = self.watch("--track", self.stream(hidden))
        self.assertEqual(summary["tracks"], 2)
        self.assertTrue(all("id" in d for line in frames[25:] for d in line["detections"] if d["name"] == "0"))

    def test_weak_boxes_are_reported_only_with_a_track(self):
        path = self.stream(passing())
        for line in self.watch("--track", "--conf", "0.5", path)[0]:
            for found in line["detections"]:
                self.assertTrue("id" in found or found["score"] >= 0.5)
        self.assertEqual(self.watch("--track", "--track-conf", "1", path)[1]["tracks"], 0)

    def test_skipped_frames_do_not_break_tracks(self):
        _, summary = self.watch("--track", "--every", "2", "--count-line", LINE, self.stream(passing()))
        self.assertEqual((summary["tracks"], summary["lines"][0]["right"], summary["lines"][0]["left"]), (2, 1, 1))

    def test_names_of_lines_and_zones(self):
        name = 'a "b":\u00e9\\'
        _, summary = self.watch("--track", "--count-line", f"{name}:0,0,9,9", "--zone", f"{name}:0,0,9,0,9,9",
                                self.stream(passing(2)))
        self.assertEqual((summary["lines"][0]["name"], summary["zones"][0]["name"]), (name, name))
        self.assertEqual(json.loads(json.dumps(summary["zones"][0]["classes"])), [])

    def test_a_zone_of_odd_shape_is_accepted(self):
        self.watch("--track", "--zone", "z:0,0,0,0,9,0,9,9", "--zone", "y:-5,-5,400,-5,400,400",
                   self.stream(passing(2)))


if __name__ == "__main__":
    unittest.main()
