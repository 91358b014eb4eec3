"""A herd: look-alikes that stand so close around a composite's target that they touch it or hide its edge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .actor import Actor, Paths, make_actor
from .cutouts import CutoutPool
from .layer import Matrix

LARGEST = 8
"""Members of a herd at most, besides the target; at least two."""


def draw_herd(
    rng: np.random.Generator,
    paths: Paths,
    cutouts: CutoutPool,
    target: Actor,
    at: Matrix,
    scale: Matrix,
    angle: Matrix,
) -> tuple[tuple[Actor, ...], tuple[Actor, ...]]:
    """Draw the members of a herd.

    They stand on a ring around the target, in its own frame; at a distance of 1 two equal ones would just touch. Each
    goes its own slow way, one in five passes right by. Most are the target's own picture, in its colours.

    Args:
        rng: of everything.
        paths: of the clip, N + 1 steps.
        cutouts: to draw members from that are not the target's own picture.
        target: of the clip.
        at: (N + 1, 2) its centre, pixels.
        scale: (N + 1,) texels to pixels.
        angle: (N + 1,) its roll, rad.

    Returns:
        Those under the target and those above it.
    """
    size = np.array(target.cutout.box_xywh[2:])  # texels
    number = int(rng.integers(2, LARGEST + 1))
    bearings = rng.uniform(0, 2 * np.pi) + 2 * np.pi * (np.arange(number) + rng.uniform(-0.3, 0.3, number)) / number
    behind: list[Actor] = []
    before: list[Actor] = []
    for bearing in bearings:
        distance = rng.uniform(0.6, 1.4)
        passing = rng.normal(0, 1.5 if rng.random() < 0.2 else 0.3, 2) * paths.time[:, None]
        way = distance * np.array([np.cos(bearing), np.sin(bearing)]) + passing + paths.waves(rng.uniform(0, 0.1))
        across, down = (way * size * scale[:, None]).T
        cos, sin = np.cos(angle), np.sin(angle)
        offset = np.stack([cos * across - sin * down, sin * across + cos * down], axis=1)  # (N + 1, 2)
        cutout = target.cutout if rng.random() < 0.6 else cutouts.pick_like(rng, target.cutout)
        ratio = target.cutout.side / cutout.side * np.exp(rng.normal(0, 0.12))
        turned = angle + rng.normal(0, 0.1 if cutout.upright else 0.4)
        member = make_actor(rng, paths, cutout, at + offset, ratio * scale, turned)
        if rng.random() < 0.8:
            member = replace(member, colour=target.colour, pulled=True)
        (before if rng.random() < 0.25 else behind).append(member)
    return tuple(behind), tuple(before)
