"""Which image a selection means, and the words when it is not to be had."""

from __future__ import annotations

import numpy as np
import pytest

from utrack_ros.core.errors import BoxError
from utrack_ros.ros.exchange import IncomingImage, Outcome, Selection, SelectionCode
from utrack_ros.ros.history import FrameHistory
from utrack_ros.ros.marking import marked_frame, pixel_box
from utrack_ros.ros.timeline import Seen

BOX = (1.0, 2.0, 30.0, 40.0)
FRAMES = [IncomingImage(10**9 + index * 10**8, "rgb8", None, None, 50 + index / 10) for index in range(11)]
NEWEST = Seen(FRAMES[-1], np.zeros((48, 64, 3), np.uint8))


def marked(selection: Selection, history_s: float = 1.0, now_s: float = 51.05) -> IncomingImage | Outcome:
    history = FrameHistory(history_s)
    for frame in FRAMES:
        history.add(frame)
    return marked_frame(selection, NEWEST, history, now_s, 1.0)


@pytest.mark.parametrize(
    ("selection", "index"),
    [
        (Selection(BOX), 10),
        (Selection(BOX, stamp_ns=2 * 10**9), 10),
        (Selection(BOX, stamp_ns=1_500_000_000), 5),
        (Selection(BOX, stamp_ns=1_540_000_000), 5),
        (Selection(BOX, stamp_ns=1_500_000_000, latency_s=0.2, asked_s=51.0), 5),
        (Selection(BOX, latency_s=0.3, asked_s=51.05), 7),
        (Selection(BOX, latency_s=1.0, asked_s=51.05), 0),
        (Selection(BOX, latency_s=0.01, asked_s=60.0), 10),
    ],
)
def test_image_that_is_meant(selection: Selection, index: int) -> None:
    assert marked(selection) is FRAMES[index]


def test_image_that_came_after_the_newest_one_taken_up_is_not_gone_to() -> None:
    history = FrameHistory()
    for frame in FRAMES:
        history.add(frame)
    before = Seen(FRAMES[4], NEWEST.image)
    assert marked_frame(Selection(BOX, stamp_ns=2 * 10**9), before, history, 51.0, 10.0) is FRAMES[4]


@pytest.mark.parametrize(
    ("selection", "history_s", "code", "words"),
    [
        (Selection(BOX, stamp_ns=10**9), 0.5, SelectionCode.STAMP_TOO_OLD, "1.00 s older than the newest"),
        (Selection(BOX, stamp_ns=10**9), 0.5, SelectionCode.STAMP_TOO_OLD, "1500000000 to 2000000000 ns"),
        (Selection(BOX, stamp_ns=10**9), 0.5, SelectionCode.STAMP_TOO_OLD, "raise history_s"),
        (Selection(BOX, stamp_ns=3 * 10**9), 1.0, SelectionCode.STAMP_TOO_OLD, "1.00 s later"),
        (Selection(BOX, latency_s=0.8, asked_s=51.0), 0.5, SelectionCode.STAMP_TOO_OLD, "0.8 s ago"),
    ],
)
def test_image_that_is_not_held(selection: Selection, history_s: float, code: SelectionCode, words: str) -> None:
    outcome = marked(selection, history_s)
    assert isinstance(outcome, Outcome)
    assert (outcome.code, outcome.target_id) == (code, 0)
    assert words in outcome.message


def test_last_image_of_a_dead_camera() -> None:
    outcome = marked(Selection(BOX), now_s=53.0)
    assert isinstance(outcome, Outcome)
    assert (outcome.code, outcome.message) == (
        SelectionCode.NO_IMAGE,
        "the newest image is 2.0 s old; check the camera",
    )


def test_box_in_pixels() -> None:
    assert pixel_box(Selection(BOX), (480, 640)) == BOX
    assert pixel_box(Selection((0.25, 0.5, 0.5, 0.25), normalized=True), (480, 640)) == (160.0, 240.0, 320.0, 120.0)
    with pytest.raises(BoxError):
        pixel_box(Selection((1.5, 0.5, 0.6, 0.1), normalized=True), (480, 640))


def test_point_is_a_square_around_it_that_may_hang_over_the_border() -> None:
    assert pixel_box(Selection((30.0, 20.0, 0.0, 0.0), point_share=0.25), (48, 64)) == (22.0, 12.0, 16.0, 16.0)
    assert pixel_box(Selection((0.0, 48.0, 0.0, 0.0), point_share=0.25), (48, 64)) == (-8.0, 40.0, 16.0, 16.0)
    assert pixel_box(Selection((32.0, 24.0, 0.0, 0.0), point_share=1.0), (48, 64)) == (8.0, 0.0, 48.0, 48.0)


@pytest.mark.parametrize("xy", [(-0.1, 5.0), (64.1, 5.0), (5.0, 48.1), (float("nan"), 5.0), (5.0, float("inf"))])
def test_point_off_the_image_is_refused(xy: tuple[float, float]) -> None:
    with pytest.raises(BoxError, match="a point on the 64x48 image"):
        pixel_box(Selection((*xy, 0.0, 0.0), point_share=0.25), (48, 64))
