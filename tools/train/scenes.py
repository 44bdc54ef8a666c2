# SPDX-License-Identifier: MIT
"""Composes pictures with handwritten digits in them, and the boxes around the digits' ink.

A scene depends on (seed, index) and the digits only. It has a background of gradients, patches and text-like strokes;
up to nine digits or rows of digits, from 12 pixels to most of the picture, turned, slanted, in any colour that differs
from the background; then blur, light and noise. Boxes do not overlap.
"""

from __future__ import annotations

import math
from typing import List, NamedTuple, Optional, Tuple

import numpy as np

import draw
from digits import INK, Digits, crop_to_ink

SMALLEST = 12  # pixels, the longer side of a digit's box
LARGEST = 0.9  # of the picture's side
GAP = 2  # least distance between boxes, in pixels
TRIES = 12
MOST_GROUPS = 9  # single digits or rows of them in a scene

Box = Tuple[int, int, int, int]  # left, top, right, bottom in pixels, the last two exclusive


class Scene(NamedTuple):
    """A picture, uint8 [size][size][3], and its digits, float32 [count][5]: class, left, top, right, bottom
    in pixels.
    """

    picture: np.ndarray
    labels: np.ndarray


class Glyph(NamedTuple):
    """A digit to draw: coverage 0 .. 1 [h][w], cropped to its ink, so that the array is the box."""

    number: int
    coverage: np.ndarray


def glyph(picture: np.ndarray, number: int, size: float, angle: float, slant: float, aspect: float,
          weight: float, edge: float) -> Glyph:
    """Returns a digit's picture (uint8, 255 ink) turned by `angle` (radians), slanted, its longer side about `size`
    pixels.

    `weight` moves the outline (0.5 keeps it, less is bolder); `edge` is its steepness, 1 as scanned.
    """
    source = crop_to_ink(picture)
    height, width = source.shape
    scale = size / max(height - 2, width - 2)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    forward = turn @ np.array([[aspect, -slant], [0, 1]]) * scale  # (x, y) about the centre
    corners = forward @ np.array([[-width, width, -width, width], [-height, -height, height, height]]) / 2
    half_w, half_h = (int(math.ceil(value)) for value in corners.max(1))
    inverse = np.linalg.inv(forward).astype(np.float32)
    gx = np.arange(-half_w, half_w, dtype=np.float32)[None, :] + 0.5
    gy = np.arange(-half_h, half_h, dtype=np.float32)[:, None] + 0.5
    coverage = _sample(source, inverse[0, 0] * gx + inverse[0, 1] * gy + width / 2 - 0.5,
                       inverse[1, 0] * gx + inverse[1, 1] * gy + height / 2 - 0.5)
    bold = np.clip((coverage - weight) * edge + 0.5, 0, 1)
    if not (bold > INK).any():  # a hairline that the weight removed
        bold = coverage / coverage.max()
    ink = bold > INK
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    return Glyph(number, bold[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1])


