# SPDX-License-Identifier: MIT
"""Trains: data, network, optimizer, averaged weights, checkpoints, and a line an epoch."""

from __future__ import annotations

import copy
import ctypes
import io
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Tuple, Union

import numpy as np
import torch
from torch import nn

import anchors
import dataset
import digits
from accuracy import average_precision, detect, truth_of
from batches import Variation, batches, in_order
from errors import TrainError
from fileio import check_outputs, write_atomically
from loss import loss
from models.yolo import STRIDES, WIDTHS, Model
from scenes import Composer
from start import Start

BEST, LAST = "best.pt", "last.pt"  # in the run folder
ANCHORS_PER_LEVEL = 3
ANCHOR_PICTURES = 1000  # enough to choose anchors from
VALIDATION_SCENES = 256
VALIDATION_SEED = 1 << 20  # differs from the seeds of training
WARM_UP, LAST_RATE = 0.03, 0.01  # share of all steps; share of the highest rate
WEIGHT_DECAY, CLIP = 0.02, 10.0
AVERAGE, AVERAGE_RAMP = 0.999, 500.0
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h


@dataclass(frozen=True)
class Settings:
    """The options of train.py."""

    data: Optional[str]
    digits: Optional[str]
    val: Optional[str]
    out: str
    resume: bool
    weights: Optional[str]
    choose_anchors: bool
    width: str
    size: int
    enlarge: Optional[int]
    enlarged_epochs: int
    epochs: int
    batch: int
    rate: float
    scenes: int
    fresh: int
    no_mirror: bool
    seed: int
    threads: Optional[int]
    ap_every: int


Data = Union[dataset.Scenes, dataset.Folder]


def load_data(s: Settings) -> Tuple[Data, Optional[Data], List[str], Variation]:
    """Returns the training set, the validation set, the class names, and how to augment pictures."""
    if s.digits is not None:
        everything = digits.load(s.digits)
        names = [str(number) for number in range(10)]
        composer = Composer(digits.split(everything, held_out=False), s.size, s.seed)
        data: Data = dataset.Scenes(composer, s.scenes, s.fresh)
        held_out = Composer(digits.split(everything, held_out=True), s.size, VALIDATION_SEED)
        validation: Optional[Data] = dataset.Scenes(held_out, VALIDATION_SCENES, VALIDATION_SCENES)
        variation = Variation(invert=True)
    else:
        assert s.data is not None
        names, validation = dataset.class_names(s.data), None
        data = dataset.Folder(s.data, s.size, len(names))
        variation = Variation(zoom=0.5, mirror=not s.no_mirror)
    if s.val is not None:
        validation = dataset.Folder(s.val, s.size, len(names))
    for where, part in ((s.data, data), (s.val, validation)):
        if isinstance(part, dataset.Folder) and part.without_area:
            print(f"{where}: {part.without_area} objects without area are left out", flush=True)
    return data, validation, names, variation


def check_out(s: Settings) -> None:
    """Refuses a run folder, or files in it, that would overwrite what the training reads. --resume continues from its
    own files.
    """
    out = Path(s.out)
    inputs = [path for directory in (s.data, s.val) if directory is not None for path in dataset.inputs(directory)]
    if s.digits is not None:
        inputs += [Path(s.digits), *digits.paths(s.digits)]
    if s.weights is not None and not s.resume:
        inputs.append(Path(s.weights))
    check_outputs([out, out / BEST, out / LAST], inputs)


class Average:
    """Weights averaged exponentially over the last steps: they generalise better than the last ones."""

    def __init__(self, model: Model) -> None:
        self.model, self.updates = copy.deepcopy(model).eval(), 0
        for parameter in self.model.parameters():
            parameter.requires_grad_(False)

    @torch.no_grad()
    def update(self, model: Model) -> None:
        """Moves towards the model's weights."""
        self.updates += 1
        share = AVERAGE * (1 - math.exp(-self.updates / AVERAGE_RAMP))  # forgets early weights soon
        mine = _tensors(self.model)
        torch._foreach_mul_(mine, share)
        torch._foreach_add_(mine, _tensors(model), alpha=1 - share)


def _tensors(model: Model) -> List[torch.Tensor]:
    """Returns the parameters and the statistics of BatchNorm."""
    return [t for t in (*model.parameters(), *model.buffers()) if t.dtype.is_floating_point]


def optimizer_of(model: Model, rate: float) -> torch.optim.Optimizer:
    """Returns AdamW. The weights of convolutions decay; BatchNorm and biases do not."""
    decaying = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decaying, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, foreach=True)


