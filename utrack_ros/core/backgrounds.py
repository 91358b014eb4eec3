"""Pictures that show no target, and how much the answer to them varies.

What was learnt where nothing is to be seen, of a covered lens or in thick fog, has hold of noise, and finds its target
in whatever comes next. That shows at once: in pictures that have nothing to do with the target, the scores of such a
classifier vary two to three times as much as those of a good one (docs/adr/0015).

The pictures are those of `leaves`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .errors import BoxError
from .leaves import draw_leaves
from .network import Network

COUNT = 4
"""Pictures; the mean over fewer tells less well."""


@torch.inference_mode()
def background_features(network: Network, side_px: int) -> Tensor:
    """Return (COUNT, C, h, w) what a network says of the pictures, for a classifier to read; crops of this side."""
    return torch.cat([network(picture[None]).classifier for picture in draw_leaves(side_px, COUNT)])


def spread(scores: Tensor) -> float:
    """Return how much scores vary: the mean standard deviation within (N, h, w) maps of N pictures."""
    return float(scores.flatten(1).std(dim=1, correction=0).mean())


def check_distinct(scores: Tensor, most: float) -> None:
    """Refuse a target whose classifier answers too much to pictures without it.

    Scores that are no numbers pass: they say that the network failed, which is no fault of the target.

    Args:
        scores: (N, h, w) of N pictures.
        most: that they may vary.

    Raises:
        BoxError: they vary more.
    """
    if spread(scores) > most:
        expected, actual = "a target that differs from other pictures", "one that does not: noise, blur or low contrast"
        raise BoxError(expected, actual, "Pick it when it is seen well.")
