"""Rounds: all trackers go through the clip side by side, so that what disturbs the machine disturbs them alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ..core.boxes import Box
from ..core.errors import UTrackError
from .neighbour import busy_neighbour
from .stopwatch import FrameTime

QUIET, BUSY = "quiet", "busy"

NEIGHBOURS: Mapping[str, Callable[[], AbstractContextManager[None]]] = {QUIET: nullcontext, BUSY: busy_neighbour}
"""What else runs in each condition."""


class Asked(Protocol):
    """An object whose methods are called by name, as `Remote`."""

    def call(self, method: str, *arguments: Any) -> Any:
        """Call a method."""


@dataclass
class RoundTimes:
    """One tracker's way through the clip.

    Attributes:
        condition: what else ran: `QUIET` or `BUSY`.
        init_ms: time to learn the target from the first frame.
        pieces: times of all others, piece by piece.
    """

    condition: str
    init_ms: float
    pieces: list[list[FrameTime]] = field(default_factory=list)

    @property
    def frames(self) -> list[FrameTime]:
        """All frames but the first."""
        return [frame for piece in self.pieces for frame in piece]


@dataclass
class Measured:
    """What came of all rounds.

    Attributes:
        rows: by label, one entry a round.
        probes: by condition, a list for each round, what the probe gave after each piece of it.
        failures: why a row has no complete result, by label.
    """

    rows: dict[str, list[RoundTimes]] = field(default_factory=dict)
    probes: dict[str, list[list[dict[str, float]]]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


def run_rounds(
    contestants: Mapping[str, Asked],
    probe: Asked | None,
    clip: Callable[[], Iterable[list[Path]]],
    box_xywh: Box,
    conditions: Sequence[str],
    on_frames: Callable[[int], None] = lambda count: None,
) -> Measured:
    """Run one round after the other.

    Within a round each contestant tracks a piece of the clip, then the next one the same piece; who is first changes
    from piece to piece. One that fails is left out from then on.

    Args:
        contestants: by label.
        probe: measures the machine after each piece; None leaves it out.
        clip: called for each round; yields the pieces, lists of files.
        box_xywh: the target in the first frame, pixels.
        conditions: one for each round.
        on_frames: told how many frames one contestant has just done.
    """
    measured = Measured({label: [] for label in contestants}, {condition: [] for condition in conditions})
    for condition in conditions:
        measured.probes[condition].append([])
        with NEIGHBOURS[condition]():
            for number, piece in enumerate(clip()):
                for label in _turned([one for one in contestants if one not in measured.failures], number):
                    try:
                        _run_piece(contestants[label], measured.rows[label], condition, piece, box_xywh, number == 0)
                    except UTrackError as error:
                        measured.failures[label] = error.actual
                    on_frames(len(piece))
                if probe is not None:
                    measured.probes[condition][-1].append(probe.call("measure"))
    return measured


def _run_piece(
    contestant: Asked, rounds: list[RoundTimes], condition: str, piece: list[Path], box_xywh: Box, first: bool
) -> None:
    if first:
        rounds.append(RoundTimes(condition, contestant.call("begin", piece[0], box_xywh)))
    rounds[-1].pieces.append(contestant.call("run", piece[1:] if first else piece))


def _turned(labels: Sequence[str], number: int) -> Iterator[str]:
    """Yield labels, beginning with another one for each number."""
    start = number % len(labels) if labels else 0
    yield from labels[start:]
    yield from labels[:start]
