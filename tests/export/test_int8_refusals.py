# SPDX-License-Identifier: MIT
"""export.py --int8: what it refuses and warns of, its report, and limits of the scales that it chooses."""

from __future__ import annotations

import contextlib
import errno
import io
import sys
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from int8_case import Int8Case, needs_engine, write_pictures  # noqa: E402
from interpreter import Model  # noqa: E402
from make_checkpoint import make  # noqa: E402

import export  # noqa: E402
from exporter.calibration import Calibrator  # noqa: E402
from exporter.checkpoint import Checkpoint  # noqa: E402
from exporter.errors import ExportError  # noqa: E402
from exporter.graph import Activation, Kind  # noqa: E402
from exporter.int8 import check_opens, pictures_of  # noqa: E402
from exporter.layout import grouped_columns  # noqa: E402
from exporter.modules import build_graph  # noqa: E402
from exporter.plan import planned_program  # noqa: E402
from exporter.program import Op, width  # noqa: E402
from exporter.quantise import Quantiser, Statistics, check_suits  # noqa: E402
from exporter.scales import chosen  # noqa: E402
from exporter.writer import file_bytes  # noqa: E402

CHECKPOINT = make("e", width=8)


class TestRefusals(Int8Case):
    """Bad input gives one line and no file."""

    def test_pictures(self) -> None:
        empty = self.folder / "empty"
        empty.mkdir()
        self.int8_refused(CHECKPOINT, "expected files named", "--images", str(empty))
        self.int8_refused(CHECKPOINT, "No such file", "--images", str(self.folder / "none"))
        self.pictures[2].write_bytes(b"P6\n64 64\n255\n")
        self.int8_refused(CHECKPOINT, "002.ppm")

    def test_engine(self) -> None:
        self.int8_refused(CHECKPOINT, "expected the v5lite program (make, or --engine PATH)", "--engine", "/no/v5lite")
        self.int8_refused(CHECKPOINT, "expected an archive", "--engine", "/bin/true")

    def test_an_engine_that_refuses_the_network(self) -> None:
        """One without 8 bits, say. The message has no name that the user does not know."""
        engine = self.folder / "engine"
        engine.write_text("#!/bin/sh\necho \"v5lite: bad model: $3: weights file: not built in\" >&2\nexit 2\n")
        engine.chmod(0o755)
        self.int8_refused(CHECKPOINT, "calibrate: v5lite: bad model: weights file: not built in\n", "--engine",
                          str(engine))

    def test_options(self) -> None:
        self.int8_refused(CHECKPOINT, "--layout winograd with --int8", "--layout", "winograd")
        self.int8_refused(CHECKPOINT, "expected multiples of 32", "--size", "48")
        for options, expected in ((("--int8",), "expected --images"), (("--images", "."), "--images without --int8"),
                                  (("--report", "r"), "--report without"), (("--engine", "e"), "--engine without")):
            done, _ = self.run_export(self.store(CHECKPOINT), *options)
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, rf"\Aexport: usage: .*{expected}[^\n]*\n\Z")

    def test_outputs_over_inputs(self) -> None:
        for report in (self.pictures[1], self.folder / "file.pt", self.folder / "out" / "model.v5l"):
            before = report.read_bytes() if report.exists() else b""
            self.int8_refused(CHECKPOINT, "expected another file", "--report", str(report))
            self.assertEqual(report.read_bytes() if report.exists() else b"", before)

    def test_places_that_cannot_be_written_are_found_before_the_pictures_are_run(self) -> None:
        for path in (self.folder / "missing" / "file", self.images, ""):
            for outputs in ((path, self.folder / "report"), (self.folder / "model", path)):
                error = io.StringIO()
                with contextlib.redirect_stderr(error):
                    status = export.main([str(self.store(CHECKPOINT)), "-o", str(outputs[0]), "--report",
                                          str(outputs[1]) or "./", "--int8", "--images", str(self.images), "--engine",
                                          "/bin/false"])
                self.assertEqual(status, 2)
                self.assertRegex(error.getvalue(), r"\Aexport: file: [^\n]+: expected (the name of a file|a folder)")

    def test_the_report_and_the_file_are_both_written_or_none(self) -> None:
        report, target = self.folder / "report", self.folder / "model"
        for kept, outputs in ((report, ("/dev/full", report)), (target, (target, "/dev/full"))):
            kept.write_bytes(b"old")
            error = io.StringIO()
            with contextlib.redirect_stderr(error):
                status = export.main([str(self.store(CHECKPOINT)), "-o", str(outputs[0]), "--report", str(outputs[1]),
                                      "--int8", "--images", str(self.images), "--size", "64"])
            self.assertEqual((status, error.getvalue()), (2, "export: file: /dev/full: No space left on device\n"))
            self.assertEqual(kept.read_bytes(), b"old")

    def test_a_full_folder_of_temporary_files_is_named(self) -> None:
        full = OSError(errno.ENOSPC, "No space left on device")
        with mock.patch("pathlib.Path.write_bytes", side_effect=full), \
                mock.patch("fileio.open", side_effect=lambda *_: open("/dev/full", "wb"), create=True):
            pictures = pictures_of(str(self.images), (64, 64), "")
            with self.assertRaisesRegex(OSError, "expected space for temporary files") as failed:
                Calibrator(pictures, mock.Mock()).statistics(bytes(9000), {}, 1)
        self.assertEqual(failed.exception.filename, tempfile.gettempdir())

    def test_weights_files(self) -> None:
        source = self.folder / "source.v5l"
        data = self.export(CHECKPOINT).data
        (self.folder / "out" / "model.v5l").unlink()
        source.write_bytes(data[:-1] + b"\1")
        self.int8_refused(source, "source.v5l: v5lite: weights file is damaged")
        for make_file, found in ((self.int8, "already in 8 bits"),
                                 (lambda made: self.export(made, "--fp16").data, "in half floats")):
            source.write_bytes(make_file(CHECKPOINT))
            (self.folder / "out" / "model.v5l").unlink()
            self.int8_refused(source, f"weights: {found}, expected a checkpoint or a .v5l file in float32")
        done, target = self.run_export(self.store(make("s", width=16)), "--layout", "winograd", "--size", "256")
        self.assertEqual(done.returncode, 0, done.stderr)
        target.replace(source)
        if any(op.flags & 4 for op in Model(source.read_bytes()).ops):
            self.int8_refused(source, "expected a file without --layout winograd")


