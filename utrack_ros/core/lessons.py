"""What the first frame tells the SIoU network of its target: boxes around it, and their true overlaps.

The user's box is the one whose overlap is known to be 1, whatever the network makes of it: where it would take the
house for the window, or the rider for the bicycle, it is told here which one is meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from .boxes import Box
from .config import FittingConfig
from .crop import Window, cut
from .network import Features, FittedModel, Lesson, Network, OverlapModel, Reference
from .proposals import draw_proposals
from .tracker import Image


def learn_reference(
    network: Network,
    overlap: OverlapModel,
    image: Image,
    box_xywh: Box,
    window: Window,
    first: Features,
    config: FittingConfig,
) -> Reference:
    """Return what a first frame says of its target to the SIoU network, which is fitted to it where it can be.

    Args:
        network: backbone.
        overlap: its SIoU network.
        image: (H, W, 3) uint8 RGB.
        box_xywh: the target, pixels of the image.
        window: the search window around it.
        first: what the network says of that.
        config: settings.
    """
    in_crop = torch.tensor(window.box_to_crop(box_xywh), device=first.classifier.device)
    if not config.enabled or not isinstance(overlap, FittedModel):
        return overlap.reference(first.levels, in_crop)

    def views() -> Iterator[tuple[tuple[Tensor, ...], Box]]:
        yield first.levels, window.box_to_crop(box_xywh)
        for factor in config.factors:
            other = Window.near(window.centre_xy, factor * window.side, window.size_px)
            yield network(cut(image, other)[None]).levels, other.box_to_crop(box_xywh)

    return overlap.fitted(first.levels, in_crop, lessons(views(), config), config)


def lessons(views: Iterable[tuple[tuple[Tensor, ...], Box]], config: FittingConfig) -> Iterator[Lesson]:
    """Yield a lesson for each view of the first frame.

    Args:
        views: (1, ...) levels of its crop, and the target there, crop pixels.
        config: settings.
    """
    rng = np.random.default_rng(config.seed)
    for levels, box_xywh in views:
        boxes, overlap = (of[0] for of in draw_proposals(rng, np.array([box_xywh]), config.boxes))  # (M, 4), (M,)
        boxes[0], overlap[0] = box_xywh, 1.0
        numbers = torch.from_numpy(np.column_stack([boxes, overlap])).to(levels[0].device, torch.float32)  # (M, 5)
        yield Lesson(levels, numbers[:, :4], numbers[:, 4])
