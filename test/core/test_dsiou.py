"""The DSIoU loss: its values, and each trap of its distance term."""

import pytest
import torch

from utrack_ros.core.dsiou import distance_penalty, dsiou_loss, dsiou_step

BOXES = torch.tensor(
    [[10.0, 10, 4, 4], [13, 14, 5, 6], [20, 10, 8, 3], [10, 22, 4, 9]], dtype=torch.float64
)  # centre x, centre y, width, height
PREVIOUS = torch.tensor([10.0, 14.0], dtype=torch.float64)
DISTANCES = [4.0, 3.0, 116**0.5, 8.0]


def held_loss(boxes, total, mu):
    """Eq. 7 without its SIoU, the sum of distances a constant."""
    return 1 + mu * (boxes[:, :2] - PREVIOUS).norm(dim=1) / total


def gradient_of(overlap_gradient, boxes, mu):
    """What a step too short for any bound goes down."""
    length = 1e-6
    return -dsiou_step(overlap_gradient, boxes, PREVIOUS, mu, length) / (length * boxes[:, [2, 3, 2, 3]])


def test_penalty_is_the_share_of_the_distances():
    penalty = distance_penalty(BOXES, PREVIOUS)

    assert penalty.tolist() == pytest.approx([distance / sum(DISTANCES) for distance in DISTANCES])
    assert float(penalty.sum()) == pytest.approx(1)


def test_gradient_differentiates_each_loss_in_its_own_box_with_the_sum_held():
    boxes = BOXES.clone().requires_grad_(True)
    held_loss(boxes, sum(DISTANCES), 0.45).sum().backward()

    gradient = gradient_of(torch.zeros(4, 4, dtype=torch.float64), BOXES, 0.45)

    torch.testing.assert_close(gradient, boxes.grad)
    assert float(gradient.abs().max()) > 0.01


def test_gradient_of_the_batched_sum_through_its_denominator_would_be_nothing():
    boxes = BOXES.clone().requires_grad_(True)
    distance = (boxes[:, :2] - PREVIOUS).norm(dim=1)
    (distance / distance.sum()).sum().backward()

    assert float(boxes.grad.abs().max()) < 1e-12  # the trap that dsiou_step avoids


def test_step_comes_nearer_to_the_previous_box():
    moved = BOXES + dsiou_step(torch.zeros(4, 4, dtype=torch.float64), BOXES, PREVIOUS, 0.45, 2.0)

    before, after = ((boxes[:, :2] - PREVIOUS).norm(dim=1) for boxes in (BOXES, moved))
    assert (after < before).all()
    assert torch.equal(moved[:, 2:], BOXES[:, 2:])  # size is not the distance's business


def test_distance_term_ends_at_the_previous_box_however_near_the_candidates_are():
    boxes = torch.tensor([[10.1, 14, 57, 57], [10, 13.7, 57, 57]], dtype=torch.float64)

    step = dsiou_step(torch.zeros(2, 4, dtype=torch.float64), boxes, PREVIOUS, 1.0, 2.0)

    torch.testing.assert_close(boxes[:, :2] + step[:, :2], PREVIOUS.expand(2, 2))


def test_mu_zero_is_the_plain_siou_loss():
    overlap, slope = torch.rand(4, dtype=torch.float64), torch.randn(4, 4, dtype=torch.float64)

    torch.testing.assert_close(dsiou_loss(overlap, BOXES, PREVIOUS, 0.0), 1 - overlap)
    torch.testing.assert_close(gradient_of(slope, BOXES, 0.0), -slope)


@pytest.mark.parametrize("mu", [0.0, 0.45])
def test_all_candidates_on_the_previous_box_is_no_division_by_zero(mu):
    boxes = torch.tensor([[10.0, 14, 4, 4], [10, 14, 6, 6]], dtype=torch.float64)

    loss = dsiou_loss(torch.tensor([0.5, 0.7], dtype=torch.float64), boxes, PREVIOUS, mu)
    step = dsiou_step(torch.zeros(2, 4, dtype=torch.float64), boxes, PREVIOUS, mu, 2.0)

    assert loss.tolist() == pytest.approx([0.5, 0.3])
    assert step.abs().max() == 0


def test_of_two_alike_the_nearer_has_the_smaller_loss():
    loss = dsiou_loss(torch.full((4,), 0.6, dtype=torch.float64), BOXES, PREVIOUS, 0.45)

    assert int(loss.argmin()) == 1


def test_single_candidate_pays_the_whole_penalty():
    loss = dsiou_loss(torch.tensor([0.6], dtype=torch.float64), BOXES[:1], PREVIOUS, 0.45)

    assert float(loss) == pytest.approx(0.4 + 0.45)
