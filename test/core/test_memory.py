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


def by_time(store):
    """Later samples: label to weight."""
    return dict(zip(store.labels[2:, 0, 0].tolist(), store.weights[2:].tolist(), strict=True))


def test_full_memory_leaves_the_weight_of_the_sample_that_goes_to_the_one_after_it():
    store = memory()
    for value in (1, 2, 3, 4):
        insert(store, value)
    insert(store, 5)
    assert store.labels[:, 0, 0].tolist() == [0.0, 0.0, 5.0, 2.0, 3.0, 4.0]
    expected = {5: 0.1, 4: 0.09, 3: 0.081, 2: 0.0729 + 0.06561}
    assert by_time(store) == pytest.approx(expected)

    insert(store, 6)  # 2 weighs too much now: the lightest neighbours are 3 and 4
    expected = {6: 0.1, 5: 0.09, 4: 0.081 + 0.0729, 2: (0.0729 + 0.06561) * 0.9}
    assert by_time(store) == pytest.approx(expected)
    assert store.features[0, :, 0, 0].tolist() == store.labels[:, 0, 0].tolist()


def test_past_that_was_given_up_still_weighs_what_it_did():
    all_kept, few = memory(capacity=400, first_share=0.01), memory(capacity=22, first_share=0.01)
    for value in range(1, 301):
        insert(all_kept, value, 0.01)
        insert(few, value, 0.01)

    assert len(few.weights) == 22
    assert float(few.weights[:2].sum()) == pytest.approx(float(all_kept.weights[:2].sum()), rel=1e-4)
    kept = sorted(by_time(few))
    weights = by_time(few)
    assert kept[-1] == 300
    assert kept[0] < 100  # a third of the way back
    assert max(weights.values()) < 0.15
    for age in (50, 100, 200):
        share, wanted = (
            sum(weight for value, weight in by_time(store).items() if value <= 300 - age) for store in (few, all_kept)
        )
        assert share == pytest.approx(wanted, abs=0.06)


@pytest.mark.parametrize("every", [2, 3, 7, 10])
def test_hard_negatives_keep_their_share_of_the_weight(every):
    shares = []
    for capacity in (402, 52):
        store = memory(capacity=capacity, first_share=0.01)
        hard = set()
        for value in range(1, 401):
            rate = 0.02 if value % every == 0 else 0.01
            hard |= {float(value)} if rate == 0.02 else set()
            insert(store, value, rate)
        weights = by_time(store)
        shares.append(sum(weight for value, weight in weights.items() if value in hard) / sum(weights.values()))
    assert shares[1] == pytest.approx(shares[0], abs=0.01)


def test_memory_with_room_for_one_later_sample_keeps_the_newest():
    store = memory(capacity=3)
    for value in (1, 2, 3):
        insert(store, value)
    assert store.labels[:, 0, 0].tolist() == [0.0, 0.0, 3.0]
    assert float(store.weights.sum()) == pytest.approx(1.0)


def test_first_frame_keeps_its_share_for_ever():
    store = memory()
    for value in range(200):
        insert(store, value, 0.3)
        assert float(store.weights.sum()) == pytest.approx(1.0, abs=1e-5)
        assert float(store.weights[:2].sum()) >= 0.25 - 1e-5
