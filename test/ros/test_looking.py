"""A fault has its words before it is counted, so that no report counts it with the words of another."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from utrack_ros.core.tracker import Flag, TrackResult
from utrack_ros.ros import looking
from utrack_ros.ros.counters import Counters
from utrack_ros.ros.faults import FaultLog
from utrack_ros.ros.image_gate import ImageGate
from utrack_ros.ros.timeline import Seen


class Reported(Counters):
    """Counters of which a report is made at each fault that is counted."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def add(self, name: str) -> None:
        super().add(name)
        if name in ("errors", "rejected"):
            self.words.append(self.snapshot().last_error)


class Silent:
    def info(self, message: str) -> None: ...

    warning = error = info


def fail(error: Exception) -> Any:
    def call(*_: Any) -> Any:
        raise error

    return call


@pytest.fixture
def counters() -> Reported:
    return Reported()


def asked(counters: Reported, update: Any) -> None:
    tracker = SimpleNamespace(update=update, init=print, rest=print)
    faults = FaultLog(counters, Silent(), lambda: 0.0)
    seen = Seen(SimpleNamespace(stamp_ns=0, arrived_s=0.0), np.zeros((48, 64, 3), np.uint8))  # type: ignore[arg-type]
    assert looking.ask(tracker, seen, False, counters, faults) is None  # type: ignore[arg-type]


def test_failing_tracker(counters: Reported) -> None:
    counters.note(last_error="an older one")
    asked(counters, fail(ValueError("bug")))
    assert counters.words == ["the tracker failed: ValueError: bug"]


def test_memory_that_has_run_out_twice(counters: Reported) -> None:
    asked(counters, fail(MemoryError("full")))
    assert [words.split(":")[0] for words in counters.words] == [
        "out of memory, cached memory is freed for a second try",
        "the tracker failed",
    ]


def test_box_off_the_image(counters: Reported) -> None:
    asked(counters, lambda image: TrackResult((900.0, 900.0, 9.0, 9.0), 0.9, Flag.NORMAL))
    assert counters.words[0].startswith("the tracker gave a box off the image")


def test_what_fails_after_the_answer(counters: Reported) -> None:
    tracker = SimpleNamespace(update=print, init=print, rest=fail(ValueError("late")))
    looking.rest(tracker, counters, FaultLog(counters, Silent(), lambda: 0.0))  # type: ignore[arg-type]
    assert counters.words == ["the tracker failed after its answer: ValueError: late"]


def test_image_that_is_turned_away(counters: Reported) -> None:
    frame = SimpleNamespace(byte_count=9, header=SimpleNamespace(frame_id=""), encoding="rgb8")
    assert not ImageGate(8, counters, Silent()).admits(frame)  # type: ignore[arg-type]
    assert counters.words[0].startswith("image rejected: expected at most 8 bytes")
