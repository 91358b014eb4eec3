"""The debug picture: each thing is where the image has it, in the colour of its state, and nothing breaks it."""

from __future__ import annotations

import numpy as np
import pytest

from utrack_ros.core.boxes import Box
from utrack_ros.core.insight import Look
from utrack_ros.core.state import State
from utrack_ros.core.tracker import Image
from utrack_ros.io.drawing import COLOURS
from utrack_ros.ros.debug_drawing import WINDOW, draw_view
from utrack_ros.ros.exchange import IncomingImage, Report, Standing
from utrack_ros.ros.view import View

SIZE_HW = (480, 640)
FRAME = IncomingImage(1, "rgb8", None, None, 0.0)
BOX = (200.0, 240.0, 80.0, 60.0)
WINDOW_BOX = (100.0, 140.0, 280.0, 280.0)


def grey(size_hw: tuple[int, int] = SIZE_HW) -> Image:
    return np.full((*size_hw, 3), 90, np.uint8)


def a_view(
    state: State = State.TRACKING,
    box_xywh: Box | None = BOX,
    looks: tuple[Look, ...] = (),
    size_hw: tuple[int, int] = SIZE_HW,
    paused: bool = False,
) -> View:
    report = Report(None, 1, size_hw, state, 7, box_xywh, 0.83, 0.0, 10.0)
    return View(FRAME, grey(size_hw), Standing(None, state, 7), report, looks, paused)


def places(picture: Image, colour: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """The extent (left, top, right, bottom) of a colour, under the strip; ends not included."""
    rows, columns = np.nonzero((picture[40:] == colour).all(axis=2))
    return int(columns.min()), int(rows.min()) + 40, int(columns.max()) + 1, int(rows.max()) + 41


@pytest.mark.parametrize("state", [State.TRACKING, State.COASTING])
@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_box_lies_around_its_place_in_the_colour_of_the_state(state: State, scale: float) -> None:
    picture = draw_view(a_view(state), scale)
    assert picture.shape == (480 * scale, 640 * scale, 3)
    left, top, right, bottom = places(picture, COLOURS[state.name])
    x, y, w, h = (value * scale for value in BOX)
    assert (left, top, right, bottom) == pytest.approx((x, y, x + w, y + h), abs=3)
    inside = picture[round(y) + 1 : round(y + h) - 1, round(x) + 1 : round(x + w) - 1]
    assert (inside == 90).all(), "the lines cover the target"


def test_lost_target_has_no_box() -> None:
    picture = draw_view(a_view(State.LOST, None), 1.0)
    assert (picture[40:] == 90).all()


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_search_window_lies_around_its_place(scale: float) -> None:
    looks = (Look(WINDOW_BOX, np.zeros((64, 64))),)
    x, y, w, h = (value * scale for value in WINDOW_BOX)
    assert places(draw_view(a_view(looks=looks), scale), WINDOW) == pytest.approx((x, y, x + w, y + h), abs=1)


def test_response_is_coloured_where_it_is_high_and_only_when_asked_for() -> None:
    answer = np.zeros((56, 56))
    answer[40, 12] = 1.0  # of 5 px a cell: frame pixels (162.5, 342.5)
    view = a_view(box_xywh=None, looks=(Look(WINDOW_BOX, answer),))
    plain, coloured = draw_view(view, 1.0), draw_view(view, 1.0, True)
    change = np.abs(coloured[40:].astype(int) - plain[40:]).sum(axis=2)
    row, column = np.unravel_index(int(np.argmax(change)), change.shape)
    assert [int(column), int(row) + 40] == pytest.approx([162, 342], abs=2)
    assert change[:, 200:].max() == 0


def test_state_number_and_score_are_written_on_top() -> None:
    texts = {
        name: draw_view(view, 1.0)[:26].tobytes()
        for name, view in {
            "tracking": a_view(),
            "lost": a_view(State.LOST, None),
            "paused": a_view(State.LOST, None, paused=True),
            "idle": View(FRAME, grey(), Standing()),
        }.items()
    }
    assert len(set(texts.values())) == 4
    strip = draw_view(a_view(), 1.0)[:26]
    assert (strip == COLOURS["TRACKING"]).all(axis=2).any()


def test_image_itself_is_not_changed() -> None:
    view = a_view(looks=(Look(WINDOW_BOX, np.ones((8, 8))),))
    for scale in (1.0, 0.5):
        draw_view(view, scale, True)
    assert (view.image == 90).all()


@pytest.mark.parametrize("size_hw", [(1, 1), (3, 200), (200, 3), (2, 2), (48, 64)])
def test_smallest_images_are_drawn(size_hw: tuple[int, int]) -> None:
    looks = (Look((0.0, 0.0, 1.0, 1.0), np.ones((8, 8))),)
    picture = draw_view(a_view(box_xywh=(0.0, 0.0, 1.0, 1.0), looks=looks, size_hw=size_hw), 0.05, True)
    assert min(picture.shape[:2]) >= 1


@pytest.mark.parametrize(
    "window_xywh",
    [(-500.0, -500.0, 100.0, 100.0), (-1e7, -1e7, 2e7, 2e7), (639.5, 479.5, 1e3, 1e3), (3.0, 3.0, 0.01, 0.01)],
)
@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0, 5.0])
def test_windows_off_the_image_and_answers_that_are_no_number_do_no_harm(window_xywh: Box, value: float) -> None:
    picture = draw_view(a_view(looks=(Look(window_xywh, np.full((8, 8), value)),)), 0.5, True)
    assert picture.shape == (240, 320, 3)
