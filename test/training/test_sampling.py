"""Which pairs a step takes."""

import numpy as np

from utrack_ros.training.sampling import PairOrder


def pairs(order, step, rank=0, ranks=1):
    groups, members = order.chosen(step, rank, ranks)
    return list(zip(groups.tolist(), members.tolist(), strict=True))


def test_every_pair_comes_once_in_a_round():
    order = PairOrder(groups=8, tests=3, batch=6, seed=0)
    one_round = [pair for step in range(4) for pair in pairs(order, step)]

    assert sorted(one_round) == [(group, member) for group in range(8) for member in (1, 2, 3)]
    assert one_round != [pair for step in range(4, 8) for pair in pairs(order, step)]


def test_processes_share_a_batch_without_a_pair_twice():
    order = PairOrder(groups=50, tests=3, batch=12, seed=1)
    alone = pairs(order, 5)
    shared = [pair for rank in range(3) for pair in pairs(order, 5, rank, 3)]

    assert alone == shared
    assert len(set(shared)) == 12


def test_a_step_does_not_depend_on_those_before():
    order, fresh = (PairOrder(groups=10, tests=2, batch=8, seed=2) for _ in range(2))
    before = [pairs(order, step) for step in range(7)]  # steps 2 and 4 lie in two rounds

    for step in (6, 2, 4, 0):
        assert pairs(fresh, step) == before[step]
    assert np.unique(before[0], axis=0).shape == (8, 2)
