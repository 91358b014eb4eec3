"""Which pairs a step takes: every pair of the bank once in a round, in an order that the seed decides."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]

REFERENCES = ("first", "any")
"""Which crops of a group serve as the reference of a pair: the first alone, or each of them in turn."""


class PairOrder:
    """Shuffled pairs, the same for the same seed, whatever step a run goes on from.

    A group of four crops gives three pairs where the first is the reference of the others, as in the paper and in ATOM,
    and twelve where each is the reference of the others in turn.

    Args:
        groups: of the bank.
        members: crops in each.
        batch: pairs a step, over all processes.
        seed: of the order.
        references: of `REFERENCES`.
    """

    def __init__(self, groups: int, members: int, batch: int, seed: int, references: str = "first") -> None:
        self._tests = members - 1
        self._pairs = self._tests * (members if references == "any" else 1)
        self._total = groups * self._pairs
        self._batch = batch
        self._seed = seed
        self._round = -1
        self._order: Indices = np.zeros(0, np.int64)

    def chosen(self, step: int, rank: int, ranks: int) -> tuple[Indices, Indices, Indices]:
        """Return the groups, reference members and test members of a process's share of a step's batch."""
        share = self._batch // ranks
        first = step * share * ranks + rank * share
        places = [self._place(index) for index in range(first, first + share)]
        groups, pairs = np.divmod(np.array(places), self._pairs)
        references, others = np.divmod(pairs, self._tests)
        return groups, references, others + (others >= references)  # the reference itself is left out

    def _place(self, index: int) -> int:
        round_, place = divmod(index, self._total)
        if round_ != self._round:
            self._round = round_
            self._order = np.random.default_rng((self._seed, 2, round_)).permutation(self._total)
        return int(self._order[place])
