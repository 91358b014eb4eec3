"""Which pairs a step takes: every pair of the bank once in a round, in an order that the seed decides."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]


class PairOrder:
    """Shuffled pairs, the same for the same seed, whatever step a run goes on from.

    Args:
        groups: of the bank.
        tests: test crops in each.
        batch: pairs a step, over all processes.
        seed: of the order.
    """

    def __init__(self, groups: int, tests: int, batch: int, seed: int) -> None:
        self._tests = tests
        self._total = groups * tests
        self._batch = batch
        self._seed = seed
        self._round = -1
        self._order: Indices = np.zeros(0, np.int64)

    def chosen(self, step: int, rank: int, ranks: int) -> tuple[Indices, Indices]:
        """Return the groups and the members (1 ... tests) of a process's share of a step's batch."""
        share = self._batch // ranks
        first = step * share * ranks + rank * share
        places = [self._place(index) for index in range(first, first + share)]
        groups, members = np.divmod(np.array(places), self._tests)
        return groups, members + 1

    def _place(self, index: int) -> int:
        round_, place = divmod(index, self._total)
        if round_ != self._round:
            self._round = round_
            self._order = np.random.default_rng((self._seed, 2, round_)).permutation(self._total)
        return int(self._order[place])
