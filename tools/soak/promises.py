"""What must hold for every Target message, whatever breaks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_ros.ros.messages import stamp_to_ns

NEW_TIMELINE_NS = 1_000_000_000
"""A stamp that goes back by more begins a new timeline."""

FALSE_CLOCK = "camera_with_a_false_clock"
"""frame_id of images whose stamps do not tell when they were taken."""

KEPT = 20
"""Broken promises that are kept in words; the others are only counted."""


def false_statements(target: Any) -> list[str]:
    """Return what of one Target would mislead a controller."""
    numbers = (target.x, target.y, target.width, target.height, target.score, target.age_s, target.latency_ms)
    wrong = []
    if not all(math.isfinite(number) for number in numbers):
        wrong.append(f"a number that is not finite: {numbers}")
    if target.state == Target.STATE_IDLE:
        wrong.append("a result without a target")
    if target.box_valid != (target.state in (Target.STATE_TRACKING, Target.STATE_COASTING)):
        wrong.append(f"box_valid {target.box_valid} in state {target.state}")
    across = 0 <= target.x < target.x + target.width <= target.image_width
    down = 0 <= target.y < target.y + target.height <= target.image_height
    if target.box_valid and not (across and down):
        wrong.append(f"a box off the image: {numbers[:4]} on {target.image_width}x{target.image_height}")
    return wrong


class Promises:
    """Counts what was promised and did not hold.

    Args:
        say: told of each.

    Attributes:
        broken: the first of them, in words.
        count: all of them.
    """

    def __init__(self, say: Callable[[str], None] = lambda words: None) -> None:
        self._say = say
        self.broken: list[str] = []
        self.count = 0
        self._stamps: set[int] = set()
        self._tracked: set[int] = set()
        self._blank: set[int] = set()
        self._newest_ns: dict[str, int] = {}  # by the clock that stamped it

    def hear(self, target: Any) -> None:
        """Check one Target, and its stamp against all before it.

        Stamps of a false clock are held against each other alone, until the true one is heard again: the jump between
        two clocks may have been in images that nothing was reported of.
        """
        stamp_ns, clock = stamp_to_ns(target.header.stamp), target.header.frame_id
        for wrong in false_statements(target):
            self.note(wrong)
        if stamp_ns == 0:  # a camera that does not stamp: nothing tells its images apart
            return
        if stamp_ns in self._stamps:
            self.note(f"image {stamp_ns} was reported twice")
        newest_ns = self._newest_ns.get(clock, 0)
        if 0 < newest_ns - stamp_ns <= NEW_TIMELINE_NS:
            self.note(f"image {stamp_ns} was reported after {newest_ns}")
        self._stamps.add(stamp_ns)
        if clock != FALSE_CLOCK:
            self._newest_ns.clear()
        self._newest_ns[clock] = stamp_ns
        if target.state == Target.STATE_TRACKING:
            self._tracked.add(stamp_ns)
            self._check_blank(stamp_ns)

    def expect_nothing_in(self, stamp_ns: int) -> None:
        """Say that the image of this stamp, reported already or not, is of one colour: no target is in it."""
        self._blank.add(stamp_ns)
        self._check_blank(stamp_ns)

    @property
    def blank_results(self) -> int:
        """How many images of one colour were reported."""
        return len(self._blank & self._stamps)

    def _check_blank(self, stamp_ns: int) -> None:
        if stamp_ns in self._blank & self._tracked:
            self.note(f"image {stamp_ns} is of one colour, and was called TRACKING")

    def note(self, wrong: str) -> None:
        """Count a broken promise."""
        self.count += 1
        self._say(f"broken: {wrong}")
        if len(self.broken) < KEPT:
            self.broken.append(wrong)
