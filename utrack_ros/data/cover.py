"""Something in front of the target: a piece of the same frame, from elsewhere, over a part of it."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from ..core.boxes import Box
from ..core.tracker import Image

SHARE = (0.2, 0.6)
"""How much of the target's width, or height, a bush covers, at the least and at the most."""

POSTS = 0.4
"""Share of posts; the rest are bushes."""


def cover(image: Image, box: Box, rng: np.random.Generator) -> Image:
    """Hide a part of a target, a tenth to three fifths, behind a post or behind a ragged bush.

    A post stands across the target; a bush reaches in from one side. What is seen there is cut from elsewhere in the
    frame, in another light. The target's box stays what it was: where the whole target is, seen or not.

    Args:
        image: (H, W, 3) uint8 RGB frame; not changed.
        box: (x, y, w, h) of the target, pixels.
        rng: of every choice.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    x, y, w, h = box
    sideways = bool(rng.random() < 0.5)
    along, across = (w, h) if sideways else (h, w)  # the target's length where it is cut, and where it is not
    share = float(rng.uniform(*SHARE))
    post = bool(rng.random() < POSTS)
    if post:
        half_along, half_across = 0.3 * share * along, float(rng.uniform(0.6, 1.5)) * across
        at_along, at_across = float(rng.uniform(0.1, 0.9)) * along, 0.5 * across
    else:
        half_along, half_across = float(rng.uniform(0.5, 1.0)) * along, float(rng.uniform(0.5, 1.0)) * across
        edge = share * along - half_along
        at_along = edge if rng.random() < 0.5 else along - edge
        at_across = float(rng.uniform(0.2, 0.8)) * across
    centre, half = (at_along, at_across), (half_along, half_across)
    if not sideways:
        centre, half = centre[::-1], half[::-1]
    return _put(image, (x + centre[0] - half[0], y + centre[1] - half[1], 2 * half[0], 2 * half[1]), not post, rng)


def _put(image: Image, place: Box, ragged: bool, rng: np.random.Generator) -> Image:
    """Return the image with a piece of itself over a place, as far as that lies in it."""
    height, width = image.shape[:2]
    left, top, size = math.floor(place[0]), math.floor(place[1]), (math.ceil(place[2]), math.ceil(place[3]))
    x0, y0, x1, y1 = max(0, left), max(0, top), min(width, left + size[0]), min(height, top + size[1])
    if x0 >= x1 or y0 >= y1:
        return image
    opacity = _ragged(size, rng) if ragged else np.ones(size[::-1], np.float32)
    opacity = opacity[y0 - top : y1 - top, x0 - left : x1 - left, None]
    covered = image.copy()
    there = covered[y0:y1, x0:x1].astype(np.float32)
    there += opacity * (_elsewhere(image, (x1 - x0, y1 - y0), rng) - there)
    covered[y0:y1, x0:x1] = np.clip(there + 0.5, 0, 255).astype(np.uint8)
    return covered


def _ragged(size: tuple[int, int], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return (H, W) opacity with an outline as of leaves: 1 in the middle, bays and gaps at the rim."""
    bays = cv2.resize(rng.standard_normal((7, 7)).astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    across = np.linspace(-1, 1, size[0], dtype=np.float32)[None]
    down = np.linspace(-1, 1, size[1], dtype=np.float32)[:, None]
    inside = 1.0 - across**4 - down**4
    return np.asarray(np.clip(4.0 * (inside + 0.35 * bays - 0.2) + 0.5, 0.0, 1.0), dtype=np.float32)


def _elsewhere(image: Image, size: tuple[int, int], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return (H, W, 3) of the frame at another place, in another light."""
    height, width = image.shape[:2]
    x, y = int(rng.integers(0, width - size[0] + 1)), int(rng.integers(0, height - size[1] + 1))
    light = np.exp(0.35 * rng.standard_normal() + 0.08 * rng.standard_normal(3)).astype(np.float32)
    return np.asarray(image[y : y + size[1], x : x + size[0]] * light, dtype=np.float32)
