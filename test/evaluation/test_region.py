"""Overlap on the pixel grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utrack_ros.data.polygon import boxes_of_corners, corners_of_boxes
from utrack_ros.evaluation import region
from utrack_ros.evaluation.region import region_overlaps

whole = st.integers(-20, 60)
side = st.integers(1, 40)
whole_boxes = st.tuples(whole, whole, side, side)


def corners(*boxes: tuple[float, ...]) -> np.ndarray:
    return corners_of_boxes(np.array(boxes, float))


def pixels(box: tuple[int, ...], size: tuple[int, int] | None = None) -> set[tuple[int, int]]:
    x, y, w, h = box
    found = {(i, j) for i in range(x, x + w + 1) for j in range(y, y + h + 1)}
    return {(i, j) for i, j in found if size is None or (0 <= i < size[0] and 0 <= j < size[1])}


@given(whole_boxes, whole_boxes, st.none() | st.just((30, 25)))
def test_whole_boxes_overlap_as_sets_of_pixels(
    a: tuple[int, ...], b: tuple[int, ...], size: tuple[int, int] | None
) -> None:
    one, other = pixels(a, size), pixels(b, size)
    expected = len(one & other) / len(one | other) if one | other else 0.0
    assert region_overlaps(corners(a), corners(b), size)[0] == pytest.approx(expected)


def test_shift_below_half_a_pixel_vanishes() -> None:
    assert region_overlaps(corners((10, 10, 8, 8)), corners((10.4, 9.6, 8, 8)))[0] == 1.0
    assert region_overlaps(corners((10, 10, 8, 8)), corners((10.6, 10, 8, 8)))[0] == pytest.approx(8 / 10)


def test_diamond() -> None:
    diamond = np.array([[5.0, 0, 10, 5, 5, 10, 0, 5]])
    around = corners((0, 0, 10, 10))
    assert region_overlaps(diamond, around)[0] == pytest.approx(59 / 121)  # rows 0 3 5 7 9 11 9 7 5 3 0
    turned = np.roll(diamond, 2, axis=1)
    assert region_overlaps(turned[:, [0, 1, 6, 7, 4, 5, 2, 3]], around)[0] == pytest.approx(59 / 121)


def test_no_region_has_no_overlap() -> None:
    nan = np.full((1, 8), np.nan)
    assert np.isnan(region_overlaps(nan, corners((0, 0, 5, 5)))[0])
    assert region_overlaps(np.empty((0, 8)), np.empty((0, 8))).shape == (0,)
    assert region_overlaps(corners((0, 0, 5, 0)), corners((0, 0, 5, 0)))[0] == 0.0


def test_a_box_gone_astray_costs_no_memory() -> None:
    assert region_overlaps(corners((1e12, -1e12, 1e12, 1e12)), corners((0, 0, 5, 5)))[0] == 0.0


def test_many_regions_are_split_into_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    a, b = (corners_of_boxes(rng.uniform(1, 60, (200, 4))) for _ in range(2))
    expected = region_overlaps(a, b)
    monkeypatch.setattr(region, "CHUNK", 100)
    np.testing.assert_array_equal(region_overlaps(a, b), expected)


def test_box_of_a_rectangle_standing_on_its_corner_has_its_area() -> None:
    diamond = np.array([[5.0, 0, 10, 5, 5, 10, 0, 5]])  # 50 px2 in a box of 100
    x, y, w, h = boxes_of_corners(diamond)[0]
    assert (w, h) == pytest.approx((50**0.5 + 1, 50**0.5 + 1))
    assert (x + (w - 1) / 2, y + (h - 1) / 2) == pytest.approx((5, 5))
    assert np.isfinite(boxes_of_corners(np.full((1, 8), 3.0))).all()
