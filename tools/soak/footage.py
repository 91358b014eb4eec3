"""What the cameras of a soak show: a drawn flight, there and back, with the box of its target in every frame."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from utrack_ros.core.boxes import Box
from utrack_ros.data.synthetic import SyntheticFlight

SIZE_HW = (480, 640)
FRAMES = 60


@dataclass(frozen=True)
class Loop:
    """Footage without a seam.

    Attributes:
        folder: its frames, PPM files that cost nothing to decode.
        boxes_xywh: (N, 4) pixels, of the target in each.
    """

    folder: Path
    boxes_xywh: npt.NDArray[np.float64]

    def box(self, frame: int) -> Box:
        """Return the target's box in a frame, counted on over the end."""
        x, y, w, h = (float(value) for value in self.boxes_xywh[frame % len(self.boxes_xywh)])
        return (x, y, w, h)


def write_loop(folder: Path, seed: int) -> Loop:
    """Draw the flight into a new folder."""
    folder.mkdir(parents=True)
    flight = SyntheticFlight(SIZE_HW, FRAMES, seed, distractor=True)
    order = [*range(FRAMES), *range(FRAMES - 2, 0, -1)]
    for number, frame in enumerate(order):
        path = folder / f"{number:04d}.ppm"
        if number < FRAMES:
            cv2.imwrite(str(path), cv2.cvtColor(flight.render(frame), cv2.COLOR_RGB2BGR))
        else:
            os.link(folder / f"{frame:04d}.ppm", path)
    return Loop(folder, flight.boxes_xywh[order])
