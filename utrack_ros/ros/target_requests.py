"""What an operator asks of the target, handed to the inference thread, or refused in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import health
from .exchange import STOPPED, Outcome, Selection, SelectionCode
from .inference import InferenceWorker
from .selection_slot import Done
from .watchdog import HUNG


class TargetRequests:
    """Marks, gives up and pauses the target of the node; never waits for the tracker."""

    def __init__(
        self,
        worker: Callable[[], InferenceWorker | None],
        phase: Callable[[], health.Phase],
        failure: Callable[[], str],
    ) -> None:
        """Ask each of these anew at every request.

        Args:
            worker: the inference thread; None while no model is loaded.
            phase: how far the node has come.
            failure: why the last transition failed; empty when it did not.
        """
        self._worker = worker
        self._phase = phase
        self._failure = failure

    def refusal(self) -> Outcome | None:
        """Return why no request about the target can be met now; None where it can."""
        phase = self._phase()
        if self._worker() is None:
            loading = phase is health.Phase.LOADING
            reason = self._failure() or "Configure the node, or wait while it starts."
            why = "the model is still loading; try again" if loading else f"no model is loaded. {reason}"
            return Outcome(SelectionCode.MODEL_NOT_READY, why)
        if phase is health.Phase.INACTIVE:
            why = f"the node is inactive: {failure}" if (failure := self._failure()) else "the node is inactive"
            return Outcome(SelectionCode.INACTIVE, f"{why}; activate it")
        return None

    def can_be_met(self) -> bool:
        """Return whether a request can be met now."""
        return self.refusal() is None

    def select(self, selection: Selection, done: Done) -> None:
        """Hand a selection to the inference thread, or say why there is none to take it."""
        refusal, worker = self.refusal(), self._worker()
        if refusal is not None or worker is None:
            done(refusal or STOPPED)
        elif worker.is_hung:
            done(HUNG)
        else:
            worker.select(selection, done)

    def on_stop(self, request: Any, response: Any) -> Any:
        """Answer `~/stop`: give the target up; also when there is none."""
        worker = self._worker()
        if worker is not None:
            worker.stop_target()
        response.success = True
        return response

    def on_pause(self, request: Any, response: Any) -> Any:
        """Answer `~/pause`: look for the target no more, or again; it is LOST meanwhile and keeps its number."""
        refusal, worker = self.refusal(), self._worker()
        response.success = refusal is None
        response.message = refusal.message if refusal is not None else "paused" if request.data else "running"
        if refusal is None and worker is not None:
            worker.pause(request.data)
        return response
