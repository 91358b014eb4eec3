"""The inference thread: the slot, selections, loading, stopping, closing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fakes import FakeTracker, ListLog, image_message

from utrack_ros.core.errors import ModelError, NotInitializedError
from utrack_ros.core.state import State, StateConfig
from utrack_ros.core.tracker import TrackResult
from utrack_ros.ros import image_codec
from utrack_ros.ros.exchange import IncomingImage, Outcome, Report, Selection, SelectionCode
from utrack_ros.ros.health import Counters
from utrack_ros.ros.history import FrameHistory
from utrack_ros.ros.inference import InferenceWorker
from utrack_ros.ros.session import TrackingSession

BOX = (10.0, 8.0, 20.0, 16.0)


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


@pytest.fixture
def bench(wait_until: Callable[..., Any]) -> Iterator[Bench]:
    bench = Bench()
    bench.worker.load()
    yield bench
    bench.gate.open()
    assert bench.worker.close(20.0)


@pytest.fixture
def tracking(bench: Bench, wait_until: Callable[..., Any]) -> Bench:
    bench.put()
    bench.select()
    wait_until(lambda: bench.outcomes)
    assert bench.outcomes.pop().code is SelectionCode.OK
    wait_until(lambda: bench.settled)
    return bench


def test_worker_without_work_is_idle(bench: Bench) -> None:
    assert (bench.worker.state, bench.worker.busy_s, bench.reports) == (State.IDLE, 0.0, [])


def test_frames_and_selections_run_in_one_thread_of_their_own(tracking: Bench, wait_until: Callable[..., Any]) -> None:
    tracking.put()
    wait_until(lambda: len(tracking.reports) == 2)
    assert tracking.tracker.threads == {"utrack-inference"}


def test_newest_frame_wins_and_the_replaced_ones_are_counted(tracking: Bench, wait_until: Callable[..., Any]) -> None:
    tracking.hold_updates()
    tracking.put()
    assert tracking.gate.entered.wait(20.0)
    for _ in range(9):
        tracking.put()
    newest_ns = tracking.stamp_ns
    counts = tracking.counters.snapshot()
    assert (counts.received, counts.processed, counts.dropped, counts.pending) == (11, 2, 8, 1)
    tracking.gate.open()
    wait_until(lambda: tracking.settled)
    counts = tracking.counters.snapshot()
    assert (counts.received, counts.processed, counts.dropped, counts.pending) == (11, 3, 8, 0)
    assert tracking.reports[-1].stamp_ns == newest_ns
    assert len(tracking.reports) == 3


def test_selection_takes_the_frame_that_came_before_it(bench: Bench, wait_until: Callable[..., Any]) -> None:
    for _ in range(20):
        bench.put()
        bench.select()
        wait_until(lambda: bench.outcomes)
        assert bench.outcomes.pop().code is SelectionCode.OK
        assert bench.reports[-1].stamp_ns == bench.stamp_ns


def test_selection_replaces_the_one_that_waits_which_is_answered_at_once(
    tracking: Bench, wait_until: Callable[..., Any]
) -> None:
    tracking.hold_updates()
    tracking.put()
    assert tracking.gate.entered.wait(20.0)
    for number in range(100):
        tracking.select()
        assert len(tracking.outcomes) == number  # all but the last one, while the tracker hangs
    assert {outcome.code for outcome in tracking.outcomes} == {SelectionCode.INACTIVE}
    assert "newer selection" in tracking.outcomes[0].message
    tracking.gate.open()
    wait_until(lambda: len(tracking.outcomes) == 100)
    assert (tracking.outcomes[-1].code, tracking.outcomes[-1].target_id) == (SelectionCode.OK, 2)


def test_stop_beats_a_selection_that_the_thread_has_just_taken_up(
    bench: Bench, wait_until: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = bench.worker._session
    assert session is not None
    select = session.select

    def late(*arguments: Any) -> Outcome:
        bench.gate.wait()
        return select(*arguments)

    monkeypatch.setattr(session, "select", late)
    bench.put()
    bench.select()
    assert bench.gate.entered.wait(20.0)
    bench.worker.stop_target()
    bench.gate.open()
    wait_until(lambda: bench.outcomes)
    assert (bench.outcomes[0].code, bench.worker.state) == (SelectionCode.INACTIVE, State.IDLE)
    assert bench.reports == []
    bench.select()
    wait_until(lambda: len(bench.outcomes) == 2)
    assert bench.outcomes[1].code is SelectionCode.OK


def test_selection_without_an_image_is_answered(bench: Bench, wait_until: Callable[..., Any]) -> None:
    bench.select()
    wait_until(lambda: bench.outcomes)
    assert bench.outcomes[0].code is SelectionCode.NO_IMAGE


def test_stop_returns_at_once_while_a_target_is_learnt(bench: Bench, wait_until: Callable[..., Any]) -> None:
    bench.put()
    bench.tracker.init_script = bench.gate.wait
    bench.select()
    bench.select()  # waits behind the first
    assert bench.gate.entered.wait(20.0)
    bench.worker.stop_target()
    assert bench.worker.state is State.IDLE
    assert [outcome.code for outcome in bench.outcomes] == [SelectionCode.INACTIVE]
    bench.gate.open()
    wait_until(lambda: len(bench.outcomes) == 2)
    assert bench.outcomes[1].code is SelectionCode.INACTIVE
    assert bench.reports == []


def test_stop_while_a_frame_is_tracked_publishes_nothing_more(tracking: Bench, wait_until: Callable[..., Any]) -> None:
    tracking.hold_updates()
    before = len(tracking.reports)
    tracking.put()
    assert tracking.gate.entered.wait(20.0)
    tracking.worker.stop_target()
    tracking.gate.open()
    wait_until(lambda: tracking.settled)
    assert len(tracking.reports) == before


def test_hung_tracker_shows_as_busy_and_blocks_nobody(tracking: Bench, wait_until: Callable[..., Any]) -> None:
    tracking.hold_updates()
    tracking.put()
    assert tracking.gate.entered.wait(20.0)
    wait_until(lambda: tracking.worker.busy_s > 0.02)
    tracking.put()
    tracking.worker.stop_target()
    assert tracking.worker.close(0.01) is False


def test_reset_drops_the_waiting_frame_and_the_target(tracking: Bench, wait_until: Callable[..., Any]) -> None:
    tracking.hold_updates()
    tracking.put()
    assert tracking.gate.entered.wait(20.0)
    tracking.put()
    tracking.worker.reset()
    counts = tracking.counters.snapshot()
    assert (counts.dropped, counts.pending) == (1, 0)
    tracking.gate.open()
    wait_until(lambda: tracking.settled)
    tracking.select()
    wait_until(lambda: tracking.outcomes)
    assert tracking.outcomes[0].code is SelectionCode.NO_IMAGE


def test_thread_survives_an_exception_that_nothing_else_caught(tracking: Bench, wait_until: Callable[..., Any]) -> None:
    def broken(report: Report) -> None:
        raise OSError("no more handles")

    session = tracking.worker._session
    assert session is not None
    publish, session._publish = session._publish, broken
    tracking.put()
    tracking.select()
    wait_until(lambda: tracking.outcomes)
    assert tracking.outcomes[0].code in (SelectionCode.OK, SelectionCode.MODEL_NOT_READY)
    assert "no more handles" in tracking.counters.snapshot().last_error
    session._publish = publish
    tracking.put()
    wait_until(lambda: tracking.reports[-1].stamp_ns == tracking.stamp_ns)


def test_new_thresholds_reach_the_session(tracking: Bench, wait_until: Callable[..., Any]) -> None:
    tracking.tracker.always(score=0.4)
    tracking.worker.set_config(StateConfig(lost_threshold=0.45))
    tracking.put()
    wait_until(lambda: tracking.reports[-1].state is State.COASTING)


def test_model_that_does_not_load_is_raised_to_the_caller() -> None:
    bench = Bench()
    bench.failure = ModelError("a model file", "nothing")
    with pytest.raises(ModelError, match="expected a model file, but got nothing"):
        bench.worker.load()
    assert bench.worker.close(20.0)


def test_wait_for_a_model_that_never_loads_can_be_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    load = bench._make_session

    def slow() -> TrackingSession:
        bench.gate.wait()
        return load()

    monkeypatch.setattr(bench.worker, "_make_session", slow)
    with pytest.raises(NotInitializedError, match="Configure again"):
        bench.worker.load(give_up=bench.gate.entered.is_set)
    bench.gate.open()
    assert bench.worker.close(20.0)


def test_closed_worker_counts_frames_as_dropped_and_refuses_selections() -> None:
    bench = Bench()
    bench.worker.load()
    bench.put()
    assert bench.worker.close(20.0)
    bench.put()
    bench.select()
    counts = bench.counters.snapshot()
    assert (counts.received, counts.pending) == (2, 0)
    assert bench.outcomes[0].code is SelectionCode.INACTIVE


def test_closing_answers_the_selections_that_wait() -> None:
    bench = Bench()
    bench.worker.load()
    bench.put()
    bench.tracker.init_script = bench.gate.wait
    bench.select()
    assert bench.gate.entered.wait(20.0)
    bench.select()
    assert bench.worker.close(0.0) is False
    assert [outcome.code for outcome in bench.outcomes] == [SelectionCode.INACTIVE]
    bench.gate.open()
    assert bench.worker.close(20.0)
    assert len(bench.outcomes) == 2


def test_ten_workers_leave_no_thread_behind() -> None:
    before = threading.active_count()
    for _ in range(10):
        bench = Bench()
        bench.worker.load()
        bench.put()
        assert bench.worker.close(20.0)
    assert threading.active_count() == before


FRAME_BYTES = 64 * 48 * 3


@pytest.fixture
def keeping(wait_until: Callable[..., Any]) -> Iterator[Bench]:
    """A worker with room for five waiting frames, held inside the update of its second frame."""
    bench = Bench(queue_bytes=5 * FRAME_BYTES)
    bench.worker.load()
    bench.put()
    bench.select()
    wait_until(lambda: bench.outcomes)
    bench.hold_updates()
    bench.put()
    assert bench.gate.entered.wait(20.0)
    yield bench
    bench.gate.open()
    assert bench.worker.close(20.0)


def test_every_frame_is_processed_in_order_where_all_are_kept(keeping: Bench, wait_until: Callable[..., Any]) -> None:
    assert all(keeping.put() for _ in range(5))
    keeping.gate.open()
    wait_until(lambda: len(keeping.reports) == 7)
    assert [report.stamp_ns for report in keeping.reports] == [10**9 + 10**6 * number for number in range(1, 8)]
    counts = keeping.counters.snapshot()
    assert (counts.received, counts.processed, counts.dropped, counts.overflowed) == (7, 7, 0, 0)


def test_frame_that_finds_the_queue_full_is_dropped_and_counted(keeping: Bench, wait_until: Callable[..., Any]) -> None:
    assert [keeping.put() for _ in range(8)] == [True] * 5 + [False] * 3
    keeping.gate.open()
    wait_until(lambda: keeping.settled)
    counts = keeping.counters.snapshot()
    assert (counts.received, counts.processed, counts.dropped, counts.overflowed) == (10, 7, 3, 3)
    assert [report.stamp_ns for report in keeping.reports] == [10**9 + 10**6 * number for number in range(1, 8)]


def test_reset_drops_every_frame_that_waits(keeping: Bench, wait_until: Callable[..., Any]) -> None:
    for _ in range(4):
        keeping.put()
    keeping.worker.reset()
    keeping.gate.open()
    wait_until(lambda: keeping.settled)
    counts = keeping.counters.snapshot()
    assert (counts.received, counts.dropped, counts.overflowed) == (6, 4, 0)


def test_selection_on_an_image_that_still_waits_is_learnt_on_that_image(
    keeping: Bench, wait_until: Callable[..., Any]
) -> None:
    for _ in range(5):
        keeping.put()
    marked_ns = keeping.stamp_ns - 2_000_000
    keeping.select(stamp_ns=marked_ns)
    keeping.gate.open()
    wait_until(lambda: keeping.settled and len(keeping.outcomes) == 2)
    stamps = {target_id: [] for target_id in (1, 2)}  # type: dict[int, list[int]]
    for report in keeping.reports:
        stamps[report.target_id].append(report.stamp_ns)
    assert keeping.outcomes[1].target_id == 2
    assert stamps[1][-1] == marked_ns
    assert stamps[2] == [marked_ns + 1_000_000, marked_ns + 2_000_000]


def test_images_wait_while_a_target_is_caught_up_with_where_all_are_kept(
    keeping: Bench, wait_until: Callable[..., Any]
) -> None:
    for _ in range(3):
        keeping.put()
    first_ns = keeping.reports[0].stamp_ns
    keeping.gate.open()
    wait_until(lambda: keeping.settled)
    updates = keeping.tracker.updates

    def learn() -> None:
        keeping.put()

    keeping.tracker.init_script = learn
    keeping.select(stamp_ns=first_ns)
    wait_until(lambda: keeping.reports[-1].target_id == 2)
    assert [report.stamp_ns for report in keeping.reports if report.target_id == 2] == [keeping.stamp_ns]
    assert keeping.tracker.updates - updates == 4 + 1
    assert keeping.counters.snapshot().dropped == 0
