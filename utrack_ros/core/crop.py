"""Cut the square search window out of a frame, and map its coordinates back.

Memory is bounded by the frame and the output, whatever the window: no padded copy of the frame is
ever made. Outside the frame the border pixels repeat.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from .boxes import Box
from .tracker import Image

GRID_PX, SIDE_STEP = 0.125, 1.005
"""Where a window may be: its centre, pixels of the frame, and the ratio of its next larger side to its side."""

ONE_COLOUR_LEVELS = 2
"""Of 256: by so much parts of one colour may differ."""
PARTS = 15
"""Of a crop's side; an odd number, so that a small target, which is in the middle, does not lie on four of them."""


@dataclass(frozen=True)
class Window:
    """A square of the frame, seen as `size_px` x `size_px` pixels.

    Attributes:
        centre_xy: centre in the frame, continuous pixels.
        side: side in the frame, pixels.
        size_px: side of the crop, pixels.
    """

    centre_xy: tuple[float, float]
    side: float
    size_px: int

    @classmethod
    def near(cls, centre_xy: tuple[float, float], side: float, size_px: int) -> Window:
        """Return the nearest window of a grid.

        Boxes that differ in a last digit, as those of two engines do, then have the very same crop. Cut a hundred
        thousandth of a pixel aside, some of its values are rounded otherwise; a tracker that feeds on its own boxes
        makes a pixel of that within ten frames (docs/adr/0014).

        Args:
            centre_xy: wanted centre in the frame, continuous pixels.
            side: wanted side in the frame, pixels, above 0.
            size_px: side of the crop, pixels.
        """
        x, y = (GRID_PX * round(middle / GRID_PX) for middle in centre_xy)
        return cls((x, y), SIDE_STEP ** round(math.log(side, SIDE_STEP)), size_px)

    @property
    def scale(self) -> float:
        """Frame pixels per crop pixel."""
        return self.side / self.size_px

    @property
    def box_xywh(self) -> Box:
        """The square as (x, y, width, height), pixels of the frame."""
        return (self.centre_xy[0] - self.side / 2, self.centre_xy[1] - self.side / 2, self.side, self.side)

    def to_frame(self, xy: tuple[float, float]) -> tuple[float, float]:
        """Map a point of the crop to the frame; both continuous, origin at the corner."""
        half = self.size_px / 2
        return (
            self.centre_xy[0] + (xy[0] - half) * self.scale,
            self.centre_xy[1] + (xy[1] - half) * self.scale,
        )

    def to_crop(self, xy: tuple[float, float]) -> tuple[float, float]:
        """Map a point of the frame to the crop; both continuous, origin at the corner."""
        half = self.size_px / 2
        return (
            half + (xy[0] - self.centre_xy[0]) / self.scale,
            half + (xy[1] - self.centre_xy[1]) / self.scale,
        )

    def box_to_crop(self, box_xywh: Box) -> Box:
        """Map an (x, y, width, height) box of the frame to the crop; both continuous, origin at the corner."""
        x, y, w, h = box_xywh
        left, top = (middle - self.side / 2 for middle in self.centre_xy)
        return ((x - left) / self.scale, (y - top) / self.scale, w / self.scale, h / self.scale)

    def box_to_frame(self, box_xywh: Sequence[float]) -> Box:
        """Map an (x, y, width, height) box of the crop to the frame."""
        x, y, w, h = box_xywh
        left, top = self.to_frame((x, y))
        return (left, top, w * self.scale, h * self.scale)


def is_of_one_colour(crop: Image) -> bool:
    """Return whether nothing can be seen in an (S, S, 3) uint8 crop: its parts, averaged, differ by a level or two.

    What a codec or weak noise leaves of one colour is averaged away; of strong noise it is not.
    """
    whole = max(len(crop) // PARTS, 1) * PARTS  # parts of whole pixels are quick; some at an edge are left out
    parts = cv2.resize(crop[:whole, :whole], (PARTS, PARTS), interpolation=cv2.INTER_AREA)  # (15, 15, 3)
    return bool((np.ptp(parts, axis=(0, 1)) <= ONE_COLOUR_LEVELS).all())


def cut(image: Image, window: Window) -> Image:
    """Return the window as a square image.

    A window larger than its crop is first averaged down by a whole factor, so that small
    structures do not alias; the rest is one bilinear warp.

    Args:
        image: (H, W, 3) uint8 frame.
        window: where to look; may hang over or lie outside the frame.

    Returns:
        (size_px, size_px, 3) uint8.
    """
    left = window.centre_xy[0] - window.side / 2
    top = window.centre_xy[1] - window.side / 2
    factor = max(int(window.scale + 0.1), 1)
    x0, x1 = _span(left, window.side, image.shape[1], factor)
    y0, y1 = _span(top, window.side, image.shape[0], factor)
    part = image[y0:y1, x0:x1]
    if factor > 1:
        shape_wh = (max((x1 - x0) // factor, 1), max((y1 - y0) // factor, 1))
        part = np.asarray(cv2.resize(part, shape_wh, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    step_x = window.scale * part.shape[1] / (x1 - x0)
    step_y = window.scale * part.shape[0] / (y1 - y0)
    # Crop pixel i has its centre at (i + 0.5) * scale from the window's edge; OpenCV counts from
    # pixel centres, hence the halves.
    start_x = (left - x0) * part.shape[1] / (x1 - x0) + step_x / 2 - 0.5
    start_y = (top - y0) * part.shape[0] / (y1 - y0) + step_y / 2 - 0.5
    matrix = np.array([[step_x, 0.0, start_x], [0.0, step_y, start_y]])
    crop = cv2.warpAffine(
        np.ascontiguousarray(part),
        matrix,
        (window.size_px, window.size_px),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(crop, dtype=np.uint8)


def _span(start: float, side: float, limit: int, factor: int) -> tuple[int, int]:
    """Return the pixels [first, last) of one axis that a window needs: at least one, on the frame."""
    first = min(max(math.floor(start) - factor, 0), limit - 1)
    last = min(max(math.ceil(start + side) + factor, first + 1), limit)
    whole = (last - first) // factor * factor
    return first, (first + whole if whole else last)
