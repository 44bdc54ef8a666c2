# SPDX-License-Identifier: MIT
"""Output of `v5lite bench` and bench/plot.py. The figures depend on the machine and are not checked."""

import contextlib
import copy
import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parents[2] / "bench")]
import plot  # noqa: E402
from program import ROOT, SIZE, ProgramTest  # noqa: E402

MATPLOTLIB = importlib.util.find_spec("matplotlib") is not None
LEVELS = ["L1", "L2", "L3", "DRAM"]


class Bench(ProgramTest):
    def bench(self, *arguments):
        return json.loads(self.succeed("bench", "--model", self.model, "--size", SIZE, "--warmup", 1, "--runs", 5,
                                       "--format",
                                       "json", *arguments))

    def test_json_has_the_whole_and_its_stages(self):
        report = self.bench("--image", self.png, "--conf", 0.1)
        self.assertEqual((report["width"], report["height"], report["threads"], report["runs"]), (64, 64, 1, 5))
        self.assertEqual(list(report["stages"]), ["letterbox", "network", "decode", "nms"])
        for figures in [report, *report["stages"].values()]:
            self.assertTrue(0 < figures["min_ms"] <= figures["median_ms"] <= figures["p95_ms"])
        self.assertLessEqual(report["stages"]["network"]["min_ms"], report["min_ms"])
        found = self.succeed("detect", "--model", self.model, "--size", SIZE, "--conf", 0.1, self.png)
        self.assertEqual(report["detections"], len(found.splitlines()))
        self.assertNotIn("layers", report)

    def test_layers_are_the_ops_of_the_audit(self):
        layers = self.bench("--layers")["layers"]
        ops = json.loads(self.succeed("audit", self.model, "--size", SIZE, "--format", "json"))["ops"]
        self.assertEqual([(o["name"], o["function"]) for o in ops],
                         [(layer["name"], layer["kernel"]) for layer in layers])
        self.assertAlmostEqual(sum(layer["share"] for layer in layers), 1, places=3)
        for op, layer in zip(ops, layers):
            self.assertEqual(layer["gflops"] > 0, op["macs"] > 0)
            self.assertEqual(layer["gbytes"] > 0, not op["view"])
            self.assertEqual((layer["macs"], layer["bytes"]), (op["macs"], op["bytes_read"] + op["bytes_written"]))
            self.assertEqual((layer["in_type"], layer["out_type"]), (op["in_type"], op["out_type"]))

    def test_text_says_the_same_kind_of_things(self):
        text = self.succeed("bench", "--model", self.model, "--size", SIZE, "--runs", 2, "--layers", "--threads", 2)
        for word in ("median", "letterbox", "detection", "MMAC", "GOP/s", "model.0.conv.0", "threads 2"):
            self.assertIn(word, text)
        self.assertRegex(text,
                         r"\n +0 +model\.0\.conv\.0 +conv +u8->f32 +[\d.]+ +[\d.]+%( +[\d.]+){4}  v5l_gemm_f32_\w+\n")

    def check_machine(self, report, text):
        """Checks version, compiler, CPU and kernels at the start of both formats."""
        self.assertEqual(list(report)[:4], ["version", "compiler", "cpu", "kernels"])
        version = self.succeed("--version").split()[1]
        self.assertEqual(report["version"], version)
        self.assertRegex(report["compiler"], r"^((gcc|clang) \d+\.\d+.*|unknown)$")
        self.assertTrue(report["cpu"])
        lines = text.splitlines()
        self.assertEqual(lines[0], f"v5lite {version}, built by {report['compiler']}")
        self.assertEqual(lines[1], f"CPU: {report['cpu']}; kernels: {report['kernels']}")

    def test_says_what_runs(self):
        options = ("bench", "--model", self.model, "--size", SIZE, "--runs", 1, "--warmup", 0)
        for cpu in ((), ("--cpu", "ref")):
            report = json.loads(self.succeed(*options, *cpu, "--format", "json"))
            self.check_machine(report, self.succeed(*options, *cpu))
            ops = json.loads(self.succeed("audit", self.model, "--size", SIZE, *cpu, "--format", "json"))["ops"]
            sets = {op["function"].rsplit("_", 1)[-1] for op in ops if not op["view"]}
            self.assertEqual(set(report["kernels"].split(", ")), sets)
        self.assertEqual(report["kernels"], "ref")


def layer(op, kind, ms, macs, moved):
    return {"op": op, "name": f"model.{op}.conv", "kind": kind, "view": kind == "split", "median_ms": ms, "share": 0.25,
            "gflops": 2e-6 * macs / ms, "gbytes": 1e-6 * moved / ms, "macs": macs, "bytes": moved,
            "peak_share": 2e-8 * macs / ms,
            "limit": "FMA", "limit_share": 0.5, "kernel": "k"}


