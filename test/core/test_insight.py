"""What a tracker tells of where it looked: the window lies over the target, and its answer peaks there."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_target import GROUND, SIDE, Colours, drawn
from fakes import FakeTracker

from utrack_ros.core.config import TrackerConfig
from utrack_ros.core.insight import Look, looks_of
from utrack_ros.core.reacquisition import SearchingUTrack
from utrack_ros.core.settings import with_settings

START = (80, 80)


def followed() -> SearchingUTrack:
    tracker = SearchingUTrack(Colours(), with_settings(TrackerConfig(), {"prediction.use": "off"}))
    tracker.init(drawn(START), (*START, SIDE, SIDE))
    return tracker


def peak_xy(look: Look) -> tuple[float, float]:
    """Where the answer is highest, pixels of the frame."""
    x, y, w, h = look.window_xywh
    row, column = np.unravel_index(int(np.argmax(look.response)), look.response.shape)
    return (x + (column + 0.5) * w / look.response.shape[1], y + (row + 0.5) * h / look.response.shape[0])


def test_answer_peaks_on_the_target_in_frame_pixels() -> None:
    tracker = followed()
    wide = tracker.config.search_scale * SIDE
    at = (START[0] + 12, START[1] - 7)
    tracker.update(drawn(at))
    [look] = looks_of(tracker)
    assert look.response.max() > 0.5
    assert peak_xy(look) == pytest.approx((at[0] + SIDE / 2, at[1] + SIDE / 2), abs=0.15 * SIDE)
    assert look.window_xywh[2] == pytest.approx(wide, rel=0.1)


def test_search_tells_of_every_window_of_its_frame_and_of_no_earlier_one() -> None:
    tracker = followed()
    for _ in range(6):
        tracker.search(GROUND)
        assert 1 <= len(looks_of(tracker)) <= 2
    assert looks_of(tracker)[0].response.max() < 0.5


def test_target_that_was_just_learnt_was_looked_for_nowhere() -> None:
    tracker = followed()
    assert looks_of(tracker) == ()
    tracker.update(drawn(START))
    assert looks_of(tracker)
    tracker.init(drawn(START), (*START, SIDE, SIDE))
    assert looks_of(tracker) == ()


def test_tracker_that_does_not_tell_gives_nothing() -> None:
    assert looks_of(FakeTracker()) == ()
