"""One target in one piece of footage, as training draws it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from ..core.boxes import FloatArray
from ..core.errors import DataError
from ..core.tracker import Image
from ..io.picture import read_picture
from .sequence import Sequence


class Clip(Protocol):
    """What training pairs are drawn from: frames of one target, read one by one, in any order."""

    @property
    def name(self) -> str:
        """Unique among all clips."""

    @property
    def scene(self) -> str:
        """Clips of one scene are never split between training and validation."""

    @property
    def boxes_xywh(self) -> FloatArray:
        """(N, 4) float64, (x, y, width, height), pixels, origin at the image's corner; NaN where it is not there."""

    def __len__(self) -> int:
        """Return the number of frames N."""

    def read_frame(self, index: int) -> Image:
        """Return one frame, (H, W, 3) uint8 RGB.

        Raises:
            DataError: no such frame, or its file cannot be read.
            ImageError: its file is damaged.
        """


@dataclass(frozen=True, eq=False)
class FileClip:
    """A clip whose frames are image files.

    Attributes:
        name: unique among all clips.
        scene: clips of one scene stay together.
        frames: N image files.
        boxes_xywh: (N, 4) float64, pixels, origin at the image's corner, NaN where the target is not there.
    """

    name: str
    scene: str
    frames: tuple[Path, ...]
    boxes_xywh: FloatArray

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.frames)

    def read_frame(self, index: int) -> Image:
        """Decode one frame, (H, W, 3) uint8 RGB.

        Raises:
            DataError: no such frame, or its file cannot be read.
            ImageError: the file is damaged.
        """
        if not 0 <= index < len(self.frames):
            raise DataError(f"a frame of {self.name}, 0 to {len(self.frames) - 1}", f"{index}", "Ask for one of them.")
        return read_picture(self.frames[index], f"frame {index} of {self.name}")


def from_sequence(sequence: Sequence, benchmark: str, first_pixel: float = 0.0) -> Clip:
    """Return a benchmark's sequence as a clip; where it is absent or has no area, the box is NaN.

    Args:
        sequence: with its frames; boxes may be fewer (test sets), the rest is NaN then.
        benchmark: name of the benchmark, which goes before the sequence's own in name and scene.
        first_pixel: the coordinate that the benchmark gives to the image's corner: 1 where it counts from one, as
            LaSOT does; 0 otherwise.

    Raises:
        DataError: the sequence has no frames.
    """
    if not sequence.frames:
        raise DataError(f"the frames of {sequence.name}", "annotations only", "Load the benchmark with its images.")
    boxes_xywh = np.full((len(sequence.frames), 4), np.nan)
    given = sequence.boxes_xywh[: len(boxes_xywh)]
    boxes_xywh[: len(given)] = given - np.array([first_pixel, first_pixel, 0, 0])
    if sequence.absent is not None:
        boxes_xywh[: len(given)][sequence.absent[: len(given)]] = np.nan
    boxes_xywh[~(boxes_xywh[:, 2:] > 0).all(axis=1)] = np.nan
    name = f"{benchmark}/{sequence.name}"
    return FileClip(name, name, sequence.frames, boxes_xywh)