class Plot(unittest.TestCase):
    REPORT = {"model": "weights/some.v5l", "width": 320, "height": 256, "threads": 2, "median_ms": 1.5,
              "roofline": {"isa": "neon", "peak_gflops": {"ref": 20.0, "neon": 50.0}, "plausible": True,
                           "reads": [{"level": level, "bytes": 16384 << 4 * i, "gbytes": 100.0 / 2 ** i}
                                     for i, level in enumerate(LEVELS)]},
              "layers": [layer(0, "conv", 0.5, 9000000, 500000), layer(1, "split", 0.001, 0, 0),
                         layer(2, "maxpool", 0.1, 0, 80000),
                         layer(3, "dwconv", 0.1, 300000, 200000), layer(4, "novel", 0.2, 3000000, 200000)]}

    def setUp(self):
        empty = tempfile.TemporaryDirectory()
        self.addCleanup(empty.cleanup)
        self.directory = Path(empty.name)
        self.report = copy.deepcopy(self.REPORT)

    def plot(self, *arguments, stdin=None):
        """Returns exit status, output and errors of a run in the test's directory."""
        data = (json.dumps(self.report) if stdin is None else stdin).encode()
        out, error, here = io.StringIO(), io.StringIO(), os.getcwd()
        os.chdir(self.directory)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error), \
                 unittest.mock.patch("sys.stdin", io.TextIOWrapper(io.BytesIO(data))):
                status = plot.main([str(a) for a in arguments])
        finally:
            os.chdir(here)
        return status, out.getvalue(), error.getvalue()

    def files(self):
        return sorted(p.name for p in self.directory.iterdir())

    def draw(self, *arguments, **options):
        status, out, error = self.plot(*arguments, **options)
        self.assertEqual((status, out), (0, ""), error)

    def refuse(self, *arguments, says, **options):
        before = self.files()
        status, out, error = self.plot(*arguments, **options)
        self.assertEqual((status, out), (2, ""), error)
        self.assertRegex(error, r"\Aplot: .+: .+: .+\n\Z")
        self.assertIn(says, error)
        self.assertEqual(self.files(), before)

    @unittest.skipUnless(MATPLOTLIB, "matplotlib is not installed: install python3-matplotlib")
    def test_drawings_name_what_they_show(self):
        self.draw("--roofline", "r.svg", "--layers", "l.svg")
        self.assertEqual(self.files(), ["l.svg", "r.svg"])
        roofline, layers = ((self.directory / name).read_text() for name in self.files()[::-1])
        for words in ("some.v5l, 320x256, 2 threads, neon", "neon  100 GFLOP/s", "L1 (16 KB)  200 GB/s", "conv (1)",
                      "novel (1)",
                      "1 ops without multiply-accumulates"):
            self.assertIn(words, roofline)
        for words in ("model.0.conv", "model.2.conv", "36 % of peak", "maxpool (1)"):
            self.assertIn(words, layers)
        self.assertNotIn("model.1.conv", layers)

    @unittest.skipUnless(MATPLOTLIB, "matplotlib is not installed: install python3-matplotlib")
    def test_peaks_in_8_bits_are_roofs_too(self):
        self.report["roofline"]["derived"] = [{"limit": "int8", "set": "dot", "of": "neon", "factor": 4, "gops": 200.0}]
        self.draw("--roofline", "r.svg", "--layers", "l.svg")
        roofline, layers = ((self.directory / name).read_text() for name in self.files()[::-1])
        self.assertIn("dot int8  400 GOP/s (4 x neon)", roofline)
        self.assertIn("8 bits: GOP/s", roofline)
        self.assertIn("peak: 100 GFLOP/s, dot int8 400 GOP/s", layers)

    @unittest.skipUnless(MATPLOTLIB, "matplotlib is not installed: install python3-matplotlib")
    def test_labels_do_not_overlap(self):
        """Texts do not overlap, also with nearly equal roofs and slopes, many kinds and long names."""
        from matplotlib.text import Text
        plot.use_matplotlib()
        op = self.REPORT["layers"][0]
        self.report["layers"] = [dict(op, name=f"model.{i}." + "long" * (i % 7) * 10, kind=f"kind {i % 9} $x$",
                                      macs=op["macs"] * (i + 1),
                                      median_ms=op["median_ms"] / (i + 1)) for i in range(60)]
        roofline = self.report["roofline"]
        roofline["peak_gflops"] = {roofline["isa"]: 100, "avx2": 100.5, "avx512": 101, "ref": 99}
        roofline["reads"] = [dict(roofline["reads"][0], level=f"L{i}", gbytes=100 + i) for i in range(4)]
        roofline["derived"] = [{"limit": "int8", "set": name, "of": "avx512", "factor": 4 + i, "gops": 400 + i}
                               for i, name in enumerate(("avx512vnni", "avx2"))]
        self.report["model"] = "m" * 300
        for draw in (plot.draw_roofline, plot.draw_layers):
            figure = draw(plot.check(self.report))
            figure.canvas.draw()
            boxes = [(text.get_text(), text.get_window_extent()) for text in figure.findobj(Text)
                     if text.get_visible() and text.get_text().strip()]
            self.assertGreater(len(boxes), 20)
            for at, (name, box) in enumerate(boxes):
                for other, beside in boxes[:at]:
                    common = [min(box.x1, beside.x1) - max(box.x0, beside.x0),
                              min(box.y1, beside.y1) - max(box.y0, beside.y0)]
                    self.assertFalse(min(common) > 1, (draw.__name__, name, other, common))

    @unittest.skipUnless(MATPLOTLIB, "matplotlib is not installed: install python3-matplotlib")
    def test_foreign_names_are_drawn_as_they_are(self):
        for name, shown in (("$a_1$", "$a_1$"), (r"$\x$", r"$\x$"), (r"a\$b$c", r"a\$b$c"), ("_hidden", "_hidden"),
                            ("<b>&", "&lt;b&gt;&amp;"),
                            ("\u202etac\x9b\n", r"\u202etac\x9b\n"), ("\u4eba", "\u4eba")):
            with self.subTest(name=name):
                self.report["layers"][0].update(name=name, kind=name)
                self.report["model"] = name + ".v5l"
                self.draw("--roofline", "r.svg", "--layers", "l.svg")
                for file in ("r.svg", "l.svg"):
                    drawing = (self.directory / file).read_text()
                    self.assertIn(f"{shown} (1)", drawing)
                    self.assertIn(f"{shown}.v5l, 320x256", drawing)

    def test_reports_are_read_within_bounds(self):
        self.refuse("--layers", "l.svg", stdin="[" * 100000, says="nested")
        self.refuse("--layers", "l.svg", stdin='{"layers": ' + "9" * 100000 + "}", says="at most 19 digits")
        self.refuse("--layers", "l.svg",
                    stdin=json.dumps({**self.REPORT, "layers": self.REPORT["layers"] * plot.MAX_LAYERS}), says="layers")

    @unittest.skipUnless(MATPLOTLIB, "matplotlib is not installed: install python3-matplotlib")
    def test_png_from_a_file_replaces_an_older_one(self):
        (self.directory / "report.json").write_text(json.dumps(self.report))
        (self.directory / "l.PNG").write_text("older")
        self.draw("report.json", "--layers", "l.PNG", stdin="")
        self.assertEqual(self.files(), ["l.PNG", "report.json"])
        self.assertEqual((self.directory / "l.PNG").read_bytes()[:8], b"\x89PNG\r\n\x1a\n")

    @unittest.skipUnless(MATPLOTLIB, "matplotlib is not installed: install python3-matplotlib")
    def test_an_emulators_report_has_layers_but_no_roofline(self):
        self.report["roofline"]["plausible"] = False
        for op in self.report["layers"]:
            op.update(peak_share=None, limit=None, limit_share=None)
        self.draw("--layers", "l.svg")
        self.assertNotIn("of peak", (self.directory / "l.svg").read_text())
        self.refuse("--roofline", "r.svg", says="emulator")

    @unittest.skipUnless(MATPLOTLIB, "matplotlib is not installed: install python3-matplotlib")
    def test_places(self):
        self.refuse("--layers", "missing/l.svg", says="missing/l.svg")
        (self.directory / "folder.svg").mkdir()
        self.refuse("--layers", "folder.svg", says="folder.svg")

    def test_arguments(self):
        self.refuse(says="--roofline")
        self.refuse("--layers", "l.jpg", says="l.jpg")
        self.refuse("missing.json", "--layers", "l.svg", says="missing.json")

    def test_reports(self):
        for text, says in (("", "not JSON"), ("{", "not JSON"), ("[" * 100000, "not JSON"), ("\xff", "not JSON"),
                           ("[]", "layers"),
                           ("3", "bad report"), ('{"roofline": {}}', "--layers"), ('{"layers": []}', "no layers"),
                           ('{"layers": 3}', "bad report"), ('{"layers": [3]}', "bad report")):
            with self.subTest(text=text[:20]):
                self.refuse("--layers", "l.svg", stdin=text, says=says)
        for change in ({"threads": 0}, {"width": None}, {"median_ms": float("nan")}, {"roofline": {}},
                       {"roofline": None},
                       {"roofline": {**self.REPORT["roofline"], "peak_gflops": []}},
                       {"roofline": {**self.REPORT["roofline"], "isa": "avx2"}},
                       {"layers": [{**self.REPORT["layers"][0], "median_ms": float("inf")}]},
                       {"layers": [{**self.REPORT["layers"][0], "median_ms": 10 ** 400}]},
                       {"layers": [{**self.REPORT["layers"][0], "median_ms": 0}]},
                       {"layers": [{**self.REPORT["layers"][0], "macs": "many"}]}):
            with self.subTest(change=change):
                self.refuse("--layers", "l.svg", stdin=json.dumps({**self.REPORT, **change}), says="bad report")

    def test_without_matplotlib(self):
        done = subprocess.run([sys.executable, "-I", "-S", str(ROOT / "bench" / "plot.py"), "--layers", "l.svg"],
                              timeout=600,
                              input=json.dumps(self.report), cwd=self.directory, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r"\Aplot: matplotlib: .+: .+\n\Z")
        self.assertEqual(self.files(), [])


if __name__ == "__main__":
    unittest.main()
