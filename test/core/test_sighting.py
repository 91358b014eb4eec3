"""Boxes that can be a target, and those that cannot."""

from __future__ import annotations

import math
from typing import Any

import pytest

from utrack_ros.core.sighting import visible_box

SIZE_HW = (48, 64)


@pytest.mark.parametrize(
    ("box_xywh", "expected"),
    [
        ((0.0, 0.0, 64.0, 48.0), (0.0, 0.0, 64.0, 48.0)),
        ((-10.0, -10.0, 20.0, 20.0), (0.0, 0.0, 10.0, 10.0)),
        ((-32.0, -24.0, 128.0, 96.0), (0.0, 0.0, 64.0, 48.0)),
        ((-32.0, -24.0, 128.1, 96.0), None),
        ((64.0, 0.0, 10.0, 10.0), None),
        ((-10.0, 0.0, 10.0, 10.0), None),
        ((63.8, 0.0, 10.0, 10.0), (63.8, 0.0, 64 - 63.8, 10.0)),
        ((63.95, 0.0, 10.0, 10.0), None),
        ((0.0, -9.95, 10.0, 10.0), None),
        ((10.0, 10.0, 10.0, 1e-5), None),
        ((0.0, 0.0, 0.0, 10.0), None),
        ((0.0, 0.0, 10.0, math.nan), None),
    ],
)
def test_visible_box(box_xywh: Any, expected: Any) -> None:
    assert visible_box(box_xywh, SIZE_HW) == expected