def rate_at(step: int, steps: int, highest: float) -> float:
    """Returns the learning rate: a linear warm-up, then a cosine decay."""
    warm_up = max(1, round(WARM_UP * steps))
    if step < warm_up:
        return highest * (step + 1) / warm_up
    along = (step - warm_up) / max(1, steps - warm_up)
    return highest * (LAST_RATE + (1 - LAST_RATE) * (1 + math.cos(math.pi * along)) / 2)


def save(path: Path, content: dict) -> None:
    """Writes a checkpoint, whole or not at all."""
    data = io.BytesIO()
    torch.save(content, data)
    write_atomically(path, data.getvalue())


class Run:
    """A training from its first to its last epoch."""

    def __init__(self, s: Settings) -> None:
        self.settings = s
        check_out(s)
        torch.manual_seed(s.seed)
        if s.threads is not None:
            torch.set_num_threads(s.threads)
        self.data, self.validation, self.names, self.variation = load_data(s)
        self.out, self.epoch = Path(s.out), 0
        self.out.mkdir(parents=True, exist_ok=True)
        state = self.load_state() if s.resume else None
        self.data.go_to(self.epoch)
        self.model = state["model"] if state else self.new_model()
        self.model = self.model.to(memory_format=torch.channels_last)
        self.average = Average(self.model)
        self.optimizer = optimizer_of(self.model, s.rate)
        if state:
            self.average.model, self.average.updates = state["ema"], state["updates"]
            self.optimizer.load_state_dict(state["optimizer"])
        self.best: Optional[Tuple[float, int]] = state.get("best") if state else None  # AP, and the epoch, from 0
        self.truth = None
        if self.validation is not None:
            self.validation.go_to(0)
            self.truth = truth_of(self.validation.labels, self.names, self.last_side())
        print(f"{BEST}: {self.what_decides()}", flush=True)

    def load_state(self) -> dict:
        """Returns the content of OUT/last.pt, and sets the next epoch."""
        path = self.out / LAST
        try:
            state = torch.load(path, map_location="cpu", weights_only=False)
            self.epoch = int(state["epoch"]) + 1
        except OSError as error:
            raise TrainError(str(path), f"{error.strerror}: expected the state of a training to resume") from None
        except Exception:  # unpickling may raise anything
            raise TrainError(str(path), "expected a file that train.py wrote") from None
        if state["names"] != self.names:
            raise TrainError(str(path), "has other classes")
        return state

    def new_model(self) -> Model:
        """Returns a network with anchors for this data, or with another's weights and anchors."""
        s = self.settings
        start = Start(s.weights) if s.weights is not None else None
        if start and not s.choose_anchors:
            chosen = start.anchors(len(STRIDES))
        else:
            boxes = dataset.sizes(self.data.labels[:ANCHOR_PICTURES], s.enlarge or s.size)
            chosen = anchors.choose(boxes, len(STRIDES), ANCHORS_PER_LEVEL, s.seed)
        print("anchors:", "; ".join(" ".join(f"{w:.0f},{h:.0f}" for w, h in level) for level in chosen), flush=True)
        model = Model(WIDTHS[s.width], self.names, chosen)
        print("parameters:", sum(p.numel() for p in model.parameters()), flush=True)
        if start:
            print("\n".join(start.give_to(model)), flush=True)
        return model

    def run(self) -> None:
        """Runs the remaining epochs."""
        while self.epoch < self.settings.epochs:
            started = time.monotonic()
            self.data.go_to(self.epoch)
            parts, count = self.one_epoch()
            line = (f"epoch {self.epoch + 1}/{self.settings.epochs}: box {parts[0]:.4f} objectness {parts[1]:.4f} "
                    f"class {parts[2]:.4f}")
            ap = None
            if self.validation is not None:
                lost, ap = self.validate()
                line += " | validation " + " ".join(f"{part:.4f}" for part in lost)
            if ap is not None:
                line += f" AP {ap['AP']:.4f} AP50 {ap['AP50']:.4f}" + (" (best)" if self.is_best(ap["AP"]) else "")
            print(f"{line} | {count} pictures, {time.monotonic() - started:.0f} s", flush=True)
            self.save(ap["AP"] if ap else None)
            self.epoch += 1
        if self.best is not None:
            print(f"{BEST}: epoch {self.best[1] + 1}, AP {self.best[0]:.4f}", flush=True)

    def measures_ap(self) -> bool:
        """Returns whether AP selects the best network: validation pictures have objects."""
        return self.truth is not None and len(self.truth.image) > 0

    def what_decides(self) -> str:
        """Returns which network best.pt is, for the log."""
        if self.validation is None:
            return "the network of the last epoch, as there are no validation pictures (--val)"
        if not self.measures_ap():
            return "the network of the last epoch, as no validation picture has an object"
        n = self.settings.ap_every
        every = "each epoch" if n == 1 else f"every {n} epochs and after the last"
        return (f"the network with the highest AP on {len(self.validation.pictures)} validation pictures at "
                f"{self.last_side()}, measured {every}")

    def is_best(self, ap: Optional[float]) -> bool:
        """Returns whether best.pt becomes this epoch's network."""
        return not self.measures_ap() or ap is not None and (self.best is None or ap > self.best[0])

    def last_side(self) -> int:
        """Returns the side of the network's input in the last epochs and in validation, so that epochs
        are comparable.
        """
        return self.settings.enlarge or self.settings.size

    def side(self) -> int:
        """Returns the side of the network's input in this epoch."""
        s = self.settings
        enlarged = s.enlarge is not None and self.epoch >= s.epochs - s.enlarged_epochs
        return s.enlarge if enlarged else s.size  # type: ignore[return-value]

    def one_epoch(self) -> Tuple[List[float], int]:
        """Returns the mean loss parts, and the number of pictures seen."""
        s = self.settings
        random = np.random.default_rng([s.seed, 1, self.epoch])
        per_epoch = max(1, len(self.data.pictures) // s.batch)
        total, count, pictures = torch.zeros(3), 0, 0
        self.model.train()
        for at, (inputs, targets) in enumerate(batches(self.data, s.batch, self.variation, random, self.side())):
            for group in self.optimizer.param_groups:
                group["lr"] = rate_at(self.epoch * per_epoch + at, s.epochs * per_epoch, s.rate)
            value, parts = loss(self.model(inputs), targets, self.model.model[-1].anchors)
            if not torch.isfinite(value):
                raise TrainError(f"epoch {self.epoch + 1}", "the loss is not a number: expected a smaller --rate to do")
            self.optimizer.zero_grad()
            value.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
            self.optimizer.step()
            self.average.update(self.model)
            total, count, pictures = total + parts, count + 1, pictures + len(inputs)
        return (total / count).tolist(), pictures

    @torch.no_grad()
    def validate(self) -> Tuple[List[float], Optional[Dict[str, Optional[float]]]]:
        """Returns the mean loss parts of the averaged network on validation pictures, not augmented, and metrics in
        epochs that measure AP.
        """
        assert self.validation is not None
        model, total, found = self.average.model, torch.zeros(3), []
        due = self.measures_ap() and ((self.epoch + 1) % self.settings.ap_every == 0
                                      or self.epoch + 1 == self.settings.epochs)
        for inputs, targets in in_order(self.validation, self.settings.batch, self.last_side()):
            raw = model(inputs)
            total += loss(raw, targets, model.model[-1].anchors)[1] * len(inputs)
            if due:
                found += detect(raw, model.model[-1].anchors, self.last_side())
        metrics = average_precision(self.truth, found) if due else None  # type: ignore[arg-type]
        return (total / len(self.validation.pictures)).tolist(), metrics

    def save(self, ap: Optional[float] = None) -> None:
        """Writes OUT/best.pt, the averaged network alone, if it is the best so far, and OUT/last.pt to resume from."""
        if self.is_best(ap):
            self.best = None if ap is None else (ap, self.epoch)
            average = copy.deepcopy(self.average.model).to(memory_format=torch.contiguous_format)
            save(self.out / BEST, {"epoch": self.epoch, "model": average, "ema": None, "AP": ap})
        save(self.out / LAST, {"epoch": self.epoch, "model": self.model, "ema": self.average.model, "names": self.names,
                               "updates": self.average.updates, "optimizer": self.optimizer.state_dict(),
                               "best": self.best})


def keep_memory() -> None:
    """Makes glibc reuse the pages of freed tensors: fresh pages from the system for each tensor can take longer than
    all arithmetic.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", lambda option, most: 0)
        mallopt(M_MMAP_THRESHOLD, 1 << 30)
        mallopt(M_TRIM_THRESHOLD, (1 << 31) - 1)


def train(settings: Settings) -> None:
    """Trains with the settings."""
    keep_memory()
    Run(settings).run()
