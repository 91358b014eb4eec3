"""A box typed by a person."""

from __future__ import annotations

import math
import re

from ..core.boxes import Box
from ..core.errors import BoxError


def parse_box(text: str) -> Box:
    """Return the box that a text such as "205,151,17,50" names, (x, y, width, height) in pixels.

    The numbers may be separated by commas, spaces or tabs, as in the first line of a
    groundtruth.txt.

    Raises:
        BoxError: not four finite numbers, or no area.
    """
    parts = [part for part in re.split(r"[,;\s]+", text.strip()) if part]
    try:
        x, y, w, h = (float(part) for part in parts)
    except ValueError as error:
        raise BoxError("a box x,y,w,h of four numbers", repr(text), "For example 205,151,17,50.") from error
    if not all(math.isfinite(value) for value in (x, y, w, h)) or w <= 0 or h <= 0:
        raise BoxError("finite x,y and w,h above 0", repr(text), "Give the top-left corner, then width and height.")
    return (x, y, w, h)
