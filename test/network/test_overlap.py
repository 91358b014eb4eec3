"""The closed form of the SIoU network against the network itself and autograd."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from utrack_ros.core.config import FittingConfig
from utrack_ros.core.network import Lesson
from utrack_ros.core.proposals import draw_proposals
from utrack_ros.network.architectures import ARCHITECTURES
from utrack_ros.network.overlap import OverlapPredictor
from utrack_ros.network.siou import to_cells, to_overlap
from utrack_ros.network.utrack_network import UTrackNetwork

BOXES = torch.tensor(
    [[100.0, 110, 60, 70], [90, 100, 80, 60], [-20, 150, 60, 60], [240, 230, 120, 120], [140, 140, 5, 9]],
    dtype=torch.float64,
)
TARGET = torch.tensor([112.0, 108.0, 64.0, 72.0], dtype=torch.float64)


@pytest.fixture(scope="module", params=["utrack_lite0", "utrack_lite0_no_frn", "utrack_lite0_no_mfc"])
def network(request):
    """Random weights and statistics; a gain before the output, so that relu cuts and slopes are not tiny."""
    torch.manual_seed(3)
    made = UTrackNetwork(ARCHITECTURES[request.param]).double().eval()
    for norm in made.modules():
        if isinstance(norm, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            norm.running_mean.normal_(0, 0.1)
            norm.running_var.uniform_(0.2, 0.6)
            norm.weight.data.uniform_(1.0, 2.0)
            norm.bias.data.normal_(0, 0.5)
    return made


@pytest.fixture(scope="module")
def levels(network):
    torch.manual_seed(4)
    with torch.no_grad():
        return [network.backbone(torch.randn(1, 3, 288, 288, dtype=torch.float64))[1:] for _ in range(2)]


def by_network(network, levels, boxes):
    first, second = ([level.clone() for level in frame] for frame in levels)
    modulation = network.siou.modulation(network.neck(first), TARGET[None])
    features = network.siou.test_features(network.neck(second))
    return to_overlap(network.siou.score(features, modulation, boxes[None])[0])


def by_closed_form(network, levels, boxes):
    predictor = OverlapPredictor(network.neck, network.siou)
    first, second = (tuple(level.clone() for level in frame) for frame in levels)
    return predictor.predict(predictor.candidates_map(second), predictor.reference(first, TARGET), boxes)


def test_overlap_is_that_of_the_network(network, levels):
    overlap, _ = by_closed_form(network, levels, BOXES)

    torch.testing.assert_close(overlap, by_network(network, levels, BOXES).detach(), rtol=1e-9, atol=1e-12)


def test_gradient_is_that_of_autograd(network, levels):
    boxes = BOXES.clone().requires_grad_(True)
    by_network(network, levels, boxes).sum().backward()

    _, gradient = by_closed_form(network, levels, BOXES)

    assert float(boxes.grad.abs().max()) > 1e-6
    torch.testing.assert_close(gradient, boxes.grad, rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize(
    "boxes",
    [
        [[0.0, 0, 288, 288]],  # all of the crop
        [[-90.0, -60, 40, 30]],  # outside, before the first cell
        [[330.0, 300, 40, 30]],  # and after the last one
        [[96.5, 96.5, 32, 16]],  # edges on the centres of cells
        [[130.0, 140, 0, 5], [200, 30, 4, 0]],  # without area
        [[130.0, 140, -3, 5]],  # inside out
        [[20.0, 240, 30, 30], [230, 10, 50, 20]],  # in opposite corners
    ],
)
def test_cells_that_are_left_out_would_add_nothing(network, levels, boxes):
    boxes = torch.tensor(boxes, dtype=torch.float64, requires_grad=True)
    wanted = by_network(network, levels, boxes)
    wanted.sum().backward()

    overlap, gradient = by_closed_form(network, levels, boxes.detach())

    torch.testing.assert_close(overlap, wanted.detach(), rtol=1e-9, atol=1e-12)
    sides = (boxes.detach()[:, 2:] > 0).all(dim=1)  # without area it has no derivative
    torch.testing.assert_close(gradient[sides], boxes.grad[sides], rtol=1e-7, atol=1e-12)


def test_boxes_that_are_no_numbers_spoil_themselves_alone(network, levels):
    boxes = torch.cat([BOXES, torch.full((1, 4), torch.nan, dtype=torch.float64)])

    overlap, gradient = by_closed_form(network, levels, boxes)

    wanted = by_closed_form(network, levels, BOXES)
    assert torch.isnan(overlap[-1])
    torch.testing.assert_close(overlap[:-1], wanted[0])
    torch.testing.assert_close(gradient[:-1], wanted[1])


def test_score_is_the_overlap_without_its_gradient(network, levels):
    predictor = OverlapPredictor(network.neck, network.siou)
    first, second = (tuple(level.clone() for level in frame) for frame in levels)
    features, reference = predictor.candidates_map(second), predictor.reference(first, TARGET)

    assert torch.equal(predictor.score(features, reference, BOXES), predictor.predict(features, reference, BOXES)[0])


@pytest.mark.parametrize("kept", [0, 1, 40])
def test_channels_that_the_target_switches_off_are_left_out(network, levels, monkeypatch, kept):
    v = torch.zeros(1, network.siou.test_conv2[0].out_channels, dtype=torch.float64)
    v[0, 5 : 5 + kept] = torch.linspace(0.5, 2, kept)
    monkeypatch.setattr(network.siou, "modulation", lambda maps, boxes: v)
    predictor = OverlapPredictor(network.neck, network.siou)
    first, second = (tuple(level.clone() for level in frame) for frame in levels)
    boxes = BOXES.clone().requires_grad_(True)
    wanted = by_network(network, levels, boxes)
    wanted.sum().backward()

    reference = predictor.reference(first, TARGET)
    overlap, gradient = predictor.predict(predictor.candidates_map(second), reference, BOXES)

    if kept:
        assert reference[0].shape[1] == 25 * kept
    torch.testing.assert_close(overlap, wanted.detach(), rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(gradient, boxes.grad, rtol=1e-7, atol=1e-12)


def test_a_candidate_does_not_depend_on_the_others(network, levels):
    together, _ = by_closed_form(network, levels, BOXES)
    alone = torch.cat([by_closed_form(network, levels, box[None])[0] for box in BOXES])

    torch.testing.assert_close(together, alone)


def test_cells_of_a_box_follow_the_centres_of_the_cells():
    # Cell 3 at stride 8 has its centre at pixel index 24, which is 24.5 from the crop's corner.
    assert to_cells(torch.tensor([24.5, 24.5, 16.0, 8.0]), 8).tolist() == [3.0, 3.0, 5.0, 4.0]


def test_output_of_minus_one_to_one_is_an_overlap_of_zero_to_one():
    assert to_overlap(torch.tensor([-1.0, 0.0, 1.0])).tolist() == [0.0, 0.5, 1.0]


FITTING = FittingConfig(reg=1e-6, misfit=0.0, misfit_full=0.0)


def lesson_of(levels, count=40):
    """Boxes around the target of the first frame, and their overlaps with it."""
    boxes, overlap = draw_proposals(np.random.default_rng(2), TARGET.numpy()[None], count)
    return Lesson(tuple(level.clone() for level in levels[0]), *(torch.from_numpy(of[0]) for of in (boxes, overlap)))


def missing(predictor, reference, lesson):
    """How far the SIoU of a lesson's boxes is from what it should be, root mean square."""
    found = predictor.score(predictor.candidates_map(lesson.levels), reference, lesson.boxes_xywh)
    return float((found - lesson.overlap).square().mean().sqrt())