class TestWarnings(Int8Case):
    """Unsuitable pictures give lines that state the consequence."""

    def warnings(self, count: int, **pictures: int) -> str:
        for path in self.images.iterdir():
            path.unlink()
        write_pictures(self.images, count, **pictures)
        done, _ = self.run_int8(CHECKPOINT)
        self.assertEqual(done.returncode, 0, done.stderr)
        for line in done.stderr.splitlines():
            self.assertRegex(line, r"\Aexport: warning: .*(AP|cut)")
        return done.stderr

    def test_none_for_enough_pictures(self) -> None:
        self.assertEqual(self.warnings(64), "")

    def test_few_gray_and_flat_pictures(self) -> None:
        self.assertIn("1 picture: expected 64 to 128", self.warnings(1))
        self.assertIn("3 pictures: expected 64 to 128", self.warnings(3))
        self.assertIn("all pictures are gray", self.warnings(3, colours=1))
        self.assertIn("3 of 3 pictures are nearly of one colour", self.warnings(3, contrast=2))


class TestReport(Int8Case):
    """--report has a line for each op that computes something."""

    def test_report(self) -> None:
        report = self.folder / "report.txt"
        model = Model(self.int8(CHECKPOINT, "--report", str(report)))
        lines = [line for line in report.read_text().splitlines() if not line.startswith("#")]
        rows = {line.split(maxsplit=8)[8]: line.split(maxsplit=8) for line in lines}
        self.assertEqual(list(rows), [model.name(op) for op in model.ops if not op.flags & 1])
        self.assertTrue(all(float(row[3]) > 5.0 for row in rows.values()), report.read_text())
        self.assertEqual([row[1] for row in list(rows.values())[-3:]], ["detect"] * 3)


