"""One target on one stream of images: decode, order, track, judge, report.

Synchronous and without ROS types, so that every fault can be tested without a thread. One thread
calls `process` and `select`; any thread may call `stop`, `reset` and `set_config`, which return at
once even while the tracker is busy.
"""

from __future__ import annotations

import math
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

from ..core.boxes import Box, check_box
from ..core.errors import BoxError, ImageError
from ..core.sighting import visible_box
from ..core.state import State, StateConfig, StateMachine
from ..core.tracker import Flag, Image, Tracker, TrackResult
from .exchange import STOPPED, IncomingImage, Outcome, Report, Selection, SelectionCode
from .faults import FaultLog, Log
from .health import Counters
from .timeline import SILENCE_S, Seen, broken_off, is_late, timed_by_stamp, went_back


class TrackingSession:
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
            by_stamps: judge silences and timeouts by the images' stamps and not by the clock, so that a
                recording gives the same states however fast it is played.
        """
        self._tracker = tracker
        self._decode = decode
        self._publish = publish
        self._counters = counters
        self._log = log
        self._clock = clock
        self._by_stamps = by_stamps
        self._reset_on_jump = False
        self._machine = StateMachine(config)
        self._silence_s = SILENCE_S
        self._lock = threading.Lock()
        self._epoch = 0
        self._stops = 0
        self._newest: Seen | None = None
        self._reported_ns: int | None = None
        self._faults = FaultLog(counters, log, clock)

    @property
    def state(self) -> State:
        """What is known about the target."""
        return self._machine.state

    @property
    def stops(self) -> int:
        """How often the target was given up by `stop` or `reset`; read it when a selection is queued."""
        return self._stops

    def set_config(self, config: StateConfig, image_timeout_s: float = 0.0, reset_on_jump: bool = False) -> None:
        """Use other thresholds, timeouts and rules from the next image on.

        Args:
            config: thresholds and timeouts of the state machine.
            image_timeout_s: silence of the camera that is normal, where it is longer than `SILENCE_S`.
            reset_on_jump: give the target up when the stamps go back; else it is LOST, and searched anew.
        """
        with self._lock:
            self._machine.config = config
            self._silence_s = max(image_timeout_s, SILENCE_S)
            self._reset_on_jump = reset_on_jump

    def stop(self) -> None:
        """Give the target up; from here on nothing is reported until the next selection."""
        with self._lock:
            self._stops += 1
            self._machine.stop()

    def reset(self) -> None:
        """Give the target up and forget every image: the stream has ended."""
        with self._lock:
            self._stops += 1
            self._machine.stop()
            self._epoch += 1
            self._newest = None

    def fail(self, where: str) -> None:
        """Record the exception being handled: a learnt target is LOST, everything goes on."""
        self._counters.add("errors")
        self._faults.error(where, traceback.format_exc(limit=-4).strip())
        with self._lock:
            self._machine.lose(self._time_s())

    def process(self, frame: IncomingImage) -> None:
        """Take one image: decode it and, where there is a target, find it and report."""
        epoch = self._epoch
        frame = timed_by_stamp(frame) if self._by_stamps else frame
        if is_late(frame, self._newest):
            self._counters.add("dropped")
            self._counters.add("late")
            return
        image = self._decoded(frame)
        if image is None:
            return
        self._counters.add("processed")
        seen = Seen(frame, image)
        self._counters.note(encoding=f"{frame.encoding} {seen.size_hw[1]}x{seen.size_hw[0]}")
        with self._lock:
            if epoch != self._epoch:
                return
            self._notice_jump(seen)
            self._newest = seen
            if self._machine.state is State.IDLE:
                return
        self._follow(seen)

    def select(self, selection: Selection, stops: int | None = None) -> Outcome:
        """Learn a target on the newest image; when that fails, the earlier target goes on.

        Args:
            selection: the box.
            stops: `stops` when the selection was queued, for a stop since then wins; None = now.
        """
        with self._lock:
            seen, silence_s = self._newest, self._silence_s
            stops = self._stops if stops is None else stops
        if seen is None:
            return Outcome(SelectionCode.NO_IMAGE, "no image has arrived yet; check that the camera publishes")
        old_s = seen.silence_s(self._time_s())
        if old_s > silence_s:
            return Outcome(SelectionCode.NO_IMAGE, f"the newest image is {old_s:.1f} s old; check the camera")
        if selection.stamp_ns not in (0, seen.frame.stamp_ns):
            return Outcome(
                SelectionCode.STAMP_TOO_OLD,
                f"expected stamp 0 or that of the newest image, {seen.frame.stamp_ns} ns, but got"
                f" {selection.stamp_ns} ns. Mark the target on the newest image.",
            )
        try:
            return self._learn(selection, seen, stops)
        except BoxError as error:
            return Outcome(SelectionCode.BAD_BOX, str(error))

    def _learn(self, selection: Selection, seen: Seen, stops: int) -> Outcome:
        height, width = seen.size_hw
        scale = (width, height, width, height) if selection.normalized else (1, 1, 1, 1)
        box_xywh = check_box([value * by for value, by in zip(selection.box_xywh, scale, strict=True)], seen.size_hw)
        with self._lock:
            if stops != self._stops:
                return STOPPED
            target_id = self._machine.select(self._time_s())
        started_s = self._clock()
        try:
            self._tracker.init(seen.image, box_xywh)
        except BoxError:
            with self._lock:
                self._machine.refuse()
            raise
        except Exception as error:  # noqa: BLE001  a failing tracker must not take the node down
            with self._lock:
                self._machine.refuse()
            self.fail("the tracker failed to learn the target")
            return Outcome(SelectionCode.MODEL_NOT_READY, f"the tracker failed: {error!r}; see the node's log")
        with self._lock:
            took_s, now_s = self._worked(seen, started_s), self._time_s()
            if self._machine.learnt(now_s) is not State.TRACKING:
                return STOPPED
            self._log.info(f"target {target_id}: TRACKING")
            if seen.frame.stamp_ns != self._reported_ns:
                self._report(seen, visible_box(box_xywh, seen.size_hw), 1.0, now_s, took_s)
        return Outcome(SelectionCode.OK, "", target_id)

    def _follow(self, seen: Seen) -> None:
        started_s = self._clock()
        result = self._updated(seen)
        took_s, now_s = self._worked(seen, started_s), self._time_s()
        score, box_xywh = 0.0, None
        with self._lock:
            before = self._machine.state
            if result is None:
                self._machine.lose(now_s)
            else:
                score, box_xywh = min(max(result.score, 0.0), 1.0), visible_box(result.box_xywh, seen.size_hw)
                self._machine.observe(score, result.flag is not Flag.NOT_FOUND, now_s)
                if box_xywh is None:
                    self._machine.lose(now_s)
            self._log_change(before, score)
            self._report(seen, box_xywh, score, now_s, took_s)

    def _time_s(self, newest: Seen | None = None) -> float:
        """Time by which the target is judged: the clock's, or that of the newest image when it is by stamps."""
        seen = newest or self._newest
        return seen.frame.arrived_s if self._by_stamps and seen is not None else self._clock()

    def _worked(self, seen: Seen, started_s: float) -> float:
        """Return how long the tracker has worked on an image, and note it where the clock counts."""
        took_s = self._clock() - started_s
        seen.worked_s += 0.0 if self._by_stamps else took_s
        return took_s

    def _updated(self, seen: Seen) -> TrackResult | None:
        """Return the tracker's answer, or None when it failed or its answer makes no sense."""
        try:
            result = self._tracker.update(seen.image)
        except Exception:  # noqa: BLE001  a failing tracker must not take the node down
            self.fail("the tracker failed")
            return None
        finite = all(math.isfinite(value) for value in (result.score, *result.box_xywh))
        visible = visible_box(result.box_xywh, seen.size_hw) is not None
        if finite and (visible or result.flag is Flag.NOT_FOUND):
            return result
        self._counters.add("errors")
        self._faults.error("the tracker gave a box off the image", f"{result} on {seen.size_hw[1]}x{seen.size_hw[0]}")
        return None

    def _report(self, seen: Seen, box_xywh: Box | None, score: float, now_s: float, took_s: float) -> None:
        """Publish, with the lock held; nothing in IDLE, and no box unless the state allows one."""
        if self._machine.state is State.IDLE:
            return
        self._reported_ns = seen.frame.stamp_ns
        self._publish(
            Report(
                header=seen.frame.header,
                stamp_ns=seen.frame.stamp_ns,
                size_hw=seen.size_hw,
                state=self._machine.state,
                target_id=self._machine.target_id,
                box_xywh=box_xywh if self._machine.box_valid else None,
                score=score,
                age_s=self._machine.age_s(now_s),
                inference_ms=took_s * 1e3,
            )
        )

    def _decoded(self, frame: IncomingImage) -> Image | None:
        try:
            return self._decode(frame.message)
        except ImageError as error:
            self._counters.add("rejected")
            self._faults.error("image rejected", str(error))
        except Exception:  # noqa: BLE001  one bad image must not take the node down
            self._counters.add("rejected")
            self.fail("the image decoder failed")
        return None

    def _notice_jump(self, seen: Seen) -> None:
        """With the lock held: after a gap, or at another time or size, the old position says nothing."""
        if self._newest is None:
            return
        reason = broken_off(self._newest, seen, max(self._machine.config.coast_timeout_s, self._silence_s))
        if reason:
            followed = self._machine.state is not State.IDLE
            given_up = self._reset_on_jump and went_back(self._newest, seen)
            if given_up:
                self._machine.stop()
            else:
                self._machine.lose(self._time_s(seen))
            outcome = "given up" if given_up else "searched anew"
            self._faults.warning("jump", f"{reason}; the target is {outcome}" if followed else reason)

    def _log_change(self, before: State, score: float) -> None:
        """Log what ends or begins a sighting; coasting is too frequent to log."""
        state = self._machine.state
        if state is not before and State.LOST in (before, state):
            self._log.info(f"target {self._machine.target_id}: {before.name} -> {state.name} (score {score:.2f})")
