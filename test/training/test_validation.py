"""What a validation of the head says, on a small bank of noise and an SIoU network that always says one half."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from utrack_ros.core.boxes import iou
from utrack_ros.core.proposals import draw_proposals
from utrack_ros.network.architectures import ARCHITECTURES
from utrack_ros.network.utrack_network import UTrackNetwork
from utrack_ros.training import head_task
from utrack_ros.training.bank import Bank
from utrack_ros.training.batches import Batch
from utrack_ros.training.head_task import HeadTask

GROUPS, MEMBERS, CROP_PX, PROPOSALS, SEED = 3, 3, 96, 4, 5


class Idle:
    """A refiner that leaves the box where it is, but asks for its overlap first."""

    def __init__(self, config: Any) -> None:
        assert config.mu == 0.0

    def refine(self, coarse: Tensor, before: Tensor, predict: Any) -> Any:
        overlap, slope = predict(coarse[None])
        assert (float(overlap[0]), slope.shape) == (0.5, (1, 4))
        torch.testing.assert_close(before, coarse[:2] + coarse[2:] / 2)
        return SimpleNamespace(box_xywh=coarse)


def made(architecture: str, folder: Path, references: str = "any") -> tuple[HeadTask, Bank]:
    """Return a task whose SIoU network always says 0.5, and its held-out bank."""
    torch.manual_seed(0)
    network = UTrackNetwork(ARCHITECTURES[architecture]).eval()
    assert network.siou is not None
    network.siou.predictor.weight.data.zero_()
    network.siou.predictor.bias.data.zero_()
    levels = enumerate(zip(network.backbone.channels[1:], network.backbone.strides[1:], strict=True))
    content = {
        f"level{k}": torch.randn(GROUPS, MEMBERS, channels, CROP_PX // stride, CROP_PX // stride).half()
        for k, (channels, stride) in levels
    }
    content["boxes_xywh"] = torch.rand(GROUPS, MEMBERS, 4) * 20 + 20
    save_file(content, folder / "shard")
    bank = Bank([folder / "shard"])
    return HeadTask(network, bank, bank, 2, PROPOSALS, SEED, references), bank


def expected(bank: Bank) -> tuple[list[float], list[float]]:
    """Return the overlaps of the proposals and those of the boxes that refinement starts from."""
    rng = np.random.default_rng((SEED, 3))
    overlaps: list[float] = []
    starts: list[float] = []
    for boxes in bank.boxes_xywh[0]:
        truths = boxes[1:].double().numpy()
        overlaps += draw_proposals(rng, truths, PROPOSALS)[1].flatten().tolist()
        starts += [float(iou(head_task._start(truth, rng), truth)) for truth in truths]
    return overlaps, starts


@torch.no_grad()
def test_errors_are_means_over_every_test_crop_and_its_boxes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head_task, "Refiner", Idle)
    task, bank = made("utrack_lite0_plain", tmp_path)
    overlaps, starts = expected(bank)

    values = task.validate()

    assert len(overlaps) == GROUPS * (MEMBERS - 1) * PROPOSALS
    assert values.keys() == {"validation_loss", "iou_error", "start_iou", "refined_iou"}
    assert values["validation_loss"] == pytest.approx(np.mean([(2 * overlap - 1) ** 2 for overlap in overlaps]))
    assert values["iou_error"] == pytest.approx(np.mean([abs(overlap - 0.5) for overlap in overlaps]))
    assert values["start_iou"] == pytest.approx(np.mean(starts))
    assert values["refined_iou"] == pytest.approx(np.mean(starts), abs=1e-5)
    assert task.validate() == values


@torch.no_grad()
def test_hits_are_counted_over_test_crops_with_the_first_crop_as_the_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(head_task, "Refiner", Idle)
    task, bank = made("utrack_lite0", tmp_path)
    embedding: Any = task.module.embedding
    seen: list[Batch] = []
    margins = iter([torch.tensor([0.5, -0.1]), torch.tensor([]), torch.tensor([0.2])])  # some crops do not show it

    def told(batch: Batch) -> Tensor:
        seen.append(batch)
        return next(margins)

    embedding.margins = told
    values = task.validate()

    assert values["hit_rate"] == pytest.approx(2 / 3)
    assert values["margin"] == pytest.approx(0.2)
    for batch, boxes in zip(seen, bank.boxes_xywh[0], strict=True):
        assert torch.equal(batch.reference_xywh, boxes[:1].expand(MEMBERS - 1, 4))
        assert torch.equal(batch.test_xywh, boxes[1:])