class TestLimits(unittest.TestCase):
    """Files of any statistics keep the rules of the format."""

    def test_scales_of_dead_narrow_and_constant_channels(self) -> None:
        op = Op(Kind.CONV, "conv", ())
        low, high = np.array([0.0, 0.0, -1.0, 2.0, -3.0]), np.array([0.0, 255.0, 1.0, 2.0, -3.0])
        scales = chosen(op, low, high, np.zeros(5))
        self.assertEqual(scales.zero.tolist(), [-128, -128, 0, -128, 127])
        self.assertAlmostEqual(scales.scale[1], 258 * (255 / 258) ** 0.75 / 255, 5)
        self.assertAlmostEqual(scales.scale[0], 258 / 64 ** 0.75 / 255, 5)
        self.assertTrue((scales.scale[2:] > np.array([2.0, 2.0, 3.0]) / 255).all())

    def test_values_that_are_too_large(self) -> None:
        with self.assertRaisesRegex(ExportError, "conv: values up to 1e.09, expected smaller"):
            chosen(Op(Kind.CONV, "conv", ()), np.zeros(1), np.array([1e9]), np.zeros(1))

    def test_numbers_that_the_format_cannot_hold(self) -> None:
        """The loader would refuse the file."""
        program = planned_program(build_graph(Checkpoint(CHECKPOINT)))
        zeros = {index: (np.zeros(width(op.out)),) * 2 for index, op in enumerate(program.ops) if not op.view}
        means = {index: np.zeros((op.kernel[0] * op.kernel[1], width(op.a)))
                 for index, op in enumerate(program.ops) if op.weight is not None}
        for kind, change, expected in (
                (Kind.DETECT, lambda op: {"bias": op.bias * 0 - 1e30}, "weights and biases up to 1e.30, expected"),
                (Kind.DETECT, lambda op: {"weight": op.weight * 1e20}, "weights and biases up to .*, expected"),
                (Kind.ADD, lambda op: {"alpha": 1e28}, "a factor of 1e.28, expected"),
                (Kind.ADD, lambda op: {"alpha": -1e28}, "a factor of -1e.28, expected")):
            at = [op.kind for op in program.ops].index(kind)
            ops = list(program.ops)
            ops[at] = replace(ops[at], **change(ops[at]))
            with self.subTest(kind=kind), self.assertRaisesRegex(ExportError, f"{ops[at].name}: {expected}"):
                Quantiser(replace(program, ops=ops), Statistics(zeros, means)).run()

    def test_ops_that_mix_types(self) -> None:
        """The loader would refuse the file, after the pictures are run."""
        program = planned_program(build_graph(Checkpoint(CHECKPOINT)))
        check_suits(program)
        kinds, head = [op.kind for op in program.ops], program.whole(program.heads[0].tensor)
        conv, add, pool = (kinds.index(kind) for kind in (Kind.CONV, Kind.ADD, Kind.MAXPOOL))
        last = max(at for at, kind in enumerate(kinds) if kind == Kind.CONV)
        whole = program.whole(program.ops[last].a[0].tensor)
        for at, change, expected in (
                (last, {"a": (head,)}, "CONV mixes"), (last, {"a": (whole, head)}, "CONV mixes"),
                (conv, {"out": (whole, head)}, "CONV mixes"), (pool, {"a": (head,)}, "MAXPOOL mixes"),
                (pool, {"a": (program.whole(0),)}, "MAXPOOL mixes"), (add, {"b": (head,)}, "ADD mixes"),
                (kinds.index(Kind.DETECT), {"out": (whole,)}, "DETECT mixes"),
                (add, {"activation": Activation.SILU}, "ADD with SILU, expected none or RELU")):
            ops = list(program.ops)
            ops[at] = replace(ops[at], **change)
            with self.subTest(expected=expected), self.assertRaisesRegex(ExportError, f"{ops[at].name}: {expected}"):
                check_suits(replace(program, ops=ops))

    @needs_engine
    def test_files_of_any_ranges_are_accepted(self) -> None:
        for net in "esc":
            checkpoint = Checkpoint(make(net, width=8))
            program = planned_program(build_graph(checkpoint))
            engine = pictures_of(str(Path(__file__).resolve().parents[1] / "images"), (64, 64), "").engine
            for seed in range(4):
                random = np.random.RandomState(seed)
                spread = 10.0 ** random.uniform(-12, 7, len(program.ops))
                ranges = {index: (np.minimum(0.0, random.randn(width(op.out)) * scale) * (op.activation != 1),
                                  np.abs(random.randn(width(op.out)) * scale) * random.randint(0, 2, width(op.out)))
                          for index, (op, scale) in enumerate(zip(program.ops, spread)) if not op.view}
                means = {index: random.randn(op.kernel[0] * op.kernel[1], width(op.a))
                         for index, op in enumerate(program.ops) if op.weight is not None}
                with np.errstate(all="raise", under="ignore"):
                    quantised = Quantiser(program, Statistics(ranges, means)).run()
                check_opens(engine, file_bytes(quantised, checkpoint.sha256))

    def test_groups_of_segments(self) -> None:
        self.assertEqual(grouped_columns([3, 4]).tolist(), [0, 1, 2, -1, 3, 4, 5, 6])
        self.assertEqual(grouped_columns([5, 10]).tolist(),
                         [0, 1, 2, 3, -1, -1, -1, 4, 5, 6, 7, 8, 9, 10, 11, 12, -1, -1, 13, 14])


if __name__ == "__main__":
    unittest.main()
