# SPDX-License-Identifier: MIT
"""Tests of the network and the training in tools/train, where PyTorch is installed. From the repository's root:
V5LITE=build/v5lite python3 -m unittest discover -s tests/train"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import shlex
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools" / "train"), str(ROOT / "tools"), str(ROOT / "tests" / "train")]

from toy_digits import write_json  # noqa: E402

TORCH = importlib.util.find_spec("torch") is not None
PROGRAM = shlex.split(os.environ.get("RUN", "")) + [os.path.abspath(os.environ.get("V5LITE", ROOT / "build"
                                                                                   / "v5lite"))]

if TORCH:
    import torch

    import loss
    import train
    import training
    from models.yolo import WIDTHS, Model, Widths
    from png import png_bytes
    from scenes import Composer
    from start import Start
    from toy_digits import toy_digits
    from training import Run, Settings

    ANCHORS = [[(6, 9), (9, 6), (11, 14)], [(20, 14), (14, 25), (28, 30)], [(40, 50), (60, 40), (90, 100)]]

needs_torch = unittest.skipUnless(TORCH, "PyTorch is not installed: install python3-torch")


@needs_torch
class TestLoss(unittest.TestCase):
    def test_complete_iou_is_1_for_equal_boxes_and_negative_for_distant_ones(self) -> None:
        a = torch.tensor([[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 1.0, 1.0]])
        b = torch.tensor([[1.0, 2.0, 3.0, 4.0], [1.0, 0.0, 2.0, 2.0], [9.0, 9.0, 2.0, 1.0]])
        iou, complete = loss.complete_iou(a, b)
        np.testing.assert_allclose(iou, [1, 1 / 3, 0], atol=1e-5)
        # The second: centres 1 apart, the enclosing box 3 x 2, shapes equal.
        np.testing.assert_allclose(complete[:2], [1, 1 / 3 - 1 / 13], atol=1e-5)
        self.assertLess(complete[2], -0.5)

    def test_an_object_is_learned_at_its_cell_and_two_neighbours_by_anchors_of_like_size(self) -> None:
        targets = torch.tensor([[0, 5, 3.3, 2.8, 2.0, 2.0]])
        found = loss.match(targets, torch.tensor([[2.0, 3.0], [9.0, 2.0], [1.0, 1.0]]), 8, 8)
        self.assertEqual(sorted(zip(found.anchor.tolist(), found.x.tolist(), found.y.tolist())),
                         [(0, 2, 2), (0, 3, 2), (0, 3, 3), (2, 2, 2), (2, 3, 2), (2, 3, 3)])
        self.assertEqual(set(found.label.tolist()), {5})
        np.testing.assert_allclose(found.box[:, 0] + found.x, 3.3, atol=1e-5)
        np.testing.assert_allclose(found.box[:, 1] + found.y, 2.8, atol=1e-5)
        edge = loss.match(torch.tensor([[0, 5, 0.2, 7.9, 2.0, 2.0]]), torch.tensor([[2.0, 3.0]]), 8, 8)
        self.assertEqual(list(zip(edge.x.tolist(), edge.y.tolist())), [(0, 7)])  # the neighbours lie outside

    def test_pictures_without_objects_have_a_loss(self) -> None:
        model = Model(Widths(8, (16, 16, 16), 8, (1, 1, 1)), ["a"], ANCHORS)
        value, parts = loss.loss(model(torch.zeros(2, 3, 64, 64)), torch.zeros(0, 6), model.model[-1].anchors)
        self.assertTrue(torch.isfinite(value) and parts[1] > 0)
        self.assertEqual(parts[[0, 2]].tolist(), [0, 0])


@needs_torch
class TestExport(unittest.TestCase):
    @unittest.skipUnless(os.path.exists(PROGRAM[-1]), "the program is not built: make, or set V5LITE")
    def test_the_exported_network_computes_what_pytorch_does(self) -> None:
        torch.manual_seed(1)
        model = Model(Widths(8, (24, 32, 40), 16, (3, 2, 1)), ["a", "b", "c"], ANCHORS)
        for layer in model.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                for values, low, high in ((layer.weight, 0.8, 1.4), (layer.bias, -0.3, 0.3),
                                          (layer.running_mean, -0.2, 0.2), (layer.running_var, 0.5, 1.2)):
                    torch.nn.init.uniform_(values, low, high)
        picture = Composer(toy_digits(), 64, 1).scene(4).picture
        inputs = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
        with torch.no_grad():
            expected = model.eval()(inputs)
        with tempfile.TemporaryDirectory() as name:
            path = Path(name)
            torch.save({"model": model.to(memory_format=torch.channels_last)}, path / "model.pt")
            (path / "picture.png").write_bytes(png_bytes(picture))
            for form in ([], ["--literal"]):
                subprocess.run([sys.executable, str(ROOT / "tools" / "export.py"), "model.pt", "-o", "model.v5l",
                                *form],
                               cwd=path, check=True, stdout=subprocess.DEVNULL)
                subprocess.run([*PROGRAM, "audit", "model.v5l", "--size", "64", "--image", "picture.png", "--dump",
                                "dump"],
                               cwd=path, check=True, stdout=subprocess.DEVNULL)
                for stride, head in zip((8, 16, 32), expected):
                    ours = np.load(path / "dump" / f"head_s{stride}.npy")  # [y][x][anchor * outputs]
                    theirs = head[0].permute(1, 2, 0, 3).reshape(ours.shape)
                    np.testing.assert_allclose(ours, theirs, atol=1e-4)


@needs_torch
class TestTraining(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = Path(directory.name)
        write_json(self.path)
        for patch in (unittest.mock.patch.dict(WIDTHS, digits=Widths(8, (32, 32, 32), 32, (1, 1, 1))),
                      unittest.mock.patch.object(training, "VALIDATION_SCENES", 4)):
            patch.start()
            self.addCleanup(patch.stop)
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        self.addCleanup(torch.set_num_threads, threads)

    def settings(self, **changes: object) -> "Settings":
        plain = dict(data=None, digits=str(self.path), val=None, out=str(self.path / "out"), resume=False, weights=None,
                     choose_anchors=False, width="digits", size=64, enlarge=96, enlarged_epochs=1, epochs=2, batch=8,
                     rate=0.01, scenes=16, fresh=0,
                     no_mirror=False, seed=1, threads=1, ap_every=1)
        return Settings(**{**plain, **changes})

    def quietly(self, run: "Run") -> str:
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            run.run()
        return output.getvalue()

    def make(self, **changes: object) -> "Run":
        with contextlib.redirect_stdout(io.StringIO()):
            return Run(self.settings(**changes))

    def weights(self, name: str) -> list:
        state = torch.load(self.path / name / "best.pt")["model"].state_dict()
        return [value.numpy() for value in state.values()]

    def test_the_loss_of_few_pictures_goes_down(self) -> None:
        run = self.make(epochs=60, enlarge=None, ap_every=60)
        first = run.one_epoch()[0]
        self.quietly(run)
        last = run.one_epoch()[0]
        self.assertLess(last[0], 0.8 * first[0])  # boxes
        self.assertLess(last[2], 0.8 * first[2])  # classes

    def test_a_resumed_training_gives_the_same_network(self) -> None:
        self.quietly(self.make(out=str(self.path / "whole")))
        stopped = self.make(out=str(self.path / "parts"))
        stopped.save = self.save_once_then_stop(stopped)
        with self.assertRaises(KeyboardInterrupt):
            self.quietly(stopped)
        self.quietly(self.make(out=str(self.path / "parts"), resume=True))
        for whole, parts in zip(self.weights("whole"), self.weights("parts")):
            np.testing.assert_array_equal(whole, parts)

    def test_a_training_from_weights_starts_with_them_and_their_anchors(self) -> None:
        first = self.make()
        first.save(0.0)
        second = self.make(weights=str(self.path / "out" / "best.pt"), seed=2, out=str(self.path / "second"))
        for (name, mine), theirs in zip(second.model.state_dict().items(), first.average.model.state_dict().values()):
            np.testing.assert_array_equal(mine, theirs, name)
        # With other anchors, boxes have the same size as before.
        third = self.make(weights=str(self.path / "out" / "best.pt"), out=str(self.path / "third"), choose_anchors=True,
                          enlarge=192).model.model[-1]
        former = first.model.model[-1]
        self.assertGreater(float((third.anchors / former.anchors).log().abs().max()), 0.3)
        for level in range(3):
            change = (third.m[level].bias - former.m[level].bias).view(third.na, third.no)
            np.testing.assert_allclose(change[:, 2:4].detach(), -(third.anchors[level] / former.anchors[level]).log(),
                                       atol=1e-6)
            self.assertEqual(float(change[:, [0, 1, 4, 5]].abs().max()), 0)
        # A network of other classes takes all but the heads' convolutions.
        other = Model(Widths(8, (32, 32, 32), 32, (1, 1, 1)), ["a"], ANCHORS)
        heads = [conv.weight.clone() for conv in other.model[-1].m]
        said = Start(str(self.path / "out" / "best.pt")).give_to(other)
        self.assertRegex(said[0], r"\Afrom .*best\.pt: (\d+) of (\d+) tensors\Z")
        self.assertEqual(said[1:], [f"left out: model.21.m.{level}.{part}: 45{shape} there, 18{shape} here"
                                    for level in range(3) for part, shape in (("weight", "x32x1x1"), ("bias", ""))])
        for before, conv in zip(heads, other.model[-1].m):
            np.testing.assert_array_equal(before.detach(), conv.weight.detach())
        np.testing.assert_array_equal(other.model[0].conv[0].weight.detach(),
                                      first.model.model[0].conv[0].weight.detach())

    def aps(self, *values: object) -> object:
        """Replaces the measured AP, whatever the network."""
        return unittest.mock.patch.object(training, "average_precision",
                                          side_effect=[{"AP": ap, "AP50": ap} for ap in values])

    def best(self, name: str) -> tuple:
        kept = torch.load(self.path / name / "best.pt", weights_only=False)
        return kept["epoch"], kept["AP"], [value.numpy() for value in kept["model"].state_dict().values()]

    def test_the_best_network_is_that_of_the_highest_ap_and_the_last_is_the_last(self) -> None:
        run = self.make(epochs=4)
        with self.aps(0.1, 0.3, 0.2, 0.3):
            said = self.quietly(run)
        epoch, ap, weights = self.best("out")
        self.assertEqual((epoch, ap), (1, 0.3))
        last = torch.load(self.path / "out" / "last.pt", weights_only=False)
        self.assertEqual((last["epoch"], last["best"]), (3, (0.3, 1)))
        self.assertGreater(max(float(np.abs(a - b.numpy()).max()) for a,
                               b in zip(weights, last["ema"].state_dict().values())), 0)
        self.assertEqual([line.count("(best)") for line in said.splitlines()], [1, 1, 0, 0, 0])
        self.assertRegex(said.splitlines()[1],
                         r"\| validation \d\.\d{4} \d\.\d{4} \d\.\d{4} AP 0\.3000 AP50 0\.3000 \(best\) \|")
        self.assertEqual(said.splitlines()[-1], "best.pt: epoch 2, AP 0.3000")

    def test_a_resumed_training_keeps_the_best(self) -> None:
        stopped = self.make(epochs=3)
        stopped.save = self.save_once_then_stop(stopped)
        with self.aps(0.5), self.assertRaises(KeyboardInterrupt):
            self.quietly(stopped)
        first = self.best("out")
        with self.aps(0.4, 0.45):
            said = self.quietly(self.make(epochs=3, resume=True))
        again = self.best("out")
        self.assertEqual((first[:2], again[:2]), ((0, 0.5), (0, 0.5)))
        for a, b in zip(first[2], again[2]):
            np.testing.assert_array_equal(a, b)
        self.assertEqual(said.splitlines()[-1], "best.pt: epoch 1, AP 0.5000")

    def test_ap_is_measured_every_few_epochs_and_after_the_last(self) -> None:
        with self.aps(0.1, 0.2, 0.05) as measured:
            said = self.quietly(self.make(epochs=5, ap_every=2))
        self.assertEqual(measured.call_count, 3)
        self.assertEqual([" AP " in line for line in said.splitlines()[:5]], [False, True, False, True, True])
        self.assertEqual(self.best("out")[0], 3)

    def test_without_objects_to_find_the_last_network_is_taken_and_the_log_says_so(self) -> None:
        with unittest.mock.patch.object(training, "load_data", self.without_validation(training.load_data)):
            with contextlib.redirect_stdout(io.StringIO()) as said:
                run = Run(self.settings(epochs=2))
            self.assertIn("best.pt: the network of the last epoch, as there are no validation pictures (--val)\n",
                          said.getvalue())
            self.assertNotIn("AP", self.quietly(run))
        self.assertEqual(self.best("out")[:2], (1, None))

    @staticmethod
    def without_validation(load: object) -> object:
        def changed(settings: "Settings") -> tuple:
            data, _, names, variation = load(settings)
            return data, None, names, variation
        return changed

    def test_ap_is_what_evaluation_says_of_the_exported_network(self) -> None:
        """Compares the AP of training, on raw heads, with tools/eval.py and the C program on the same scenes
        as files.
        """
        if not os.path.exists(PROGRAM[-1]):
            self.skipTest("the program is not built: make, or set V5LITE")
        run = self.make(epochs=60, enlarge=None, ap_every=60)
        run.validation = run.data  # which it has learned
        run.truth = training.truth_of(run.data.labels, run.names, run.last_side())
        self.quietly(run)
        side = run.last_side()
        found = [rows for inputs, _ in training.in_order(run.validation, 5, side)
                 for rows in training.detect(run.average.model(inputs), run.average.model.model[-1].anchors, side)]
        ours = training.average_precision(run.truth, found)
        self.assertGreater(ours["AP50"], 0.05)
        data = self.path / "data"
        for part in ("images", "labels"):
            (data / part).mkdir(parents=True)
        for at, (picture, labels) in enumerate(zip(run.validation.pictures, run.validation.labels)):
            (data / "images" / f"{at:03}.png").write_bytes(png_bytes(picture))
            (data / "labels" / f"{at:03}.txt").write_text("".join(f"{l[0]:.0f} {l[1]:.8f} {l[2]:.8f} {l[3]:.8f} "
                                                                  f"{l[4]:.8f}\n" for l in labels))
        subprocess.run([sys.executable, str(ROOT / "tools" / "export.py"), str(self.path / "out" / "best.pt"), "-o",
                        str(self.path / "m.v5l")],
                       check=True, stdout=subprocess.DEVNULL)
        done = subprocess.run([sys.executable, str(ROOT / "tools" / "eval.py"), "--model", str(self.path / "m.v5l"),
                               "--size", str(side),
                               "--v5lite", PROGRAM[-1], "--images", str(data / "images"), "--labels",
                               str(data / "labels"), "--format", "json"],
                              check=True, capture_output=True)
        theirs = json.loads(done.stdout)["metrics"]
        for name in ("AP", "AP50", "AR100"):
            self.assertAlmostEqual(ours[name], theirs[name], delta=0.02, msg=name)

    @staticmethod
    def save_once_then_stop(run: "Run") -> object:
        save = run.save

        def stop(ap: object) -> None:
            save(ap)
            raise KeyboardInterrupt
        return stop

    def test_own_pictures_are_trained_on_and_exported(self) -> None:
        data = self.path / "data"
        for folder in ("images", "labels"):
            (data / folder).mkdir(parents=True)
        (data / "classes.txt").write_text("cup\nspoon\n")
        for number in range(4):
            picture = np.full((40, 80, 3), 30 * number, np.uint8)
            picture[10:30, 20:50] = 255
            (data / "images" / f"{number}.png").write_bytes(png_bytes(picture))
            (data / "labels" / f"{number}.txt").write_text(f"{number % 2} 0.4375 0.5 0.375 0.5\n")
        with contextlib.redirect_stdout(io.StringIO()) as output:
            status = train.main(["--data", str(data), "--val", str(data), "--out", str(self.path / "own"), "--size",
                                 "64",
                                 "--epochs", "1", "--batch", "4", "--width", "digits"])
        self.assertEqual((status, output.getvalue().count("| validation")), (0, 1))
        for name in ("best.pt", "last.pt"):
            done = subprocess.run([sys.executable, str(ROOT / "tools" / "export.py"), str(self.path / "own" / name),
                                   "-o",
                                   str(self.path / "own.v5l")], check=True, capture_output=True, text=True)
            self.assertIn("2 classes", done.stdout)

    def test_bad_input_is_one_line(self) -> None:
        (self.path / "own").mkdir()
        for arguments in (["--data", str(self.path), "--out", "x"], ["--digits", "/nowhere", "--out", "x"],
                          ["--out", "x"],
                          ["--digits", str(self.path), "--out", str(self.path / "own"), "--resume", "--scenes", "4",
                           "--size", "64"],
                          ["--digits", str(self.path), "--out", str(self.path / "own"), "--weights", "/nowhere.pt",
                           "--scenes", "4"],
                          ["--digits", str(self.path), "--out", str(self.path / "own"), "--weights",
                           str(self.path / "0.json"),
                           "--scenes", "4"],
                          ["--digits", str(self.path), "--out", "x", "--size", "100"],
                          ["--digits", str(self.path), "--out", "x", "--seed", "-1"]):
            error = io.StringIO()
            with contextlib.redirect_stderr(error):
                try:
                    status = train.main(arguments)
                except SystemExit as stopped:
                    status = stopped.code
            self.assertEqual((status, error.getvalue().count("\n")), (2, 1), error.getvalue())
            self.assertTrue(error.getvalue().startswith("train: "), error.getvalue())


if __name__ == "__main__":
    unittest.main()
