"""Stamps that are missing, stand still, or come from another clock."""

from __future__ import annotations

import pytest

from utrack_ros.checks.finding import Level
from utrack_ros.checks.stamps import Stamps, check_stamps


@pytest.mark.parametrize(
    ("stamps", "level", "words"),
    [
        (Stamps(30, age_s=0.02), Level.OK, "20 ms from stamp to arrival"),
        (Stamps(30, age_s=0.99), Level.OK, "990 ms"),
        (Stamps(30, age_s=1.01), Level.WARN, "images are 1.0 s old when they arrive; shorten the driver's queue"),
        (Stamps(30, age_s=-0.09), Level.OK, "-90 ms"),
        (Stamps(30, age_s=-0.11), Level.WARN, "0.1 s in the future; set the clocks"),
        (Stamps(30, age_s=3601), Level.WARN, "stamped 1 hours in the past"),
        (
            Stamps(30, age_s=20_000 * 86_400),
            Level.WARN,
            "20000 days in the past; let the driver use the system",
        ),
        (Stamps(30, age_s=-86_400), Level.WARN, "24 hours in the future"),
        (Stamps(30, unstamped=30), Level.WARN, "no time stamp"),
        (Stamps(30, unstamped=1), Level.WARN, "1 of 30 images have no stamp"),
        (Stamps(30, not_newer=29), Level.WARN, "image stamps do not advance"),
        (Stamps(30, not_newer=15), Level.WARN, "15 of 30 images"),
        (Stamps(30, clock_runs=False), Level.WARN, "nothing publishes /clock"),
    ],
)
def test_verdict(stamps: Stamps, level: Level, words: str) -> None:
    found = check_stamps(stamps)
    assert (found.level, words in found.text) == (level, True), found
    assert bool(found.advice) is (level is not Level.OK)
