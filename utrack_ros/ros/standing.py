"""How the target stands: the state machine, shared by threads, that announces its own changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..core.boxes import Box
from ..core.state import State, StateConfig, StateMachine
from .exchange import Passage, Report, Standing
from .timeline import Seen


class SharedMachine:
    """A state machine under a lock.

    Attributes:
        machine: the state machine; change it inside `changing` only.
        lock: held by `changing`; hold it to read more than one thing.
        header: of the newest image taken up; None before the first. As the machine, it changes inside `changing`.
    """

    def __init__(
        self, config: StateConfig | None, clock: Callable[[], float], announce: Callable[[Standing], None]
    ) -> None:
        """Start in IDLE.

        Args:
            config: thresholds and timeouts.
            clock: seconds on a steady clock.
            announce: called, with the lock held, when the state or the target's identifier has changed.
        """
        self.machine = StateMachine(config)
        self.lock = threading.Lock()
        self.header: Any = None
        self._clock = clock
        self._announce = announce
        self._announced = (State.IDLE, 0)

    @contextmanager
    def changing(self) -> Iterator[StateMachine]:
        """Hold the lock; at the end, announce what has become of the target. What was between is never told."""
        with self.lock:
            yield self.machine
            standing = self._standing()
            if (standing.state, standing.target_id) != self._announced:
                self._announced = (standing.state, standing.target_id)
                self._announce(standing)

    def standing(self) -> Standing:
        """Return how the target stands now; from any thread."""
        with self.lock:
            return self._standing()

    def report(
        self, seen: Seen, box_xywh: Box | None, score: float, took_s: float, passage: Passage | None = None
    ) -> Report:
        """Return what is known about the target on an image; call it inside `changing`.

        Args:
            seen: the image.
            box_xywh: where the target seems to be; left out unless the state allows a box.
            score: confidence, 0..1.
            took_s: seconds that the tracker took.
            passage: how the image came, where the tracker looked at this one alone.
        """
        return Report(
            header=seen.frame.header,
            stamp_ns=seen.frame.stamp_ns,
            size_hw=seen.size_hw,
            state=self.machine.state,
            target_id=self.machine.target_id,
            box_xywh=box_xywh if self.machine.box_valid else None,
            score=score,
            age_s=self._age_s(),
            inference_ms=took_s * 1e3,
            passage=passage,
        )

    def _standing(self) -> Standing:
        state = self.machine.state
        target_id = self.machine.target_id if state is not State.IDLE else 0
        return Standing(self.header, state, target_id, self._age_s())

    def _age_s(self) -> float:
        return 0.0 if self.machine.state is State.TRACKING else self.machine.age_s(self._clock())
