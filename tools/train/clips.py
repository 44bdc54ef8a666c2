# SPDX-License-Identifier: MIT
"""Composes clips of digits that move in lanes over a still background, and the truth about them: where each digit is in
each frame, and which lines it crosses.

A clip depends on its arguments only. The digits are strokes of a pen, so nothing is downloaded.
"""

from __future__ import annotations

import math
from typing import Dict, Iterator, List, NamedTuple, Sequence, Tuple

import numpy as np

import draw

FPS = 25
PEN = 0.14  # width of the strokes, part of a digit's height
WIDE = 0.6  # width of a digit's strokes, the same

Box = Tuple[float, float, float, float]  # left, top, right, bottom in pixels
Points = List[Tuple[float, float]]
Line = Tuple[float, float, float, float]


def _arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> Points:
    """Points of an ellipse about (x, y), angles in degrees, clockwise from the right as y points down."""
    angles = [math.radians(start + (end - start) * i / 12) for i in range(13)]
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]


# Strokes in a unit square, y down. Without 0, 1 and 4: weights/digits.v5l takes those of
# such a pen for rings and lines.
DIGITS: Dict[int, Tuple[Points, ...]] = {
    2: (_arc(.5, .27, .45, .27, 190, 390) + [(0, 1), (1, 1)],),
    3: (_arc(.45, .25, .45, .25, 200, 440) + _arc(.45, .74, .55, .26, 280, 520),),
    5: ([(1, 0), (.15, 0), (.1, .45)] + _arc(.45, .7, .5, .3, 230, 490),),
    6: ([(.8, 0), (.25, .4)] + _arc(.5, .7, .48, .3, 200, 560),),
    7: ([(0, .03), (1, 0), (.4, 1)],),
    8: (_arc(.5, .25, .4, .25, 90, 450), _arc(.5, .75, .5, .25, -90, 270)),
    9: (_arc(.45, .28, .45, .28, 0, 360) + [(.85, .6), (.7, 1)],),
}


class Mover(NamedTuple):
    """A digit that moves straight. x, y: its centre in frame 0, and its step a frame, in pixels."""

    number: int
    height: float
    x: float
    y: float
    dx: float
    dy: float

    def strokes(self, frame: int) -> Iterator[Points]:
        """Yields its strokes in pixels of a frame."""
        left = self.x + self.dx * frame - self.height * WIDE / 2
        top = self.y + self.dy * frame - self.height / 2
        for stroke in DIGITS[self.number]:
            yield [(left + u * self.height * WIDE, top + v * self.height) for u, v in stroke]

    def box(self, frame: int) -> Box:
        """Returns the box around its ink in a frame, also outside the picture."""
        xs, ys = zip(*(point for stroke in self.strokes(frame) for point in stroke))
        pen = PEN * self.height / 2
        return min(xs) - pen, min(ys) - pen, max(xs) + pen, max(ys) + pen


class Clip:
    """Frames of digits in lanes, one above the other; digits of a lane keep their distance."""

    def __init__(self, width: int, height: int, frames: int, seed: int, lanes: int = 3) -> None:
        self.width, self.height, self.frames = width, height, frames
        random = np.random.default_rng(seed)
        small = 0.75 + 0.2 * (random.random((3, 3, 3), np.float32) - 0.5)
        self._background = draw.stretch(small, max(width, height))[:height, :width]
        self._colors = [0.35 * random.random(3, np.float32) for _ in range(lanes)]
        self.movers: List[Mover] = []
        self._lanes: List[int] = []
        numbers = random.permutation(list(DIGITS)).tolist()
        side = height / lanes
        for lane in range(lanes):
            forward = 1 if lane % 2 == 0 else -1
            path = width * random.uniform(0.36, 0.42)  # over the whole clip
            for place in (0.12, 0.46):  # from the edge where the lane starts
                start = width * (place if forward > 0 else 1 - place)
                self.movers.append(Mover(int(numbers.pop()), side * random.uniform(0.5, 0.65), start,
                                         side * (lane + 0.5), forward * path / max(frames - 1, 1), 0.0))
                self._lanes.append(lane)
                numbers = numbers or random.permutation(list(DIGITS)).tolist()

    def frame(self, index: int) -> np.ndarray:
        """Returns a frame, uint8 [height][width][3], R, G, B."""
        picture = self._background.copy()
        for mover, lane in zip(self.movers, self._lanes):
            for stroke in mover.strokes(index):
                draw.stroke(picture, stroke, PEN * mover.height, self._colors[lane])
        return np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)

    def truth(self) -> Dict[str, object]:
        """Returns all that is known of the clip, for JSON."""
        digits = [{"digit": m.number, "boxes": [[round(v, 2) for v in m.box(f)] for f in range(self.frames)]}
                  for m in self.movers]
        return {"width": self.width, "height": self.height, "fps": FPS, "frames": self.frames, "digits": digits}


def crossings(boxes: Sequence[Sequence[float]], line: Line) -> Tuple[int, int]:
    """Returns how often the middle of a box's lower edge crosses a line to its right, and to its left, as
    v5lite_track.h defines them. The path of the boxes has to be straight.
    """
    x0, y0, x1, y1 = line
    (ax, ay), (bx, by) = [((box[0] + box[2]) / 2, box[3]) for box in (boxes[0], boxes[-1])]

    def side(px: float, py: float) -> float:  # above 0: right of the line, as y points down
        return (x1 - x0) * (py - y0) - (y1 - y0) * (px - x0)

    before, after = side(ax, ay), side(bx, by)
    if before * after >= 0:
        return 0, 0
    share = before / (before - after)
    x, y = ax + share * (bx - ax), ay + share * (by - ay)
    along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2)
    if not 0 <= along <= 1:
        return 0, 0
    return (1, 0) if after > 0 else (0, 1)


def y4m(clip: Clip) -> Iterator[bytes]:
    """Yields a clip as y4m: 4:2:0, BT.601, limited range. Width and height have to be even."""
    yield b"YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 C420jpeg\n" % (clip.width, clip.height, FPS)
    for index in range(clip.frames):
        rgb = clip.frame(index).astype(np.float32)
        luma = rgb @ np.array([0.299, 0.587, 0.114], np.float32)
        cells = rgb.reshape(clip.height // 2, 2, clip.width // 2, 2, 3).mean((1, 3))
        middle = cells @ np.array([0.299, 0.587, 0.114], np.float32)
        planes = [16 + luma * (219 / 255)]
        planes += [128 + (cells[..., channel] - middle) * (112 / 255 / (1 - share))
                   for channel, share in ((2, 0.114), (0, 0.299))]
        yield b"FRAME\n" + b"".join(np.rint(plane).astype(np.uint8).tobytes() for plane in planes)
