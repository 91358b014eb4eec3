"""What the tracker holds between frames, and what it sees in one."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from .boxes import Box
from .classifier import OnlineClassifier
from .confidence import ConfidenceMeter
from .crop import Window
from .localize import Peak
from .network import Reference


@dataclass
class Target:
    """What is known of the object that is followed.

    Attributes:
        box_xywh: the last output box.
        classifier: the online classifier.
        reference: the first frame's part of the SIoU network, or None.
        meter: makes the score.
        aspect: width / height of the box that the user gave.
        frame: frames seen.
        doubted: frames in a row that left a doubt, for which it was looked for in another size in vain.
    """

    box_xywh: Box
    classifier: OnlineClassifier
    reference: Reference | None
    meter: ConfidenceMeter
    aspect: float
    frame: int = 1
    doubted: int = 0


@dataclass(frozen=True)
class Sight:
    """What the classifier saw in one frame.

    Attributes:
        factor: size that was looked for, as a multiple of the last one.
        window: where it looked.
        levels: features for the SIoU network.
        projected: (D, h, w) features for the classifier to learn from.
        peak: where the target is thought to be.
    """

    factor: float
    window: Window
    levels: tuple[Tensor, ...]
    projected: Tensor
    peak: Peak

    def offset(self, xy: tuple[float, float]) -> tuple[float, float]:
        """Return where a point of the frame is from the crop's centre, crop pixels."""
        half = self.window.size_px / 2
        x, y = self.window.to_crop(xy)
        return (x - half, y - half)

    def peak_in_frame(self) -> tuple[float, float]:
        """Return the peak in frame pixels."""
        half = self.window.size_px / 2
        return self.window.to_frame((half + self.peak.offset_xy[0], half + self.peak.offset_xy[1]))
