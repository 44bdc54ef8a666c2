# SPDX-License-Identifier: MIT
"""Tests of `v5lite audit --html`."""

import hashlib
import html.parser
import os
import re
import shutil
import subprocess
import sys
import unittest
import unittest.mock
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import numpy as np  # noqa: E402

from audit_case import AuditTest  # noqa: E402
from program import SIZE  # noqa: E402


class Page(html.parser.HTMLParser):
    """Checks that elements are closed in order, and collects texts and rows."""

    VOID = {"meta"}

    def __init__(self, text):
        super().__init__()
        self.open, self.rows, self.links, self.scripts = [], [], [], 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.links += [value for name, value in attrs if name in ("src", "href")]
        self.scripts += tag == "script" or any(name.startswith("on") for name, _ in attrs)
        if tag == "tr":
            self.rows.append([])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if self.open.pop() != tag:
            raise ValueError(f"</{tag}>")

    def handle_data(self, data):
        if {"td", "th"} & set(self.open[-3:]):
            self.rows[-1].append(data)


class Html(AuditTest):
    def page(self, *arguments, status=0, model=None):
        self.audit("--html", "audit.html", *arguments, status=status, model=model)
        written = (self.directory / "audit.html").read_text(encoding="utf-8")
        page = Page(written)
        self.assertEqual((page.open, page.links, page.scripts), ([], [], 0))
        self.assertNotRegex(written, "https?:|@import|url\\(")
        return written, page

    def test_has_every_op_and_every_checksum(self):
        written, page = self.page()
        for op in self.audit()["ops"]:
            shape = " x ".join(map(str, op["out"]))
            self.assertTrue(any(row[:2] == [str(op["op"]), op["name"]] and shape in row for row in page.rows),
                            op["name"])
            for label in ("weights", "bias"):
                self.assertTrue(label not in op or f"<code>{op[label]['crc32']}</code>" in written)
        self.assertNotIn("verdict", written.split("</style>")[1])
        self.assertEqual(self.files(), ["audit.html"])

    def test_has_the_comparison(self):
        self.succeed("audit", self.model, "--size", SIZE, "--image", self.png, "--dump", "dump")
        written, page = self.page("--image", self.png, "--against", "dump")
        self.assertIn("<div class='verdict'>OK: ", written)
        self.assertTrue(any(row[1:3] == ["model.1", "008_model.1"] and row[-1] == "ok" for row in page.rows))
        shifted = np.load(self.directory / "dump/008_model.1.npy") + 1
        np.save(self.directory / "dump/008_model.1.npy", shifted)
        written, page = self.page("--image", self.png, "--against", "dump", status=1)
        self.assertIn("<div class='verdict bad'>FAILED: ", written)
        self.assertIn("class=over>over", written)

    def facts(self, page):
        return {row[0]: row[1] for row in page.rows if len(row) == 2}

    def test_says_of_what_when_where_and_by_what_it_was_made(self):
        self.succeed("audit", self.model, "--size", SIZE, "--image", self.png, "--dump", "dump")
        with unittest.mock.patch.dict(os.environ, {"SOURCE_DATE_EPOCH": "1700000000"}):
            written, page = self.page("--image", self.png, "--against", "dump")
            facts = self.facts(page)
            self.assertEqual(written, self.page("--image", self.png, "--against", "dump")[0])
            self.audit("--html", "audit.html", "--image", "-", "--against", "dump", stdin=self.png.read_bytes())
            piped = self.facts(Page((self.directory / "audit.html").read_text(encoding="utf-8")))
        sha256 = hashlib.sha256(self.png.read_bytes()).hexdigest()
        self.assertEqual(facts["SHA-256 of the model file"], hashlib.sha256(self.model.read_bytes()).hexdigest())
        self.assertEqual((facts["Picture"], facts["SHA-256 of the picture"]), (self.png.name, sha256))
        self.assertEqual((piped["Picture"], piped["SHA-256 of the picture"]), ("standard input", sha256))
        self.assertEqual(facts["Date"], "2023-11-14 22:13:20 UTC")
        self.assertRegex(facts["Audited by"], r"v5lite \d+\.\d+\.\d+")
        self.assertRegex(facts["Compiler"], r"(gcc|clang) \d+\.\d+|unknown")
        self.assertTrue(facts["CPU"] and facts["Kernels"])
        report = self.audit("--image", self.png, "--against", "dump")
        self.assertEqual((report["file_sha256"], report["picture_sha256"]),
                         (facts["SHA-256 of the model file"], sha256))
        self.assertNotIn("SHA-256 of the picture", self.facts(self.page()[1]))

    def test_a_wrong_date_in_the_environment_is_refused(self):
        with unittest.mock.patch.dict(os.environ, {"SOURCE_DATE_EPOCH": "yesterday"}):
            done = self.run_program("audit", self.model, "--size", SIZE, "--html", "audit.html")
            self.assertEqual((done.returncode, done.stdout, done.stderr.count(b"\n")), (2, b"", 1))
            self.assertEqual(self.files(), [])
            self.succeed("audit", self.model, "--size", SIZE)

    def test_bars_of_errors_start_at_the_tolerance(self):
        self.succeed("audit", self.model, "--size", SIZE, "--image", self.png, "--dump", "dump")
        array = np.load(self.directory / "dump/008_model.1.npy")
        for times, length, allowed in ((0.5, "0.0", "50 %"), (10, "16.7", "1e+03 %"), (1e4, "66.7", "1e+06 %"),
                                       (1e9, "100.0", "1e+11 %")):
            changed = array.copy()
            changed[0, 0, 0] += 0.125 * times
            np.save(self.directory / "dump/008_model.1.npy", changed)
            written, _ = self.page("--image", self.png, "--against", "dump", "--tolerance", "0.125", "--relative", "0",
                                   status=int(times > 1))
            row = next(row for row in written.split("<tr") if "008_model.1<" in row)
            self.assertIn(f"<td class='n bar' style='--p:{length}%'>", row)
            self.assertIn(f"<td class=n>{allowed}</td>", row)

    @unittest.skipUnless(shutil.which("chromium"), "chromium is not installed: install chromium")
    def test_tables_fit_1400_pixels(self):
        self.succeed("audit", self.model, "--size", "640", "--image", self.png, "--dump", "dump")
        self.succeed("audit", self.model, "--size", "640", "--image", self.png, "--against", "dump", "--html",
                     "audit.html")
        page = (self.directory / "audit.html").read_text(encoding="utf-8")
        script = ("<script>document.title=[...document.querySelectorAll('.scroll')].map(e=>e.scrollWidth-e.clientWidth)"
                  ".concat(document.documentElement.scrollWidth).join(' ')</script></body>")
        (self.directory / "fit.html").write_text(page.replace("</body>", script), encoding="utf-8")
        shown = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1400,2000",
                                "--dump-dom",
                                (self.directory / "fit.html").as_uri()], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, timeout=120)
        *over, width = map(int, re.search(r"<title>([\d ]+)</title>", shown.stdout.decode())[1].split())
        self.assertEqual((over, width <= 1400), ([0] * 6, True))

    def test_names_are_escaped(self):
        data = self.model.read_bytes().replace(b"model.1.branch1.2\0", "model.1.<b>&'\"\u202e".encode() + b"\0")
        evil = self.directory / "<i>&.v5l"
        evil.write_bytes(data)
        self.write_model(bytearray(data)).rename(evil)
        written, page = self.page(model=evil)
        self.assertIn("&#60;i&#62;&#38;.v5l", written)
        self.assertIn("model.1.&#60;b&#62;&#38;&#39;&#34;&#xFFFD;", written)

    def test_is_not_left_half_written(self):
        done = self.run_program("audit", self.model, "--size", SIZE, "--html", "nowhere/audit.html")
        self.assertEqual((done.returncode, done.stdout, done.stderr.count(b"\n")), (2, b"", 1))
        self.assertEqual(self.files(), [])

    def test_is_refused_before_ops_are_dumped(self):
        done = self.run_program("audit", self.model, "--size", SIZE, "--image", self.png, "--dump", "arrays", "--html",
                                "nowhere/audit.html")
        self.assertEqual((done.returncode, done.stdout, done.stderr.count(b"\n")), (2, b"", 1))
        self.assertFalse((self.directory / "arrays").exists())

    def test_a_picture_that_cannot_be_read_leaves_no_directory(self):
        bad = self.directory / "bad.png"
        bad.write_bytes(b"text")
        done = self.run_program("audit", self.model, "--size", SIZE, "--image", bad, "--dump", "arrays")
        self.assertEqual((done.returncode, done.stdout, done.stderr.count(b"\n")), (2, b"", 1))
        self.assertFalse((self.directory / "arrays").exists())

    def test_goes_into_the_directory_of_the_dump(self):
        self.succeed("audit", self.model, "--size", SIZE, "--image", self.png, "--dump", "arrays", "--html",
                     "arrays/audit.html")
        self.assertIn("audit.html", [path.name for path in (self.directory / "arrays").iterdir()])


if __name__ == "__main__":
    unittest.main()
