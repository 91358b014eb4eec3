"""From the coarse box to the refined one: candidates, gradient steps on the DSIoU loss, choice (paper, Algorithm 1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .config import RefinementConfig
from .dsiou import dsiou_loss, dsiou_step

Predict = Callable[[Tensor], tuple[Tensor, Tensor]]
"""(M, 4) x, y, width, height in crop pixels -> (M,) SIoU, and (M, 4) its derivatives in them."""


@dataclass(frozen=True)
class Refined:
    """What the refinement gives.

    Attributes:
        box_xywh: (4,) crop pixels.
        overlap: SIoU of the chosen candidates, mean; about 0..1.
        coarse_overlap: SIoU of the coarse box.
    """

    box_xywh: Tensor
    overlap: float
    coarse_overlap: float


class Refiner:
    """Refines boxes; the same inputs give the same box.

    Args:
        config: settings.
    """

    def __init__(self, config: RefinementConfig) -> None:
        self._config = config
        self._offsets = torch.from_numpy(candidate_offsets(config)).float()  # (M, 4)

    def refine(self, coarse_xywh: Tensor, previous_xy: Tensor, predict: Predict) -> Refined:
        """Apply Algorithm 1.

        Args:
            coarse_xywh: (4,) the classifier's box B0, crop pixels.
            previous_xy: (2,) centre of the previous output box Br, crop pixels.
            predict: the SIoU network on this frame.
        """
        config = self._config
        boxes = synthesise(coarse_xywh, self._offsets.to(coarse_xywh))  # (M, 4) cx, cy, w, h
        coarse_overlap = 0.0
        for step in range(config.steps):
            overlap, slope = _predict_centred(predict, boxes)
            if step == 0:
                coarse_overlap = float(overlap[0])
            boxes = boxes + dsiou_step(slope, boxes, previous_xy, config.mu, config.step_length)
            boxes = torch.cat([boxes[:, :2], boxes[:, 2:].clamp(min=config.smallest_side)], dim=1)
        overlap, _ = _predict_centred(predict, boxes)
        loss = dsiou_loss(overlap, boxes, previous_xy, config.mu)
        stretch = (boxes[:, 2] / boxes[:, 3] * coarse_xywh[3] / coarse_xywh[2]).log().abs()
        loss = torch.where(stretch > np.log(config.largest_stretch), torch.inf, loss)
        values, best = torch.topk(loss, config.keep, largest=False)
        best = best[values < torch.inf]
        if not len(best):
            return Refined(coarse_xywh, coarse_overlap, coarse_overlap)
        cx, cy, w, h = boxes[best].mean(dim=0)
        return Refined(torch.stack([cx - w / 2, cy - h / 2, w, h]), float(overlap[best].mean()), coarse_overlap)


def candidate_offsets(config: RefinementConfig) -> np.ndarray:
    """Return the table of centre and size offsets (Delta c, Delta s) of Eq. 3.

    Returns:
        (M, 4) shares of sqrt(w*h): centre x, centre y, width, height; the first row is zero: B0 itself.
    """
    rng = np.random.default_rng(config.seed)
    table = rng.uniform(-1, 1, (config.candidates, 4))
    table *= [config.centre_offset, config.centre_offset, config.size_offset, config.size_offset]
    table[0] = 0
    return table


def synthesise(coarse_xywh: Tensor, offsets: Tensor) -> Tensor:
    """Apply Theta of Eq. 3: candidates around the coarse box.

    Args:
        coarse_xywh: (4,) B0.
        offsets: (M, 4) from `candidate_offsets`.

    Returns:
        (M, 4) centre x, centre y, width, height; sides at least a third of B0's shorter one.
    """
    x, y, w, h = coarse_xywh
    size = (w * h).sqrt()
    moved = torch.stack([x + w / 2, y + h / 2, w, h]) + offsets * size  # (M, 4)
    return torch.cat([moved[:, :2], moved[:, 2:].clamp(min=float(torch.minimum(w, h)) / 3)], dim=1)


def _predict_centred(predict: Predict, boxes_cxcywh: Tensor) -> tuple[Tensor, Tensor]:
    """Call `predict` with corners; return derivatives in centre and size, where width moves both edges."""
    size = boxes_cxcywh[:, 2:]
    corner = boxes_cxcywh[:, :2] - size / 2
    overlap, slope = predict(torch.cat([corner, size], dim=1))
    return overlap, torch.cat([slope[:, :2], slope[:, 2:] - slope[:, :2] / 2], dim=1)
