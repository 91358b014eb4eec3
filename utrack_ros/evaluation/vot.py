"""The reset-based run of VOT2018 (vot-toolkit's "supervised" experiment): a lost tracker is started again.

Result file, a line for each frame: 1 where the tracker was given the target, 2 where it failed, 0 where it waited for
the next start, and x,y,w,h where it followed. Layout: baseline/<sequence>/<sequence>_001.txt.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..core.boxes import FloatArray
from ..core.tracker import Tracker
from ..data.polygon import corners_of_boxes
from ..data.sequence import Sequence
from .ope import Tick
from .region import region_overlaps
from .results_file import format_box, format_seconds, is_whole, times_path
from .tasks import Output

SKIP = 5
"""Frames from a failure to the next start."""

STARTED, FAILED, WAITING = "1", "2", "0"


@dataclass(frozen=True, eq=False)
class VotTask:
    """One reset-based run over one sequence.

    Attributes:
        sequence: with polygons, or with boxes that stand for them.
        repetition: 1, 2 and so on; names the file.
    """

    sequence: Sequence
    repetition: int = 1

    @property
    def name(self) -> str:
        """The sequence and the repetition."""
        return f"{self.sequence.name}_{self.repetition:03d}"

    @property
    def frames(self) -> int:
        """Its frames."""
        return len(self.sequence.frames)

    def path(self, folder: Path) -> Path:
        """baseline/<sequence>/<sequence>_001.txt."""
        return folder / "baseline" / self.sequence.name / f"{self.name}.txt"

    def is_done(self, folder: Path) -> bool:
        """A code or a box, and a time, for each frame."""
        result = self.path(folder)
        return is_whole(result, self.frames, (1, 4)) and is_whole(times_path(result), self.frames, (1,))

    def run(self, tracker: Tracker, tick: Tick) -> Output:
        """Follow the target with restarts."""
        lines, seconds = run_with_resets(tracker, self.sequence, tick)
        return Output("".join(f"{line}\n" for line in lines), format_seconds(seconds))


def run_with_resets(
    tracker: Tracker, sequence: Sequence, tick: Tick, clock: Callable[[], float] = time.perf_counter
) -> tuple[list[str], FloatArray]:
    """Follow the target; where the tracker has lost it, start again `SKIP` frames later.

    Args:
        tracker: any; an earlier target of it is forgotten.
        sequence: with frames and the true regions of all of them.
        tick: called after each frame.
        clock: seconds.

    Returns:
        The lines of the result file, and (N,) seconds of `init` or `update`, NaN where it waited.

    Raises:
        BoxError: a box to start from cannot be tracked.
        DataError, ImageError: a frame is missing or damaged.
    """
    truth = sequence.corners if sequence.corners is not None else corners_of_boxes(sequence.boxes_xywh)
    lines: list[str] = []
    seconds = np.full(len(truth), np.nan)
    start = 0
    for index in range(len(truth)):
        if index < start:
            lines.append(WAITING)
            tick()
            continue
        image = sequence.read_frame(index)
        start_s = clock()
        if index == start:
            tracker.init(image, sequence.boxes_xywh[index].tolist())
            seconds[index] = clock() - start_s
            lines.append(STARTED)
        else:
            line = format_box(np.asarray(tracker.update(image).box_xywh))
            seconds[index] = clock() - start_s
            lost = is_lost(line, truth[index], (image.shape[1], image.shape[0]))
            lines.append(FAILED if lost else line)
            start = index + SKIP if lost else start
        tick()
    return lines, seconds


def is_lost(line: str, truth: FloatArray, size_wh: tuple[int, int]) -> bool:
    """Whether a box and the true region have no pixel of the image in common, by the rule that overlap is scored by.

    The box is taken as it stands in the result file: a digit that the file does not keep may decide about a pixel.

    Args:
        line: of the result file, "x,y,w,h".
        truth: (8,) corners, pixels.
        size_wh: (width, height) of the image, pixels.
    """
    box = np.array([[float(word) for word in line.split(",")]])  # (1, 4)
    return not region_overlaps(corners_of_boxes(box), truth[None], size_wh)[0] > 0  # NaN is lost, too
