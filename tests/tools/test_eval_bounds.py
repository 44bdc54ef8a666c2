# SPDX-License-Identifier: MIT
"""Tests of tools/eval.py on files made to use memory or time: refused in one line within limits, or measured in linear
time. From the repository's root: python3 -m unittest discover -s tests/tools
"""

from __future__ import annotations

import gzip
import json
import os
import resource
import subprocess
import sys
import unittest
from typing import Any, Tuple
from unittest import mock

from eval_case import ROOT, FileCase, run
from evaluation import bootstrap, files

MEMORY = 2 << 30  # of address space, which is more than the memory in use


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


class Bounds(FileCase):
    def measured(self, *arguments: Any) -> Tuple[int, str, str]:
        """Returns a run in MEMORY."""
        done = subprocess.run([sys.executable, str(ROOT / "tools" / "eval.py"), *map(str, arguments)],
                              capture_output=True, text=True,
                              check=False, timeout=300, preexec_fn=limit,
                              env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
        return done.returncode, done.stdout, done.stderr

    def refuse_file(self, says: str, data: bytes, name: str = "big.json") -> None:
        """Checks a file both as labels and as detections."""
        path = self.folder / name
        path.write_bytes(data)
        good = self.store("good.json", {"images": [{"id": 7}], "categories": [{"id": 2}], "annotations": []})
        for arguments in (("--detections", path, "--labels", good), ("--detections", good, "--labels", path)):
            status, out, error = self.measured(*arguments)
            self.assertEqual((status, out, error.count("\n")), (2, "", 1), error)
            self.assertRegex(error, rf"\Aeval: [^\n]+{name}: .*{says}")

    def test_packed_files_that_unpack_to_gigabytes(self) -> None:
        piece = gzip.compress(b"{}," * 1000000, 1)
        self.refuse_file(f"at most {files.MAX_BYTES} bytes of JSON", gzip.compress(b"[") + piece * 100, "bomb.json.gz")
        self.refuse_file(f"at most {files.MAX_VALUES} values", gzip.compress(b"[") + piece * 20, "values.json.gz")

    def test_packed_files_of_many_members(self) -> None:
        self.refuse_file("at most 8192 gzip members", gzip.compress(b"") * 1_000_000, "empty.json.gz")
        good = gzip.compress(b'{"images": [{"id": 7}], ') + gzip.compress(b"") * 9 + gzip.compress(
            b'"categories": [{"id": 2}], "annotations": []}') + bytes(100)
        path = self.folder / "good.json.gz"
        path.write_bytes(good)
        detections = self.store("none.json", [])
        status, out, error = self.measured("--detections", detections, "--labels", path)
        self.assertEqual((status, error), (0, ""))
        for data in (good[:-110], good + b"junk", good[:60] + b"x" + good[61:]):
            self.refuse_file("expected a whole gzip file", data, "damaged.json.gz")

    def test_values_that_take_longer_than_they_are_large(self) -> None:
        self.refuse_file("integers of at most 19 digits", b"[" + b"9" * 20000000 + b"]")
        self.refuse_file("integers of at most 19 digits", b'{"images": [{"id": -%s}]}' % (b"9" * 20))
        self.refuse_file("not nested as deep", b"[" * 10000000)
        self.refuse_file("not nested as deep", b'{"a":' * 1000000)
        for value in (b"NaN", b"Infinity", b"-Infinity"):
            self.refuse_file(f"finite numbers, found {value.decode()}", b'[{"score": %s}]' % value)

    def test_names_of_another_type(self) -> None:
        for name in ([[]], {"a": 1}):
            labels = self.store("l.json", {"images": [{"id": 7}], "categories": [{"id": 2, "name": name}],
                                           "annotations": []})
            self.refuse('expected a string as "name"', "--detections", self.store("r.json", []), "--labels", labels)

    def test_twenty_thousand_images_times_twenty_thousand_categories(self) -> None:
        count = range(20000)
        labels = self.store("l.json", {"images": [{"id": i} for i in count],
                                       "categories": [{"id": i, "name": f"c{i}"} for i in count],
                                       "annotations": [{"image_id": i, "category_id": i, "bbox": [1, 2, 30, 40]}
                                                       for i in count[::50]]})
        results = self.store("r.json", [{"image_id": i, "category_id": i, "bbox": [1, 2, 30, 40], "score": 0.5}
                                        for i in count])
        status, out, error = self.measured("--detections", results, "--labels", labels, "--format", "json")
        self.assertEqual((status, error), (0, ""))
        self.assertEqual(round(json.loads(out)["metrics"]["AP"], 9), 1)

    def test_names_that_are_not_their_own(self) -> None:
        count = range(200000)
        labels = self.store("l.json", {"images": [{"id": 7}], "annotations": [],
                                       "categories": [{"id": i, "name": str(min(i, count[-2]))} for i in count]})
        status, _, error = self.measured("--detections", self.store("r.json", []), "--labels", labels)
        self.assertEqual((status, error.count("\n")), (2, 1))
        self.assertIn(f'found two "{count[-2]}"', error)

    def test_objects_in_one_picture(self) -> None:
        thing = {"image_id": 7, "category_id": 2, "bbox": [1, 2, 3, 4]}
        with mock.patch("evaluation.truth.MAX_OBJECTS", 3):
            for count, status in ((3, 0), (4, 2)):
                labels = self.store("l.json", {"images": [{"id": 7}, {"id": 8}], "categories": [{"id": 2}],
                                               "annotations": [thing] * count})
                found, _, error = run("--detections", self.store("r.json", []), "--labels", labels)
                self.assertEqual((found, error.count("at most 3 in a picture, found 4")), (status, status // 2))

    def test_resamples_of_many_images(self) -> None:
        results = self.store("r.json", self.results)
        most = bootstrap.MAX_DRAWN // 2
        with mock.patch("evaluation.bootstrap.MAX_DRAWN", 20):
            self.refuse("--resamples: 11: expected at most 10 for 2 images", "--compare", results, results, "--images",
                        self.images,
                        "--labels", self.labels, "--resamples", 11)
        self.assertGreater(most, 1000000)

    def test_pipes_and_devices_in_a_folder_are_no_pictures(self) -> None:
        os.mkfifo(self.images / "c9.png")
        (self.images / "d10.png").symlink_to("/dev/zero")
        (self.images / ".e11.png").write_bytes(b"")
        (self.images / "f12.png").mkdir()
        data = self.metrics("--detections", self.store("r.json", self.results), "--images", self.images, "--labels",
                            self.labels)
        self.assertEqual(data["images"], 2)


class Numbering(FileCase):
    def test_pictures_without_numbers_are_numbered_in_order_as_the_program_does(self) -> None:
        (self.images / "b8.ppm").rename(self.images / "b.ppm")
        (self.labels / "b8.txt").rename(self.labels / "b.txt")
        results = self.store("r.json", [dict(self.results[0], image_id=1), dict(self.results[2], image_id=2)])
        status, out, error = run("--detections", results, "--images", self.images, "--labels", self.labels, "--format",
                                 "json")
        self.assertEqual((status, round(json.loads(out)["metrics"]["AP"], 6)), (0, 0.5))
        self.assertRegex(error, r"\Aeval: images: .*/b\.ppm: no number of at most 18 digits in this name, so .* 1 to 2 "
                                r"in the order of the names\n\Z")


if __name__ == "__main__":
    unittest.main()
