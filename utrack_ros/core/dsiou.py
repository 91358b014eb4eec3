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


def distance_penalty(boxes_cxcywh: Tensor, previous_xy: Tensor) -> tuple[Tensor, Tensor]:
    """Return Eq. 6 and its gradient.

    Args:
        boxes_cxcywh: (M, 4) candidates: centre x, centre y, width, height; pixels.
        previous_xy: (2,) centre of the previous output box, the same pixels.

    Returns:
        (M,) d(Br, Bi) / sum_j d(Br, Bj); (M, 2) its derivatives in Bi's own centre, the sum held, 1 / pixel. Where a
        candidate lies on the previous centre, the derivative is 0.
    """
    offset = boxes_cxcywh[:, :2] - previous_xy  # (M, 2)
    distance = offset.norm(dim=1)  # (M,)
    total = distance.sum().clamp(min=LEAST_SUM)
    direction = offset / distance.clamp(min=1e-12)[:, None]  # (M, 2)
    return distance / total, direction / total


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
    return 1 - overlap + mu * distance_penalty(boxes_cxcywh, previous_xy)[0]


def dsiou_gradient(overlap_gradient: Tensor, boxes_cxcywh: Tensor, previous_xy: Tensor, mu: float) -> Tensor:
    """Return the derivative of each loss of `dsiou_loss` in its own box, the sum of distances held.

    Args:
        overlap_gradient: (M, 4) derivatives of SIoU in centre x, centre y, width, height.
        boxes_cxcywh: as in `dsiou_loss`.
        previous_xy: as in `dsiou_loss`.
        mu: as in `dsiou_loss`.

    Returns:
        (M, 4), 1 / pixel.
    """
    gradient = -overlap_gradient
    if mu:
        gradient = torch.cat(
            [gradient[:, :2] + mu * distance_penalty(boxes_cxcywh, previous_xy)[1], gradient[:, 2:]], dim=1
        )
    return gradient
