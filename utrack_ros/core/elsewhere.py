"""Pictures that hold nothing of any target, and how much a filter hears in them.

What was learnt where nothing is to be seen, of a covered lens or in thick fog, has hold of noise. It answers loudly to
whatever comes next, so that a box would be put on anything and called sure. That shows at once: in pictures that have
nothing to do with the target, the scores of such a filter vary twice to three times as much as those of a good one,
however large or strong the noise was (docs/adr/0015).

The pictures are of dead leaves, discs and rectangles of all sizes that cover each other, with the statistics of
photographs (Lee, Mumford and Huang, "Occlusion models for natural images", IJCV 2001).
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


def draw_elsewhere(side_px: int) -> npt.NDArray[np.uint8]:
    """Return the pictures, (COUNT, side, side, 3) uint8 RGB, the same each time."""
    return np.stack([_leaves(np.random.default_rng(seed), side_px) for seed in range(COUNT)])


@torch.inference_mode()
def look_elsewhere(network: Network, side_px: int) -> Tensor:
    """Return (COUNT, C, h, w) what a network says of the pictures, for a classifier to read; crops of this side."""
    return torch.cat([network(picture[None]).classifier for picture in draw_elsewhere(side_px)])


def loudness(scores: Tensor) -> float:
    """Return how much a filter hears: the mean standard deviation of (N, h, w) scores of N pictures."""
    return float(scores.flatten(1).std(dim=1, correction=0).mean())


def check_distinct(scores: Tensor, loudest: float) -> None:
    """Refuse a target whose filter hears too much.

    Args:
        scores: (N, h, w) of N pictures.
        loudest: most that a filter may hear; scores are about 0..1.

    Raises:
        BoxError: it hears more, or what is no number.
    """
    if not loudness(scores) <= loudest:
        expected, actual = "something to see in and around the box", "nothing that differs from any other picture"
        raise BoxError(expected, actual, "Pick the target when it is seen well.")


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
