"""One pass: the tracker gets the first box and is never helped again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..core.boxes import FloatArray
from ..core.tracker import Tracker
from ..data.sequence import Sequence

Tick = Callable[[], None]
"""Called once for each frame that is done."""


@dataclass(frozen=True, eq=False)
class Run:
    """What a tracker said, and how long it took.

    Attributes:
        boxes_xywh: (N, 4) float64, pixels; the first one is the box that was given.
        seconds: (N,) float64, of `init` and then of each `update`, decoding not counted; NaN where the
            tracker never saw the frame.
    """

    boxes_xywh: FloatArray
    seconds: FloatArray


def run_one_pass(
    tracker: Tracker, sequence: Sequence, tick: Tick, clock: Callable[[], float] = time.perf_counter
) -> Run:
    """Follow the target from the first frame to the last.

    Args:
        tracker: any; an earlier target of it is forgotten.
        sequence: with frames; only the first of its boxes is used.
        tick: called after each frame.
        clock: seconds.

    Raises:
        BoxError: the first box cannot be tracked.
        DataError, ImageError: a frame is missing or damaged.
    """
    count = len(sequence.frames)
    boxes = np.empty((count, 4))
    seconds = np.empty(count)
    for index in range(count):
        boxes[index], seconds[index] = timed_answer(tracker, sequence, index, clock)
        tick()
    return Run(boxes, seconds)


def timed_answer(
    tracker: Tracker, sequence: Sequence, index: int, clock: Callable[[], float]
) -> tuple[FloatArray, float]:
    """Give a tracker one frame; frame 0 starts it with the first true box, which is then its answer.

    Returns:
        The (4,) box, (x, y, width, height) in pixels, and the seconds that the tracker took; reading
        the frame is not counted.
    """
    image = sequence.read_frame(index)
    start_s = clock()
    if index == 0:
        tracker.init(image, sequence.boxes_xywh[0].tolist())
        box = sequence.boxes_xywh[0]
    else:
        box = np.asarray(tracker.update(image).box_xywh)
    return box, clock() - start_s
