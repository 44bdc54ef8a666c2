# SPDX-License-Identifier: MIT
"""Makes scenes with things that move, hide each other, enter and leave, and what a detector would see of them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Dict, List, Tuple

from track_measure import Box, Frames

WIDTH, HEIGHT = 1280, 720
Detection = Tuple[int, float, float, float, float, float]  # frame, left, top, width, height, score


@dataclass(frozen=True)
class Scene:
    """Parameters of a scene. sizes: width of a thing in pixels; shape: height / width; speed: sizes a second."""
    seed: int
    rate: int
    things: int
    sizes: Tuple[float, float]
    shape: Tuple[float, float]
    speed: Tuple[float, float]
    miss: float = 0.05  # probability that a thing in plain view is not detected, or with a low score
    alarms: float = 0.3  # false detections a frame
    noise: float = 0.03  # of boxes, in sizes
    frames: int = 300


PEOPLE = {"sizes": (25.0, 100.0), "shape": (2.0, 3.0), "speed": (0.5, 2.5)}
CARS = {"sizes": (60.0, 300.0), "shape": (0.5, 0.75), "speed": (0.3, 2.0)}
SMALL = {"sizes": (12.0, 40.0), "shape": (0.8, 1.3), "speed": (0.3, 2.0)}


class Thing:
    """Something that moves across the picture, mostly to one side."""

    def __init__(self, draw: random.Random, scene: Scene, number: int, inside: bool) -> None:
        self.number = number
        self.w = draw.uniform(*scene.sizes)
        self.h = self.w * draw.uniform(*scene.shape)
        self.speed = self.w * draw.uniform(*scene.speed)
        side = draw.choice([-1, 1])
        self.x = draw.uniform(0, WIDTH) if inside else (-self.w / 2 if side > 0 else WIDTH + self.w / 2)
        self.y = draw.uniform(0.1, 0.95) * HEIGHT
        self.vx, self.vy = side * self.speed, draw.gauss(0, 0.08) * self.speed
        self.zoom = draw.gauss(0, 0.03)
        self.score = draw.uniform(0.78, 0.95)

    def move(self, draw: random.Random, time: float) -> None:
        limit = 1.6 * self.speed
        self.vx = max(-limit, min(limit, self.vx + draw.gauss(0, 0.25) * self.speed * time**0.5))
        self.vy += draw.gauss(0, 0.06) * self.speed * time**0.5
        self.x += self.vx * time
        self.y += self.vy * time
        self.w *= 1 + self.zoom * time
        self.h *= 1 + self.zoom * time

    def box(self) -> Tuple[float, float, float, float]:
        """Returns the corners inside the picture."""
        return (max(self.x - self.w / 2, 0), max(self.y - self.h / 2, 0), min(self.x + self.w / 2, WIDTH),
                min(self.y + self.h / 2, HEIGHT))

    def is_here(self) -> bool:
        x0, y0, x1, y1 = self.box()
        return x1 > x0 and y1 > y0


def visible_part(thing: Thing, nearer: List[Thing]) -> float:
    """Returns the part of a thing that is inside the picture and not hidden by the worst of those before it."""
    x0, y0, x1, y1 = thing.box()
    hidden = 0.0
    for other in nearer:
        a0, b0, a1, b1 = other.box()
        hidden = max(hidden, max(min(x1, a1) - max(x0, a0), 0) * max(min(y1, b1) - max(y0, b0), 0))
    return ((x1 - x0) * (y1 - y0) - hidden) / (thing.w * thing.h)


def detect(draw: random.Random, scene: Scene, thing: Thing, visible: float) -> List[Tuple[float, ...]]:
    """Returns the box and score of a thing, or nothing."""
    missed = scene.miss if visible > 0.6 else 0.3 + scene.miss if visible > 0.35 else 0.9
    if visible < 0.1 or (draw.random() < missed and draw.random() > 0.35):
        return []
    score = thing.score + draw.gauss(0, 0.05)
    if visible < 0.6:
        score -= 0.1 + 0.9 * (0.6 - visible)
    if draw.random() < scene.miss:
        score -= draw.uniform(0.2, 0.6)
    x0, y0, x1, y1 = thing.box()
    spread = scene.noise * (1 if visible > 0.6 else 2)
    w, h = x1 - x0, y1 - y0
    x, y = (x0 + x1) / 2 + draw.gauss(0, spread) * w, (y0 + y1) / 2 + draw.gauss(0, spread) * h
    w, h = w * max(0.1, 1 + draw.gauss(0, 1.4 * spread)), h * max(0.1, 1 + draw.gauss(0, spread))
    return [(x - w / 2, y - h / 2, w, h, min(0.99, max(0.05, score)))]


def false_alarms(draw: random.Random, scene: Scene) -> List[Tuple[float, ...]]:
    """Returns boxes of nothing, mostly with low scores."""
    boxes = []
    for _ in range(int(scene.alarms + draw.random())):
        w = draw.uniform(20, 150)
        h = w * draw.uniform(0.5, 2.5)
        boxes.append((draw.uniform(0, WIDTH - w), draw.uniform(0, HEIGHT), w, h, min(0.99, draw.betavariate(1.5, 4))))
    return boxes


def make(scene: Scene) -> Tuple[Frames, List[Detection]]:
    """Returns the truth (things of which more than a quarter is visible) and the detections."""
    draw = random.Random(scene.seed)
    time = 1 / scene.rate
    things = [Thing(draw, scene, number, True) for number in range(1, scene.things + 1)]
    made = len(things)
    truth: Dict[int, List[Box]] = {}
    found: List[Detection] = []
    for frame in range(1, scene.frames + 1):
        if len(things) < scene.things and draw.random() < time + 0.02:
            made += 1
            things.append(Thing(draw, scene, made, False))
        for thing in things:
            thing.move(draw, time)
        things = sorted((thing for thing in things if thing.is_here()), key=lambda thing: -(thing.y + thing.h / 2))
        for index, thing in enumerate(things):
            visible = visible_part(thing, things[:index])
            x0, y0, x1, y1 = thing.box()
            if visible > 0.25:
                truth.setdefault(frame, []).append((thing.number, x0, y0, x1 - x0, y1 - y0))
            found += [(frame, *box) for box in detect(draw, scene, thing, visible)]
        found += [(frame, *box) for box in false_alarms(draw, scene)]
    return truth, found
