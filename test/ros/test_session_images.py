"""The images that a session is given: bad, late, after a gap, from another time or of another size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from session_bench import FRAME_NS, SECOND_NS, START_NS, Bench, tracking_bench

from utrack_ros.core.state import State, StateConfig
from utrack_ros.core.tracker import TrackResult
from utrack_ros.ros import image_codec
from utrack_ros.ros.exchange import SelectionCode


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def tracking() -> Bench:
    return tracking_bench()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data": b"short"}, "image rejected"),
        ({"step": 0}, "image rejected"),
        ({"step": 10}, "image rejected"),
        ({"width": 0}, "image rejected"),
        ({"height": 2**32 - 1, "width": 2**32 - 1, "data": b""}, "image rejected"),
        ({"encoding": "nonsense"}, "image rejected"),
        ({"data": None}, "image rejected"),
    ],
)
def test_bad_image_is_rejected_and_the_track_goes_on(tracking: Bench, changes: dict[str, Any], words: str) -> None:
    assert tracking.frame(**changes) is None
    assert tracking.counts == {"received": 2, "processed": 1, "dropped": 0, "rejected": 1, "errors": 0}
    assert words in tracking.counters.snapshot().last_error
    assert tracking.state_after() is State.TRACKING


def test_decoder_that_breaks_is_survived(tracking: Bench) -> None:
    def broken(message: Any) -> Any:
        raise KeyError("bug")

    tracking.session._stream._decode = broken
    assert tracking.frame() is None
    tracking.session._stream._decode = image_codec.decode
    assert (tracking.counts["rejected"], tracking.counts["errors"]) == (1, 1)
    assert tracking.state_after() is State.LOST
    assert [tracking.state_after() for _ in range(2)][-1] is State.TRACKING


@pytest.mark.parametrize("back_ns", [0, 1, FRAME_NS, SECOND_NS])
def test_repeated_or_late_image_is_dropped(tracking: Bench, back_ns: int) -> None:
    newest_ns = tracking.stamp_ns
    assert tracking.frame(stamp_ns=newest_ns - back_ns) is None
    assert tracking.counts == {"received": 2, "processed": 1, "dropped": 1, "rejected": 0, "errors": 0}
    assert tracking.counters.snapshot().late == 1
    assert tracking.frame(stamp_ns=newest_ns + 1) is not None


def test_stamps_that_go_back_further_begin_a_new_timeline(tracking: Bench) -> None:
    """As when a bag is played in a loop: the old position says nothing, the target is searched anew."""
    report = tracking.frame(stamp_ns=START_NS - 60 * SECOND_NS)
    assert report is not None
    assert report.state is State.LOST
    assert any("went back by 60.0 s" in line for line in tracking.log.lines)
    assert [tracking.state_after() for _ in range(2)] == [State.LOST, State.TRACKING]
    assert tracking.counts["dropped"] == 0


def test_stamps_that_jump_ahead_are_taken(tracking: Bench) -> None:
    assert tracking.state_after(stamp_ns=START_NS + 3600 * SECOND_NS) is State.TRACKING


@pytest.mark.parametrize("between", [[], [0]])
@pytest.mark.parametrize("stamp_ns", [-5 * SECOND_NS, START_NS - 60 * SECOND_NS])
def test_earlier_stamps_begin_a_new_timeline_also_below_zero_or_after_one_without(
    tracking: Bench, between: list[int], stamp_ns: int
) -> None:
    for none in between:
        tracking.frame(stamp_ns=none)
    assert tracking.state_after(stamp_ns=stamp_ns) is State.LOST
    assert "image stamps went back by" in tracking.counters.snapshot().last_break


def test_late_image_is_late_also_after_one_without_a_stamp(tracking: Bench) -> None:
    newest_ns = tracking.reports[-1].stamp_ns
    tracking.frame(stamp_ns=0)
    assert tracking.frame(stamp_ns=newest_ns) is None
    assert tracking.counters.snapshot().late == 1


def test_images_without_a_stamp_are_all_processed(bench: Bench) -> None:
    for _ in range(3):
        bench.frame(stamp_ns=0)
    assert bench.counts["processed"] == 3


def test_new_image_size_means_lost_and_searched_anew(tracking: Bench) -> None:
    assert tracking.state_after(width=128, height=96, step=384, data=bytes(384 * 96)) is State.LOST
    assert any("size changed to 128x96" in line for line in tracking.log.lines)


@pytest.mark.parametrize(
    ("age_s", "image_timeout_s", "code"),
    [
        (0.9, 0.5, SelectionCode.OK),
        (1.1, 0.5, SelectionCode.NO_IMAGE),
        (600.0, 0.5, SelectionCode.NO_IMAGE),
        (4.9, 5.0, SelectionCode.OK),
        (5.1, 5.0, SelectionCode.NO_IMAGE),
    ],
)
def test_selection_on_the_last_image_of_a_dead_camera_is_refused(
    tracking: Bench, age_s: float, image_timeout_s: float, code: SelectionCode
) -> None:
    tracking.session.set_config(StateConfig(), image_timeout_s)
    tracking.now_s += age_s
    before = len(tracking.reports)
    outcome = tracking.select()
    assert outcome.code is code
    if code is SelectionCode.NO_IMAGE:
        assert outcome.message == f"the newest image is {age_s:.1f} s old; check the camera"
        assert (len(tracking.reports), len(tracking.tracker.inits)) == (before, 1)


def test_slow_tracker_is_not_a_dead_camera(bench: Bench) -> None:
    """An image stays good while the tracker works on it; the next one, taken meanwhile, is followed on."""

    def slow() -> None:
        bench.now_s += 1.5

    bench.frame()
    bench.tracker.init_script = slow
    assert [bench.select().code for _ in range(2)] == [SelectionCode.OK, SelectionCode.OK]

    def script(image: Any) -> TrackResult:
        bench.now_s += 1.5
        return bench.tracker.answer(score=0.3)

    bench.tracker.script = script
    assert [bench.state_after() for _ in range(3)] == [State.TRACKING] * 3


@pytest.mark.parametrize("before", [State.TRACKING, State.COASTING])
@pytest.mark.parametrize("gap_s", [1.1, 600.0])
def test_target_is_lost_after_a_gap_in_the_images_and_found_again(tracking: Bench, before: State, gap_s: float) -> None:
    tracking.tracker.always(score=0.9 if before is State.TRACKING else 0.1)
    assert tracking.state_after() is before
    tracking.now_s += gap_s
    tracking.tracker.always(score=0.9)
    report = tracking.frame()
    assert report is not None
    assert (report.state, report.box_xywh) == (State.LOST, None)
    assert report.age_s > gap_s
    assert any(f"no image came for {gap_s:.1f} s; the target is searched anew" in line for line in tracking.log.lines)
    assert [tracking.state_after() for _ in range(2)] == [State.LOST, State.TRACKING]


@pytest.mark.parametrize(("config", "image_timeout_s"), [({}, 0.5), ({"coast_timeout_s": 3.0}, 0.5), ({}, 3.0)])
def test_gap_that_the_configuration_allows_ends_nothing(
    tracking: Bench, config: dict[str, Any], image_timeout_s: float
) -> None:
    tracking.session.set_config(StateConfig(**config), image_timeout_s)
    tracking.now_s += 2.5 if config or image_timeout_s > 1 else 0.9
    assert tracking.state_after() is State.TRACKING


def test_target_is_lost_when_the_tracker_hung(tracking: Bench) -> None:
    def script(image: Any) -> TrackResult:
        tracking.now_s += 600.0
        return tracking.tracker.answer()

    tracking.tracker.script = script
    tracking.frame()
    tracking.tracker.always(score=0.3)
    assert tracking.state_after() is State.LOST


def test_new_encoding_goes_on(tracking: Bench) -> None:
    assert tracking.state_after(encoding="bgr8") is State.TRACKING
    assert tracking.counters.snapshot().encoding == "bgr8 64x48"


def test_the_tracker_sees_rgb(tracking: Bench) -> None:
    seen: list[np.ndarray[Any, Any]] = []

    def script(image: Any) -> TrackResult:
        seen.append(image)
        return tracking.tracker.answer()

    tracking.tracker.script = script
    tracking.frame(encoding="bgr8", data=bytes([1, 2, 3]) * (64 * 48))
    assert seen[0].shape == (48, 64, 3)
    assert seen[0][0, 0].tolist() == [3, 2, 1]
