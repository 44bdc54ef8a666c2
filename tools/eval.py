#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures the accuracy of a model on labelled pictures, or the difference of two: COCO's AP and AR.

The metric is the bbox protocol of pycocotools, implemented in evaluation/metric.py and matching.py;
evaluation/bootstrap.py has the intervals. PROTOCOL below, printed by --help, says what is counted and how. Python 3.9
or later and numpy.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import List, Optional, Tuple

from needs import numpy_or_exit

numpy_or_exit("eval")

from cli import LINE, SEED, Parser, run, whole  # noqa: E402
from evaluation import bootstrap, charts, confusion, files, labels, operating, report  # noqa: E402
from evaluation.classes import COCO_NAMES, Classes  # noqa: E402
from evaluation.detections import from_results  # noqa: E402
from evaluation.errors import EvalError  # noqa: E402
from evaluation.metric import evaluate
from evaluation.mirror import mirrored_pictures, mirrored_truth  # noqa: E402
from evaluation.pictures import Picture, image_ids, list_pictures  # noqa: E402
from evaluation.program import Program  # noqa: E402
from evaluation.reference import differences, pycocotools_metrics  # noqa: E402
from evaluation.truth import Truth, from_coco, from_yolo  # noqa: E402
from exporter.errors import one_line  # noqa: E402
from figures import NEEDS, FigureError, use_matplotlib  # noqa: E402
from fileio import check_outputs  # noqa: E402

DISAGREES = 1
COUNT = whole(1, 1000000, "count")
PROGRAM = Path(__file__).resolve().parents[1] / "build" / "v5lite"

LIMITS = f"""\
limits:
  A JSON file has at most {files.MAX_BYTES >> 20} MB unpacked, {files.MAX_PACKED} gzip members,
  {files.MAX_VALUES // 1000000} million values and integers of {files.MAX_DIGITS} digits;
  a label file {labels.MAX_FILE >> 20} MB; a picture {labels.MAX_OBJECTS} objects; --resamples times images
  {bootstrap.MAX_DRAWN // 1000000} million. Larger input is refused."""

PROTOCOL = f"""\
protocol:
  The bbox protocol of pycocotools (COCO's 2017 challenge): for IoU 0.50, 0.55 .. 0.95 each detection, by falling
  score, takes the free object of its image and class that it overlaps most; precision, made monotonic, is read at 101
  recalls. AP is the mean over thresholds and over classes that have objects; AP50 and AP75 are at one threshold. At
  most 100 detections an image and class count. Small, medium and large: areas up to 32 x 32, up to 96 x 96, and
  above; objects of other sizes are ignored, and so are detections of other sizes that found nothing. Crowds (iscrowd)
  are ignored: detections in them do not count. As in pycocotools, an object's "ignore" is not used.

thresholds:
  Precision, recall and F1 = 2 P R / (P + R) of the detections whose score is at least a threshold: found as for AP50
  (IoU {operating.IOU:.2f}, up to 100 detections an image and class), all classes together. JSON has them at 0.05,
  0.10 .. 0.95, and where F1 is highest. Confusion matrix: objects of each class by the class of the detection that
  found them, from IoU {confusion.IOU}, and background. By falling score, each detection first takes an object of its
  own class; the remaining detections then take objects of others. The best {confusion.MAX_DETECTIONS} detections of
  an image, {confusion.MAX_CLASSES} classes at most.

labels:
  A COCO instances file has areas (of the segmentation, where it is COCO's own) and crowds. Pictures are matched by
  "file_name" or, if an image has none, by the number in their name; a model's classes by name, those of results files
  by id. YOLO labels have neither areas nor crowds: an area is that of the box, and no object is a crowd. So AP by
  size, and on images with crowds every number, may differ between the two. A line of YOLO labels is class, centre x,
  centre y, width, height (and possibly a score, which is ignored), or class and the corners of a polygon, whose box
  counts. A picture without objects needs an empty NAME.txt (with --allow-missing, none).

models:
  Run with --multi-label --conf 0.001 --iou 0.6 --max-det 300, as YOLOv5-Lite's test.py does, but on a square
  letterbox (or --rect) at --size. Results files have the image ids of the instances file or, with YOLO labels, the
  last number in a picture's file name; if a name has none of at most 18 digits, 1, 2, 3 .. in the order of the names
  (as v5lite detect --format coco).

--mirror:
  AP on few pictures is noisy. The mirrored pictures give a second number; the mean of both is less noisy.

--compare:
  A paired bootstrap over images: each of --resamples draws takes as many images as there are, with replacement, and
  the APs of A and B on that same draw. The 95% interval of B - A lies between the 2.5th and 97.5th percentiles of the
  differences; sd is their standard deviation; "above 0" is the share of draws in which B is better. The same --seed
  gives the same draws.

{LIMITS}

exit status: 0; 1 if --check finds a difference; 2 with one line on stderr."""


