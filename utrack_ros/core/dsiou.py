"""The distance-injected semantic IoU loss (paper, Eq. 5-7).

L(Bi) = 1 - SIoU(Bi) + mu * d(Br, Bi) / sum_j d(Br, Bj): among candidates that overlap the target alike, the one near
the previous box wins. d is the distance between centres.

Summed over the candidates the distance terms are 1 whatever the boxes, so differentiating that sum through its
denominator gives nothing. Each L(Bi) is therefore differentiated in its own Bi alone, with the denominator held.
"""

from __future__ import annotations

import torch
from torch import Tensor

LEAST_SUM = 1e-6
"""A sum of distances below this, in pixels, counts as this: all candidates lie on the previous box."""
LEAST_DISTANCE = 1e-12
"""The same for one distance."""


def distance_penalty(boxes_cxcywh: Tensor, previous_xy: Tensor) -> Tensor:
    """Return Eq. 6.

    Args:
        boxes_cxcywh: (M, 4) candidates: centre x, centre y, width, height; pixels.
        previous_xy: (2,) centre of the previous output box, the same pixels.

    Returns:
        (M,) d(Br, Bi) / sum_j d(Br, Bj).
    """
    distance, total = _distances(boxes_cxcywh[:, :2] - previous_xy)  # (M, 1), ()
    return (distance / total).flatten()


def dsiou_loss(overlap: Tensor, boxes_cxcywh: Tensor, previous_xy: Tensor, mu: float) -> Tensor:
    """Return Eq. 7 of each candidate.

    Args:
        overlap: (M,) SIoU, 0..1.
        boxes_cxcywh: (M, 4) centre x, centre y, width, height; pixels.
        previous_xy: (2,) centre of the previous output box, the same pixels.
        mu: balance factor of Eq. 5; 0 gives the plain SIoU loss.

    Returns:
        (M,) losses.
    """
    return 1 - overlap + mu * distance_penalty(boxes_cxcywh, previous_xy)


def dsiou_step(overlap_gradient: Tensor, boxes_cxcywh: Tensor, previous_xy: Tensor, mu: float, length: float) -> Tensor:
    """Return the step of each box down its own loss of `dsiou_loss`, the sum of distances held.

    The nearer all candidates are to the previous box, the steeper the distance term; its part of a step ends at the
    previous centre at the latest.

    Args:
        overlap_gradient: (M, 4) derivatives of SIoU in centre x, centre y, width, height.
        boxes_cxcywh: as in `dsiou_loss`.
        previous_xy: as in `dsiou_loss`.
        mu: as in `dsiou_loss`.
        length: of a step, in squares of the box's own sides, so that large and small boxes step alike (ATOM).

    Returns:
        (M, 4) to be added to the boxes, pixels. On the previous centre the distance term's part is 0.
    """
    centre, size = boxes_cxcywh.split(2, dim=1)
    scale = length * size  # (M, 2)
    step = overlap_gradient * torch.cat([scale, scale], dim=1)  # (M, 4)
    if mu:
        offset = centre - previous_xy  # (M, 2)
        distance, total = _distances(offset)  # (M, 1), ()
        pull = offset * scale * (mu / (total * distance.clamp(min=LEAST_DISTANCE)))  # (M, 2)
        reach = distance / pull.norm(dim=1, keepdim=True).clamp(min=LEAST_DISTANCE)  # (M, 1)
        of_centre, of_size = step.split(2, dim=1)
        step = torch.cat([of_centre - pull * reach.clamp(max=1), of_size], dim=1)
    return step


def _distances(offset: Tensor) -> tuple[Tensor, Tensor]:
    """Return the lengths of (M, 2) offsets, (M, 1), and their sum, ()."""
    distance = offset.norm(dim=1, keepdim=True)
    return distance, distance.sum().clamp(min=LEAST_SUM)
