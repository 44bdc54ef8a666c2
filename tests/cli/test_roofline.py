# SPDX-License-Identifier: MIT
"""Output of bench_roofline and bench/limits.py. The figures depend on the machine and are not checked."""

import contextlib
import importlib.util
import io
import json
import shlex
import subprocess
import sys
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parents[2] / "bench")]
import limits  # noqa: E402
from program import PROGRAM, ROOT, SIZE, ProgramTest  # noqa: E402

ROOFLINE = PROGRAM[:-1] + [str(Path(PROGRAM[-1]).parent / "bench_roofline")]
MATPLOTLIB = importlib.util.find_spec("matplotlib") is not None
LEVELS = ["L1", "L2", "L3", "DRAM"]


class Roofline(ProgramTest):
    def roofline(self, *arguments, status=0):
        done = subprocess.run([*ROOFLINE, *arguments], capture_output=True, text=True, timeout=600, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stderr if status else done.stdout

    def limits(self, *arguments, status=0):
        """Returns standard output of bench/limits.py, or its message if it has to fail."""
        out, error = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            self.assertEqual(limits.main([str(a) for a in arguments]), status, error.getvalue())
        if status:
            self.assertRegex(error.getvalue(), r"\Alimits: .+: .+: .+\n\Z")
        return error.getvalue() if status else out.getvalue()

    def report(self, *options):
        """Returns the path of a report of `v5lite bench --layers`."""
        path = self.directory / "report.json"
        path.write_text(self.succeed("bench", "--model", self.model, "--size", SIZE, "--warmup", 1, "--runs", 5,
                                     "--layers",
                                     "--format", "json", *options))
        return path

    def test_json_has_sets_and_levels(self):
        report = json.loads(self.roofline("--json"))
        self.assertEqual(list(report), ["version", "compiler", "cpu", "kernels", "roofline"])
        roofline = report["roofline"]
        self.assertEqual(list(roofline), ["isa", "peak_gflops", "reads", "plausible"])
        self.assertEqual(next(iter(roofline["peak_gflops"])), "ref")
        self.assertEqual(list(roofline["peak_gflops"])[-1], roofline["isa"])
        self.assertTrue(all(gflops > 0 for gflops in roofline["peak_gflops"].values()))
        self.assertEqual([read["level"] for read in roofline["reads"]], LEVELS)
        sizes = [read["bytes"] for read in roofline["reads"]]
        self.assertEqual(sorted(sizes), sizes)
        self.assertTrue(all(read["gbytes"] > 0 for read in roofline["reads"]))
        self.assertIsInstance(roofline["plausible"], bool)

    def test_text_has_the_same_sets_and_levels(self):
        text = self.roofline()
        for word in ("v5lite ", "CPU: ", "GFLOP/s", "GB/s",
                     *json.loads(self.roofline("--json"))["roofline"]["peak_gflops"], *LEVELS):
            self.assertIn(word, text)

    def test_cpu_limits_the_instruction_sets(self):
        report = json.loads(self.roofline("--json", "--cpu", "ref"))
        self.assertEqual((report["kernels"], list(report["roofline"]["peak_gflops"])), ("ref", ["ref"]))

    def test_bad_arguments_are_refused(self):
        for arguments in (["--roof"], ["--cpu"], ["--cpu", "sse"], ["--json=1"], ["x"]):
            with self.subTest(arguments=arguments):
                self.assertRegex(self.roofline(*arguments, status=2), r"\Abench_roofline: .+: .+: expected .+\n\Z")

    def test_limits_follow_from_the_figures(self):
        for options in (["--threads", 1], ["--threads", 2], ["--cpu", "ref"]):
            with self.subTest(options=options):
                report = json.loads(self.limits(self.report(*options), "--program", self.program(), "--format", "json"))
                self.assertEqual(report["roofline"]["isa"] == "ref",
                                 options[0] == "--cpu" or report["kernels"] == "ref")
                for layer in report["layers"]:
                    self.check_layer(report, layer)

    def program(self):
        """Returns the path of a script that runs bench_roofline by $RUN."""
        path = self.directory / "bench_roofline"
        path.write_text(f"#!/bin/sh\nexec {shlex.join(ROOFLINE)} \"$@\"\n")
        path.chmod(0o755)
        return path

    def check_layer(self, report, layer):
        roofline, threads = report["roofline"], report["threads"]
        if layer["view"] or not roofline["plausible"]:
            self.assertEqual([layer[key] for key in ("peak_share", "limit", "limit_share")], [None] * 3)
            return
        self.assertEqual(roofline["derived"], [])
        peak = roofline["peak_gflops"][roofline["isa"]] * threads
        level = next((read for read in roofline["reads"] if read["bytes"] >= layer["bytes"]), roofline["reads"][-1])
        computing, moving = 2e-6 * layer["macs"] / peak, 1e-6 * layer["bytes"] / (level["gbytes"] * threads)
        self.assertEqual(layer["limit"], "FMA" if computing > moving else level["level"])
        self.assertAlmostEqual(layer["limit_share"] * layer["median_ms"], max(computing, moving))
        self.assertAlmostEqual(layer["peak_share"] * peak, layer["gflops"])

    def test_ops_in_8_and_16_bits_have_a_multiple_of_the_peak_in_floats(self):
        reads = [{"level": "L1", "bytes": 1 << 14, "gbytes": 1000}]
        for kernel, types, isa, limit, peak in (
                ("v5l_gemm_s8_6x64_avx512vnni", ("u8", "s8"), "avx512", "int8", 400),
                ("v5l_gemm_s8_6x64_avx512vnni", ("s8", "f32"), "avx2", "int8", 200),
                ("v5l_gemm_s8_6x8_avxvnni", ("s8", "s8"), "avx2", "int8", 200),
                ("v5l_gemm_s8_3x32_avx2", ("s8", "s8"), "avx512", "int8", 100),
                ("v5l_gemm_s8_ref", ("s8", "s8"), "ref", "FMA", 25),
                ("v5l_gemm_f32_8x24_avx2", ("f32", "f32"), "avx2", "FMA", 50),
                ("v5l_gemm_s8_8x8_dot", ("s8", "s8"), "neon", "int8", 40),
                ("v5l_gemm_s8_8x8_i8mm", ("s8", "s8"), "neon", "int8", 80),
                ("v5l_gemm_f16_fp16", ("f16", "f16"), "neon", "fp16", 20)):
            with self.subTest(kernel=kernel, isa=isa):
                peaks = {"ref": 25, "avx2": 50, "avx512": 100, "neon": 10}
                if isa == "avx2":
                    del peaks["avx512"]
                layer = {"kernel": kernel, "in_type": types[0], "out_type": types[1], "view": False, "median_ms": 1.0,
                         "macs": 10 ** 6, "bytes": 64, "gflops": 2.0}
                report = {"layers": [layer], "threads": 1}
                limits.add_limits(report, {"isa": isa, "peak_gflops": peaks, "reads": reads, "plausible": True})
                self.assertEqual(layer["limit"], limit)
                self.assertAlmostEqual(layer["peak_share"], 2 / peak)
                self.assertEqual([p["gops"] for p in report["roofline"]["derived"]], [] if limit == "FMA" else [peak])
                for text in [limits.text_of(p) for p in report["roofline"]["derived"]]:
                    self.assertIn(f"{limit}, {kernel.rpartition('_')[2]}: {peak}.0 GOP/s", text)

    def test_sets_of_integers_measure_the_set_that_they_include(self):
        for used, newest in (("avx512vnni, avx2", "avx512"), ("avxvnni", "avx2"), ("dot, neon", "neon"),
                             ("i8mm", "neon"), ("ref", "ref"), ("mve", "ref")):
            self.assertEqual(limits.newest_set({"kernels": used}), newest)

    def test_table_has_a_row_for_each_op_but_views(self):
        report = self.report()
        measured = self.directory / "roofline.json"
        measured.write_text(self.roofline("--json"))
        text = self.limits(report, "--measured", measured)
        self.assertRegex(text,
                         r"\n +0 +model\.0\.conv\.0 +conv +[\d.]+ +[\d.]+% +[\d.]+ +(\d+%|-)( +[\d.]+){2} "
                               r"(FMA|L\d|DRAM|-)")
        ops = [layer for layer in json.loads(report.read_text())["layers"] if not layer["view"]]
        plausible = json.loads(measured.read_text())["roofline"]["plausible"]
        self.assertEqual(len(text.splitlines()), len(ops) + (2 if plausible else 3))

    def test_an_emulator_has_no_limits(self):
        measured = json.loads(self.roofline("--json"))
        measured["roofline"]["plausible"] = False
        (self.directory / "roofline.json").write_text(json.dumps(measured))
        text = self.limits(self.report(), "--measured", self.directory / "roofline.json")
        self.assertIn("emulator", text)
        self.assertNotRegex(text, r" (FMA|L\d|DRAM) +\d+%")

    def test_bad_reports_are_refused(self):
        for text in ("", "[]", "{}", '{"layers": 3, "kernels": "ref"}',
                     '{"layers": [{}], "kernels": "ref", "threads": 1}'):
            with self.subTest(text=text):
                (self.directory / "bad.json").write_text(text)
                self.limits(self.directory / "bad.json", "--program", self.program(), status=2)
        self.assertIn("missing", self.limits(self.report(), "--program", self.directory / "missing", status=2))
        (self.directory / "bad.json").write_text('{"roofline": {"plausible": true}}')
        self.limits(self.report(), "--measured", self.directory / "bad.json", status=2)

    @unittest.skipUnless(MATPLOTLIB, "matplotlib is not installed: install python3-matplotlib")
    def test_report_can_be_drawn(self):
        (self.directory / "limits.json").write_text(self.limits(self.report(), "--program", self.program(), "--format",
                                                                "json"))
        subprocess.run([sys.executable, str(ROOT / "bench" / "plot.py"), "limits.json", "--layers", "l.svg"],
                       cwd=self.directory,
                       check=True, timeout=600)
        self.assertIn("model.0.conv.0", (self.directory / "l.svg").read_text())


if __name__ == "__main__":
    unittest.main()
