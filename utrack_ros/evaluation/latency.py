"""One pass in real time: frames that arrive while the tracker is busy are missed, as on a drone."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np

from ..core.tracker import Tracker
from ..data.sequence import Sequence
from .ope import Run, Tick, timed_answer


def run_in_real_time(
    tracker: Tracker, sequence: Sequence, fps: float, tick: Tick, clock: Callable[[], float] = time.perf_counter
) -> Run:
    """Follow the target at the pace of a camera.

    Frame k arrives at k / fps. The tracker takes the newest frame that has arrived when it becomes free, or
    waits for the next; the frames in between are missed and keep its last box. The waiting is only
    reckoned, so a fast tracker is done sooner; what a frame takes is measured on this machine, `init`
    included. A box counts for the frame that it was found in, as in VOT's real-time experiment.

    Args:
        tracker: any; an earlier target of it is forgotten.
        sequence: with frames; only the first of its boxes is used.
        fps: frames a second of the camera.
        tick: called for each frame, missed or not.
        clock: seconds.

    Raises:
        BoxError: the first box cannot be tracked.
        DataError, ImageError: a frame is missing or damaged.
    """
    count = len(sequence.frames)
    boxes = np.empty((count, 4))
    seconds = np.full(count, np.nan)
    index, free_s = 0, 0.0
    while index < count:
        box, seconds[index] = timed_answer(tracker, sequence, index, clock)
        free_s = max(free_s, index / fps) + seconds[index]
        following = min(next_frame(index, free_s, fps), count)
        boxes[index:following] = box
        for _ in range(index, following):
            tick()
        index = following
    return Run(boxes, seconds)


def next_frame(index: int, free_s: float, fps: float) -> int:
    """Return the frame that a tracker sees after `index`, when it is free again at `free_s`.

    The newest one that has arrived by then, or the next one to come.
    """
    return max(index + 1, math.floor(free_s * fps + 1e-9))
