"""Algorithm 1 with an overlap that is known in closed form in place of the network."""

import dataclasses

import numpy as np
import pytest
import torch

from utrack_ros.core.boxes import iou
from utrack_ros.core.config import RefinementConfig
from utrack_ros.core.errors import ConfigError
from utrack_ros.core.refinement import Refiner, candidate_offsets, synthesise

TRUTH = torch.tensor([110.0, 96.0, 50.0, 70.0])
COARSE = torch.tensor([100.0, 100.0, 60.0, 60.0])
CENTRE = torch.tensor([130.0, 130.0])
PLAIN = RefinementConfig(mu=0.0)


def overlap_of(truth, width=40):
    """A smooth bump with its top, 1, at the truth; (M, 4) boxes -> (M,) and (M, 4)."""

    def predict(boxes):
        boxes = boxes.clone().requires_grad_(True)
        with torch.enable_grad():
            value = torch.exp(-((boxes - truth) ** 2 / width**2).sum(dim=1))
        return value.detach(), torch.autograd.grad(value.sum(), boxes)[0]

    return predict


def test_refinement_climbs_to_the_truth():
    config = dataclasses.replace(PLAIN, steps=60, step_length=4.0)

    found = Refiner(config).refine(COARSE, CENTRE, overlap_of(TRUTH))

    assert float(iou(found.box_xywh.numpy(), TRUTH.numpy())) > 0.97
    assert found.overlap > 0.99
    assert found.coarse_overlap == pytest.approx(float(overlap_of(TRUTH)(COARSE[None])[0]))


def test_five_steps_better_the_coarse_box():
    found = Refiner(PLAIN).refine(COARSE, CENTRE, overlap_of(TRUTH))

    assert float(iou(found.box_xywh.numpy(), TRUTH.numpy())) > float(iou(COARSE.numpy(), TRUTH.numpy()))


def test_runs_repeat_exactly():
    first, second = (Refiner(RefinementConfig()).refine(COARSE, CENTRE, overlap_of(TRUTH)) for _ in range(2))

    assert torch.equal(first.box_xywh, second.box_xywh)


def test_of_two_targets_alike_the_distance_term_takes_the_nearer():
    near, far = TRUTH - torch.tensor([26.0, 0, 0, 0]), TRUTH + torch.tensor([26.0, 0, 0, 0])

    def two(boxes):
        (a, by_a), (b, by_b) = overlap_of(near, 25)(boxes), overlap_of(far, 25)(boxes)
        return a + b, by_a + by_b

    start = torch.tensor([114.0, 96.0, 50.0, 70.0])  # a little nearer to the far one
    previous = near[:2] + near[2:] / 2

    def taken(mu):
        config = RefinementConfig(mu=mu, keep=1, steps=30, centre_offset=0.3)
        box = Refiner(config).refine(start, previous, two).box_xywh.numpy()
        return "near" if float(iou(box, near.numpy())) > float(iou(box, far.numpy())) else "far"

    assert taken(0.0) == "far"
    assert taken(0.45) == "near"


def test_keep_one_is_the_papers_smallest_loss():
    calls = []

    def flat(boxes):
        calls.append(boxes)
        return torch.linspace(0.1, 0.9, len(boxes)), torch.zeros(len(boxes), 4)

    found = Refiner(RefinementConfig(mu=0.0, keep=1)).refine(COARSE, CENTRE, flat)

    torch.testing.assert_close(found.box_xywh, calls[-1][-1])
    assert len(calls) == 6  # five steps, and the losses of where they ended


def test_last_look_asks_for_no_derivatives_and_gives_the_same():
    asked = []

    def counted(name, answer):
        def call(boxes):
            asked.append(name)
            return answer(boxes)

        return call

    predict = overlap_of(TRUTH)
    found = Refiner(PLAIN).refine(
        COARSE, CENTRE, counted("predict", predict), counted("score", lambda boxes: predict(boxes)[0])
    )

    assert asked == ["predict"] * PLAIN.steps + ["score"]
    torch.testing.assert_close(found.box_xywh, Refiner(PLAIN).refine(COARSE, CENTRE, predict).box_xywh)


def test_mean_of_the_best_three():
    def flat(boxes):
        return torch.arange(len(boxes)) / 10, torch.zeros(len(boxes), 4)

    config = RefinementConfig(mu=0.0, keep=3, candidates=11)
    boxes = synthesise(COARSE, torch.from_numpy(candidate_offsets(config)).float())
    found = Refiner(config).refine(COARSE, CENTRE, flat)

    centre, size = boxes[-3:, :2].mean(0), boxes[-3:, 2:].mean(0)
    torch.testing.assert_close(found.box_xywh, torch.cat([centre - size / 2, size]))
    assert found.overlap == pytest.approx(0.9)


