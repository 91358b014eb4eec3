"""The watchdog: notices within a moment that the inference hangs, and sees that everything else goes on."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.clock import Clock
from rclpy.node import Node

from .exchange import Outcome, SelectionCode
from .health import REMEDY
from .inference import InferenceWorker

WATCH_S = 0.1
"""How late a hang may be noticed."""

HUNG = Outcome(SelectionCode.MODEL_NOT_READY, f"the tracker does not answer; {REMEDY}")


class Watchdog:
    """Looks several times a second whether the inference thread answers."""

    def __init__(
        self, node: Node, clock: Clock, worker: Callable[[], InferenceWorker | None], tell: Callable[[], None]
    ) -> None:
        """Start to look.

        Args:
            node: owns the timer.
            clock: a steady clock.
            worker: the inference thread in use; None while there is none.
            tell: called when it begins to hang and when it answers again, for /diagnostics to say so at once.
        """
        self._logger = node.get_logger()
        self._worker = worker
        self._tell = tell
        self._hung: InferenceWorker | None = None
        node.create_timer(WATCH_S, self.look, clock=clock)

    def look(self) -> None:
        """Where the thread hangs, have the target LOST and everyone who waits for the thread answered."""
        worker = self._worker()
        hung = worker if worker is not None and worker.is_hung else None
        if hung is self._hung:
            return
        self._hung = hung
        if hung is not None:
            self._logger.error(f"the tracker has not answered for {hung.busy_s:.0f} s; {REMEDY}")
            hung.abandon_turn(HUNG)
        self._tell()
