"""Views of the first frame to learn the target from: shifted, flipped, blurred, turned.

Kinds and amounts are ATOM's, which has two more blurs and four more angles: without them the first target is there
sooner, and 50 sequences of drone footage were tracked no worse. Order and seed are fixed, so runs repeat exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .crop import Window, cut
from .tracker import Image

SHIFT = 0.3
"""Shift of the four shifted views, as a share of the crop's side."""
JITTER = 1 / 6
"""Largest random shift of the flipped, blurred and turned views, as a share of the crop's side."""
BLURS_XY = ((2.0, 0.2), (0.2, 2.0), (2.0, 2.0))
"""Gaussian sigmas of the blurred views, crop pixels."""
ANGLES_DEG = (5, -5, 15, -15, 30, -30, 60, -60)


@dataclass(frozen=True)
class View:
    """One picture of the target.

    Attributes:
        image: (S, S, 3) uint8 crop.
        offset_xy: the target's centre minus the crop's centre, crop pixels.
    """

    image: Image
    offset_xy: tuple[float, float]


def first_frame_views(image: Image, window: Window, rng: np.random.Generator) -> list[View]:
    """Return 17 views of the target at the window's centre; the first is the plain crop.

    Args:
        image: (H, W, 3) uint8 frame.
        window: search window centred on the target.
        rng: source of the random shifts.
    """
    size = window.size_px
    wide = cut(image, Window(window.centre_xy, 2 * window.side, 2 * size))
    views = [View(cut(image, window), (0.0, 0.0))]
    for sign_x, sign_y in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        views.append(_view(wide, size, (sign_x * SHIFT * size, sign_y * SHIFT * size)))

    def jitter() -> tuple[float, float]:
        dx, dy = rng.uniform(-JITTER, JITTER, 2) * size
        return (float(dx), float(dy))

    views.append(_view(np.asarray(cv2.flip(wide, 1), dtype=np.uint8), size, jitter()))
    for sigma_x, sigma_y in BLURS_XY:
        blurred = cv2.GaussianBlur(wide, (0, 0), sigmaX=sigma_x, sigmaY=sigma_y)
        views.append(_view(np.asarray(blurred, dtype=np.uint8), size, jitter()))
    for angle in ANGLES_DEG:
        views.append(_view(wide, size, jitter(), angle))
    return views


def _view(wide: Image, size: int, offset_xy: tuple[float, float], angle_deg: float = 0.0) -> View:
    """Turn the double-sized crop about its centre, move the target by the offset, cut the middle."""
    middle = wide.shape[0] / 2 - 0.5
    matrix = cv2.getRotationMatrix2D((middle, middle), angle_deg, 1.0)
    matrix[:, 2] += np.array(offset_xy) - (wide.shape[0] - size) / 2
    turned = cv2.warpAffine(
        wide,
        matrix,
        (size, size),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return View(np.asarray(turned, dtype=np.uint8), offset_xy)
