"""The seam every runner uses: a tracker is `init` and `update`."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from .boxes import Box
from .evidence import Evidence

Image = npt.NDArray[np.uint8]
"""(H, W, 3) uint8 RGB, origin at the top-left corner of the first pixel."""


class Flag(enum.Enum):
    """What the score map of one frame says about the target (ATOM's localisation flags)."""

    NORMAL = "normal"
    HARD_NEGATIVE = "hard_negative"
    UNCERTAIN = "uncertain"
    NOT_FOUND = "not_found"


@dataclass(frozen=True)
class TrackResult:
    """The tracker's answer for one frame.

    Attributes:
        box_xywh: (x, y, width, height), pixels; may hang over the image border. When `flag` is
            NOT_FOUND it is a guess and no sighting: UTrack moves the previous box with the camera's motion and
            the target's own velocity, other trackers may repeat it.
        score: confidence, 0..1.
        flag: how sure the classifier is of the peak it chose.
        evidence: what the score was made of; None where the tracker does not say.
        familiar: whether what is seen is like what is remembered of the target, however good a box it makes; True
            where the tracker does not say.
    """

    box_xywh: Box
    score: float
    flag: Flag
    evidence: Evidence | None = None
    familiar: bool = True


class Tracker(Protocol):
    """Follows one object. Not thread-safe: one thread calls it."""

    def init(self, image: Image, box_xywh: Sequence[float]) -> None:
        """Learn the target. (H, W, 3) uint8 RGB; (x, y, width, height) pixels.

        Raises:
            BoxError: the box cannot be tracked, or nothing is to be seen there; an earlier target stays in force.
        """

    def update(self, image: Image) -> TrackResult:
        """Find the target in the next frame, which may have another size than the last.

        Raises:
            NotInitializedError: `init` was never called.
        """


@runtime_checkable
class SearchingTracker(Tracker, Protocol):
    """A tracker that can look for its target all over the image."""

    def search(self, image: Image) -> TrackResult:
        """Look for a lost target in the next frame; anything but NOT_FOUND is a sighting beyond doubt.

        Raises:
            NotInitializedError: `init` was never called.
        """


@runtime_checkable
class RestingTracker(Tracker, Protocol):
    """A tracker that may do part of a frame's work after its answer."""

    def rest(self) -> None:
        """Do what the last frame left to do; without this call the next frame does it, with the same answer."""


@runtime_checkable
class EndableTracker(Tracker, Protocol):
    """A tracker that can be ended while it works, and can end by itself.

    Attributes:
        ended: how it has ended, in words that follow "the tracker"; empty while it works. For any thread.
    """

    @property
    def ended(self) -> str:
        """See above."""

    def end(self) -> None:
        """End a call in progress, which raises, and every later one; from any thread, and at once."""


def look(tracker: Tracker, image: Image, lost: bool) -> TrackResult:
    """Find the target in the next frame: by `search` when it is lost and the tracker can search, else by `update`."""
    if lost and isinstance(tracker, SearchingTracker):
        return tracker.search(image)
    return tracker.update(image)
