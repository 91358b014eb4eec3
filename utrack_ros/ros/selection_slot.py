"""Room for the selection that waits for the inference thread and the one in progress; each is answered once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

from .exchange import STOPPED, Outcome, Selection, SelectionCode

Done = Callable[[Outcome], None]

REPLACED = Outcome(SelectionCode.INACTIVE, "replaced by a newer selection before it was looked at")


class Asked(NamedTuple):
    """A selection, how often the target had been stopped when it came, and whom to tell."""

    selection: Selection
    stops: int
    done: Done


class SelectionSlot:
    """One selection that waits, and one in progress. Any thread may answer either; `done` is called without the lock.

    Who asked is known here alone: the inference thread may hang in a selection, and would keep them for as long.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._waiting: Asked | None = None
        self._in_progress: Asked | None = None

    @property
    def waiting(self) -> Selection | None:
        """The selection that waits."""
        waiting = self._waiting
        return waiting.selection if waiting is not None else None

    def put(self, asked: Asked) -> Asked | None:
        """Have a selection wait; return the one that it replaces, for the caller to answer."""
        with self._lock:
            replaced, self._waiting = self._waiting, asked
        return replaced

    def take(self) -> tuple[Selection, int] | None:
        """Begin with the one that waits: return it and its count of stops; None when there is none."""
        with self._lock:
            if self._waiting is None:
                return None
            self._in_progress, self._waiting = self._waiting, None
            return self._in_progress.selection, self._in_progress.stops

    def refuse(self, outcome: Outcome = STOPPED) -> None:
        """Answer the one that waits."""
        with self._lock:
            asked, self._waiting = self._waiting, None
        if asked is not None:
            asked.done(outcome)

    def answer(self, outcome: Outcome) -> None:
        """Answer the one in progress, unless somebody has."""
        with self._lock:
            asked, self._in_progress = self._in_progress, None
        if asked is not None:
            asked.done(outcome)
