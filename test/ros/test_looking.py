"""A fault is counted with its words, so that no report counts it with those of another."""

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

    def add(self, name: str, **texts: Any) -> None:
        super().add(name, **texts)
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
    tracker: Any = SimpleNamespace(update=update, init=print, rest=print)
    frame: Any = SimpleNamespace(stamp_ns=0, arrived_s=0.0)
    faults = FaultLog(counters, Silent(), lambda: 0.0)
    seen = Seen(frame, np.zeros((48, 64, 3), np.uint8))
    assert looking.ask(tracker, seen, False, faults) is None


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
    tracker: Any = SimpleNamespace(update=print, init=print, rest=fail(ValueError("late")))
    looking.rest(tracker, FaultLog(counters, Silent(), lambda: 0.0))
    assert counters.words == ["the tracker failed after its answer: ValueError: late"]


def test_image_that_is_turned_away(counters: Reported) -> None:
    frame: Any = SimpleNamespace(byte_count=9, header=SimpleNamespace(frame_id=""), encoding="rgb8")
    assert not ImageGate(8, counters, Silent()).admits(frame)
    assert counters.words[0].startswith("image rejected: expected at most 8 bytes")
