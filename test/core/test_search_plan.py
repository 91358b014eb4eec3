"""Where a lost target is looked for: everywhere in the end, nearest first, the same every time."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utrack_ros.core.search_plan import SearchPlan, places

SIZE_HW = (480, 640)


def test_places_are_a_lattice_through_the_anchor_nearest_ring_first() -> None:
    found = places((100.0, 100.0), 90.0, (200, 300))
    assert sorted(xy for _, xy in found) == [
        (10.0, 10.0), (10.0, 100.0), (10.0, 190.0), (100.0, 10.0), (100.0, 190.0), (190.0, 10.0), (190.0, 100.0),
        (190.0, 190.0), (280.0, 10.0), (280.0, 100.0), (280.0, 190.0),
    ]  # fmt: skip
    assert [ring for ring, _ in found] == [1] * 8 + [2] * 3


def test_rounds_widen_until_the_whole_image_is_covered() -> None:
    plan, anchor, step = SearchPlan(), (320.0, 240.0), 100.0
    rings = [
        max(abs(x - 320), abs(y - 240)) / step
        for x, y in (plan.place(anchor, step, SIZE_HW) or anchor for _ in range(8 + 24 + 34 + 34))
    ]
    assert max(rings[:8]) == 1
    assert (max(rings[8:32]), sum(ring == 2 for ring in rings[8:32])) == (2, 16)
    assert sorted(rings[32:66]) == sorted(rings[66:]) == [1] * 8 + [2] * 16 + [3] * 10


def test_same_calls_give_the_same_places() -> None:
    one, other = SearchPlan(), SearchPlan()
    for index in range(100):
        anchor = (100.0 + 3 * index, 200.0)
        assert one.place(anchor, 70.0, SIZE_HW) == other.place(anchor, 70.0, SIZE_HW)


def test_image_that_holds_no_other_place() -> None:
    assert SearchPlan().place((50.0, 50.0), 80.0, (100, 100)) is None


@pytest.mark.parametrize("anchor", [(0.0, 0.0), (640.0, 480.0), (-500.0, 900.0), (320.0, 2000.0)])
def test_anchor_at_or_beyond_the_border_wastes_no_look(anchor: tuple[float, float]) -> None:
    plan = SearchPlan()
    for _ in range(200):
        place = plan.place(anchor, 100.0, SIZE_HW)
        assert place is not None
        assert 0 <= place[0] <= 640
        assert 0 <= place[1] <= 480


@given(st.floats(0, 640), st.floats(0, 480), st.floats(20, 300))
def test_every_point_of_the_image_is_near_a_place(x: float, y: float, step: float) -> None:
    lattice = [(x, y), *(xy for _, xy in places((x, y), step, SIZE_HW))]
    for point in [(0.0, 0.0), (640.0, 480.0), (640.0, 0.0), (317.0, 211.0)]:
        away = min(max(abs(point[0] - px), abs(point[1] - py)) for px, py in lattice)
        assert away <= step * (1 + 1e-9)
        assert math.isfinite(away)
