"""What the embedding is asked for: an answer where the tracker will want it, and no answer elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from utrack_ros.core.config import TrackerConfig
from utrack_ros.core.utrack import UTrack
from utrack_ros.data.pairs import PairConfig
from utrack_ros.training.batches import Batch
from utrack_ros.training.embedding_loss import BACKGROUND, WEIGHT, EmbeddingLoss

CELLS = 18
"""Of a crop of 288 px at stride 16."""
SIDE = 57.6
"""Of a target in it, pixels."""


class Same(nn.Module):
    """In the place of the embedding: the first level as it is."""

    stride = 16

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        return levels[0]


def made() -> EmbeddingLoss:
    return EmbeddingLoss(Same())  # type: ignore[arg-type]


def boxes_around(*centres: tuple[float, float]) -> Tensor:
    return torch.tensor([[x - SIDE / 2, y - SIDE / 2, SIDE, SIDE] for x, y in centres])


@pytest.mark.parametrize("offset_xy", [(0.0, 0.0), (0.5, 0.5), (-31.7, 60.2), (140.0, -143.0)])
def test_the_answer_is_wanted_where_the_tracker_learns_it(offset_xy: tuple[float, float]) -> None:
    pairs = PairConfig()
    config = TrackerConfig(search_scale=pairs.search_scale, crop_px=pairs.crop_px)
    network: Any = SimpleNamespace(stride=16, overlap=None)
    of_tracker = UTrack(network, config)._labels([offset_xy])
    middle = config.crop_px / 2

    label = made()._label(boxes_around((middle + offset_xy[0], middle + offset_xy[1])), (CELLS, CELLS))

    assert label.shape == (1, CELLS, CELLS)
    torch.testing.assert_close(label, of_tracker, atol=1e-5, rtol=0)


def test_a_target_on_a_cell_is_answered_half_a_cell_on() -> None:
    # Cell 9 of stride 16 has its centre at 144.5 px; the label is as high at cell 9 as at cell 10, half a cell away.
    label = made()._label(boxes_around((144.5, 80.5)), (CELLS, CELLS))[0]

    height = float(torch.exp(torch.tensor(-0.5 * 2 * (0.5 / 0.9) ** 2)))
    torch.testing.assert_close(label[5:7, 9:11], torch.full((2, 2), height))
    assert float(label.max()) == pytest.approx(height)


ONLY = SimpleNamespace()
"""A batch that nobody reads."""


@pytest.mark.parametrize(
    ("response", "error"),
    [
        ((1.0, 0.06, 0.0, 0.0), 0.0),
        ((1.0, 0.06, -3.0, -5.0), 0.0),  # below zero in the background is as good as zero
        ((1.0, 0.06, -3.0, 0.2), 0.2**2),
        ((1.0, 0.06, 0.3, 0.0), 0.3**2),  # the label there is 0.04: the background is to be at zero, not at its label
        ((1.0, -0.14, 0.0, 0.0), 0.2**2),  # near the target, too low an answer is an error
        ((1.5, 0.06, 0.0, 0.0), 0.5**2),
    ],
)
def test_in_the_background_only_an_answer_above_zero_is_an_error(response: tuple[float, ...], error: float) -> None:
    assert 0.04 < BACKGROUND < 0.06
    module: Any = made()
    module.respond = lambda batch: (torch.tensor([[response]]), torch.tensor([[[1.0, 0.06, 0.04, 0.0]]]))

    assert float(module(ONLY)) == pytest.approx(WEIGHT * error / 4, abs=1e-5)


def test_margin_is_from_the_highest_near_the_target_to_the_highest_in_the_background() -> None:
    module: Any = made()
    wanted = torch.tensor([[[0.9, 0.3, 0.2, 0.01, 0.0]], [[0.9, 0.3, 0.2, 0.01, 0.0]], [[0.2, 0.1, 0.0, 0.0, 0.0]]])
    response = torch.tensor([[[0.1, 0.8, 5.0, 0.3, -1.0]], [[0.1, 0.2, 5.0, 0.3, 0.9]], [[1.0, 1.0, 1.0, 0.0, 0.0]]])
    module.respond = lambda batch: (response, wanted)

    # The slope between, 0.05 to 0.25, counts for neither; the third has its target at the border outside.
    torch.testing.assert_close(module.margins(ONLY), torch.tensor([0.5, -0.7]))


def scenes() -> Batch:
    """Return three pairs of one scene, moved by whole cells: the box is where it went, elsewhere, outside."""
    generator = torch.Generator().manual_seed(3)
    scene = torch.randn(1, 32, CELLS, CELLS, generator=generator)
    moved = scene.roll((3, -4), (2, 3))
    reference = boxes_around((144.5, 144.5))  # cell (9, 9)
    tests = boxes_around((80.5, 192.5), (192.5, 80.5), (-100.0, 192.5))  # cell (5, 12) is right
    three = [level.expand(3, -1, -1, -1) for level in (scene, moved)]
    return Batch([three[0]], reference.expand(3, 4), [three[1]], tests, tests[:, None], torch.ones(3, 1))


def test_margins_tell_a_target_at_its_place_from_one_that_is_not_and_leave_out_what_the_crop_does_not_show() -> None:
    module = made()

    margins = module.margins(scenes())

    assert margins.shape == (2,)
    assert float(margins[0].detach()) > 0.2
    assert float(margins[1].detach()) < -0.2
