"""The parts of one frame, named for whoever measures them; the core itself has no clock."""

from __future__ import annotations

import enum
from collections.abc import Callable


class Stage(enum.Enum):
    """A part of one frame, in the order of work; what a frame teaches may be learnt when the next one begins."""

    EGO_MOTION = "ego-motion"
    CROP = "crop"
    NETWORK = "network"
    CLASSIFIER = "classifier"
    LOCALIZE = "localize"
    NECK = "neck"
    REFINEMENT = "refinement"
    LEARNING = "learning"


Lap = Callable[[Stage], None]
"""Called when a stage is done: it took the time since the last call. A frame may leave stages out, or repeat them."""


def no_lap(stage: Stage) -> None:
    """Measure nothing."""
