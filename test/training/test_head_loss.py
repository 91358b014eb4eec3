"""The loss of what lies on the frozen backbone, for necks of either stride."""

from __future__ import annotations

import pytest
import torch

from utrack_ros.network.architectures import ARCHITECTURES
from utrack_ros.network.utrack_network import UTrackNetwork
from utrack_ros.training.batches import Batch
from utrack_ros.training.head_task import EMBEDDING_SHARE, HeadLoss

CROP_PX = 96
BOX_XYWH = torch.tensor([[48.5, 16.5, 32, 32], [16.5, 48.5, 32, 32]])  # around (64.5, 32.5) and (32.5, 64.5)


def made(architecture: str) -> tuple[HeadLoss, Batch]:
    """Return the loss with random weights, and two pairs of random features with the target in the same place."""
    torch.manual_seed(0)
    network = UTrackNetwork(ARCHITECTURES[architecture])
    levels = zip(network.backbone.channels[1:], network.backbone.strides[1:], strict=True)
    shapes = [(2, channels, CROP_PX // stride, CROP_PX // stride) for channels, stride in levels]
    reference, test = ([torch.randn(shape) for shape in shapes] for _ in range(2))
    boxes = BOX_XYWH[:, None] + torch.tensor([[0.0, 0, 0, 0], [8, 0, 0, 0]])  # (2, 2, 4)
    return HeadLoss(network), Batch(reference, BOX_XYWH, test, BOX_XYWH, boxes, torch.tensor([[1.0, 0.6]] * 2))


@pytest.mark.parametrize("architecture", ["utrack_lite0", "utrack_lite0_no_mfc"])
def test_a_step_reaches_every_weight(architecture: str) -> None:
    module, batch = made(architecture)
    before = {name: value.detach().clone() for name, value in module.named_parameters()}
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)

    loss = module(batch)
    loss.backward()
    optimizer.step()

    assert torch.isfinite(loss)
    same = [name for name, value in module.named_parameters() if torch.equal(value, before[name])]
    assert same == []


def test_an_embedding_that_is_kept_has_no_part_in_the_loss() -> None:
    both, batch = made("utrack_lite0")
    network = UTrackNetwork(ARCHITECTURES["utrack_lite0"])
    network.neck, network.siou = both.neck, both.siou
    alone = HeadLoss(network, embedding=False)

    assert both.embedding is not None
    share = both.embedding(batch.first(EMBEDDING_SHARE))
    torch.testing.assert_close(alone(batch) + share, both(batch))
    assert not any(name.startswith("embedding") for name in alone.state_dict())


@pytest.mark.parametrize("architecture", ["utrack_lite0", "utrack_lite0_no_mfc", "utrack_lite0_paper_levels"])
def test_the_embedding_is_to_answer_at_the_target(architecture: str) -> None:
    module, batch = made(architecture)
    assert module.embedding is not None

    response, wanted = module.embedding.respond(batch)

    assert response.shape == wanted.shape == (2, 6, 6)
    # The centres are at cells (4, 2) and (2, 4) of stride 16; the filter puts its answer half a cell on.
    for label, (x, y) in zip(wanted, ((4, 2), (2, 4)), strict=True):
        torch.testing.assert_close(label[y : y + 2, x : x + 2], label.max().expand(2, 2))
