"""Ask the tracker about an image, and believe only an answer that makes sense."""

from __future__ import annotations

import math
import traceback

from ..core.boxes import Box
from ..core.sighting import visible_box
from ..core.tracker import Flag, RestingTracker, Tracker, TrackResult, look
from .faults import FaultLog
from .memory_retry import with_one_retry
from .timeline import Seen

NOT_LOOKED_FOR = TrackResult((0.0, 0.0, 0.0, 0.0), 0.0, Flag.NOT_FOUND)
"""The answer about a lost target that nobody is to search for."""


def ask(tracker: Tracker, seen: Seen, lost: bool, faults: FaultLog) -> TrackResult | None:
    """Return the tracker's answer about the next image, or None when it failed or its answer makes no sense.

    Args:
        tracker: follows the target.
        seen: the image.
        lost: the target is to be searched for.
        faults: where failures are counted and logged.
    """
    try:
        result = with_one_retry(lambda: look(tracker, seen.image, lost), faults)
    except Exception:  # noqa: BLE001  a failing tracker must not take the node down
        faults.error("the tracker failed", traceback.format_exc(limit=-4).strip(), count="errors")
        return None
    finite = all(math.isfinite(value) for value in (result.score, *result.box_xywh))
    visible = visible_box(result.box_xywh, seen.size_hw) is not None
    if finite and (visible or result.flag is Flag.NOT_FOUND):
        return result
    faults.error(
        "the tracker gave a box off the image", f"{result} on {seen.size_hw[1]}x{seen.size_hw[0]}", count="errors"
    )
    return None


def rest(tracker: Tracker, faults: FaultLog) -> None:
    """Let a tracker do what it left for after its answer; args as of `ask`."""
    if not isinstance(tracker, RestingTracker):
        return
    try:
        tracker.rest()
    except Exception:  # noqa: BLE001  a failing tracker must not take the node down
        faults.error("the tracker failed after its answer", traceback.format_exc(limit=-4).strip(), count="errors")


def measured(seen: Seen, result: TrackResult | None) -> tuple[float, Box | None]:
    """Return the score, 0..1, and the part of the box on the image; 0 and None where there is no sense in them."""
    if result is None:
        return 0.0, None
    return min(max(result.score, 0.0), 1.0), visible_box(result.box_xywh, seen.size_hw)
