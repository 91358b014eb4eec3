"""Boxes typed by people."""

from __future__ import annotations

import pytest

from utrack_ros.core.errors import BoxError
from utrack_ros.io.box_text import parse_box


@pytest.mark.parametrize(
    "text", ["205,151,17,50", " 205, 151 ,17,50\n", "205\t151\t17\t50", "205 151 17 50", "205.0;151;1.7e1;50,"]
)
def test_box_texts(text: str) -> None:
    assert parse_box(text) == (205.0, 151.0, 17.0, 50.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "four numbers"),
        ("1,2,3", "four numbers"),
        ("1,2,3,4,5", "four numbers"),
        ("a,b,c,d", "four numbers"),
        ("1,2,nan,4", "finite"),
        ("inf,2,3,4", "finite"),
        ("1,2,0,4", "above 0"),
        ("1,2,3,-4", "above 0"),
    ],
)
def test_bad_box_texts(text: str, message: str) -> None:
    with pytest.raises(BoxError, match=message):
        parse_box(text)
