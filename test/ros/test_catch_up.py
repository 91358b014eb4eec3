"""The way from a marked image to the newest: it arrives, however slow the tracker, and skips no more than it must."""

from __future__ import annotations

import itertools

import pytest

from utrack_ros.ros.catch_up import next_frame
from utrack_ros.ros.exchange import IncomingImage

FPS = 30


def image(index: int) -> IncomingImage:
    return IncomingImage(1 + index, "rgb8", None, None, index / FPS)


def way(took_s: float, start_lag: int) -> list[int]:
    """Indices of the images looked at from image 0 on, while the camera goes on, until the newest is reached."""
    now_s, at = start_lag / FPS, image(0)
    seen: list[int] = []
    while True:
        newest = image(int(now_s * FPS + 1e-6))
        waiting = [image(index) for index in range(int(at.stamp_ns), int(newest.stamp_ns))]
        at = next_frame(at, waiting, newest, took_s if seen else 0.0)
        seen.append(int(at.stamp_ns) - 1)
        assert len(seen) < 200
        if at is newest:
            return seen
        now_s += took_s


@pytest.mark.parametrize("took_s", [0.005, 0.03, 0.06, 0.15, 0.4, 1.0])
@pytest.mark.parametrize("start_lag", [1, 15, 45, 150])
def test_it_arrives_soon_and_never_goes_back(took_s: float, start_lag: int) -> None:
    seen = way(took_s, start_lag)
    assert seen == sorted(set(seen))
    assert len(seen) * took_s <= 1.3 * start_lag / FPS + 2 * took_s
    assert seen[-1] >= start_lag


def test_strides_of_a_quick_tracker_are_a_sixth_of_the_way() -> None:
    seen = way(0.01, 30)
    assert seen[0] == 5
    assert max(after - before for before, after in itertools.pairwise(seen)) <= 5
    assert len(seen) > 8


def test_last_stride_is_the_newest_image_itself() -> None:
    newest = image(3)
    assert next_frame(image(0), [image(1), image(2)], newest, 0.2) is newest
    assert next_frame(image(0), [], newest, 0.0) is newest
