"""A callback group that rests after each callback: a flood on what is in it leaves the processor to the rest."""

from __future__ import annotations

import time
from typing import Any

from rclpy.callback_groups import CallbackGroup

REST_S = 0.05
"""Seconds between two callbacks of a group: a person's selections are further apart."""


class PacedGroup(CallbackGroup):
    """Begins a callback at most every `REST_S`.

    Meanwhile the executor does not even look at what is in the group: messages and calls wait in the middleware, where
    the oldest give way, so that of a flood of calls most stay without an answer. A limit inside the callback would come
    too late: waking up for a thousand messages a second costs the inference thread most of its time. Several callbacks
    may be on their way at once.
    """

    def __init__(self) -> None:
        """Start rested."""
        super().__init__()
        self._free_s = 0.0

    def can_execute(self, entity: Any) -> bool:
        """Return whether the rest is over."""
        return time.monotonic() >= self._free_s

    def beginning_execution(self, entity: Any) -> bool:
        """Begin a callback if the rest is over, and begin the next rest."""
        begins = self.can_execute(entity)
        if begins:
            self._free_s = time.monotonic() + REST_S
        return begins

    def ending_execution(self, entity: Any) -> None:
        """Nothing to do: the rest began with the callback."""
