"""A box in 32-bit floats must not stick out of the image by rounding."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from utrack_ros.core.narrow_box import narrow_box


@given(
    x=st.floats(-20.0, 1900.0),
    y=st.floats(-20.0, 1000.0),
    w=st.floats(25.0, 4000.0),
    h=st.floats(25.0, 4000.0),
)
def test_box_stays_inside_and_close(x: float, y: float, w: float, h: float) -> None:
    narrow = narrow_box((x, y, w, h), (1080, 1920))
    assert tuple(float(np.float32(value)) for value in narrow) == narrow
    left, top, width, height = (np.float32(value) for value in narrow)
    assert left >= 0
    assert top >= 0
    assert left + width <= np.float32(1920)
    assert top + height <= np.float32(1080)
    expected = (max(x, 0.0), max(y, 0.0), min(x + w, 1920.0), min(y + h, 1080.0))
    np.testing.assert_allclose(
        (narrow[0], narrow[1], narrow[0] + narrow[2], narrow[1] + narrow[3]), expected, atol=3e-4
    )
