"""Which images pass the gate; over DDS it is tested in test_node_floods.py."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from fakes import ListLog

from utrack_ros.ros.counters import Counters
from utrack_ros.ros.exchange import IncomingImage
from utrack_ros.ros.image_gate import TEXT_LENGTH, ImageGate


def frame(byte_count: int = 100, frame_id: str = "camera", encoding: str = "rgb8") -> IncomingImage:
    return IncomingImage(1, encoding, SimpleNamespace(frame_id=frame_id), None, 0.0, byte_count)


@pytest.mark.parametrize(
    ("image", "passes"),
    [
        (frame(), True),
        (frame(byte_count=1000), True),
        (frame(byte_count=1001), False),
        (frame(frame_id="x" * TEXT_LENGTH, encoding="y" * TEXT_LENGTH), True),
        (frame(frame_id="x" * (TEXT_LENGTH + 1)), False),
        (frame(encoding="x" * (TEXT_LENGTH + 1)), False),
        (frame(byte_count=0, frame_id="", encoding=""), True),
    ],
)
def test_limits_are_the_last_lengths_that_pass(image: IncomingImage, passes: bool) -> None:
    counters = Counters()
    assert ImageGate(1000, counters, ListLog()).admits(image) is passes
    counts = counters.snapshot()
    assert (counts.received, counts.rejected, counts.pending) == ((0, 0, 0) if passes else (1, 1, 0))


def test_flood_is_counted_whole_and_logged_now_and_then() -> None:
    counters, log, now_s = Counters(), ListLog(), [0.0]
    gate = ImageGate(1000, counters, log, clock=lambda: now_s[0])
    for _ in range(300):
        now_s[0] += 1 / 30
        gate.admits(frame(byte_count=5000))
    assert counters.snapshot().rejected == 300
    assert len(log.lines) == 2
