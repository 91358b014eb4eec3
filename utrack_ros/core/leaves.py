"""Pictures that are drawn and look, to a network, as photographs do.

They are of dead leaves, discs and rectangles of all sizes that cover each other, as things in photographs do (Lee,
Mumford and Huang, "Occlusion models for natural images", IJCV 2001).
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

LEAVES = 1500
"""In each: hardly anything of the ground is left."""
SMALLEST = 1 / 42
"""Side of the smallest leaf, and the largest, as shares of the picture's."""
LARGEST = 1 / 2
STEEPNESS = 2.0
"""Of the distribution of sides: the share of leaves above a side falls with its square."""


def draw_leaves(side_px: int, count: int) -> npt.NDArray[np.uint8]:
    """Return so many pictures, (count, side, side, 3) uint8 RGB, the same each time."""
    return np.stack([_leaves(np.random.default_rng(seed), side_px) for seed in range(count)])


def _leaves(rng: np.random.Generator, side_px: int) -> npt.NDArray[np.uint8]:
    picture = np.zeros((side_px, side_px, 3), np.uint8)
    sizes = side_px * np.minimum(SMALLEST * (1 + rng.pareto(STEEPNESS, LEAVES)), LARGEST)
    places, shapes = side_px * rng.uniform(-0.08, 1.08, (LEAVES, 2)), rng.uniform(0.2, 1.0, LEAVES)
    turns, colours = rng.uniform(0.0, 180.0, LEAVES), rng.integers(0, 256, (LEAVES, 3))
    for number, (size, (x, y), shape, turn, colour) in enumerate(
        zip(sizes.tolist(), places.tolist(), shapes.tolist(), turns.tolist(), colours.tolist(), strict=True)
    ):
        if number % 2:
            cv2.circle(picture, (round(x), round(y)), round(size / 2), colour, cv2.FILLED, cv2.LINE_AA)
        else:
            corners = np.rint(cv2.boxPoints(((x, y), (size, size * shape), turn)))
            cv2.fillConvexPoly(picture, corners.astype(np.int32), colour, cv2.LINE_AA)
    return picture
