"""An inference thread under test, over a fake tracker that a test can hold inside a frame."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fakes import FakeTracker, ListLog, image_message

from utrack_ros.core.tracker import TrackResult
from utrack_ros.ros import image_codec
from utrack_ros.ros.counters import Counters
from utrack_ros.ros.exchange import IncomingImage, Outcome, Report, Selection, SelectionCode
from utrack_ros.ros.history import FrameHistory
from utrack_ros.ros.inference import InferenceWorker
from utrack_ros.ros.session import TrackingSession

BOX = (10.0, 8.0, 20.0, 16.0)
FRAME_BYTES = 64 * 48 * 3


class Gate:
    """Holds the inference thread inside the tracker until the test opens it."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self._open = threading.Event()

    def wait(self) -> None:
        self.entered.set()
        assert self._open.wait(20.0)

    def open(self) -> None:
        self._open.set()


class Bench:
    """A worker, its tracker, and all that came out."""

    def __init__(self, queue_bytes: int = 0) -> None:
        self.by_stamps = queue_bytes > 0
        self.tracker = FakeTracker()
        self.counters = Counters()
        self.log = ListLog()
        self.reports: list[Report] = []
        self.outcomes: list[Outcome] = []
        self.failure: Exception | None = None
        self.gate = Gate()
        self.stamp_ns = 10**9
        self.history = FrameHistory()
        self.worker = InferenceWorker(self._make_session, self.counters, self.history, queue_bytes)

    def _make_session(self) -> TrackingSession:
        if self.failure is not None:
            raise self.failure
        return TrackingSession(
            self.tracker,
            image_codec.decode,
            self.reports.append,
            self.counters,
            self.log,
            history=self.history,
            by_stamps=self.by_stamps,
        )

    def put(self) -> bool:
        self.stamp_ns += 1_000_000
        message = image_message(self.stamp_ns)
        return self.worker.put(
            IncomingImage(self.stamp_ns, message.encoding, message.header, message, time.monotonic(), len(message.data))
        )

    def select(self, box_xywh: Any = BOX, stamp_ns: int = 0) -> None:
        self.worker.select(Selection(box_xywh, stamp_ns=stamp_ns), self.outcomes.append)

    def hold_updates(self) -> None:
        def script(image: Any) -> TrackResult:
            self.gate.wait()
            return self.tracker.answer()

        self.tracker.script = script

    @property
    def settled(self) -> bool:
        return self.counters.snapshot().pending == 0 and self.worker.busy_s == 0


@contextmanager
def loaded(bench: Bench) -> Iterator[Bench]:
    """Load the model of a bench; at the end open its gate and close its worker, which must end."""
    bench.worker.load()
    yield bench
    bench.gate.open()
    assert bench.worker.close(20.0)


def follow(bench: Bench, wait_until: Callable[..., Any]) -> Bench:
    """Have a loaded bench follow target 1, and wait until it rests."""
    bench.put()
    bench.select()
    wait_until(lambda: bench.outcomes)
    assert bench.outcomes.pop().code is SelectionCode.OK
    wait_until(lambda: bench.settled)
    return bench