def _sample(source: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Interpolates source [h][w] linearly at (x, y); 0 outside."""
    padded = np.pad(source, 1)
    x = np.clip(x + 1, 0, padded.shape[1] - 1.001)
    y = np.clip(y + 1, 0, padded.shape[0] - 1.001)
    left, top = x.astype(np.int32), y.astype(np.int32)
    fx, fy = x - left, y - top
    at = top * padded.shape[1] + left
    flat = padded.ravel()
    below = at + padded.shape[1]
    upper = flat[at] + fx * (flat[at + 1] - flat[at])
    lower = flat[below] + fx * (flat[below + 1] - flat[below])
    return upper + fy * (lower - upper)


class Composer:
    """Makes scenes of `size` x `size` pixels from the given digits."""

    def __init__(self, digits: Digits, size: int, seed: int) -> None:
        self._digits, self._size, self._seed = digits, size, seed

    def scene(self, index: int) -> Scene:
        """Returns scene number `index`."""
        return _Drawing(self._digits, self._size, np.random.default_rng([self._seed, index])).run()


class _Drawing:
    def __init__(self, digits: Digits, size: int, random: np.random.Generator) -> None:
        self.digits, self.size, self.random = digits, size, random
        self.picture = np.empty((0, 0, 3), np.float32)
        self.boxes: List[Box] = []
        self.numbers: List[int] = []

    def chance(self, probability: float) -> bool:
        return bool(self.random.random() < probability)

    def between(self, low: float, high: float) -> float:
        return float(self.random.uniform(low, high))

    def color(self) -> np.ndarray:
        """Returns a colour, often a gray one."""
        color = self.random.random(3, np.float32)
        return np.full(3, color[0], np.float32) if self.chance(0.3) else color

    def run(self) -> Scene:
        self.picture = self.background()
        for _ in range(self.random.integers(0, 9)):
            self.patch()
        for _ in range(self.random.integers(0, 3)):
            self.text()
        for _ in range(self.random.integers(0, MOST_GROUPS + 1)):
            self.row() if self.chance(0.15) else self.single()
        self.spoil()
        labels = np.array([(n, *box) for n, box in zip(self.numbers, self.boxes)], np.float32).reshape(-1, 5)
        return Scene(np.rint(np.clip(self.picture, 0, 1) * 255).astype(np.uint8), labels)

    # The background

    def background(self) -> np.ndarray:
        """Returns one colour, a gradient, or clouds."""
        kind = self.random.integers(0, 3)
        if kind == 0:
            return np.broadcast_to(self.color(), (self.size, self.size, 3)).astype(np.float32)
        cells = 2 if kind == 1 else int(self.random.integers(3, 16))
        spread = self.between(0.1, 1.0)
        small = self.color() + spread * (self.random.random((cells, cells, 3), np.float32) - 0.5)
        if self.chance(0.5):  # light and dark of one colour
            small = self.color() + (small - small.mean()).mean(-1, keepdims=True)
        return draw.stretch(small.astype(np.float32), self.size)

    def patch(self) -> None:
        """Draws a rectangle, an ellipse, a ring, a line or an open curve."""
        side, color = self.size, self.color()
        x, y = self.between(0, side), self.between(0, side)
        extent = math.exp(self.between(math.log(6), math.log(side / 2)))
        kind = self.random.integers(0, 5)
        if kind == 0:
            draw.rectangle(self.picture, int(x - extent / 2), int(y - extent / 2),
                           int(extent * self.between(0.3, 2)) + 1,
                           int(extent) + 1, self.between(0.3, 1), color)
        elif kind <= 2:
            # A ring as tall as wide resembles a zero: rings are flat.
            flat = self.between(0.4, 2) if kind == 1 else self.between(0.2, 0.5)
            draw.ellipse(self.picture, x, y, extent / 2, extent / 2 * flat, 0 if kind == 1 else self.between(1, 3),
                         color)
        elif kind == 3:
            angle = self.between(0.3, 1.27) * (1 if self.chance(0.5) else -1)  # upright lines resemble ones
            dx, dy = extent * math.cos(angle) * 2, extent * math.sin(angle) * 2
            draw.stroke(self.picture, [(x - dx, y - dy), (x + dx, y + dy)], self.between(1, 8), color)
        else:
            turns = self.random.uniform(-0.5, 0.5, (5, 2)) * extent
            draw.stroke(self.picture, np.cumsum(turns, 0) + [x, y], self.between(1, 5), color)

    def text(self) -> None:
        """Draws a word of letters."""
        size = math.exp(self.between(math.log(8), math.log(self.size / 4)))
        x, y, tilt = self.between(0, self.size * 0.8), self.between(0, self.size), self.between(-0.3, 0.3)
        color, pen = self.color(), size * self.between(0.06, 0.2)
        for _ in range(self.random.integers(1, 8)):
            for points in draw.LETTERS[self.random.integers(len(draw.LETTERS))]:
                draw.stroke(self.picture, [(x + size * 0.7 * u, y + size * v + tilt * size * u) for u, v in points],
                            pen, color)
            x, y = x + size * self.between(0.85, 1.0), y + tilt * size
            if x > self.size:
                break

    # Digits

    def glyph(self, size: float, angle: float) -> Glyph:
        number = int(self.random.integers(0, 10))
        pictures = self.digits[number]
        steepest = max(1.5, min(5.0, size / 16))  # enlarged outlines are blurred: sharpens most of them
        return glyph(pictures[self.random.integers(len(pictures))], number, size, angle, self.between(-0.2, 0.2),
                     self.between(0.75, 1.25), self.between(0.35, 0.6), self.between(1.0, steepest))

    def size_of_digit(self) -> float:
        return math.exp(self.between(math.log(SMALLEST + 1), math.log(self.size * LARGEST)))

    def single(self) -> None:
        for attempt in range(TRIES):
            made = self.glyph(max(self.size_of_digit() * 0.9 ** attempt, SMALLEST + 1), self.between(-0.4, 0.4))
            place = self.free_place([made], 0)
            if place is not None:
                self.put([made], [place])
                return

    def row(self) -> None:
        """Draws two to five digits of one size side by side."""
        count = int(self.random.integers(2, 6))
        size = math.exp(self.between(math.log(SMALLEST + 1), math.log(self.size / 4)))
        for attempt in range(TRIES):
            size = max(size * 0.85, SMALLEST + 1)
            angle = self.between(-0.15, 0.15)
            made = [self.glyph(size * self.between(0.9, 1.1), angle) for _ in range(count)]
            gap = max(GAP, int(size * self.between(0.05, 0.4)))
            place = self.free_place(made, gap)
            if place is None:
                continue
            places, x = [], place[0]
            for one in made:
                places.append((x, place[1] + (max(m.coverage.shape[0] for m in made) - one.coverage.shape[0]) // 2))
                x += one.coverage.shape[1] + gap
            self.put(made, places)
            return

    def free_place(self, made: List[Glyph], gap: int) -> Optional[Tuple[int, int]]:
        """Returns a corner for glyphs in a row, `gap` pixels apart, that overlap no digit; None if none was found."""
        width = sum(one.coverage.shape[1] for one in made) + gap * (len(made) - 1)
        height = max(one.coverage.shape[0] for one in made)
        if max(width, height) >= self.size or min(max(one.coverage.shape) for one in made) < SMALLEST:
            return None
        for _ in range(4):
            x, y = (int(self.random.integers(0, self.size - extent)) for extent in (width, height))
            if all(x - GAP >= right or x + width + GAP <= left or y - GAP >= bottom or y + height + GAP <= top
                   for left, top, right, bottom in self.boxes):
                return x, y
        return None

    def put(self, made: List[Glyph], places: List[Tuple[int, int]]) -> None:
        """Draws glyphs in one colour, some on a plate of their own."""
        boxes = [(x, y, x + one.coverage.shape[1], y + one.coverage.shape[0]) for one, (x, y) in zip(made, places)]
        left, top, right, bottom = (pick(values) for pick, values in zip((min, min, max, max), zip(*boxes)))
        if self.chance(0.2):
            margin = int(self.between(1, 2 + (bottom - top) / 4))
            draw.rectangle(self.picture, left - margin, top - margin, right - left + 2 * margin,
                           bottom - top + 2 * margin, self.between(0.6, 1), self.color())
        color = self.ink_color(self.picture[top:bottom, left:right])
        opacity = self.between(0.8, 1)
        for one, (x, y) in zip(made, places):
            draw.blend(self.picture, x, y, one.coverage * opacity, color)
        self.boxes += boxes
        self.numbers += [one.number for one in made]

    def ink_color(self, background: np.ndarray) -> np.ndarray:
        """Returns a colour whose lightness differs from most of the background."""
        light = background.mean((0, 1)).mean()
        need = self.between(0.15, 0.5)
        for _ in range(TRIES):
            color = self.color()
            if abs(color.mean() - light) > need:
                return color
        return np.full(3, 0.0 if light > 0.5 else 1.0, np.float32)

    # The camera

    def spoil(self) -> None:
        """Adds blur, light and noise."""
        smallest = min((max(r - x, b - y) for x, y, r, b in self.boxes), default=self.size)
        if self.chance(0.4):
            self.picture = draw.blur(self.picture, self.between(0.4, min(2.0, smallest / 20)))
        gain, offset = self.between(0.6, 1.2), self.between(-0.1, 0.15)
        self.picture = self.picture * gain + offset
        if self.chance(0.6):
            noise = self.random.standard_normal(self.picture.shape[:2] + (3 if self.chance(0.5) else 1,), np.float32)
            self.picture += noise * self.between(0.005, 0.07)