def test_sides_never_fall_below_the_smallest():
    def shrink(boxes):
        return torch.zeros(len(boxes)), torch.tensor([0.0, 0, -10, -10]).expand(len(boxes), 4)

    found = Refiner(PLAIN).refine(COARSE, CENTRE, shrink)

    assert found.box_xywh[2:].tolist() == pytest.approx([4.0, 4.0])


def likes_flat(boxes):
    return (boxes[:, 2] / boxes[:, 3]).clamp(max=100) / 100, torch.zeros(len(boxes), 4)


def test_box_stretched_too_far_is_not_chosen():
    config = RefinementConfig(mu=0.0, keep=1, largest_stretch=1.2)
    found = Refiner(config).refine(COARSE, CENTRE, likes_flat)

    assert 1.0 < float(found.box_xywh[2] / found.box_xywh[3]) <= 1.2 + 1e-6


def test_mean_is_of_those_alone_that_are_not_stretched_too_far():
    config = RefinementConfig(mu=0.0, candidates=17, size_offset=0.25, keep=17, largest_stretch=1.2)
    found = Refiner(config).refine(COARSE, CENTRE, likes_flat)

    boxes = synthesise(COARSE, torch.from_numpy(candidate_offsets(config)).float())
    eligible = boxes[(boxes[:, 2] / boxes[:, 3]).log().abs() <= np.log(1.2)]
    assert 1 < len(eligible) < 16
    torch.testing.assert_close(found.box_xywh[2:], eligible[:, 2:].mean(0))


def test_coarse_box_stays_where_everything_is_stretched_too_far():
    def stretch(boxes):
        return torch.ones(len(boxes)), torch.tensor([0.0, 0, 10, 0]).expand(len(boxes), 4)

    found = Refiner(PLAIN).refine(COARSE, CENTRE, stretch)

    assert torch.equal(found.box_xywh, COARSE)


def test_long_target_keeps_its_aspect():
    long = torch.tensor([60.0, 120.0, 140.0, 20.0])
    found = Refiner(PLAIN).refine(long, long[:2] + long[2:] / 2, overlap_of(long))

    assert float(iou(found.box_xywh.numpy(), long.numpy())) > 0.9


def test_candidate_whose_overlap_is_no_number_is_not_chosen():
    def half_blind(boxes):
        overlap, slope = overlap_of(TRUTH)(boxes)
        return torch.where(torch.arange(len(boxes)) % 2 == 1, torch.nan, overlap), torch.zeros_like(slope)

    config = dataclasses.replace(PLAIN, keep=9)
    found = Refiner(config).refine(COARSE, CENTRE, half_blind)

    boxes = synthesise(COARSE, torch.from_numpy(candidate_offsets(config)).float())[::2]
    wanted = torch.cat([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, 2:]], dim=1).mean(0)
    torch.testing.assert_close(found.box_xywh, wanted)


def test_first_candidate_is_the_coarse_box_and_the_table_is_fixed():
    config = RefinementConfig()
    table = candidate_offsets(config)

    assert table[0].tolist() == [0, 0, 0, 0]
    np.testing.assert_array_equal(table, candidate_offsets(RefinementConfig()))
    assert (np.abs(table[:, :2]) <= 0.05).all()
    assert (np.abs(table[:, 2:]) <= config.size_offset).all()
    assert np.abs(table[:, 2:]).max() > config.size_offset / 2


@pytest.mark.parametrize("seed", range(3))
def test_each_offset_comes_with_its_opposite(seed):
    table = candidate_offsets(RefinementConfig(seed=seed))

    assert len(table) == RefinementConfig().candidates
    np.testing.assert_allclose(table.sum(axis=0), 0, atol=1e-12)
    for row in table:
        assert (table == -row).all(axis=1).any()


def test_synthesis_keeps_sides_above_a_third_of_the_shorter():
    boxes = synthesise(torch.tensor([0.0, 0.0, 90.0, 10.0]), torch.tensor([[0.0, 0.0, 0.0, -0.9]]))

    assert float(boxes[0, 3]) == pytest.approx(10 / 3)


@pytest.mark.parametrize(
    "change", [{"keep": 17}, {"candidates": 8}, {"steps": 0}, {"mu": -0.1}, {"step_length": 0.0}, {"mu": float("nan")}]
)
def test_settings_that_cannot_work_are_refused(change):
    with pytest.raises(ConfigError, match=next(iter(change))):
        RefinementConfig(**change)
