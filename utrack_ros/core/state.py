"""The state of one target: followed, coasting, lost, found again.

Pure logic: time always comes in as `now_s`, seconds on any steady clock, so that a test can run
ten seconds in no time and a stopped `/clock` cannot stop a timeout.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, replace

from .errors import ConfigError

LARGEST_ID = 2**32 - 1
"""Target identifiers are uint32; 0 means "no target yet" and is never given out."""

DOUBTFUL_FRAMES = 2
"""So many frames in a row that are neither sure nor familiar end TRACKING; at one, targets that turn would flicker."""


class State(enum.IntEnum):
    """What is known about the target. The numbers are those of utrack_interfaces/msg/Target."""

    IDLE = 0
    INITIALIZING = 1
    TRACKING = 2
    COASTING = 3
    LOST = 4


BOX_STATES = (State.TRACKING, State.COASTING)
"""The states in which a box may be published."""


@dataclass(frozen=True)
class StateConfig:
    """When a target counts as seen, lost and found.

    Scores are 0..1. Between `lost_threshold` and `confirm_threshold` nothing changes: a followed
    target stays followed, a coasting one stays coasting. But a score tells a good box from a bad one more than one
    object from another. So in doubt the tracker must know the target again: what is not familiar does not bring it
    back, and is not followed for `DOUBTFUL_FRAMES` in a row under `confirm_threshold`.

    Attributes:
        confirm_threshold: score from which a coasting target is followed again, if it is familiar.
        lost_threshold: score under which a followed target coasts; at most `confirm_threshold`.
        coast_timeout_s: seconds of coasting until the target is lost; 0 = lost at once.
        lost_timeout_s: seconds after which a lost target is given up; 0 = never.
        reacquire: whether a lost target is searched for; if not, it stays LOST until `lost_timeout_s` or a selection.
        reacquire_threshold: score that counts towards finding a lost target again.
        reacquire_frames: how many such frames in a row bring it back.

    Raises:
        ConfigError: a value of the wrong type, outside its range, or thresholds in the wrong order.
    """

    confirm_threshold: float = 0.5
    lost_threshold: float = 0.25
    coast_timeout_s: float = 0.5
    lost_timeout_s: float = 10.0
    reacquire: bool = True
    reacquire_threshold: float = 0.6
    reacquire_frames: int = 3

    def __post_init__(self) -> None:
        """Refuse a configuration that cannot work."""
        for name in ("confirm_threshold", "lost_threshold", "reacquire_threshold"):
            _check_number(name, getattr(self, name), 0.0, 1.0)
        for name in ("coast_timeout_s", "lost_timeout_s"):
            _check_number(name, getattr(self, name), 0.0, math.inf)
        if not isinstance(self.reacquire, bool):
            raise ConfigError("reacquire to be true or false", repr(self.reacquire))
        frames = self.reacquire_frames
        if isinstance(frames, bool) or not isinstance(frames, int) or frames < 1:
            raise ConfigError("reacquire_frames to be a whole number of at least 1", repr(frames))
        if self.lost_threshold > self.confirm_threshold:
            raise ConfigError(
                f"lost_threshold to be at most confirm_threshold ({self.confirm_threshold:g})",
                f"{self.lost_threshold:g}",
                "Lower lost_threshold or raise confirm_threshold.",
            )


def _check_number(name: str, value: object, low: float, high: float) -> None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not low <= value <= high:  # type: ignore[arg-type, operator]
        bounds = f"in [{low:g}, {high:g}]" if math.isfinite(high) else f"of at least {low:g}"
        raise ConfigError(f"{name} to be a finite number {bounds}", repr(value))


@dataclass(frozen=True)
class _Track:
    """One moment of the machine. Times are kept as durations, so no clock can run away from them."""

    state: State = State.IDLE
    target_id: int = 0
    in_state_s: float = 0.0
    unseen_s: float = 0.0
    good_frames: int = 0
    doubtful_frames: int = 0

    def after(self, passed_s: float, paused: bool = False) -> _Track:
        return replace(
            self,
            in_state_s=self.in_state_s + (0.0 if paused else passed_s),
            unseen_s=self.unseen_s + passed_s,
        )


class StateMachine:
    """Follows one target from selection to stop.

    IDLE -`select`-> INITIALIZING -`learnt`-> TRACKING <-> COASTING -> LOST -> TRACKING or IDLE, and
    `stop` leads to IDLE from anywhere; `pause` makes a followed target LOST. Not thread-safe: the thread that owns the
    tracker owns it.

    Attributes:
        config: thresholds and timeouts; may be replaced between two frames.
        paused: nobody looks for the target; see `pause`.
    """

    def __init__(self, config: StateConfig | None = None) -> None:
        """Start in IDLE."""
        self.config = config or StateConfig()
        self.paused = False
        self._track = _Track()
        self._earlier = _Track()
        self._last_id = 0
        self._last_now_s: float | None = None

    @property
    def state(self) -> State:
        """The present state."""
        return self._track.state

    @property
    def target_id(self) -> int:
        """Identifier of the target in force, or of the last one; 0 before the first selection."""
        return self._track.target_id

    @property
    def box_valid(self) -> bool:
        """Whether a box may be published: confirmed (TRACKING), or unconfirmed and flagged as such (COASTING)."""
        return self._track.state in BOX_STATES

    def age_s(self, now_s: float) -> float:
        """Seconds since the last frame that was TRACKING; 0 while there is no learnt target."""
        if self._track.state in (State.IDLE, State.INITIALIZING):
            return 0.0
        return self._track.unseen_s + self._since_last(now_s)

    def select(self, now_s: float) -> int:
        """Take a new target: INITIALIZING until `learnt` or `refuse`. Returns its identifier."""
        self._advance(now_s)
        if self._track.state is not State.INITIALIZING:
            self._earlier = self._track
        self._last_id = self._last_id % LARGEST_ID + 1
        self._track = _Track(State.INITIALIZING, self._last_id)
        return self._last_id

    def learnt(self, now_s: float, score: float = 1.0) -> State:
        """The selected target was learnt, and the newest frame is reached: INITIALIZING -> TRACKING.

        Args:
            now_s: seconds on a steady clock.
            score: confidence on that frame, 0..1, where it is not the one in which the target was marked. Under
                `confirm_threshold`, or not finite, the target is not seen there and coasts.
        """
        self._advance(now_s)
        if self._track.state is State.INITIALIZING:
            if score >= self.config.confirm_threshold:
                self._enter(State.TRACKING)
            else:
                self._coast()
        return self._lost_if_paused()

    def refuse(self) -> State:
        """The selected target cannot be tracked: go on with the earlier one as if nothing had happened."""
        if self._track.state is State.INITIALIZING:
            self._track = self._earlier
        return self._lost_if_paused()

    def observe(self, score: float, found: bool, now_s: float, familiar: bool = True) -> State:
        """Take the tracker's answer for one frame; without a learnt target, or in a pause, it has no effect.

        Args:
            score: confidence, 0..1; a value that is not finite counts as not found.
            found: whether the tracker says that its box is a sighting.
            now_s: seconds on a steady clock. Where it runs backwards, no time has passed.
            familiar: whether the tracker takes what it sees for the target as it is remembered.
        """
        self._advance(now_s)
        seen_score = score if found and math.isfinite(score) else -1.0
        if self.paused:
            return self.state
        if self._track.state is State.TRACKING:
            self._while_tracking(seen_score, familiar)
        elif self._track.state is State.COASTING:
            self._while_coasting(seen_score if familiar else -1.0)
        elif self._track.state is State.LOST:
            self._while_lost(seen_score if familiar else -1.0)
        return self.state

    def lose(self, now_s: float) -> State:
        """The tracker failed and its box means nothing: a learnt target is LOST at once."""
        self._advance(now_s)
        if self.box_valid:
            self._enter(State.LOST)
        elif self._track.state is State.LOST:
            self._track = replace(self._track, good_frames=0)
        return self.state

    def pause(self, now_s: float) -> State:
        """Look for nothing until `resume`: a learnt target is LOST at once, and is not given up meanwhile.

        A target that nobody looks for cannot be called followed. `age_s` goes on; `lost_timeout_s` stands still, for a
        pause is no search that failed.
        """
        self._advance(now_s)
        self.paused = True
        return self._lost_if_paused()

    def resume(self, now_s: float) -> State:
        """Look again: a target that was LOST by `pause` is searched for, under the rules of re-acquisition."""
        self._advance(now_s)
        self.paused = False
        return self.state

    def stop(self) -> State:
        """Give the target up: IDLE, from any state."""
        self._track = replace(self._track, state=State.IDLE, good_frames=0)
        return self.state

    def _while_tracking(self, score: float, familiar: bool) -> None:
        doubtful = score < self.config.confirm_threshold and not familiar
        doubtful_frames = self._track.doubtful_frames + 1 if doubtful else 0
        if score < self.config.lost_threshold or doubtful_frames >= DOUBTFUL_FRAMES:
            self._coast()
        else:
            self._track = replace(self._track, unseen_s=0.0, doubtful_frames=doubtful_frames)

    def _lost_if_paused(self) -> State:
        if self.paused and self.box_valid:
            self._enter(State.LOST)
        return self.state

    def _coast(self) -> None:
        self._enter(State.COASTING)
        if self.config.coast_timeout_s == 0:
            self._enter(State.LOST)

    def _while_coasting(self, score: float) -> None:
        if score >= self.config.confirm_threshold:
            self._enter(State.TRACKING)
        elif self._track.in_state_s >= self.config.coast_timeout_s:
            self._enter(State.LOST)

    def _while_lost(self, score: float) -> None:
        good = self.config.reacquire and score >= self.config.reacquire_threshold
        good_frames = self._track.good_frames + 1 if good else 0
        self._track = replace(self._track, good_frames=good_frames)
        if good_frames >= self.config.reacquire_frames:
            self._enter(State.TRACKING)
        elif 0 < self.config.lost_timeout_s <= self._track.in_state_s:
            self.stop()

    def _enter(self, state: State) -> None:
        unseen_s = 0.0 if state is State.TRACKING else self._track.unseen_s
        self._track = replace(
            self._track, state=state, in_state_s=0.0, unseen_s=unseen_s, good_frames=0, doubtful_frames=0
        )

    def _advance(self, now_s: float) -> None:
        """Let the time since the last call pass, for a track set aside by a selection too."""
        passed_s = self._since_last(now_s)
        self._track, self._earlier = (
            self._track.after(passed_s, self.paused),
            self._earlier.after(passed_s, self.paused),
        )
        if math.isfinite(now_s):
            self._last_now_s = now_s

    def _since_last(self, now_s: float) -> float:
        if self._last_now_s is None or not math.isfinite(now_s):
            return 0.0
        return max(0.0, now_s - self._last_now_s)
