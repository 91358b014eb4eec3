"""One target on one stream of images: track, judge, report.

Synchronous and without ROS types, so that every fault can be tested without a thread. One thread
calls `process`, `select`, `catch_up` and `view`; any thread may use its `Controls`.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from typing import Any

from ..core.boxes import Box
from ..core.errors import BoxError
from ..core.insight import looks_of
from ..core.sighting import visible_box
from ..core.state import State, StateConfig
from ..core.tracker import EndableTracker, Flag, Image, Tracker, TrackResult
from .catch_up import Way, next_frame
from .controls import Controls
from .counters import Counters
from .exchange import PAUSED, STOPPED, IncomingImage, Outcome, Passage, Report, Selection, SelectionCode, Standing
from .faults import FaultLog, Log
from .history import FrameHistory
from .image_stream import ImageStream
from .looking import NOT_LOOKED_FOR, ask, measured, rest
from .marking import GONE, NO_IMAGE_YET, marked_frame, pixel_box
from .memory_retry import with_one_retry
from .standing import SharedMachine
from .timeline import Seen, broken_off, went_back
from .view import View, view


class TrackingSession(Controls):
    """Runs a tracker over a stream of image messages and reports each image's outcome."""

    def __init__(
        self,
        tracker: Tracker,
        decode: Callable[[Any], Image],
        publish: Callable[[Report], None],
        counters: Counters,
        log: Log,
        config: StateConfig | None = None,
        clock: Callable[[], float] = time.monotonic,
        history: FrameHistory | None = None,
        announce: Callable[[Standing], None] = lambda standing: None,
        by_stamps: bool = False,
    ) -> None:
        """Start in IDLE.

        Args:
            tracker: follows the target; only the inference thread calls it.
            decode: image message -> (H, W, 3) uint8 RGB; raises ImageError on one it cannot read.
            publish: takes each report. It is called with the session's lock held, so that nothing
                is published any more once `stop` has returned; it must not call back.
            counters: where frames are counted.
            log: where lines for people go.
            config: thresholds and timeouts of the state machine.
            clock: seconds on a steady clock.
            history: the images of the last second or so, kept by whoever hands them in.
            announce: told how the target stands whenever its state or identifier changes; called as `publish` is.
            by_stamps: judge silences and timeouts by the images' stamps and not by the clock, and pass no image
                over, so that a recording gives the same states however fast it is played.
        """
        self._tracker = tracker
        self._publish = publish
        self._counters = counters
        self._log = log
        self._clock = clock
        self._history = FrameHistory() if history is None else history
        self._faults = FaultLog(counters, log, clock)
        stream = ImageStream(decode, clock, by_stamps, counters, self._faults, self.fail)
        super().__init__(SharedMachine(config, stream.time_s, announce), stream)
        self._reported: Report | None = None

    def fail(self, where: str) -> None:
        """Record the exception being handled: a learnt target is LOST, everything goes on."""
        self._faults.error(where, traceback.format_exc(limit=-4).strip(), count="errors")
        with self._shared.changing():
            self._lose()

    @property
    def tracker_ended(self) -> str:
        """How the tracker has ended, in words; empty while it works, and of one that cannot end."""
        tracker = self._tracker
        return tracker.ended if isinstance(tracker, EndableTracker) else ""

    def end_tracker(self) -> bool:
        """End a tracker that hangs, from any thread; False of one that cannot be ended."""
        tracker = self._tracker
        if not isinstance(tracker, EndableTracker):
            return False
        self._log.warning("the tracker does not come back, its process is ended")
        tracker.end()
        return True

    def process(self, frame: IncomingImage, waited_s: float = 0.0) -> None:
        """Take one image: decode it and, where there is a target, find it and report.

        Args:
            frame: the image.
            waited_s: seconds that it has waited for this thread.
        """
        epoch = self._epoch
        if not self.is_catching_up:
            self._history.hold(None)
        seen = self._stream.take(frame)
        if seen is None:
            return
        seen.waited_s = waited_s
        with self._shared.changing():
            if epoch != self._epoch:
                return
            self._notice_jump(seen)
            self._stream.newest, self._shared.header = seen, frame.header
            if self.paused:
                self._report(seen, None, 0.0, 0.0)  # or the last box would be the last word
                return
            if self.state in (State.IDLE, State.INITIALIZING):
                return
        self._follow(seen)
        started_s = self._clock()
        rest(self._tracker, self._faults)  # the answer is out, and the next image not yet here
        self._stream.worked(seen, started_s)

    def select(self, selection: Selection, stops: int | None = None) -> Outcome:
        """Learn a target on the image that was marked; when that fails, the earlier target goes on.

        Where that image is not the newest any more, the target stays INITIALIZING until `catch_up` reached it.

        Args:
            selection: the box.
            stops: `stops` when the selection was queued, for a stop since then wins; None = now.
        """
        with self._shared.lock:
            newest, silence_s = self._stream.newest, self._silence_s
            stops = self._stops if stops is None else stops
        if self.paused:
            return PAUSED
        if newest is None:
            return NO_IMAGE_YET
        frame = marked_frame(selection, newest, self._history, self._stream.time_s(), silence_s)
        if isinstance(frame, Outcome):
            return frame
        marked = self._stream.again(frame, newest)
        if marked is None or marked.size_hw != newest.size_hw:
            return GONE
        try:
            return self._learn(selection, marked, newest, stops)
        except BoxError as error:
            return Outcome(SelectionCode.BAD_BOX, str(error))

    def view(self) -> View | None:
        """Return the newest image with what is known on it; None before the first."""
        with self._shared.lock:
            newest, config, paused = self._stream.newest, self._machine.config, self.paused
        if newest is None:
            return None
        standing = self.standing()
        looked = config.reacquire or standing.state is not State.LOST
        looks = looks_of(self._tracker) if looked else ()
        return view(newest.frame, newest.image, standing, self._reported, looks, paused)

    def _learn(self, selection: Selection, marked: Seen, newest: Seen, stops: int) -> Outcome:
        box_xywh = pixel_box(selection, marked.size_hw)
        with self._shared.changing():
            if stops != self._stops:
                return STOPPED
            if self.is_catching_up:
                self._lose()  # it would go on from here, were this selection refused
            self._way = None
            target_id = self._machine.select(self._stream.time_s())
        self._history.hold(marked.frame)
        started_s = self._clock()
        try:
            with_one_retry(lambda: self._tracker.init(marked.image, box_xywh), self._faults)
        except Exception as error:  # a failing tracker must not take the node down
            self._history.hold(None)
            with self._shared.changing():
                self._machine.refuse()
            if isinstance(error, BoxError):
                raise
            self.fail("the tracker failed to learn the target")
            return Outcome(SelectionCode.MODEL_NOT_READY, f"the tracker failed: {error!r}; see the node's log")
        finally:
            took_s = self._stream.worked(newest, started_s)
        with self._shared.changing():
            if self._machine.state is not State.INITIALIZING or stops != self._stops:
                return STOPPED
            self._way = Way(visible_box(box_xywh, marked.size_hw), took_s, marked.frame)
            if self.paused:  # since the tracker began to learn
                self._lose()
        if marked is newest and not self._history.since(newest.frame):
            self.catch_up()
        return Outcome(SelectionCode.OK, "", target_id)

    def catch_up(self) -> None:
        """Go on from the marked image towards the newest, one frame; there, report and be done."""
        with self._shared.lock:
            newest, way = self._stream.newest, self._way if self.is_catching_up else None
        if newest is None or way is None:
            return
        if way.at is newest.frame:
            self._arrive(newest, TrackResult(way.box_xywh, 1.0, Flag.NORMAL) if way.box_xywh else None, way.learn_s)
            return
        since = self._history.since(way.at)
        frame = next_frame(way.at, since, newest.frame, way.took_s, self._stream.by_stamps)
        seen = self._stream.again(frame, newest)
        started_s = self._clock()
        result = self._ask(seen) if seen is not None else None
        way.at, way.took_s = frame, self._stream.worked(newest, started_s)
        self._history.hold(frame)
        if frame is newest.frame:
            self._arrive(newest, result, way.took_s)

    def _arrive(self, seen: Seen, result: TrackResult | None, took_s: float) -> None:
        """Report the first image, the newest, after a target was learnt."""
        with self._shared.changing():
            if not self.is_catching_up:
                return
            score, box_xywh = measured(seen, result)
            if result is None or box_xywh is None:
                self._lose()
            else:
                self._way = None
                known = result.familiar and result.flag is not Flag.NOT_FOUND
                self._machine.learnt(self._stream.time_s(), score if known else 0.0)
            self._log.info(f"target {self._machine.target_id}: {self._machine.state.name}")
            if self._reported is None or seen.frame.stamp_ns != self._reported.stamp_ns:
                self._report(seen, box_xywh, score, took_s)

    def _follow(self, seen: Seen) -> None:
        started_s = self._clock()
        result = self._ask(seen)
        took_s = self._stream.worked(seen, started_s)
        with self._shared.changing():
            if self.paused:
                return
            if self._stream.is_overdue(took_s):
                self._lose()
                self._faults.warning("overdue", f"an answer that took {took_s:.1f} s is of the past and left out")
                return
            before = self._machine.state
            score, box_xywh = measured(seen, result)
            if self._stream.is_frozen(seen):
                score = 0.0
            if result is not None:
                found = result.flag is not Flag.NOT_FOUND
                self._machine.observe(score, found, self._stream.time_s(), result.familiar)
            if box_xywh is None:
                self._lose()
            self._log_change(before, score)
            self._report(seen, box_xywh, score, took_s, seen.passage)

    def _ask(self, seen: Seen) -> TrackResult | None:
        """Return the tracker's answer, None when it failed or its answer makes no sense."""
        lost = self._machine.state is State.LOST
        if lost and not self._machine.config.reacquire:
            return NOT_LOOKED_FOR
        return ask(self._tracker, seen, lost, self._faults)

    def _report(
        self, seen: Seen, box_xywh: Box | None, score: float, took_s: float, passage: Passage | None = None
    ) -> None:
        """Publish, with the lock held; nothing in IDLE, and no box unless the state allows one."""
        if self._machine.state is not State.IDLE:
            self._reported = self._shared.report(seen, box_xywh, score, took_s, passage)
            self._publish(self._reported)

    def _notice_jump(self, seen: Seen) -> None:
        """With the lock held: after a gap, or at another time or size, the old position says nothing."""
        newest = self._stream.newest
        if newest is None:
            return
        reason = broken_off(newest, seen, max(self._machine.config.coast_timeout_s, self._silence_s))
        if reason:
            followed = self._machine.state is not State.IDLE
            given_up = self._reset_on_jump and went_back(newest, seen)
            if given_up:
                self._way = None
                self._machine.stop()
            else:
                self._lose(self._stream.time_s(seen))
            outcome = "given up" if given_up else "searched anew"
            words = f"{reason}; the target is {outcome}" if followed else reason
            self._counters.add("breaks", last_break=words)
            self._faults.warning("jump", words)

    def _log_change(self, before: State, score: float) -> None:
        """Log what ends or begins a sighting; coasting is too frequent to log."""
        state = self._machine.state
        if state is not before and State.LOST in (before, state):
            self._log.info(f"target {self._machine.target_id}: {before.name} -> {state.name} (score {score:.2f})")
