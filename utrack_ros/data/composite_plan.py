"""Where everything in a composite is in every frame: camera, target, distractors, occluder, clutter."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .actor import Actor, Paths, make_actor, random_colour, shift, start_angle, turn
from .cutouts import Cutout, CutoutPool
from .herd import draw_herd
from .layer import Bend, Matrix

SIDE_PX = (12.0, 200.0)
"""Smallest and largest square root of the target's area in the middle of its path, pixels; log-uniform between."""
MAX_ENLARGEMENT = 2.0
"""A cut-out is not shown larger than this times its own size: it would be a blur."""


@dataclass(frozen=True)
class Plan:
    """All of one clip.

    Attributes:
        background: number in the pool.
        views: (N + 1, 3, 3) background to pixels, continuous.
        target: the target.
        behind: distractors and clutter, from the far to the near, under the target.
        before: what passes over the target.
        gains: (N,) light.
        shadow: ((dx, dy), strength, sigma) in target sides, or None.
        pull: how far the target's colours go to the background's, 0..1.
        soften_px: extra blur of the target's edge, pixels.
        coarser: levels below the one that the size asks for.
    """

    background: int
    views: Matrix
    target: Actor
    behind: tuple[Actor, ...]
    before: tuple[Actor, ...]
    gains: npt.NDArray[np.float64]
    shadow: tuple[tuple[float, float], float, float] | None
    pull: float
    soften_px: float
    coarser: int


def make_plan(
    rng: np.random.Generator,
    cutouts: CutoutPool,
    background: int,
    background_hw: tuple[int, int],
    size_hw: tuple[int, int],
    length: int,
    herds: float = 0.0,
) -> Plan:
    """Draw a clip's plan.

    Args:
        rng: of everything.
        cutouts: to draw from.
        background: its number.
        background_hw: its (height, width), texels.
        size_hw: (height, width) of the frames, pixels.
        length: number of frames N.
        herds: share of clips in which look-alikes crowd the target.
    """
    paths = Paths(rng, length + 1)
    cutout = cutouts.pick(rng)
    box = np.array(cutout.box_xywh)
    own_side = cutout.side
    largest = min(SIDE_PX[1], MAX_ENLARGEMENT * own_side, 0.7 * size_hw[0] * own_side / max(box[2:]))
    side = float(np.exp(rng.uniform(np.log(SIDE_PX[0]), np.log(max(largest, SIDE_PX[0])))))
    sides = np.clip(side * np.exp(rng.uniform(0.05, 0.4) * paths.wave()), *SIDE_PX)  # (N + 1,)
    scale = sides / own_side
    at = _walk(rng, paths, side * max(box[2:]) / own_side, size_hw)  # (N + 1, 2)
    views, roll = _views(rng, paths, at, background_hw, size_hw)
    angle = start_angle(rng, cutout) + roll + rng.choice([0.1, 0.5]) * paths.wave()
    target = make_actor(rng, paths, cutout, at, scale, angle, bent=rng.random() < 0.6)
    behind = []
    for _ in range(int(rng.integers(1, 5)) if rng.random() < 0.6 else 0):
        behind.append(_clutter(rng, cutouts.pick(rng), target, views, at, side))
    for _ in range(int(rng.choice(5, p=(0.35, 0.25, 0.2, 0.1, 0.1)))):
        behind.append(_distractor(rng, paths, cutouts, target, at, scale, angle, side))
    before = [_occluder(rng, paths, cutouts, cutout, at, box, scale)] if rng.random() < 0.45 else []
    shadow_at = rng.uniform(-0.4, 0.4, 2)
    shadow = ((float(shadow_at[0]), float(shadow_at[1])), float(rng.uniform(0.2, 0.6)), float(rng.uniform(0.02, 0.1)))
    plan = Plan(
        background,
        views,
        target,
        tuple(behind),
        tuple(before),
        gains=np.exp(rng.uniform(0, 0.3) * paths.wave()[:-1] + rng.uniform(-0.25, 0.15)),
        shadow=shadow if rng.random() < 0.35 else None,
        pull=float(rng.uniform(0, 0.5)),
        soften_px=float(rng.uniform(0.3, 0.9)) if rng.random() < 0.4 and side > 20 else 0.0,
        coarser=int(rng.random() < 0.25),
    )
    if not herds or rng.random() >= herds:
        return plan
    below, above = draw_herd(rng, paths, cutouts, target, at, scale, angle)
    return replace(plan, behind=plan.behind + below, before=plan.before + above)


def _walk(rng: np.random.Generator, paths: Paths, long_side: float, size_hw: tuple[int, int]) -> Matrix:
    """Return (N + 1, 2) centres of the target in the image; it may hang over the border in one clip of ten."""
    limit = np.array([size_hw[1], size_hw[0]], np.float64)
    margin = np.minimum((0.2 if rng.random() < 0.1 else 0.75) * long_side + 4, 0.45 * limit)
    reach = rng.uniform(0.02, 0.3) * limit
    free = rng.uniform(margin, limit - margin) + reach * paths.waves(1.0)
    shaken = free + rng.choice([0.0, 0.5, 2.0]) * rng.standard_normal(free.shape)
    return np.clip(shaken, margin, limit - margin)


