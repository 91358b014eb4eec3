"""Which pairs a step takes."""

import itertools

import numpy as np
import pytest

from utrack_ros.training.sampling import PairOrder

either = pytest.mark.parametrize("references", ["first", "any"])


def all_pairs(references, groups, members):
    """Return (group, reference, test) of every pair, in the order of the bank."""
    pairs = list(itertools.permutations(range(members), 2))
    wanted = [pair for pair in pairs if references == "any" or pair[0] == 0]
    return [(group, *pair) for group in range(groups) for pair in wanted]


def pairs(order, step, rank=0, ranks=1):
    return list(zip(*(part.tolist() for part in order.chosen(step, rank, ranks)), strict=True))


@pytest.mark.parametrize(("references", "pairs_of_a_group"), [("first", 3), ("any", 12)])
def test_every_pair_comes_once_in_a_round(references, pairs_of_a_group):
    order = PairOrder(groups=8, members=4, batch=6, seed=0, references=references)
    steps = 8 * pairs_of_a_group // 6
    one_round = [pair for step in range(steps) for pair in pairs(order, step)]

    assert len(one_round) == 8 * pairs_of_a_group
    assert sorted(one_round) == all_pairs(references, 8, 4)
    assert one_round != [pair for step in range(steps, 2 * steps) for pair in pairs(order, step)]


@either
def test_the_order_of_a_round_is_that_of_its_seed(references):
    order = PairOrder(groups=5, members=4, batch=5, seed=3, references=references)
    known = all_pairs(references, 5, 4)
    rounds = [np.random.default_rng((3, 2, number)).permutation(len(known)) for number in (0, 1)]

    found = [pair for step in range(2 * len(known) // 5) for pair in pairs(order, step)]

    assert found == [known[place] for place in np.concatenate(rounds)]


def test_without_a_word_the_first_crop_is_the_reference():
    order = PairOrder(groups=8, members=4, batch=24, seed=0)

    assert sorted(pairs(order, 0)) == all_pairs("first", 8, 4)


@either
def test_processes_share_a_batch_without_a_pair_twice(references):
    order = PairOrder(groups=50, members=4, batch=12, seed=1, references=references)
    alone = pairs(order, 5)
    shared = [pair for rank in range(3) for pair in pairs(order, 5, rank, 3)]

    assert alone == shared
    assert len(set(shared)) == 12


@pytest.mark.parametrize(("references", "two_rounds"), [("first", 2), ("any", 7)])
def test_a_step_does_not_depend_on_those_before(references, two_rounds):
    order, fresh = (PairOrder(groups=10, members=3, batch=8, seed=2, references=references) for _ in range(2))
    before = [pairs(order, step) for step in range(9)]

    for step in (8, two_rounds, 5, 0):
        assert pairs(fresh, step) == before[step]
    assert np.unique(before[0], axis=0).shape == (8, 3)
