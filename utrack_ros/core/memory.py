"""The samples that the classifier learns from, and their weights (gamma in Eq. 2)."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor


class SampleMemory:
    """A fixed number of slots; the first frame's samples stay for ever.

    A new sample takes `rate` of the total weight, so older ones fade exponentially (ATOM). A full memory gives up a
    later sample and leaves its weight to the next one in time that came with the same rate; it takes the two that weigh
    least together. So the far past grows sparse, and what it weighs stays what it was, of hard negatives, which come
    with a rate of their own, and of others. ATOM forgets the lightest.

    Args:
        capacity: slots.
        first_share: least total weight of the first frame's samples.
        features: (D, N0, H, W) projected features of the first frame.
        labels: (N0, H, W) wanted responses.
    """

    def __init__(self, capacity: int, first_share: float, features: Tensor, labels: Tensor) -> None:
        depth, first_count, height, width = features.shape
        self._first_share = first_share
        self._first_count = first_count
        self._count = first_count
        self._in_time: dict[float, list[int]] = {}  # slots of later samples by their rate, the oldest first
        # Of 7 MB most are used much later: slots are not touched before.
        self._features = features.new_empty(depth, capacity, height, width)
        self._labels = labels.new_empty(capacity, height, width)
        self._weights = torch.zeros(capacity, dtype=features.dtype)
        self._features[:, :first_count] = features
        self._labels[:first_count] = labels
        self._weights[:first_count] = 1.0 / first_count

    @property
    def features(self) -> Tensor:
        """(D, N, H, W) features of the slots in use."""
        return self._features[:, : self._count]

    @property
    def labels(self) -> Tensor:
        """(N, H, W) wanted responses."""
        return self._labels[: self._count]

    @property
    def weights(self) -> Tensor:
        """(N,) weights; their sum is 1."""
        return self._weights[: self._count]

    def insert(self, feature: Tensor, label: Tensor, rate: float) -> None:
        """Store a sample: (D, H, W) feature, (H, W) label, weight `rate`."""
        if self._count < self._weights.shape[0]:
            slot = self._count
            self._count += 1
        else:
            slot = self._give_up()
        self._in_time.setdefault(rate, []).append(slot)
        self._features[:, slot] = feature
        self._labels[slot] = label
        self._weights[slot] = 0.0
        self._weights *= (1.0 - rate) / self._weights.sum()
        self._weights[slot] = rate
        first = self._weights[: self._first_count].sum()
        if first < self._first_share:
            self._weights[: self._first_count] *= self._first_share / first
            self._weights[self._first_count :] *= (1.0 - self._first_share) / (1.0 - first)

    def _give_up(self) -> int:
        """Return the slot of a sample whose weight another one has now; the lightest where no two are of one rate."""
        pairs = [
            (older, newer, slots) for slots in self._in_time.values() for older, newer in itertools.pairwise(slots)
        ]
        if not pairs:
            slots = min(filter(None, self._in_time.values()), key=lambda one: float(self._weights[one[0]]))
            return slots.pop()
        weights = self._weights.tolist()
        slot, heir, slots = min(pairs, key=lambda pair: weights[pair[0]] + weights[pair[1]])
        self._weights[heir] += self._weights[slot]
        slots.remove(slot)
        return slot
