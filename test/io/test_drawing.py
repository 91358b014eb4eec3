"""Drawing on frames: the target stays visible, colours tell the state."""

from __future__ import annotations

import numpy as np
import pytest

from utrack_ros.core.state import State
from utrack_ros.core.tracker import Image
from utrack_ros.io.drawing import COLOURS, caption_of, draw, draw_box, view_scale
from utrack_ros.io.results import TargetRow, row_of

GREY_FRAME: Image = np.full((720, 1280, 3), 128, np.uint8)
BOX = (600.0, 400.0, 40.0, 60.0)


def row(state: State) -> TargetRow:
    return row_of(7, 0.2, state, BOX, 0.8, 10.0)


def has_colour(image: Image, state: State) -> bool:
    return bool((image == COLOURS[state.name]).all(axis=2).any())


@pytest.mark.parametrize("side", [1, 2, 7, 300])
def test_box_lines_leave_every_pixel_of_the_target_untouched(side: int) -> None:
    canvas = GREY_FRAME.copy()
    draw_box(canvas, [600, 400, side, side], (0, 255, 0))
    assert (canvas[400 : 400 + side, 600 : 600 + side] == 128).all()
    around = canvas[390 : 410 + side, 590 : 610 + side]
    assert (around == (0, 255, 0)).all(axis=2).sum() > 4 * side


@pytest.mark.parametrize("box", [[-50, -50, 100, 100], [1270, 710, 100, 100], [-1e12, -1e12, 2e12, 2e12]])
def test_box_over_the_border_is_drawn_without_complaint(box: list[float]) -> None:
    canvas = GREY_FRAME.copy()
    draw_box(canvas, box, (0, 255, 0))
    assert canvas.shape == GREY_FRAME.shape


@pytest.mark.parametrize("state", [State.TRACKING, State.COASTING])
def test_valid_box_has_the_colour_of_its_state(state: State) -> None:
    below_strip = draw(GREY_FRAME, 7, row(state))[60:]
    assert has_colour(below_strip, state)


@pytest.mark.parametrize("state", [State.LOST, State.IDLE, State.INITIALIZING])
def test_no_box_without_a_valid_one(state: State) -> None:
    assert (draw(GREY_FRAME, 7, row(state))[60:] == 128).all()


def test_lost_target_has_a_red_banner() -> None:
    red, green, blue = draw(GREY_FRAME, 7, row(State.LOST))[2, 1000].tolist()
    assert red > 180
    assert green < 100
    assert blue < 100
    assert draw(GREY_FRAME, 7, row(State.TRACKING))[2, 1000].max() < 100


def test_frame_is_not_changed_by_drawing() -> None:
    frame = GREY_FRAME.copy()
    draw(frame, 0, row(State.TRACKING))
    np.testing.assert_array_equal(frame, GREY_FRAME)


def test_text_differs_from_frame_to_frame() -> None:
    one, other = draw(GREY_FRAME, 1, row(State.TRACKING)), draw(GREY_FRAME, 2, row(State.TRACKING))
    assert (one[:60] != other[:60]).any()
    np.testing.assert_array_equal(one[60:], other[60:])


@pytest.mark.parametrize(
    ("size_hw", "expected"),
    [((720, 1280), (720, 1280)), ((240, 360), (480, 720)), ((2160, 3840), (720, 1280)), ((1920, 1080), (1280, 720))],
)
def test_frames_are_scaled_for_viewing_and_never_cropped(size_hw: tuple[int, int], expected: tuple[int, int]) -> None:
    assert draw(np.zeros((*size_hw, 3), np.uint8), 0, None).shape[:2] == expected
    assert max(size_hw) * view_scale(size_hw) == pytest.approx(max(expected))


def test_box_is_scaled_with_the_frame() -> None:
    small = np.full((240, 320, 3), 128, np.uint8)
    drawn = draw(small, 0, row_of(0, 0.0, State.TRACKING, (100, 120, 40, 20), 0.5, 1.0))
    rows, columns = np.nonzero((drawn[40:] == COLOURS["TRACKING"]).all(axis=2))
    scale = 720 / 320
    assert rows.min() + 40 == pytest.approx(120 * scale, abs=6)
    assert rows.max() + 40 == pytest.approx(140 * scale, abs=6)
    assert columns.min() == pytest.approx(100 * scale, abs=6)
    assert columns.max() == pytest.approx(140 * scale, abs=6)


def test_captions() -> None:
    assert caption_of(None) == ("NO RESULT", "")
    assert caption_of(row(State.TRACKING)) == ("TRACKING", "0.80")
    assert caption_of(row(State.IDLE)) == ("IDLE", "")
    assert caption_of(row_of(0, 0.0, State.LOST, None, float("nan"), 1.0)) == ("LOST", "")
