"""Images that were sent and never came, by the numbers that the middleware gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


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
        self._last[key] = number
        if last is not None and number > last:
            self.lost += number - last - 1
