"""Pictures that show no target, and how much the answer to them varies.

What was learnt where nothing is to be seen, of a covered lens or in thick fog, has hold of noise, and finds its target
in whatever comes next. That shows at once: in pictures that have nothing to do with the target, the scores of such a
classifier vary two to three times as much as those of a good one (docs/adr/0015).

The pictures are of dead leaves, discs and rectangles of all sizes that cover each other, as things in photographs do
(Lee, Mumford and Huang, "Occlusion models for natural images", IJCV 2001).
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .errors import BoxError
from .network import Network

COUNT = 4
"""Pictures; the mean over fewer tells less well."""
LEAVES = 1500
"""In each: hardly anything of the ground is left."""
SMALLEST = 1 / 42
"""Side of the smallest leaf, and the largest, as shares of the picture's."""
LARGEST = 1 / 2
STEEPNESS = 2.0
"""Of the distribution of sides: the share of leaves above a side falls with its square."""


def draw_backgrounds(side_px: int, count: int = COUNT) -> npt.NDArray[np.uint8]:
    """Return so many pictures, (count, side, side, 3) uint8 RGB, the same each time."""
    return np.stack([_leaves(np.random.default_rng(seed), side_px) for seed in range(count)])


@torch.inference_mode()
def background_features(network: Network, side_px: int) -> Tensor:
    """Return (COUNT, C, h, w) what a network says of the pictures, for a classifier to read; crops of this side."""
    return torch.cat([network(picture[None]).classifier for picture in draw_backgrounds(side_px)])


def spread(scores: Tensor) -> float:
    """Return how much scores vary: the mean standard deviation within (N, h, w) maps of N pictures."""
    return float(scores.flatten(1).std(dim=1, correction=0).mean())


def check_distinct(scores: Tensor, most: float) -> None:
    """Refuse a target whose classifier answers too much to pictures without it.

    Scores that are no numbers pass: they say that the network failed, which is no fault of the target.

    Args:
        scores: (N, h, w) of N pictures.
        most: that they may vary.

    Raises:
        BoxError: they vary more.
    """
    if spread(scores) > most:
        expected, actual = "a target that differs from other pictures", "one that does not: noise, blur or low contrast"
        raise BoxError(expected, actual, "Pick it when it is seen well.")


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