def share(text: str) -> float:
    """Parses a number 0 .. 1."""
    if not re.fullmatch(r"[0-9]{0,20}\.?[0-9]{0,20}", text) or not any(map(str.isdigit, text)) or not float(text) <= 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 0 to 1")
    return float(text)


def parse(argv: Optional[List[str]]) -> argparse.Namespace:
    """Parses the command line."""
    parser = Parser(prog="eval.py", formatter_class=argparse.RawDescriptionHelpFormatter, epilog=PROTOCOL,
                     description="Measure detections against labels by COCO's bbox protocol: AP, AP50, AP75, AP by "
                                 "size, AR\n"
                                 "with 100 detections; for two models, also the difference and its interval.")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--model", metavar="M.v5l", help="run this model over --images")
    source.add_argument("--detections", metavar="FILE", help="evaluate a COCO results list (.json or .json.gz)")
    source.add_argument("--compare", nargs=2, metavar=("A", "B"),
                        help="compare two models (.v5l) or results files: both, their difference, and its interval")
    parser.add_argument("--images", metavar="DIR",
                        help="read the pictures from here; needed for models and for YOLO labels")
    parser.add_argument("--labels", metavar="DIR|FILE", required=True,
                        help="read YOLO labels, NAME.txt for each picture, or a COCO instances file (.json, .json.gz)")
    parser.add_argument("--allow-missing", action="store_true",
                        help="accept a picture without NAME.txt as one without objects (default: refuse it)")
    parser.add_argument("--coco-ids", action="store_true",
                        help="take category ids in the results files as COCO's (1 to 90), while YOLO labels number "
                             "classes 0 to 79")
    parser.add_argument("--size", default="320", metavar="N|WxH",
                        help="network input in pixels (default 320); with --compare also A,B")
    parser.add_argument("--mirror", action="store_true",
                        help="mirror pictures and labels left to right, for a second set of pictures")
    parser.add_argument("--rect", action="store_true", help="pad each picture as little as possible")
    parser.add_argument("--threads", type=COUNT, default=1, metavar="N", help="threads of the program (default 1)")
    parser.add_argument("--v5lite", default=os.environ.get("V5LITE") or str(PROGRAM), metavar="PATH",
                        help="program to run (default: $V5LITE, or build/v5lite)")
    parser.add_argument("--per-class", action="store_true", help="also print a table of the classes that have objects")
    parser.add_argument("--threshold", type=share, metavar="SCORE",
                        help="least score of detections in the confusion matrix, and in precision, recall and F1 of "
                             "classes, 0 .. 1 (default: where F1 is highest)")
    parser.add_argument("--confusion", action="store_true",
                        help="also print the confusion matrix (always in --format json)")
    parser.add_argument("--plot", metavar="DIR", help=f"also draw {', '.join(charts.FILES)}; needs {NEEDS}")
    parser.add_argument("--check", action="store_true",
                        help="also evaluate with pycocotools, if installed, and compare")
    parser.add_argument("--resamples", type=COUNT, default=1000, metavar="N",
                        help="draws of --compare's bootstrap (default 1000)")
    parser.add_argument("--seed", type=SEED, default=0, metavar="N", help="seed of --compare's bootstrap (default 0)")
    parser.add_argument("--format", choices=("text", "json"), default="text",
                        help="format of the report (default text)")
    arguments = parser.parse_args(argv)
    sides = 2 if arguments.compare else 1
    arguments.sizes = arguments.size.split(",")
    if len(arguments.sizes) not in (1, sides):
        parser.error(f"--size {arguments.size}: expected one size{', or two' if sides == 2 else ' without --compare'}")
    arguments.sizes *= sides // len(arguments.sizes)
    for name in ("check", "threshold", "confusion", "plot"):
        if getattr(arguments, name) not in (None, False) and arguments.compare:
            parser.error(f"--{name}: expected --model or --detections")
    return arguments


def is_model(path: str) -> bool:
    """Returns whether a source is a weights file, by its name; all others are results files."""
    return path.lower().endswith(".v5l")


def load_truth(arguments: argparse.Namespace, pictures: Optional[List[Picture]], classes: Classes,
               by_number: bool) -> Tuple[Truth, List[int]]:
    """Reads labels of either kind. Returns the truth and the image ids of the pictures. by_number: results files name
    pictures by number.
    """
    source = arguments.labels
    if source.lower().endswith((".json", ".json.gz")):
        return from_coco(source, pictures)
    if pictures is None:
        raise EvalError("usage", "--images", "expected with YOLO labels, whose boxes are fractions of the pictures")
    ids, without = image_ids(pictures) if by_number else (list(range(len(pictures))), None)
    truth = from_yolo(source, pictures, ids, classes, arguments.allow_missing)
    if without is not None:
        print(f"eval: images: {one_line(without)}: no number of at most 18 digits in this name, so the image ids of "
              f"results files are 1 to {len(ids)} in the order of the names", file=sys.stderr)
    return truth, ids


