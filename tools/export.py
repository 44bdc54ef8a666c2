#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Exports a checkpoint (.pt) of YOLOv5-Lite (e, s, c, g) or YOLOv5 v5.0 to v7 to the weights file of v5lite (.v5l).

Needs Python 3.9 or later and numpy, not PyTorch. Executes nothing in the checkpoint.
"""

from __future__ import annotations

import argparse
import re
import sys
from typing import List, Optional

from needs import numpy_or_exit

numpy_or_exit("export")

from cli import LINE, Parser, run  # noqa: E402
from evaluation.errors import EvalError  # noqa: E402
from exporter.checkpoint import (MAX_FILE_BYTES, MAX_MEMBERS, MAX_MODULES, SLACK_BYTES, SLACK_ELEMENTS,  # noqa: E402
                                 Checkpoint)
from exporter.errors import ExportError, one_line  # noqa: E402
from exporter.graph import MAX_CHANNELS, MAX_OPS  # noqa: E402
from exporter.graph import MAX_WORK as MAX_GRAPH_WORK  # noqa: E402
from exporter.half import half_program  # noqa: E402
from exporter.int8 import DEFAULT_SIZE, check_opens, int8_program, pictures_of  # noqa: E402
from exporter.literal import literal_program  # noqa: E402
from exporter.modules import build_graph  # noqa: E402
from exporter.pickles import MAX_INTEGER_BYTES, MAX_PICKLE_BYTES, MAX_STEPS  # noqa: E402
from exporter.plan import planned_program  # noqa: E402
from exporter.pools import chained_pools  # noqa: E402
from exporter.program import Element, Program  # noqa: E402
from exporter.reader import program_of as read_program  # noqa: E402
from exporter.replay import check_replay  # noqa: E402
from exporter.report import layer_report  # noqa: E402
from exporter.rules import check_rules  # noqa: E402
from exporter.samples import FEWEST, MOST  # noqa: E402
from exporter.winograd import Size, check_size, takes_transform  # noqa: E402
from exporter.magic import MAGIC  # noqa: E402
from exporter.writer import file_bytes  # noqa: E402
from fileio import (check_outputs, check_places, is_standard_output, read_bytes, write_atomically,  # noqa: E402
                    write_together)


def export(source: str, target: str, literal: bool, size: Optional[Size] = None, fp16: bool = False) -> str:
    """Exports one file and returns the summary line. size: input whose Winograd weights are stored, or None.
    fp16: store half floats.
    """
    check_outputs([target], [source])
    checkpoint = Checkpoint(read_bytes(source, MAX_FILE_BYTES))
    program = program_of(checkpoint, literal)
    check_size(program, size)
    if fp16:
        program = half_program(program)
    data = file_bytes(program, checkpoint.sha256, size)
    write_atomically(target, data)
    return summary(target, program, len(data), size)


def program_of(checkpoint: Checkpoint, literal: bool) -> Program:
    """Returns the checked program of a checkpoint."""
    graph = build_graph(checkpoint)
    if not literal:
        graph = chained_pools(graph)
    program = literal_program(graph) if literal else planned_program(graph)
    check_rules(program)
    check_replay(program, graph)
    return program


def export_int8(arguments: argparse.Namespace) -> str:
    """Exports one file in 8 bits, prints warnings, and returns the summary line."""
    source, target, report = arguments.checkpoint, arguments.output, arguments.report
    pictures = pictures_of(arguments.images, arguments.size or DEFAULT_SIZE, arguments.engine)
    outputs = [target] if report is None else [target, report]
    check_outputs(outputs, [source, *pictures.sources])
    check_places(outputs)
    data = read_bytes(source, MAX_FILE_BYTES)
    if data.startswith(MAGIC):
        check_opens(pictures.engine, data)
        program, sha256 = read_program(data)
    else:
        checkpoint = Checkpoint(data)
        program, sha256 = program_of(checkpoint, arguments.literal), checkpoint.sha256
    check_size(program, pictures.size)
    quantised, warnings = int8_program(program, sha256, pictures)
    data = file_bytes(quantised, sha256)
    files = [(target, data)]
    if report is not None:
        files.append((report, layer_report(pictures, file_bytes(program, sha256), data).encode()))
    write_together(files)
    for warning in warnings:
        print(f"export: warning: {one_line(warning, LINE)}", file=sys.stderr)
    return summary(target, quantised, len(data), None)


def summary(target: str, program: Program, size: int, transformed_for: Optional[Size]) -> str:
    """Returns one line about the written file."""
    executed = sum(not op.view for op in program.ops)
    parameters = sum(op.weight.size + op.bias.size
                     for op in program.ops if op.weight is not None and op.bias is not None)
    classes = f"{len(program.class_names)} class{'es' if len(program.class_names) != 1 else ''}"
    heads = ", ".join(f"stride {h.info.stride} x {len(h.info.anchors)} anchors" for h in program.heads)
    count = sum(takes_transform(program, op, transformed_for) for op in program.ops)
    layout = f"weights of {count} convolutions transformed, " if transformed_for else ""
    if any(op.block is not None for op in program.ops):
        layout = "int8, "
    if any(tensor.type == Element.F16 for tensor in program.tensors):
        layout = "half floats, "
    return (f"{target}: {'planned' if program.form else 'literal'}, {executed} ops, {parameters} parameters, "
            f"{classes}, {len(program.heads)} heads ({heads}), {layout}{size} bytes")


def parse(argv: Optional[List[str]]) -> argparse.Namespace:
    """Parses the command line."""
    parser = Parser(
        prog="export.py",
        description="Export a checkpoint of YOLOv5-Lite (e, s, c, g) or YOLOv5 v5.0 to v7 to a v5lite weights file.",
        epilog="Classes, names, anchors and strides come from the checkpoint; BatchNorm, RepVGG's branches and Focus "
               "are folded in float64. A module of an unknown class is refused with its class and path. Limits: a file "
               f"of {MAX_FILE_BYTES >> 30} GiB; {MAX_MEMBERS} archive members, of twice its size and "
               f"{SLACK_BYTES >> 20} MiB in all; tensors of as many elements as it has bytes, and {SLACK_ELEMENTS}; a "
               f"pickle of {MAX_PICKLE_BYTES >> 20} MiB, {MAX_STEPS} opcodes and copied items, integers of "
               f"{MAX_INTEGER_BYTES} bytes; {MAX_MODULES} visits of modules; {MAX_OPS} operations, of {MAX_CHANNELS} "
               f"channels each and {MAX_GRAPH_WORK} in all. The output is a function of the checkpoint, the "
               "options and the pictures: the same bytes each time. Exit status: 0, or 2 with one line on stderr.")
    parser.add_argument("checkpoint", metavar="CHECKPOINT.pt",
                        help="checkpoint that the original saved (best.pt, last.pt, fp16 or fp32)")
    parser.add_argument("-o", "--output", metavar="MODEL.v5l", required=True,
                        help="file to write; replaced only if the export succeeds")
    parser.add_argument("--literal", action="store_true",
                        help="keep split, concat, shuffle, upsample and max pools as operations, module for module, to "
                             "compare with the original (default: fold them into spans and weight order, and make "
                             "large pools from small ones)")
    parser.add_argument("--layout", choices=["direct", "winograd"], default="direct",
                        help="winograd: store the transformed weights of the convolutions that use Winograd at --size "
                             "in the file, at 16/9 of the size, instead of in the net's memory; v5lite then refuses "
                             "--direct (default: direct)")
    parser.add_argument("--size", type=size_of, metavar="N|WxH",
                        help="with --layout winograd: the network input, in pixels, to prepare for; others work too. "
                             "With --int8: the input at which the pictures are run (default: 320)")
    parser.add_argument("--fp16", action="store_true",
                        help="store weights in half floats: half the size, nearly the same outputs. v5lite computes in "
                             "half floats, too, where the CPU can (AArch64 with FEAT_FP16)")
    int8 = parser.add_argument_group("8 bits")
    int8.add_argument("--int8", action="store_true",
                      help="store weights and activations in 8 bits, a quarter of the size; runs pictures through "
                           "v5lite to choose scales. The input may be a .v5l file, too")
    int8.add_argument("--images", metavar="DIR",
                      help=f"pictures that resemble those to come, without labels: the first {MOST} by name; "
                           f"{FEWEST} suffice")
    int8.add_argument("--engine", metavar="PROGRAM", default="",
                      help="the v5lite program (default: $V5LITE, or build/v5lite)")
    int8.add_argument("--report", metavar="FILE",
                      help="also write the error of each op against float32, as text; replaced only if the export "
                           "succeeds")
    arguments = parser.parse_args(argv)
    check_usage(parser, arguments)
    return arguments


def check_usage(parser: Parser, arguments: argparse.Namespace) -> None:
    """Refuses options that exclude each other."""
    winograd = arguments.layout == "winograd"
    if arguments.int8 and winograd:
        parser.error("--layout winograd with --int8: convolutions in 8 bits have no transform, expected one of them")
    if arguments.fp16 and (winograd or arguments.int8):
        parser.error(f"--fp16 with {'--layout winograd' if winograd else '--int8'}: expected one of them")
    if arguments.int8 and not arguments.images:
        parser.error("expected --images with --int8")
    for name in ("images", "engine", "report"):
        if not arguments.int8 and getattr(arguments, name):
            parser.error(f"--{name} without --int8")
    if not arguments.int8 and winograd != (arguments.size is not None):
        parser.error("expected --size with --layout winograd or --int8, and only there")


def size_of(text: str) -> Size:
    """Parses N or WxH into (width, height)."""
    match = re.fullmatch(r"([1-9]\d{0,3})(?:x([1-9]\d{0,3}))?", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text}: expected N or WxH, in pixels")
    return int(match[1]), int(match[2] or match[1])


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the tool and returns its exit status."""
    def work() -> None:
        arguments = parse(argv)
        try:
            line = (export_int8(arguments) if arguments.int8 else
                    export(arguments.checkpoint, arguments.output, arguments.literal, arguments.size, arguments.fp16))
        except ExportError as error:
            raise ExportError(arguments.checkpoint, str(error)) from None
        print(one_line(line, LINE), file=sys.stderr if is_standard_output(arguments.output) else sys.stdout)
    return run("export", work, ExportError, EvalError)


if __name__ == "__main__":
    sys.exit(main())
