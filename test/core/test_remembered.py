"""What is usual of a target is learnt slowly, and neither its half-hidden frames nor a stranger become usual."""

from __future__ import annotations

import pytest
import torch

from utrack_ros.core.config import SearchConfig
from utrack_ros.core.remembered import Remembered

FIRST, OTHER = torch.eye(2)
SIZE = (60.0, 40.0)


def remembered(frames: int = 0, peak: float = 0.8, size_wh: tuple[float, float] = SIZE) -> Remembered:
    memory = Remembered(FIRST, SIZE, SearchConfig())
    for _ in range(frames):
        memory.see(peak, size_wh, lambda: FIRST)
    return memory


def familiarity(memory: Remembered, peak: float, look: torch.Tensor) -> float:
    return memory.familiarity(peak, float(memory.cosines(look).max()))


def test_a_new_target_is_remembered_as_it_was_marked() -> None:
    memory = remembered()
    assert (memory.usual, memory.size_wh) == (1.0, SIZE)
    assert familiarity(memory, 1.0, FIRST) == pytest.approx(1.0)


def test_usual_height_is_a_plain_mean_at_first() -> None:
    """Else a target that always answers at 0.8 could not be seen well in its first second."""
    assert remembered(1).usual == pytest.approx(0.9)
    assert remembered(9).usual == pytest.approx((1 + 9 * 0.8) / 10)


def test_usual_height_follows_slowly_later() -> None:
    memory = remembered(200)
    before = memory.usual
    memory.see(0.4, SIZE, lambda: FIRST)
    assert memory.usual == pytest.approx(before - 0.05 * (before - 0.4))


def test_familiarity_is_the_mean_of_height_and_look() -> None:
    memory = remembered(400)
    assert familiarity(memory, 0.4, FIRST) == pytest.approx(0.75, abs=1e-6)
    assert familiarity(memory, 0.4, OTHER) == pytest.approx(0.25, abs=1e-6)
    assert familiarity(memory, 0.8, OTHER) == pytest.approx(0.5, abs=1e-6)


def test_more_than_the_usual_height_makes_up_for_no_other_look() -> None:
    assert familiarity(remembered(400), 1.6, OTHER) == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize("frames", [5, 100])
def test_box_that_shrinks_while_the_target_is_covered_hardly_changes_its_size(frames: int) -> None:
    """Ten frames, answering nearly as ever: the classifier learns what is left of it. Also if it is new."""
    memory = remembered(frames)
    for index in range(1, 11):
        memory.see(0.78, (60.0 - 3 * index, 40.0), lambda: FIRST)
    assert memory.size_wh[0] > 57.0
    assert memory.size_wh[1] == pytest.approx(40.0)


def test_size_follows_a_target_that_goes_away() -> None:
    """At 3 % a frame: what is remembered is never twice as large, and comes to it when it holds still."""
    memory, sizes = remembered(20), [(60 * 0.97**index, 40 * 0.97**index) for index in range(1, 61)]
    ratios = []
    for size_wh in sizes:
        memory.see(0.8, size_wh, lambda: FIRST)
        ratios.append(memory.size_wh[0] / size_wh[0])
    assert max(ratios) < 2.0
    for _ in range(60):
        memory.see(0.8, sizes[-1], lambda: FIRST)
    assert memory.size_wh == pytest.approx(sizes[-1], rel=0.1)


def test_frames_of_a_shrinking_box_teach_its_look_all_the_same() -> None:
    memory = remembered(20)
    for index in range(60):
        memory.see(0.8, (60 * 0.95**index, 40 * 0.95**index), lambda: OTHER)
    assert familiarity(memory, 0.8, OTHER) > 0.95


def test_frames_in_which_it_was_not_seen_well_teach_neither_size_nor_look() -> None:
    memory = remembered(100)

    def look() -> torch.Tensor:
        raise AssertionError

    for _ in range(5):
        memory.see(0.5, (20.0, 20.0), look)
    assert memory.size_wh == pytest.approx(SIZE)


def test_size_follows_a_target_that_comes_nearer() -> None:
    memory = remembered(20)
    for _ in range(60):
        memory.see(0.8, (120.0, 80.0), lambda: FIRST)
    assert memory.size_wh == pytest.approx((120.0, 80.0), rel=0.05)


def test_look_is_learnt_from_frames_in_which_it_was_seen_well() -> None:
    memory = remembered(20)
    for _ in range(60):
        memory.see(0.8, SIZE, lambda: OTHER)
    assert familiarity(memory, 0.8, OTHER) > 0.95
    assert familiarity(memory, 0.8, FIRST) > 0.99
