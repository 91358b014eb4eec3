"""Images that were sent and never came, by the numbers that the middleware gives them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

MANY_IMAGES = 20
"""Images sent from which the share of lost ones means something."""

ENOUGH_IMAGES = 2 * MANY_IMAGES
"""Images sent that are looked back on where they come fast; at 30 a second the last two reports."""

LONGEST_S = 20.0
"""How far is looked back where they come slowly; at 5 a second 8 s are enough."""

MOST_PUBLISHERS = 64
"""Publishers whose numbers are known at once; a camera that comes back is another one."""


class Losses:
    """Counts gaps in the sequence of each publisher.

    A gap is an image that was lost on its way, or replaced by a newer one before it was taken from the queue.

    Attributes:
        lost: images missed so far, since the first that came.
    """

    def __init__(self) -> None:
        """Start before the first image."""
        self.lost = 0
        self._last: dict[bytes, int] = {}

    def restart(self) -> None:
        """Begin anew with the next image: what was sent while nobody subscribed was not lost."""
        self._last.clear()

    def take(self, info: Mapping[str, Any]) -> None:
        """Note an image by its rclpy message info; one without a number or a publisher says nothing."""
        number = info.get("publication_sequence_number")
        gid = info.get("publisher_gid")
        if not isinstance(number, int) or not gid:
            return
        key = bytes(gid["data"])
        last = self._last.get(key)
        if last is None and len(self._last) >= MOST_PUBLISHERS:
            self._last.clear()
        self._last[key] = number
        if last is not None and number > last:
            self.lost += number - last - 1


class _Passed(NamedTuple):
    at_s: float
    received: int
    lost: int

    @property
    def sent(self) -> int:
        return self.received + self.lost


class RecentLosses:
    """What came and what was lost lately: so far back that a slow camera's images are enough to judge by."""

    def __init__(self) -> None:
        """Start without a report."""
        self._passed: deque[_Passed] = deque()

    def clear(self) -> None:
        """Forget everything."""
        self._passed.clear()

    def add(self, now_s: float, received: int, lost: int) -> None:
        """Note what came and what was lost since the call before.

        Args:
            now_s: seconds on a steady clock.
            received: images that came.
            lost: images that did not.
        """
        self._passed.append(_Passed(now_s, received, lost))
        sent = sum(passed.sent for passed in self._passed)
        while self._passed[0].at_s < now_s - LONGEST_S or sent - self._passed[0].sent >= ENOUGH_IMAGES:
            sent -= self._passed.popleft().sent

    def totals(self) -> tuple[int, int]:
        """Return how many images came and how many were lost in that time."""
        return sum(passed.received for passed in self._passed), sum(passed.lost for passed in self._passed)
