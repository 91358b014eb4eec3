"""The DSIoU loss: its values, and each trap of its distance term."""

import pytest
import torch

from utrack_ros.core.dsiou import distance_penalty, dsiou_gradient, dsiou_loss

BOXES = torch.tensor(
    [[10.0, 10, 4, 4], [13, 14, 5, 6], [20, 10, 8, 3], [10, 22, 4, 9]], dtype=torch.float64
)  # centre x, centre y, width, height
PREVIOUS = torch.tensor([10.0, 14.0], dtype=torch.float64)
DISTANCES = [4.0, 3.0, 116**0.5, 8.0]


def held_loss(boxes, total, mu):
    """Eq. 7 without its SIoU, the sum of distances a constant."""
    return 1 + mu * (boxes[:, :2] - PREVIOUS).norm(dim=1) / total


def test_penalty_is_the_share_of_the_distances():
    penalty, _ = distance_penalty(BOXES, PREVIOUS)

    assert penalty.tolist() == pytest.approx([distance / sum(DISTANCES) for distance in DISTANCES])
    assert float(penalty.sum()) == pytest.approx(1)


def test_gradient_differentiates_each_loss_in_its_own_box_with_the_sum_held():
    boxes = BOXES.clone().requires_grad_(True)
    held_loss(boxes, sum(DISTANCES), 0.45).sum().backward()

    gradient = dsiou_gradient(torch.zeros(4, 4, dtype=torch.float64), BOXES, PREVIOUS, 0.45)

    torch.testing.assert_close(gradient, boxes.grad)
    assert float(gradient.abs().max()) > 0.01


def test_gradient_of_the_batched_sum_through_its_denominator_would_be_nothing():
    boxes = BOXES.clone().requires_grad_(True)
    distance = (boxes[:, :2] - PREVIOUS).norm(dim=1)
    (distance / distance.sum()).sum().backward()

    assert float(boxes.grad.abs().max()) < 1e-12  # the trap that dsiou_gradient avoids


def test_step_against_the_gradient_comes_nearer_to_the_previous_box():
    gradient = dsiou_gradient(torch.zeros(4, 4, dtype=torch.float64), BOXES, PREVIOUS, 0.45)
    moved = BOXES[:, :2] - 10 * gradient[:, :2]

    before, after = ((centre - PREVIOUS).norm(dim=1) for centre in (BOXES[:, :2], moved))
    assert (after < before).all()
    assert gradient[:, 2:].tolist() == [[0.0, 0.0]] * 4  # size is not the distance's business


def test_mu_zero_is_the_plain_siou_loss():
    overlap, slope = torch.rand(4, dtype=torch.float64), torch.randn(4, 4, dtype=torch.float64)

    torch.testing.assert_close(dsiou_loss(overlap, BOXES, PREVIOUS, 0.0), 1 - overlap)
    torch.testing.assert_close(dsiou_gradient(slope, BOXES, PREVIOUS, 0.0), -slope)


@pytest.mark.parametrize("mu", [0.0, 0.45])
def test_all_candidates_on_the_previous_box_is_no_division_by_zero(mu):
    boxes = torch.tensor([[10.0, 14, 4, 4], [10, 14, 6, 6]], dtype=torch.float64)

    loss = dsiou_loss(torch.tensor([0.5, 0.7], dtype=torch.float64), boxes, PREVIOUS, mu)
    gradient = dsiou_gradient(torch.zeros(2, 4, dtype=torch.float64), boxes, PREVIOUS, mu)

    assert loss.tolist() == pytest.approx([0.5, 0.3])
    assert gradient.abs().max() == 0


def test_of_two_alike_the_nearer_has_the_smaller_loss():
    loss = dsiou_loss(torch.full((4,), 0.6, dtype=torch.float64), BOXES, PREVIOUS, 0.45)

    assert int(loss.argmin()) == 1


def test_single_candidate_pays_the_whole_penalty():
    loss = dsiou_loss(torch.tensor([0.6], dtype=torch.float64), BOXES[:1], PREVIOUS, 0.45)

    assert float(loss) == pytest.approx(0.4 + 0.45)