def _views(
    rng: np.random.Generator, paths: Paths, at: Matrix, background_hw: tuple[int, int], size_hw: tuple[int, int]
) -> tuple[Matrix, Matrix]:
    """Return (N + 1, 3, 3) background to pixels, and the (N + 1,) roll of the camera since the start, rad."""
    limit, ground = np.array([size_hw[1], size_hw[0]]), np.array([background_hw[1], background_hw[0]])
    zoom = float(np.clip((limit / (ground * rng.uniform(0.35, 0.9))).max(), 0.2, 2.2))
    zooms = zoom * np.exp(rng.uniform(0, 0.2) * paths.wave())
    roll = rng.uniform(0, 0.25) * paths.wave()
    start = rng.normal(0, 0.06) if rng.random() < 0.7 else rng.uniform(-np.pi, np.pi)
    speed = np.exp(rng.uniform(np.log(0.2), np.log(8)))  # of the target over the ground, pixels a frame
    heading = rng.uniform(0, 2 * np.pi)
    way = speed / zoom * paths.count * paths.time[:, None] * [np.cos(heading), np.sin(heading)]
    under = ground * rng.uniform(0.3, 0.7, 2) + way + paths.waves(0.03 * min(ground))
    tilt = paths.waves(rng.uniform(0, 0.25)) / limit
    centre = shift(*(limit / 2))
    back = shift(*(-limit / 2))
    views = []
    for index in range(paths.count):
        lean = np.eye(3)
        lean[2, :2] = tilt[index]
        turned = turn(start + roll[index], zooms[index])
        views.append(centre @ lean @ back @ shift(*at[index]) @ turned @ shift(*-under[index]))
    return np.stack(views), roll


def _distractor(
    rng: np.random.Generator,
    paths: Paths,
    cutouts: CutoutPool,
    target: Actor,
    at: Matrix,
    scale: Matrix,
    angle: Matrix,
    side: float,
) -> Actor:
    """Return something of the target's kind that passes it, half the time in a colour of its own."""
    cutout = target.cutout if rng.random() < 0.5 else cutouts.pick_like(rng, target.cutout)
    own = cutout.side / target.cutout.side
    away = rng.uniform(0, 2 * np.pi)
    offset = side * rng.uniform(0.7, 2.5) * np.array([np.cos(away), np.sin(away)])
    way = side * rng.normal(0, 1.5, 2) * paths.time[:, None]
    ratio = np.exp(rng.normal(0, 0.2)) / own
    turned = angle + rng.normal(0, 0.15 if cutout.upright else 1.0)
    actor = make_actor(rng, paths, cutout, at + offset + way, ratio * scale, turned)
    alike = rng.random() < 0.5
    return Actor(actor.cutout, actor.matrices, actor.bends, target.colour if alike else actor.colour)


def _clutter(rng: np.random.Generator, cutout: Cutout, target: Actor, views: Matrix, at: Matrix, side: float) -> Actor:
    """Return a piece of something with a hard edge, lying on the ground near the target's way: a pasted edge alone."""
    middle = len(views) // 2
    near = at[middle] + rng.normal(0, rng.choice([1.0, 3.0]) * side, 2)
    box = np.array(cutout.box_xywh)
    size = side * np.exp(rng.uniform(-1.2, 0.7)) / cutout.side
    own = box[:2] + box[2:] / 2
    laid = shift(*near) @ turn(rng.uniform(0, 2 * np.pi), size) @ shift(*-own)
    on_ground = np.linalg.inv(views[middle]) @ laid
    direction = rng.uniform(0, 2 * np.pi)
    a, b = np.cos(direction), np.sin(direction)
    through = own + rng.uniform(-0.25, 0.25, 2) * box[2:]
    cut = (float(a), float(b), float(-a * through[0] - b * through[1]))
    colour = target.colour if rng.random() < 0.3 else random_colour(rng)
    return Actor(cutout, views @ on_ground, (Bend(),) * len(views), colour, cut)


def _occluder(
    rng: np.random.Generator, paths: Paths, cutouts: CutoutPool, like: Cutout, at: Matrix, box: Matrix, scale: Matrix
) -> Actor:
    """Return something smaller than the target that passes over it."""
    cutout = cutouts.pick_like(rng, like) if rng.random() < 0.4 else cutouts.pick(rng)
    size = np.array(cutout.box_xywh[2:])
    ratio = float((rng.uniform(0.35, 0.9) * box[2:] / size).min())
    heading = rng.uniform(0, 2 * np.pi)
    extent = scale.mean() * np.hypot(*box[2:])
    passing = (paths.time - rng.uniform(-0.4, 0.4))[:, None] * [np.cos(heading), np.sin(heading)]
    way = extent * rng.uniform(1.0, 4.0) * passing + extent * rng.normal(0, 0.2, 2)
    angle = np.full(paths.count, start_angle(rng, cutout))
    return make_actor(rng, paths, cutout, at + way, ratio * scale, angle)
