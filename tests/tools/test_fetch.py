# SPDX-License-Identifier: MIT
"""Tests of tools/fetch.py against a server on this machine. From the repository's root:
python3 -m unittest discover -s tests/tools"""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import io
import os
import re
import sys
import tempfile
import threading
import unittest
import unittest.mock
import warnings
from pathlib import Path
from typing import Any, Dict, List, Tuple

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "export")]

import fetch  # noqa: E402
import make_checkpoint  # noqa: E402

CHECKPOINT = make_checkpoint.make()
OTHER = make_checkpoint.make(seed=2)


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves the class's files; some paths misbehave."""

    files: Dict[str, bytes] = {}
    asked: List[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        name = self.path.rpartition("/")[2]
        if self.path.startswith("/moved/"):
            return self.redirect(f"/{name}")
        if self.path.startswith("/to-file/"):
            return self.redirect("file:///etc/hostname")
        if self.path.startswith("/to-ftp/"):
            return self.redirect("ftp://127.0.0.1/net.pt")
        if self.path.startswith("/loop/"):
            return self.redirect(self.path)
        data = self.files.get(name)
        if data is None:
            return self.send_error(404)
        self.send_response(200)
        if not self.path.startswith("/unsized/"):
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[:len(data) // 2] if self.path.startswith("/cut/") else data)

    def redirect(self, to: str) -> None:
        self.send_response(302)
        self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


class FetchCase(unittest.TestCase):
    """A server, an empty folder for the output, and a catalog that a test writes."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=cls.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        cls.addClassCleanup(thread.join)
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.out, self.catalog = self.folder / "out", self.folder / "catalog"
        self.out.mkdir()
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        Handler.files, Handler.asked = {"net.pt": CHECKPOINT, "other.pt": OTHER}, []
        self.entries(("net", CHECKPOINT, "default", f"{self.address}/net.pt"),
                     ("other", OTHER, "optional", f"{self.address}/other.pt"))
        environment = {k: v for k,
                       v in os.environ.items() if k != "V5LITE_CHECKPOINTS" and not k.lower().endswith("_proxy")}
        patch = unittest.mock.patch.dict(os.environ, environment, clear=True)
        patch.start()
        self.addCleanup(patch.stop)

    def entries(self, *rows: Tuple[str, bytes, str, str]) -> None:
        lines = [f"{name}.pt {hashlib.sha256(data).hexdigest()} GPL-3.0 {kind} {url}\n" for name, data, kind,
                 url in rows]
        self.catalog.write_text("# a comment\n\n" + "".join(lines))

    def run_fetch(self, *arguments: Any) -> Tuple[int, str, str]:
        out, error = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error), warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                status = fetch.main(["--catalog", str(self.catalog), "--out", str(self.out), *map(str, arguments)])
            except SystemExit as exit:  # argparse
                status = int(exit.code or 0)
        return status, out.getvalue(), error.getvalue()

    def succeed(self, *arguments: Any) -> str:
        status, out, error = self.run_fetch(*arguments)
        self.assertEqual((status, error), (0, ""))
        return out

    def refuse(self, pattern: str, *arguments: Any) -> None:
        status, _, error = self.run_fetch(*arguments)
        self.assertEqual(status, 2)
        self.assertRegex(error, r"\Afetch: [^\n]+: [^\n]+: [^\n]+\n\Z")
        self.assertRegex(error, pattern)

    def here(self) -> List[str]:
        return sorted(os.listdir(self.out))


class Download(FetchCase):
    def test_the_default_set_is_fetched_checked_and_converted(self) -> None:
        out = self.succeed()
        self.assertEqual(self.here(), ["net.pt", "net.v5l"])
        self.assertEqual((self.out / "net.pt").read_bytes(), CHECKPOINT)
        self.assertEqual((self.out / "net.v5l").read_bytes()[1:4], b"V5L")
        self.assertIn("net: licensed GPL-3.0 by its authors, no part of v5lite", out)

    def test_who_publishes_a_file_is_said(self) -> None:
        for publisher, says in (("official", "published by its authors at 127.0.0.1"),
                                ("mirror", "from a mirror, 127.0.0.1"),
                                ("", "from 127.0.0.1")):
            self.catalog.write_text(self.catalog.read_text().replace("default ", f"default {publisher} "))
            self.assertIn(f"no part of v5lite; {says}", self.succeed())
            self.catalog.write_text(self.catalog.read_text().replace(f"default {publisher} ", "default "))
        entry = fetch.Entry("a.pt", "0" * 64, "X", True, "mirror", "https://github.com/someone/copies/raw/1/a.pt")
        self.assertEqual(entry.origin, "from a mirror, github.com/someone/copies")

    def test_names_choose_with_and_without_ending(self) -> None:
        self.succeed("other.pt", "net")
        self.assertEqual(self.here(), ["net.pt", "net.v5l", "other.pt", "other.v5l"])

    def test_what_is_there_and_right_is_not_fetched_again(self) -> None:
        self.succeed()
        before = (self.out / "net.v5l").stat().st_mtime_ns
        self.assertIn("up to date", self.succeed())
        self.assertEqual(Handler.asked, ["/net.pt"])
        self.assertEqual((self.out / "net.v5l").stat().st_mtime_ns, before)

    def test_the_weights_file_is_made_again_if_missing_or_older(self) -> None:
        self.succeed()
        made = (self.out / "net.v5l").read_bytes()
        (self.out / "net.v5l").unlink()
        self.succeed()
        (self.out / "net.v5l").write_bytes(b"old")
        os.utime(self.out / "net.v5l", (1, 1))
        self.succeed()
        self.assertEqual((self.out / "net.v5l").read_bytes(), made)
        self.assertEqual(Handler.asked, ["/net.pt"])

    def test_a_wrong_file_that_is_there_is_replaced(self) -> None:
        (self.out / "net.pt").write_bytes(b"wrong")
        self.succeed()
        self.assertEqual((self.out / "net.pt").read_bytes(), CHECKPOINT)

    def test_redirects_and_answers_without_a_length_are_followed(self) -> None:
        self.entries(("net", CHECKPOINT, "default", f"{self.address}/moved/net.pt"),
                     ("other", OTHER, "default", f"{self.address}/unsized/other.pt"))
        self.succeed()
        self.assertEqual(self.here(), ["net.pt", "net.v5l", "other.pt", "other.v5l"])


class Refusals(FetchCase):
    def test_wrong_hash_leaves_nothing(self) -> None:
        Handler.files["net.pt"] = CHECKPOINT[:-1] + b"?"
        self.refuse("expected SHA-256")
        self.assertEqual(self.here(), [])

    def test_status_404(self) -> None:
        del Handler.files["net.pt"]
        self.refuse("not status 404")
        self.assertEqual(self.here(), [])

    def test_truncated(self) -> None:
        self.entries(("net", CHECKPOINT, "default", f"{self.address}/cut/net.pt"))
        self.refuse("truncated after|expected the whole file")
        self.assertEqual(self.here(), [])

    def test_too_large_with_and_without_a_length(self) -> None:
        for path in ("", "unsized/"):
            self.entries(("net", CHECKPOINT, "default", f"{self.address}/{path}net.pt"))
            with unittest.mock.patch.object(fetch, "MAX_BYTES", 1000):
                self.refuse("expected at most 1000 bytes")
        self.assertEqual(self.here(), [])

    def test_redirects_elsewhere_and_forever(self) -> None:
        for path, reason in (("to-file", "status 302"), ("to-ftp", "expected a redirect to an http"),
                             ("loop", "status 302")):
            self.entries(("net", CHECKPOINT, "default", f"{self.address}/{path}/net.pt"))
            self.refuse(reason)
        self.assertEqual(self.here(), [])

    def test_no_connection(self) -> None:
        with http.server.HTTPServer(("127.0.0.1", 0), Handler) as free:
            port = free.server_address[1]
        self.entries(("net", CHECKPOINT, "default", f"http://127.0.0.1:{port}/net.pt"))
        self.refuse("Connection refused, expected a connection")
        self.assertEqual(self.here(), [])

    def test_good_files_survive_a_failure(self) -> None:
        self.succeed()
        before = {name: (self.out / name).read_bytes() for name in self.here()}
        Handler.files.clear()
        self.refuse("404", "net", "other")
        self.assertEqual({name: (self.out / name).read_bytes() for name in self.here()}, before)

    def test_a_file_with_the_right_hash_that_is_no_checkpoint(self) -> None:
        Handler.files["net.pt"] = b"text"
        self.entries(("net", b"text", "default", f"{self.address}/net.pt"))
        self.refuse("checkpoint: .*net.pt")
        self.assertEqual(self.here(), ["net.pt"])

    def test_names_directories_and_catalogs_that_are_none(self) -> None:
        self.refuse("expected one that .* has: net, other", "nothing")
        self.refuse("directory: .*expected it to exist", "--out", self.folder / "none")
        self.refuse("directory: .*expected it to exist", "--from", self.folder / "none")
        self.refuse("No such file", "--catalog", self.folder / "none")
        self.refuse("usage", "--unknown")
        good = f"net.pt {'0' * 64} GPL-3.0 default http://127.0.0.1/net.pt"
        for line in ("net.pt", good.replace("net.pt ", "../net.pt "), good.replace("0000", "00G0"),
                     good.replace("default", "x"), good.replace("default", "default x"),
                     good.replace("http:", "file:"), good.replace("http:", "ftp:"),
                     good + "\n" + good, good + " x"):
            self.catalog.write_text(line + "\n")
            self.refuse("catalog: ")
        self.catalog.write_text(good.replace("http://127.0.0.1/", "http://["))
        self.refuse("download: ")
        self.assertEqual(self.here(), [])


class FromDirectory(FetchCase):
    def setUp(self) -> None:
        super().setUp()
        self.source = self.folder / "source"
        self.source.mkdir()
        (self.source / "net.pt").write_bytes(CHECKPOINT)

    def test_checkpoints_are_converted_and_not_copied(self) -> None:
        self.succeed("--from", self.source)
        self.assertEqual((self.here(), Handler.asked), (["net.v5l"], []))
        self.assertIn("up to date", self.succeed("--from", self.source))

    def test_what_was_converted_needs_no_network_afterwards(self) -> None:
        self.succeed("--from", self.source)
        made = (self.out / "net.v5l").read_bytes()
        Handler.files.clear()
        self.assertIn("made from this checkpoint, kept\n", self.succeed())
        os.utime(self.out / "net.v5l", (1, 1))
        self.assertIn("kept, though older than the exporter: convert it again with --from DIR", self.succeed())
        self.assertEqual((self.here(), Handler.asked, (self.out / "net.v5l").read_bytes()), (["net.v5l"], [], made))
        self.assertIn("planned", self.succeed("--from", self.source))

    def test_what_is_not_whole_or_of_another_checkpoint_is_not_kept(self) -> None:
        self.succeed("--from", self.source)
        path = self.out / "net.v5l"
        made = path.read_bytes()
        for changed in (made[:-1], made[:150], made[:4000] + b"?" + made[4001:], b"",
                        made[:144] + bytes(32) + made[176:]):
            path.write_bytes(changed)
            Handler.asked.clear()
            self.succeed()
            self.assertEqual((Handler.asked, path.read_bytes()), (["/net.pt"], made))
            (self.out / "net.pt").unlink()

    def test_the_environment_names_the_directory_too(self) -> None:
        with unittest.mock.patch.dict(os.environ, V5LITE_CHECKPOINTS=str(self.source)):
            self.succeed()
        self.assertEqual((self.here(), Handler.asked), (["net.v5l"], []))

    def test_wrong_and_missing_ones_are_refused_and_nothing_is_fetched(self) -> None:
        (self.out / "net.v5l").write_bytes(b"before")
        (self.source / "net.pt").write_bytes(OTHER)
        self.refuse("checkpoint: .*expected SHA-256", "--from", self.source)
        self.refuse("other.pt: No such file", "--from", self.source, "other")
        self.assertEqual((self.here(), Handler.asked), (["net.v5l"], []))
        self.assertEqual((self.out / "net.v5l").read_bytes(), b"before")


class Catalog(unittest.TestCase):
    def test_the_projects_own_is_pinned_and_says_its_licence(self) -> None:
        entries = fetch.read_catalog(ROOT / "weights" / "catalog")
        self.assertEqual([(e.name, e.default) for e in entries.values()],
                         [("v5lite-e", True), ("v5lite-s", True), ("yolov5-lite-2021", False),
                          ("yolov5ss-2021-08", False)])
        self.assertEqual(len({entry.sha256 for entry in entries.values()}), len(entries))
        for entry in entries.values():
            is_authors = entry.url.startswith("https://github.com/ppogg/YOLOv5-Lite/")
            self.assertEqual(entry.publisher, "official" if is_authors else "mirror")
            self.assertEqual(entry.licence, "GPL-3.0")
            self.assertTrue(re.fullmatch(r"https://[^ ]+/[0-9a-f]{40}/[^ ]+", entry.url))


if __name__ == "__main__":
    unittest.main()