def test_fitted_reference_tells_the_overlaps_of_its_lessons_better(network, levels):
    predictor, lesson = OverlapPredictor(network.neck, network.siou), lesson_of(levels)
    plain = predictor.reference(lesson.levels, TARGET)

    fitted = predictor.fitted(lesson.levels, TARGET, [lesson], FITTING)

    assert missing(predictor, fitted, lesson) < 0.7 * missing(predictor, plain, lesson)
    assert torch.equal(fitted[1], plain[1])


@torch.inference_mode()
def test_what_is_fitted_is_v_of_eq_4(network, levels):
    """The layer that comes out is the network's own with other weights of the channels, the same in every bin."""
    predictor, lesson = OverlapPredictor(network.neck, network.siou), lesson_of(levels)
    weight, channels = predictor.fitted(lesson.levels, TARGET, [lesson], FITTING)

    v = predictor.modulation(lesson.levels, TARGET)
    own = predictor.weight.view(len(weight), -1, len(v))[:, :, channels]  # (D, K*K, c)
    ratio = weight.view_as(own) / own
    torch.testing.assert_close(ratio, ratio[:1, :1].expand_as(ratio))
    assert not torch.allclose(ratio[0, 0], v[channels], rtol=1e-3)


def test_all_lessons_count(network, levels):
    predictor, lesson = OverlapPredictor(network.neck, network.siou), lesson_of(levels)
    other = replace(lesson, levels=tuple(level.clone() for level in levels[1]))

    one = predictor.fitted(lesson.levels, TARGET, [lesson], FITTING)
    both = predictor.fitted(lesson.levels, TARGET, [lesson, other], FITTING)

    assert missing(predictor, both, other) < missing(predictor, one, other)


