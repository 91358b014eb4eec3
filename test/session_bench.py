"""A session under test: its tracker, its clock, and all that came out."""

from __future__ import annotations

from typing import Any

from fakes import FakeTracker, ListLog, image_message

from utrack_ros.core.state import State, StateConfig
from utrack_ros.ros import image_codec
from utrack_ros.ros.counters import Counters
from utrack_ros.ros.exchange import IncomingImage, Report, Selection, SelectionCode, Standing
from utrack_ros.ros.history import FrameHistory
from utrack_ros.ros.session import TrackingSession

FRAME_NS = 33_000_000
SECOND_NS = 1_000_000_000
START_NS = 100 * SECOND_NS
BOX = (10.0, 8.0, 20.0, 16.0)
SIZE_HW = (48, 64)


class Bench:
    """A session over a fake tracker, a clock that the test sets, and all that came out."""

    def __init__(self, config: StateConfig | None = None, by_stamps: bool = False) -> None:
        self.tracker = FakeTracker()
        self.reports: list[Report] = []
        self.standings: list[Standing] = []
        self.history = FrameHistory()
        self.counters = Counters()
        self.log = ListLog()
        self.now_s = 0.0
        self.stamp_ns = START_NS
        self.session = TrackingSession(
            self.tracker,
            image_codec.decode,
            self.reports.append,
            self.counters,
            self.log,
            config,
            clock=lambda: self.now_s,
            history=self.history,
            announce=self.standings.append,
            by_stamps=by_stamps,
        )

    def frame(self, stamp_ns: int | None = None, **changes: Any) -> Report | None:
        """Send one image, a frame later than the last; return the report it caused."""
        before = len(self.reports)
        self.session.process(self.arrive(stamp_ns, **changes))
        assert len(self.reports) <= before + 1
        return self.reports[-1] if len(self.reports) > before else None

    def arrive(self, stamp_ns: int | None = None, **changes: Any) -> IncomingImage:
        """Let one image arrive, a frame later than the last, that the session is not given yet."""
        self.stamp_ns = self.stamp_ns + FRAME_NS if stamp_ns is None else stamp_ns
        self.now_s += FRAME_NS * 1e-9
        self.counters.add("received")
        message = image_message(self.stamp_ns, **changes)
        frame = IncomingImage(self.stamp_ns, message.encoding, message.header, message, self.now_s)
        self.history.add(frame)
        return frame

    def state_after(self, **changes: Any) -> State:
        report = self.frame(**changes)
        assert report is not None
        return report.state

    def select(self, box_xywh: Any = BOX, **changes: Any) -> Any:
        return self.session.select(Selection(box_xywh, **changes))

    @property
    def counts(self) -> dict[str, int]:
        counts = self.counters.snapshot()
        return {name: getattr(counts, name) for name in ("received", "processed", "dropped", "rejected", "errors")}


def tracking_bench(by_stamps: bool = False) -> Bench:
    """A bench whose session follows target 1 from its first image on."""
    bench = Bench(by_stamps=by_stamps)
    bench.frame()
    assert bench.select().code is SelectionCode.OK
    return bench
