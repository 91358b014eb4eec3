"""The modulation fitted to boxes of known overlap: against the least-squares problem that it solves, by other means."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from utrack_ros.network.fitting import Problem, fit_modulation

BOXES, BINS, CHANNELS, ROWS = 200, 4, 5, 24


def problem():
    """Random boxes, overlaps and layers."""
    drawn = torch.Generator().manual_seed(0)

    def normal(*shape):
        return torch.randn(*shape, generator=drawn, dtype=torch.float64)

    return Problem(
        pooled=normal(BOXES, BINS * CHANNELS).abs(),
        overlap=torch.rand(BOXES, generator=drawn, dtype=torch.float64),
        weight=normal(ROWS, BINS * CHANNELS) / 8,
        bias=normal(ROWS),
        out_weight=normal(ROWS) / 8,
        out_bias=0.4,
    )


FIRST = torch.tensor([0.6, 1.1, 0.4, 0.9, 0.7], dtype=torch.float64)


def by_definition(given, v):
    """What comes out of Eq. 4 at v."""
    boxes = given.pooled.view(BOXES, BINS, CHANNELS) * v
    hidden = torch.einsum("mkc,dkc->md", boxes, given.weight.view(ROWS, BINS, CHANNELS)) + given.bias
    return hidden.relu() @ given.out_weight + given.out_bias


def cost(given, v, reg):
    """What the fit makes as small as it can."""
    missing = given.overlap - by_definition(given, v)
    missing = missing.sign() * (missing.abs() - given.slack).clamp(min=0)
    return float((missing**2).mean() + reg * ((v - FIRST) ** 2).sum() / (FIRST**2).mean())


def test_what_is_missing_is_what_eq_4_leaves():
    given = problem()

    missing, _ = given.beyond(FIRST)

    wanted = given.overlap - by_definition(given, FIRST)
    torch.testing.assert_close(missing, wanted)
    assert float(given.misfit(FIRST)) == pytest.approx(float((wanted**2).mean()) ** 0.5)


def test_slope_is_that_of_finite_differences():
    given, step = problem(), 1e-6
    _, passed = given.beyond(FIRST)

    slope = given.slope(passed, CHANNELS)

    for channel in range(CHANNELS):
        moved = FIRST.clone()
        moved[channel] += step
        rise = (by_definition(given, moved) - by_definition(given, FIRST)) / step
        torch.testing.assert_close(slope[:, channel], rise, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("slack", [0.0, 0.15])
@pytest.mark.parametrize("reg", [1e-4, 1e-2, 1.0])
def test_fit_is_a_minimum(reg, slack):
    """Nothing near it is better, in any of many directions."""
    given = replace(problem(), slack=slack)

    fitted = fit_modulation(given, FIRST, 30, reg)

    found = cost(given, fitted, reg)
    assert found < cost(given, FIRST, reg)
    drawn = np.random.default_rng(1).standard_normal((100, CHANNELS))
    near = [fitted + size * torch.from_numpy(offset) for size in (0.003, 0.03, 0.1) for offset in drawn]
    assert found <= min(cost(given, v, reg) for v in near) * (1 + 1e-4)


def test_overlaps_of_another_modulation_give_that_one():
    wanted = torch.tensor([1.0, 0.3, 0.8, 0.2, 1.2], dtype=torch.float64)
    given = replace(problem(), overlap=by_definition(problem(), wanted))

    fitted = fit_modulation(given, FIRST, 30, 1e-9)

    torch.testing.assert_close(fitted, wanted, rtol=1e-3, atol=1e-3)


def test_what_is_within_the_slack_teaches_nothing():
    given = problem()
    noise = torch.rand(BOXES, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 0.2 - 0.1
    near = replace(given, overlap=by_definition(given, FIRST) + noise, slack=0.11)

    assert torch.equal(fit_modulation(near, FIRST, 6, 1e-4), FIRST)
    assert not torch.equal(fit_modulation(replace(near, slack=0.05), FIRST, 6, 1e-4), FIRST)


def test_the_more_it_costs_the_nearer_it_stays():
    given = problem()

    apart = [float((fit_modulation(given, FIRST, 30, reg) - FIRST).norm()) for reg in (1e-4, 1e-1, 100.0)]

    assert apart == sorted(apart, reverse=True)
    assert apart[0] > 0.1 > 0.01 > apart[-1]


def test_each_step_is_better_or_not_taken():
    costs = [cost(problem(), fit_modulation(problem(), FIRST, steps, 1e-4), 1e-4) for steps in range(8)]

    assert costs[0] == cost(problem(), FIRST, 1e-4)
    assert costs == sorted(costs, reverse=True)


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("where", ["pooled", "overlap"])
def test_numbers_that_are_not_finite_leave_it_as_it_was(where, value):
    given = problem()
    getattr(given, where).view(-1)[7] = value

    assert torch.equal(fit_modulation(given, FIRST, 6, 1e-4), FIRST)


def test_runs_repeat_exactly():
    np.testing.assert_array_equal(*(fit_modulation(problem(), FIRST, 6, 1e-4).numpy() for _ in range(2)))