def class_lists(sources: List[str], models: List[bool], program: Program, coco_ids: bool) -> List[Classes]:
    """Returns the meaning of each source's category ids."""
    plain = Classes(COCO_NAMES if coco_ids else None)
    lists = [program.classes(s) if model else plain for s, model in zip(sources, models)]
    known = [c for c in lists if c.names is not None]
    if len(known) == 2 and known[0] != known[1]:
        first, second = known[0].names or (), known[1].names or ()
        if len(first) != len(second):
            raise EvalError("classes", sources[1],
                            f"expected {len(first)} classes as {sources[0]} has, found {len(second)}")
        at = next(i for i in range(len(first)) if first[i] != second[i])
        raise EvalError("classes", sources[1],
                        f'expected class {at} to be "{first[at]}" as in {sources[0]}, found "{second[at]}"')
    return known[:1] * len(lists) if known else lists


def prepare_plot(arguments: argparse.Namespace, sources: List[str]) -> None:
    """Checks before anything is read: matplotlib exists if charts are drawn, and no chart overwrites an input."""
    use_matplotlib()
    folders = [path for path in (arguments.images, arguments.labels) if path is not None]
    inside = [os.path.join(folder, name) for folder in folders if os.path.isdir(folder) for name in os.listdir(folder)]
    check_outputs([arguments.plot, *charts.paths(arguments.plot)], [*sources, *folders, *inside])


def evaluate_sources(arguments: argparse.Namespace) -> Tuple[Truth, List[report.Side]]:
    """Runs the models, reads the results files, and measures."""
    sources = arguments.compare or [arguments.model or arguments.detections]
    models = [arguments.model is not None or arguments.compare is not None and is_model(s) for s in sources]
    if any(models) and arguments.images is None:
        raise EvalError("usage", "--images", "expected with a model")
    if arguments.plot is not None:
        prepare_plot(arguments, sources)
    if arguments.mirror and not all(models):
        raise EvalError("usage", "--mirror", "expected models, not results files")
    programs = [Program(arguments.v5lite, size, arguments.rect, arguments.threads) for size in arguments.sizes]
    pictures = list_pictures(arguments.images) if arguments.images is not None else None
    classes = class_lists(sources, models, programs[0], arguments.coco_ids)
    truth, ids = load_truth(arguments, pictures, classes[0], not all(models))
    sides = []
    with tempfile.TemporaryDirectory() as folder:
        if arguments.mirror and pictures is not None:
            truth = mirrored_truth(truth, pictures, ids)
            pictures = mirrored_pictures(pictures, folder, arguments.v5lite)
        for source, model, names, program in zip(sources, models, classes, programs):
            results = (program.detect(source, pictures or [], ids, names) if model else
                       files.read_json(source, "detections"))
            found = from_results(results, truth, source, names if model else None)
            sides.append(report.Side(source, program.size if model else None, found, evaluate(truth, found)))
    return truth, sides


def measure(arguments: argparse.Namespace) -> int:
    """Measures, prints, and returns the exit status."""
    truth, sides = evaluate_sources(arguments)
    as_text = arguments.format == "text"
    if arguments.compare:
        first, second = sides
        interval = bootstrap.compare(first.result.matches, second.result.matches, len(truth.image_ids),
                                     arguments.resamples, arguments.seed)
        write = report.text_comparison if as_text else report.json_comparison
        print(write(truth, first, second, interval, arguments.resamples, arguments.seed, arguments.per_class))
        return 0
    reference = pycocotools_metrics(truth, sides[0].found) if arguments.check else None
    more = report.extras(truth, sides[0], arguments.threshold)
    if arguments.plot is not None:
        charts.draw(arguments.plot, truth, sides[0].result, more.matrix)
    if as_text:
        print(report.text(truth, sides[0], arguments.per_class, reference and reference.metrics, more,
                          arguments.confusion))
    else:
        print(report.as_json(truth, sides[0], arguments.per_class, reference and reference.metrics, more))
    different = differences(truth, sides[0].result, reference) if reference else []
    if not different:
        return 0
    print(f"eval: --check: pycocotools: expected the same numbers: {one_line('; '.join(different), LINE)}",
          file=sys.stderr)
    return DISAGREES


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the tool and returns its exit status."""
    return run("eval", lambda: measure(parse(argv)), EvalError, FigureError)


if __name__ == "__main__":
    sys.exit(main())
