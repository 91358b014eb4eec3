"""Where a tracker looked in a frame and how it answered there: for people's eyes, no result depends on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from .boxes import Box
from .tracker import Tracker

Response = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Look:
    """One search window of one frame.

    Attributes:
        window_xywh: the window, (x, y, width, height), pixels of the frame; it may hang over the border.
        response: (S, S) the classifier's answer all over the window, about 1 on the target and 0 elsewhere. Not to
            be changed.
    """

    window_xywh: Box
    response: Response


@runtime_checkable
class TellingTracker(Protocol):
    """A tracker that tells where it looked.

    Attributes:
        looks: the windows of the last frame; none where the tracker has not looked for its target.
    """

    looks: tuple[Look, ...]


def looks_of(tracker: Tracker) -> tuple[Look, ...]:
    """Return where a tracker looked in its last frame; none where it does not tell."""
    return tracker.looks if isinstance(tracker, TellingTracker) else ()
