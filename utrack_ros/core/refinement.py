"""From the coarse box to the refined one: candidates, gradient steps on the DSIoU loss, choice (paper, Algorithm 1)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .config import RefinementConfig
from .dsiou import dsiou_loss, dsiou_step

Predict = Callable[[Tensor], tuple[Tensor, Tensor]]
"""(M, 4) x, y, width, height in crop pixels -> (M,) SIoU, and (M, 4) its derivatives in them."""
Score = Callable[[Tensor], Tensor]
"""The same boxes -> (M,) SIoU alone."""
UNFIT = math.inf
"""Loss of a candidate that cannot be chosen, also of one whose own is no number."""


@dataclass(frozen=True)
class Refined:
    """What the refinement gives.

    Attributes:
        box_xywh: (4,) crop pixels, on the host.
        overlap: SIoU of the chosen candidates, mean; about 0..1.
        coarse_overlap: SIoU of the coarse box.
    """

    box_xywh: Tensor
    overlap: float
    coarse_overlap: float


class Refiner:
    """Refines boxes; the same inputs give the same box.

    No step depends on a number that was computed, so that a runtime can hold all of them as one graph, and a GPU has
    to wait for nothing.

    Args:
        config: settings.

    Attributes:
        config: as given.
    """

    def __init__(self, config: RefinementConfig) -> None:
        self.config = config
        self._offsets = torch.from_numpy(candidate_offsets(config)).float()  # (M, 4)

    def refine(self, coarse_xywh: Tensor, previous_xy: Tensor, predict: Predict, score: Score | None = None) -> Refined:
        """Apply Algorithm 1, as `unrolled` does, and read what came out."""
        return read_refined(self.unrolled(coarse_xywh, previous_xy, predict, score))

    def unrolled(
        self, coarse_xywh: Tensor, previous_xy: Tensor, predict: Predict, score: Score | None = None
    ) -> Tensor:
        """Apply Algorithm 1.

        Args:
            coarse_xywh: (4,) the classifier's box B0, crop pixels.
            previous_xy: (2,) centre of the previous output box Br, crop pixels.
            predict: the SIoU network on this frame.
            score: the same without derivatives, which the last look does not need; None: `predict` does that, too.

        Returns:
            (6,) for `read_refined`: the box, its SIoU, and that of B0.
        """
        config = self.config
        self._offsets = self._offsets.to(coarse_xywh)  # goes to a device once
        boxes = synthesise(coarse_xywh, self._offsets)  # (M, 4) cx, cy, w, h
        coarse_overlap = coarse_xywh.new_zeros(1)
        for step in range(config.steps):
            overlap, slope = _predict_centred(predict, boxes)
            if step == 0:
                coarse_overlap = overlap[:1]
            boxes = boxes + dsiou_step(slope, boxes, previous_xy, config.mu, config.step_length)
            centre, size = boxes.split(2, dim=1)
            boxes = torch.cat([centre, size.clamp(min=config.smallest_side)], dim=1)
        corners = _corners(boxes)
        overlap = predict(corners)[0] if score is None else score(corners)  # (M,)
        loss = dsiou_loss(overlap, boxes, previous_xy, config.mu)
        stretch = (boxes[:, 2] / boxes[:, 3] * coarse_xywh[3] / coarse_xywh[2]).log().abs()
        fit = (stretch <= math.log(config.largest_stretch)) & (loss < UNFIT)  # (M,)
        loss = loss.masked_fill(~fit, UNFIT)
        values, best = torch.topk(loss, config.keep, largest=False)
        unfit = (values == UNFIT).unsqueeze(1)  # (keep, 1)
        found = torch.cat([corners, overlap.unsqueeze(1)], dim=1)[best]  # (keep, 5)
        count = (~unfit).sum()
        mean = found.masked_fill(unfit, 0).sum(dim=0) / count  # (5,)
        chosen = torch.where(count > 0, mean, torch.cat([coarse_xywh, coarse_overlap]))
        return torch.cat([chosen, coarse_overlap])


def read_refined(numbers: Tensor) -> Refined:
    """Return what `Refiner.unrolled` found; a look at the device, the only one."""
    numbers = numbers.cpu()
    return Refined(numbers[:4], float(numbers[4]), float(numbers[5]))


def candidate_offsets(config: RefinementConfig) -> np.ndarray:
    """Return the table of centre and size offsets (Delta c, Delta s) of Eq. 3.

    Each comes with its opposite. A table that is wider on the whole makes every box a little wider, frame after frame.

    Returns:
        (M, 4) shares of sqrt(w*h): centre x, centre y, width, height; the first row is zero: B0 itself.
    """
    rng = np.random.default_rng(config.seed)
    half = rng.uniform(-1, 1, (config.candidates // 2, 4))
    half *= [config.centre_offset, config.centre_offset, config.size_offset, config.size_offset]
    return np.concatenate([np.zeros((1, 4)), np.stack([half, -half], axis=1).reshape(-1, 4)])


def region_of(box_xywh: Sequence[float], config: RefinementConfig) -> tuple[float, float, float, float]:
    """Return where the candidates of a box (x, y, width, height) go, as such a box; no number where it is none."""
    x, y, w, h = box_xywh
    reach = config.reach * math.sqrt(w * h) if w > 0 and h > 0 else math.nan
    return x - reach, y - reach, w + 2 * reach, h + 2 * reach


def synthesise(coarse_xywh: Tensor, offsets: Tensor) -> Tensor:
    """Apply Theta of Eq. 3: candidates around the coarse box.

    Args:
        coarse_xywh: (4,) B0.
        offsets: (M, 4) from `candidate_offsets`.

    Returns:
        (M, 4) centre x, centre y, width, height; sides at least a third of B0's shorter one.
    """
    x, y, w, h = coarse_xywh.unbind()
    moved = torch.stack([x + w / 2, y + h / 2, w, h]) + offsets * (w * h).sqrt()  # (M, 4)
    centre, size = moved.split(2, dim=1)
    return torch.cat([centre, torch.maximum(size, torch.minimum(w, h) / 3)], dim=1)


def _corners(boxes_cxcywh: Tensor) -> Tensor:
    """Return (M, 4) boxes as x, y, width, height."""
    centre, size = boxes_cxcywh.split(2, dim=1)
    return torch.cat([centre - size / 2, size], dim=1)


def _predict_centred(predict: Predict, boxes_cxcywh: Tensor) -> tuple[Tensor, Tensor]:
    """Call `predict` with corners; return derivatives in centre and size, where width moves both edges."""
    overlap, slope = predict(_corners(boxes_cxcywh))
    by_corner, by_size = slope.split(2, dim=1)
    return overlap, torch.cat([by_corner, by_size - by_corner / 2], dim=1)
