"""The queue of images: the newest alone, or all up to a limit."""

from __future__ import annotations

import pytest

from utrack_ros.ros.exchange import IncomingImage, Selection
from utrack_ros.ros.frame_queue import FrameQueue

BOX = (1.0, 2.0, 30.0, 40.0)


def frame(number: int, size: int = 100) -> IncomingImage:
    return IncomingImage(number, "rgb8", None, None, number / 10, size)


def taken(queue: FrameQueue) -> list[int]:
    return [one.stamp_ns for one in iter(queue.take, None)]


def test_newest_frame_replaces_the_one_that_waits() -> None:
    queue = FrameQueue()
    assert [queue.put(frame(number)) for number in range(3)] == [True, False, False]
    assert (len(queue), taken(queue)) == (1, [2])


def test_all_frames_come_out_in_order() -> None:
    queue = FrameQueue(1000)
    assert all(queue.put(frame(number)) for number in range(10))
    assert taken(queue) == list(range(10))
    assert queue.take() is None


def test_queue_is_full_of_frames_without_data_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("utrack_ros.ros.frame_queue.MOST_IMAGES", 3)
    queue = FrameQueue(1000)
    assert [queue.put(frame(number, size=0)) for number in range(5)] == [True, True, True, False, False]
    assert taken(queue) == [0, 1, 2]


def test_full_queue_turns_new_frames_away_and_keeps_the_old_ones() -> None:
    queue = FrameQueue(350)
    assert [queue.put(frame(number)) for number in range(5)] == [True, True, True, False, False]
    assert queue.take() is not None
    assert queue.put(frame(9))
    assert taken(queue) == [1, 2, 9]


def test_frame_larger_than_the_limit_finds_room_in_an_empty_queue_only() -> None:
    queue = FrameQueue(50)
    assert [queue.put(frame(number)) for number in range(2)] == [True, False]
    assert taken(queue) == [0]


@pytest.mark.parametrize("limit_bytes", [0, 250])
def test_cleared_queue_has_all_its_room_again(limit_bytes: int) -> None:
    queue = FrameQueue(limit_bytes)
    for number in range(2):
        queue.put(frame(number))
    assert queue.clear() == (2 if limit_bytes else 1)
    assert len(queue) == 0
    assert queue.put(frame(5))
    assert taken(queue) == [5]


def test_message_without_data_counts_as_nothing() -> None:
    queue = FrameQueue(10)
    assert all(queue.put(frame(number, 0)) for number in range(3))
    assert taken(queue) == [0, 1, 2]


@pytest.mark.parametrize(
    ("selection", "waits"),
    [
        (Selection(BOX), False),
        (Selection(BOX, stamp_ns=4), False),
        (Selection(BOX, stamp_ns=5), True),
        (Selection(BOX, stamp_ns=9), True),
        (Selection(BOX, latency_s=0.3, asked_s=0.7), False),
        (Selection(BOX, latency_s=0.3, asked_s=0.81), True),
    ],
)
def test_image_that_a_selection_means_is_known_to_wait(selection: Selection, waits: bool) -> None:
    queue = FrameQueue(1000)
    for number in (5, 6, 7):
        queue.put(frame(number))
    assert queue.has_for(selection) is waits
