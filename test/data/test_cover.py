"""What is put before a target: a part of it is hidden, everything else stays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from utrack_ros.data.cover import cover

BOX = (200.0, 100.0, 100.0, 60.0)


def noise() -> Any:
    return np.random.default_rng(0).integers(0, 256, (360, 480, 3), dtype=np.uint8)


def test_a_part_of_the_target_is_hidden_and_never_most_of_it() -> None:
    image, rng = noise(), np.random.default_rng(1)
    shares = []
    for _ in range(300):
        hidden = (cover(image, BOX, rng) != image).any(axis=2)
        shares.append(hidden[100:160, 200:300].mean())
        assert not hidden[300:].any(), "far from the target"
    assert 0.08 < min(shares) < 0.2
    assert 0.5 < max(shares) < 0.65
    assert 0.22 < np.median(shares) < 0.4


def test_every_side_of_the_target_is_hidden_at_times() -> None:
    image, rng = noise(), np.random.default_rng(2)
    sides = np.zeros(4)
    for _ in range(100):
        hidden = (cover(image, BOX, rng) != image).any(axis=2)[100:160, 200:300]
        sides += [side.mean() > 0.5 for side in (hidden[:, :5], hidden[:, -5:], hidden[:5], hidden[-5:])]
    assert (sides > 10).all()


def test_the_frame_itself_is_not_changed_and_the_same_seed_hides_the_same() -> None:
    image = noise()
    first, second = (cover(image, BOX, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first, second)
    assert np.array_equal(image, noise())


@pytest.mark.parametrize(
    "box",
    [
        (-300.0, -200.0, 40.0, 30.0),  # outside
        (-20.0, 340.0, 60.0, 40.0),  # half outside
        (0.0, 0.0, 480.0, 360.0),  # as large as the frame
        (100.0, 100.0, 1.0, 200.0),  # thin
        (5.3, 7.9, 0.4, 0.4),  # smaller than a pixel
    ],
)
def test_any_place_and_size_will_do(box: Any) -> None:
    rng = np.random.default_rng(4)
    for _ in range(50):
        covered = cover(noise(), box, rng)
        assert covered.shape == (360, 480, 3)
        assert covered.dtype == np.uint8


def test_what_covers_is_of_the_frame_and_not_of_the_target_alone() -> None:
    """A bright target on a dark ground gets dark, in any light."""
    image = np.full((360, 480, 3), 40, np.uint8)
    image[100:160, 200:300] = 250
    rng = np.random.default_rng(5)
    darker = sum(bool((cover(image, BOX, rng)[100:160, 200:300] < 180).mean() > 0.1) for _ in range(40))
    assert darker >= 30
