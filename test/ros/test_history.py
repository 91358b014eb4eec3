"""The images that are held: how many seconds, how many bytes, and which one is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utrack_ros.ros.exchange import IncomingImage
from utrack_ros.ros.history import NEAREST_NS, FrameHistory

SECOND_NS = 1_000_000_000


def image(stamp_ns: int, arrived_s: float | None = None, byte_count: int = 100) -> IncomingImage:
    arrived = stamp_ns * 1e-9 + 500 if arrived_s is None else arrived_s
    return IncomingImage(stamp_ns, "rgb8", None, None, arrived, byte_count)


def filled(span_s: float = 1.0, byte_limit: int = 10**9, frames: int = 31, step_ns: int = 100_000_000) -> FrameHistory:
    """Images 0.1 s apart, stamped from 10 s on."""
    history = FrameHistory(span_s, byte_limit)
    for index in range(frames):
        history.add(image(10 * SECOND_NS + index * step_ns))
    return history


def test_as_many_seconds_are_held_as_asked_for() -> None:
    history = filled()
    assert (history.count, history.stamps_ns()) == (11, (12 * SECOND_NS, 13 * SECOND_NS))
    history.set_span(0.25)
    assert (history.count, history.byte_count) == (3, 300)
    history.set_span(0.0)
    assert history.stamps_ns() == (13 * SECOND_NS, 13 * SECOND_NS)


def test_bytes_are_bounded_too() -> None:
    history = filled(byte_limit=550)
    assert (history.count, history.byte_count) == (5, 500)


def test_newest_is_held_whatever_its_size() -> None:
    history = FrameHistory(1.0, 50)
    for stamp_ns in (1, 2):
        history.add(image(stamp_ns))
        assert (history.count, history.stamps_ns()[1]) == (1, stamp_ns)


def test_stamp_finds_its_image_or_the_nearest() -> None:
    history = filled()
    for wanted_ns, found_ns in [(0, 0), (NEAREST_NS, 0), (1 + NEAREST_NS, SECOND_NS // 10), (-NEAREST_NS, 0)]:
        found = history.stamped(12 * SECOND_NS + wanted_ns)
        assert found is not None
        assert found.stamp_ns == 12 * SECOND_NS + found_ns
    assert history.stamped(12 * SECOND_NS - NEAREST_NS - 1) is None
    assert history.stamped(13 * SECOND_NS + NEAREST_NS + 1) is None
    assert FrameHistory().stamped(5) is None


def test_image_that_had_arrived_by_a_time() -> None:
    history = filled()
    found = history.arrived_by(512.55)
    assert found is not None
    assert found.stamp_ns == 12_500_000_000
    assert history.arrived_by(511.99) is None


def test_images_since_one_oldest_first() -> None:
    history = filled()
    stamps = [frame.stamp_ns for frame in history.since(image(12_750_000_000))]
    assert stamps == [12_800_000_000, 12_900_000_000, 13_000_000_000]


@pytest.mark.parametrize("back_ns", [0, 1, SECOND_NS])
def test_repeated_or_late_image_is_passed_over(back_ns: int) -> None:
    history = filled()
    history.add(image(13 * SECOND_NS - back_ns, 600.0))
    assert (history.count, history.stamps_ns()[1]) == (11, 13 * SECOND_NS)


def test_stamps_that_go_back_further_begin_anew() -> None:
    history = filled()
    history.add(image(5 * SECOND_NS, 600.0))
    assert history.stamps_ns() == (5 * SECOND_NS, 5 * SECOND_NS)
    assert history.byte_count == 100


def test_images_without_a_stamp_go_by_their_arrival() -> None:
    history = FrameHistory(1.0)
    for index in range(31):
        history.add(image(0, 7 + index / 10))
    assert history.count == 11
    found = history.arrived_by(9.55)
    assert found is not None
    assert found.arrived_s == pytest.approx(9.5)


def test_held_images_outlive_their_time_until_they_are_let_go() -> None:
    history = filled(frames=11)
    held = history.stamped(10_500_000_000)
    history.hold(held)
    for index in range(11, 41):
        history.add(image(10 * SECOND_NS + index * 100_000_000))
    assert history.stamps_ns() == (10_500_000_000, 14 * SECOND_NS)
    history.hold(None)
    assert history.stamps_ns() == (13 * SECOND_NS, 14 * SECOND_NS)


def test_held_images_are_thinned_where_they_are_too_many_and_the_newest_stays() -> None:
    history = filled(byte_limit=1100, frames=11)
    history.hold(history.stamped(10 * SECOND_NS))
    for index in range(11, 100):
        history.add(image(10 * SECOND_NS + index * 100_000_000))
        assert history.byte_count <= 1100
        assert history.stamps_ns()[1] == 10 * SECOND_NS + index * 100_000_000
    assert history.stamps_ns()[0] < 11 * SECOND_NS


@pytest.mark.parametrize("is_held", [False, True])
def test_images_without_data_are_bounded_too(is_held: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("utrack_ros.ros.history.MOST_IMAGES", 100)
    history = FrameHistory()
    for number in range(1, 500):
        history.add(image(SECOND_NS + number, number, byte_count=0))
        if is_held and number == 1:
            history.hold(history.stamped(SECOND_NS + 1))
        assert history.count <= 100
    assert history.stamps_ns()[1] == SECOND_NS + 499


def test_clear_lets_all_go() -> None:
    history = filled()
    history.clear()
    assert (history.count, history.byte_count, history.stamps_ns()) == (0, 0, (0, 0))


@given(
    st.lists(st.tuples(st.integers(0, 5 * SECOND_NS), st.integers(0, 400), st.booleans())),
    st.floats(0, 2),
    st.integers(1, 1000),
)
def test_bounds_hold_for_any_stream(frames: list[tuple[int, int, bool]], span_s: float, byte_limit: int) -> None:
    history = FrameHistory(span_s, byte_limit)
    for index, (stamp_ns, byte_count, hold) in enumerate(frames):
        frame = image(stamp_ns, 1.0 + index, byte_count)
        history.add(frame)
        history.hold(frame if hold else None)
        kept = list(history._frames)
        assert history.byte_count == sum(one.byte_count for one in kept)
        assert len(kept) == 1 or history.byte_count <= byte_limit
        moments = [one.stamp_ns or int(one.arrived_s * 1e9) for one in kept]
        assert moments == sorted(set(moments))