def test_without_lessons_it_is_the_plain_reference(network, levels):
    predictor, lesson = OverlapPredictor(network.neck, network.siou), lesson_of(levels)

    assert torch.equal(
        predictor.fitted(lesson.levels, TARGET, [], FITTING)[0], predictor.reference(lesson.levels, TARGET)[0]
    )


@torch.inference_mode()
def test_how_wrong_the_network_is_says_how_far_it_is_fitted(network, levels):
    predictor, lesson = OverlapPredictor(network.neck, network.siou), lesson_of(levels)
    plain = predictor.reference(lesson.levels, TARGET)
    wrong = missing(predictor, plain, lesson)

    def fitted(low, full):
        config = replace(FITTING, misfit=low * wrong, misfit_full=full * wrong)
        return predictor.fitted(lesson.levels, TARGET, [lesson], config)[0]

    assert torch.equal(fitted(1.01, 1.02), plain[0])
    assert not torch.allclose(fitted(0.0, 0.0), plain[0], rtol=1e-3)
    torch.testing.assert_close(fitted(0.5, 1.5), (plain[0] + fitted(0.0, 0.0)) / 2)


def test_further_lessons_are_asked_for_only_where_the_first_shows_that_it_is_wrong(network, levels):
    predictor, lesson = OverlapPredictor(network.neck, network.siou), lesson_of(levels)
    wrong = missing(predictor, predictor.reference(lesson.levels, TARGET), lesson)

    def asked(limit):
        told = iter([lesson] * 3)
        predictor.fitted(lesson.levels, TARGET, told, replace(FITTING, misfit=limit, misfit_full=limit))
        return 3 - len(list(told))

    assert (asked(1.01 * wrong), asked(0.99 * wrong)) == (1, 3)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_fit_that_gives_no_numbers_is_not_taken(network, levels, value):
    predictor, lesson = OverlapPredictor(network.neck, network.siou), lesson_of(levels)
    plain, _ = predictor.reference(lesson.levels, TARGET)
    broken = replace(lesson, overlap=torch.full_like(lesson.overlap, value))

    assert torch.equal(predictor.fitted(lesson.levels, TARGET, [lesson, broken], FITTING)[0], plain)
    assert torch.equal(predictor.fitted(lesson.levels, TARGET, [broken], FITTING)[0], plain)
