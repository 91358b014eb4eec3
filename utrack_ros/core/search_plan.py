"""Where to look for a lost target: in rings around the place where it is expected, ever wider, one place a frame."""

from __future__ import annotations

import math

from .boxes import Point


def places(anchor_xy: Point, step: float, size_hw: tuple[int, int]) -> list[tuple[int, Point]]:
    """Return the places of a square lattice that lie on the image, as (ring, centre), nearest ring first.

    Args:
        anchor_xy: where the target is expected, pixels; the lattice is laid through it, and it is not in the list.
        step: distance of neighbouring places, pixels.
        size_hw: (height, width) of the image.
    """
    height, width = size_hw
    columns = range(math.ceil(-anchor_xy[0] / step), math.floor((width - anchor_xy[0]) / step) + 1)
    rows = range(math.ceil(-anchor_xy[1] / step), math.floor((height - anchor_xy[1]) / step) + 1)
    found = [(max(abs(i), abs(j)), math.atan2(j, i), i, j) for j in rows for i in columns if i or j]
    return [(ring, (anchor_xy[0] + i * step, anchor_xy[1] + j * step)) for ring, _, i, j in sorted(found)]


class SearchPlan:
    """Goes round the lattice: the first ring, then the first two, then the first three, to the whole image and on.

    What is near is looked at more often, and everything in the end. The same calls give the same places.
    """

    def __init__(self) -> None:
        self._reach = 1
        self._next = 0

    def place(self, anchor_xy: Point, step: float, size_hw: tuple[int, int]) -> Point | None:
        """Return the next place to look at; None where the image holds no place but the anchor's.

        Args: as `places`; they may change from call to call, as target and camera move.
        """
        lattice = places(anchor_xy, step, size_hw)
        if not lattice:
            return None
        nearest, farthest = lattice[0][0], lattice[-1][0]
        self._reach = min(max(self._reach, nearest), farthest)
        within = [xy for ring, xy in lattice if ring <= self._reach]
        if self._next >= len(within):
            self._next = 0
            self._reach = min(self._reach + 1, farthest)
        chosen = within[self._next]
        self._next += 1
        return chosen
