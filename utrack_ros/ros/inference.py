"""The inference thread: a queue of frames, a slot for a selection, and one thread that owns the tracker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..core.errors import NotInitializedError
from ..core.state import StateConfig
from . import health
from .counters import Counters
from .exchange import STOPPED, IncomingImage, Outcome, Selection, SelectionCode, Standing
from .frame_queue import FrameQueue
from .history import FrameHistory
from .selection_slot import REPLACED, Asked, Done, SelectionSlot
from .session import TrackingSession
from .view import View

LOAD_LIMIT_S = 120.0
"""Longest that a model may take to load; a requested configure holds the node's other services meanwhile."""

LOAD_SLICE_S = 0.1
"""How often the wait for the model looks whether it should go on."""

Show = Callable[[Callable[[], View | None]], None]
"""Takes a way to get a view of the newest image, and asks for one only if it is wanted."""

FAILED = Outcome(SelectionCode.MODEL_NOT_READY, "the tracker failed; see the node's log")


class InferenceWorker:
    """Owns the thread in which the tracker is made, used and freed.

    The executor's thread hands in frames and selections and never waits for the tracker. The queue says
    which frames wait: the newest, or all up to a limit; the others count as dropped. Only the newest
    selection waits.

    After a selection on an older image the thread goes on through the history, a frame a turn, until the
    newest is reached. Where every frame counts, those that come meanwhile wait, and a selection on an
    image that still waits does so too.
    """

    def __init__(
        self,
        make_session: Callable[[], TrackingSession],
        counters: Counters,
        history: FrameHistory | None = None,
        queue_bytes: int = 0,
        show: Show = lambda view: None,
        clear_up: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare the worker; `load` starts it.

        Args:
            make_session: loads the model and builds the session; called in the inference thread.
            counters: where frames are counted.
            history: where frames are kept for a while, the one that the session reads.
            queue_bytes: room for frames that wait; 0 = only the newest one does.
            show: called in the inference thread after each turn, when all has been reported; must return at once.
            clear_up: called in the inference thread when its tracker is gone, if `close` did not wait for that.
        """
        self._make_session = make_session
        self._counters = counters
        self._history = FrameHistory() if history is None else history
        self._wake = threading.Condition()
        self._queue = FrameQueue(queue_bytes)
        self._show = show
        self._clear_up = clear_up
        self._outlasts_close = False
        self._selections = SelectionSlot()
        self._session: TrackingSession | None = None
        self._failure: Exception | None = None
        self._loaded = threading.Event()
        self._closed = False
        self._busy_since_s: float | None = None
        self._free_since_s = 0.0
        self._thread = threading.Thread(target=self._run, name="utrack-inference", daemon=True)

    def load(self, give_up: Callable[[], bool] = lambda: False) -> None:
        """Start the thread and wait until the model is ready.

        Args:
            give_up: asked now and then; True ends the wait, as when the process has been told to end.

        Raises:
            Exception: whatever kept the model from loading, e.g. ModelError.
            NotInitializedError: the worker was closed meanwhile, the wait was given up, or `LOAD_LIMIT_S` is over.
        """
        self._thread.start()
        end_s = time.monotonic() + LOAD_LIMIT_S
        while not self._loaded.wait(LOAD_SLICE_S):
            if give_up():
                break
            if time.monotonic() > end_s:
                raise NotInitializedError(
                    "a loaded model", f"none in {LOAD_LIMIT_S:g} s", "See if the device hangs, and configure again."
                )
        failure, self._failure = self._failure, None
        try:
            if failure is not None:
                raise failure
        finally:
            del failure  # it holds this frame
        if self._session is None:
            raise NotInitializedError("a loaded model", "an end to the wait before it was loaded", "Configure again.")

    @property
    def paused(self) -> bool:
        """Whether nobody looks for the target."""
        session = self._session
        return session is not None and session.paused

    @property
    def standing(self) -> Standing:
        """How the target stands."""
        session = self._session
        return session.standing() if session is not None else Standing()

    @property
    def busy_s(self) -> float:
        """Seconds that the frame or selection in progress has taken; 0 when there is none."""
        since_s = self._busy_since_s
        return 0.0 if since_s is None else time.monotonic() - since_s

    @property
    def tracker_ended(self) -> str:
        """How the tracker has ended by itself, in words; empty while it works."""
        session = self._session
        return "" if session is None else session.tracker_ended

    @property
    def is_hung(self) -> bool:
        """Whether the frame or selection in progress takes too long."""
        return self.busy_s > health.BUSY_LIMIT_S

    def put(self, frame: IncomingImage) -> bool:
        """Hand in a frame; False when the queue, one that keeps all frames, had no room for it."""
        self._counters.add("received")
        with self._wake:
            dropped = self._closed or not self._queue.put(frame)
            overflow = dropped and not self._closed and self._queue.keeps_all
            if not self._closed and not self._queue.keeps_all:
                self._history.add(frame)
            self._wake.notify()
        if dropped:
            self._counters.add("dropped")
        if overflow:
            self._counters.add("overflowed")
        return not overflow

    def select(self, selection: Selection, done: Done) -> None:
        """Queue a selection in place of one that still waits.

        `done` is called once with the outcome, from the inference thread or from a call that makes the
        selection pointless.
        """
        with self._wake:
            closed, replaced = self._closed, None
            if not closed:
                stops = self._session.stops if self._session is not None else 0
                replaced = self._selections.put(Asked(selection, stops, done))
                self._wake.notify()
        if closed:
            done(STOPPED)
        elif replaced is not None:
            replaced.done(REPLACED)

    def set_config(
        self,
        config: StateConfig,
        image_timeout_s: float = 0.0,
        reset_on_jump: bool = False,
        history_s: float | None = None,
        frozen_images: int = 0,
    ) -> None:
        """Use other thresholds, timeouts and rules from the next frame on, and hold so many seconds of images."""
        if history_s is not None:
            self._history.set_span(history_s)
        if self._session is not None:
            self._session.set_config(config, image_timeout_s, reset_on_jump, frozen_images)

    def stop_target(self) -> None:
        """Give the target up, and any selection that waits; returns at once."""
        if self._session is not None:
            self._session.stop()
        self._selections.refuse()

    def pause(self, paused: bool) -> None:
        """Look for the target no more, or again; returns at once."""
        if self._session is not None:
            self._session.pause(paused)

    def reset(self) -> None:
        """Forget the target and every frame: the stream has ended; returns at once."""
        with self._wake:
            dropped = self._queue.clear()
            self._history.clear()
        for _ in range(dropped):
            self._counters.add("dropped")
        if self._session is not None:
            self._session.reset()
        self._selections.refuse()

    def abandon_turn(self, outcome: Outcome) -> None:
        """Expect nothing of the frame or selection in progress: the target is LOST, and who waits gets this answer.

        Returns at once. What the tracker says after all is not published.
        """
        if self._session is not None:
            self._session.abandon()
        self._selections.refuse(outcome)
        self._selections.answer(outcome)

    def close(self, timeout_s: float) -> bool:
        """End the thread and free the tracker; False when it is still busy after `timeout_s`.

        A tracker that can be ended is, then, and the thread has as long again. Whoever waits for it is answered all the
        same.
        """
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._loaded.set()
        self.reset()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        if self._thread.is_alive() and timeout_s > 0 and self._end_tracker():
            self._thread.join(timeout_s)
        self._selections.answer(STOPPED)
        self._outlasts_close = self._thread.is_alive()
        return not self._outlasts_close

    def _end_tracker(self) -> bool:
        session = self._session
        return session is not None and session.end_tracker()

    def _run(self) -> None:
        try:
            self._session = self._make_session()
        except Exception as error:  # noqa: BLE001  handed to the thread that waits in load()
            self._failure = error
        finally:
            self._loaded.set()
        if self._session is not None:
            while self._turn(self._session):
                pass
            self._session = None
        if self._outlasts_close:
            self._failure = None  # nobody waits for it
            self._clear_up()

    def _turn(self, session: TrackingSession) -> bool:
        """Wait for work and do one frame, then one selection or one step of catching up; False when closed."""
        with self._wake:
            self._wake.wait_for(
                lambda: self._closed or self._queue or self._selections.waiting or session.is_catching_up
            )
            if self._closed:
                return False
            # Both at once: whatever image a selection means is here or was processed before.
            frame, asked = self._take_frame(session), self._take_selection()
            self._busy_since_s = time.monotonic()
        try:
            # The frame goes first: a selection means the newest image there is.
            if frame is not None:
                session.process(frame, max(0.0, self._free_since_s - frame.arrived_s))
        except Exception:  # noqa: BLE001  the thread must outlive every fault
            session.fail("the inference thread failed")
        try:
            if asked is not None:
                self._answer(session, *asked)
            else:
                session.catch_up()
            self._show(session.view)
        except Exception:  # noqa: BLE001  the thread must outlive every fault
            session.fail("the inference thread failed")
        finally:
            self._busy_since_s, self._free_since_s = None, time.monotonic()
        return True

    def _take_frame(self, session: TrackingSession) -> IncomingImage | None:
        """With the lock held: the next frame to process; none on the way to the newest, where every one counts."""
        if not self._queue.keeps_all:
            return self._queue.take()
        frame = None if session.is_catching_up else self._queue.take()
        if frame is not None:
            self._history.add(frame)
        return frame

    def _take_selection(self) -> tuple[Selection, int] | None:
        """With the lock held: the selection that waits; none while the image that it means still waits as well.

        None, too, if somebody has refused it this very moment.
        """
        waiting = self._selections.waiting
        return None if waiting is None or self._queue.has_for(waiting) else self._selections.take()

    def _answer(self, session: TrackingSession, selection: Selection, stops: int) -> None:
        outcome = FAILED
        try:
            outcome = session.select(selection, stops)
        finally:
            self._selections.answer(outcome)
