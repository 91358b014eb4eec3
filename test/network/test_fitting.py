"""The modulation fitted to boxes of known overlap: against the least-squares problem that it solves, by other means."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from utrack_ros.network.fitting import Problem, fit_modulation
from utrack_ros.network.head import Head

BOXES, BINS, CHANNELS, ROWS = 200, 4, 5, 24
FIRST = torch.tensor([0.6, 1.1, 0.4, 0.9, 0.7], dtype=torch.float64)


def problem():
    """Random boxes, overlaps and layers."""
    drawn = torch.Generator().manual_seed(0)

    def normal(*shape):
        return torch.randn(*shape, generator=drawn, dtype=torch.float64)

    return Problem(
        pooled=normal(BOXES, BINS * CHANNELS).abs(),
        overlap=torch.rand(BOXES, generator=drawn, dtype=torch.float64),
        weight=normal(ROWS, BINS * CHANNELS) / 8,
        head=Head(bias=normal(ROWS), out_weight=normal(ROWS) / 8, out_bias=0.4),
    )


def hidden(given, v):
    """The rows of Eq. 4 at v before relu, (M, D)."""
    boxes = given.pooled.view(BOXES, BINS, CHANNELS) * v
    return torch.einsum("mkc,dkc->md", boxes, given.weight.view(ROWS, BINS, CHANNELS)) + given.head.bias


def by_definition(given, v, at=None):
    """What comes out of Eq. 4 at v; `at`: with the rows that relu lets through there."""
    rows = hidden(given, v)
    return (rows * (hidden(given, v if at is None else at) > 0)) @ given.head.out_weight + given.head.out_bias


def cost(given, v, reg):
    """What the fit makes as small as it can."""
    missing = given.overlap - by_definition(given, v, at=FIRST)
    return float((missing**2).mean() + reg * ((v - FIRST) ** 2).sum() / (FIRST**2).mean())


def test_what_is_missing_is_what_eq_4_leaves():
    given = problem()

    wanted = given.overlap - by_definition(given, FIRST)

    torch.testing.assert_close(given.missing(FIRST)[0], wanted)
    assert given.misfit(FIRST) == pytest.approx(float((wanted**2).mean()) ** 0.5)


@pytest.mark.parametrize("reg", [1e-4, 1e-2, 1.0])
def test_fit_is_the_minimum(reg):
    """Nothing else is better, in any of many directions."""
    given = problem()

    fitted = fit_modulation(given, FIRST, reg)

    found = cost(given, fitted, reg)
    assert found < cost(given, FIRST, reg)
    drawn = np.random.default_rng(1).standard_normal((100, CHANNELS))
    others = [fitted + size * torch.from_numpy(offset) for size in (0.003, 0.03, 0.3) for offset in drawn]
    assert found < min(cost(given, v, reg) for v in others)


def test_overlaps_of_another_modulation_near_by_give_that_one():
    wanted = FIRST + torch.tensor([1.0, -2, 1, 2, -1]) * 1e-4
    given = replace(problem(), overlap=by_definition(problem(), wanted))

    fitted = fit_modulation(given, FIRST, 1e-12)

    torch.testing.assert_close(fitted, wanted, rtol=0, atol=2e-6)


def test_the_more_it_costs_the_nearer_it_stays():
    apart = [float((fit_modulation(problem(), FIRST, reg) - FIRST).norm()) for reg in (1e-4, 1e-1, 100.0)]

    assert apart == sorted(apart, reverse=True)
    assert apart[0] > 0.1 > 0.01 > apart[-1]


def test_last_digits_are_not_magnified():
    """As two engines have them, whose boxes shall agree."""
    given = problem()
    noise = torch.rand(given.pooled.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64) - 0.5
    other = replace(given, pooled=given.pooled * (1 + 1e-6 * noise))

    one, two = (fit_modulation(each, FIRST, 1e-4) for each in (given, other))

    assert 0 < float((one - two).abs().max()) < 1e-4


def test_runs_repeat_exactly():
    np.testing.assert_array_equal(*(fit_modulation(problem(), FIRST, 1e-4).numpy() for _ in range(2)))
