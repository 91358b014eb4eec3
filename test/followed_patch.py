"""A drawn patch on drawn ground, the tracker that has learnt it, and what stands in for the networks."""

import numpy as np
import torch
from torch.nn import functional

from utrack_ros.core.config import TrackerConfig
from utrack_ros.core.network import Features
from utrack_ros.core.settings import with_settings
from utrack_ros.core.utrack import UTrack

RNG = np.random.default_rng(5)
TARGET = np.kron(RNG.integers(0, 255, (4, 4, 3)), np.ones((10, 10, 1))).astype(np.uint8)
GROUND = np.kron(RNG.integers(80, 130, (30, 40, 3)), np.ones((12, 12, 1))).astype(np.uint8)


class Colours:
    """Mean and spread of the colours in each cell: enough to follow a drawn patch."""

    stride = 16
    overlap = None
    gain = 1.0

    def __call__(self, crops):
        pixels = torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 128 - 1
        mean = functional.avg_pool2d(pixels, 16)
        fine = functional.pixel_unshuffle(functional.avg_pool2d(pixels, 4), 4)
        return Features(self.gain * torch.cat([mean, fine], dim=1))


class Overlap:
    """An SIoU network that takes every box for a perfect one: the refinement changes no size."""

    def reference(self, levels, box_xywh):
        return box_xywh

    def candidates_in(self, levels, region_xywh):
        return torch.zeros(1), (0, 0)

    def predict(self, features, reference, boxes_xywh):
        return torch.ones(len(boxes_xywh)), torch.zeros(len(boxes_xywh), 4)

    def score(self, features, reference, boxes_xywh):
        return self.predict(features, reference, boxes_xywh)[0]


def frame(x, y, target=TARGET):
    """The ground with the target at (x, y), its top-left corner; what hangs over is cut off."""
    image = np.pad(GROUND, ((200, 200), (200, 200), (0, 0)))
    height, width = target.shape[:2]
    image[200 + y : 200 + y + height, 200 + x : 200 + x + width] = target
    return np.ascontiguousarray(image[200:-200, 200:-200])


STAYING = with_settings(TrackerConfig(), {"prediction.use": "off"})
"""The target is expected where it was."""


def started(x=200, y=150, config=STAYING):
    tracker = UTrack(Colours(), config)
    tracker.init(frame(x, y), (x, y, 40, 40))
    return tracker
