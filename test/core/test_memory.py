"""Sample weights: exponential, the first frame never fades away."""

import pytest
import torch

from utrack_ros.core.memory import SampleMemory


def memory(capacity=6, first=2, first_share=0.25):
    return SampleMemory(capacity, first_share, torch.zeros(3, first, 4, 4), torch.zeros(first, 4, 4))


def insert(store, value, rate=0.1):
    store.insert(torch.full((3, 4, 4), float(value)), torch.full((4, 4), float(value)), rate)


def test_starts_with_the_first_frame_alone():
    store = memory()
    assert store.weights.tolist() == [0.5, 0.5]
    assert store.features.shape == (3, 2, 4, 4)


def test_new_sample_takes_its_rate_and_the_rest_keep_their_ratio():
    store = memory()
    insert(store, 1, 0.2)
    assert store.weights.tolist() == pytest.approx([0.4, 0.4, 0.2])
    assert store.features[0, 2, 0, 0] == 1.0
    assert store.labels[2, 0, 0] == 1.0


def test_full_memory_gives_up_its_lightest_later_sample():
    store = memory()
    for value in (1, 2, 3, 4):
        insert(store, value)
    insert(store, 5)
    assert store.labels[:, 0, 0].tolist() == [0.0, 0.0, 5.0, 2.0, 3.0, 4.0]


def test_first_frame_keeps_its_share_for_ever():
    store = memory()
    for value in range(200):
        insert(store, value, 0.3)
        assert float(store.weights.sum()) == pytest.approx(1.0, abs=1e-5)
        assert float(store.weights[:2].sum()) >= 0.25 - 1e-5
