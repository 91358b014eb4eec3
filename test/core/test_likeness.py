"""Looks of places: the same for the same, another for another, and what is remembered fades slowly."""

from __future__ import annotations

import pytest
import torch

from utrack_ros.core.likeness import Likeness, look_at


def crop(row: int, column: int, depth: int = 8) -> torch.Tensor:
    """(D, 18, 18) features of a crop of 288 pixels: nothing, but a target of 4 x 4 cells about a corner of cells."""
    features = torch.zeros(depth, 18, 18)
    features[1] = 0.1
    features[2:4, row - 2 : row + 2, column - 2 : column + 2] = torch.tensor([3.0, 1.0])[:, None, None]
    return features


def test_look_is_that_of_the_place_and_of_length_1() -> None:
    centred = look_at(crop(9, 9), (0.0, 0.0), 64.0, 288)
    moved = look_at(crop(5, 12), (48.0, -64.0), 64.0, 288)
    torch.testing.assert_close(centred, moved)
    assert float(centred.norm()) == pytest.approx(1.0)
    assert centred.argmax() == 2
    assert float(centred @ look_at(crop(9, 9), (96.0, 0.0), 64.0, 288)) < 0.2


def test_place_outside_the_crop_looks_like_nothing() -> None:
    look = look_at(crop(9, 9), (1000.0, 0.0), 64.0, 288)
    assert torch.isfinite(look).all()
    assert float(look.norm()) == 0.0


def test_first_look_is_never_forgotten_and_recent_ones_count_as_well() -> None:
    first, later, other = torch.eye(3)
    likeness = Likeness(first, 0.2)
    assert (float(likeness.cosines(first).max()), float(likeness.cosines(later).max())) == (1.0, 0.0)
    for _ in range(50):
        likeness.see(later)
    assert float(likeness.cosines(first).max()) == pytest.approx(1.0)
    assert float(likeness.cosines(later).max()) > 0.99
    assert float(likeness.cosines(other).max()) < 0.01
