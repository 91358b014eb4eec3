"""Which pairs a step takes."""

import itertools

import numpy as np

from utrack_ros.training.sampling import PairOrder


def pairs(order, step, rank=0, ranks=1):
    return list(zip(*(part.tolist() for part in order.chosen(step, rank, ranks)), strict=True))


def test_every_pair_comes_once_in_a_round():
    order = PairOrder(groups=8, members=3, batch=6, seed=0)
    one_round = [pair for step in range(8) for pair in pairs(order, step)]

    assert sorted(one_round) == [(group, *two) for group in range(8) for two in itertools.permutations(range(3), 2)]
    assert one_round != [pair for step in range(8, 16) for pair in pairs(order, step)]


def test_processes_share_a_batch_without_a_pair_twice():
    order = PairOrder(groups=50, members=4, batch=12, seed=1)
    alone = pairs(order, 5)
    shared = [pair for rank in range(3) for pair in pairs(order, 5, rank, 3)]

    assert alone == shared
    assert len(set(shared)) == 12


def test_a_step_does_not_depend_on_those_before():
    order, fresh = (PairOrder(groups=10, members=3, batch=8, seed=2) for _ in range(2))
    before = [pairs(order, step) for step in range(9)]  # step 7 lies in two rounds

    for step in (8, 2, 7, 0):
        assert pairs(fresh, step) == before[step]
    assert np.unique(before[0], axis=0).shape == (8, 3)
