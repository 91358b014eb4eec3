"""How a camera is turned after a target: sights of the target in, two turning rates out. No ROS, no clock.

The trap of such a loop is the delay. An image is 100 ms old when it arrives, and older when the tracker is done; in the
meantime the camera has gone on turning, and who corrects the same error again and again overshoots and swings. So each
axis keeps count of how far it has told the camera to turn, and adds that to every sight. The sum, the bearing, is the
target's own and does not depend on how the camera turns. Followed over time (an alpha-beta filter), it says where the
target is now and how fast it goes; the rate is a share of the error that is left, plus the target's own rate. That own
rate does the work of an integral part: in the steady state it is whatever holds the error at zero.

Safety: everything comes out as a rate, so zero means "stay as you are" and nothing here can send a camera to a neutral
position. The rate is zero at once when the target is lost, when sights stop coming, and when a value makes no sense.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, fields
from typing import Any

from utrack_ros.core.errors import ConfigError
from utrack_ros.core.state import State

MEMORY_S = 3.0
"""How long commands are remembered; it must outlast the age of any image that is steered by."""

LONGEST_STEP_S = 0.1
"""What counts, at most, for the change of a rate between two set-points, however long the caller was away."""

AHEAD_S = 0.1
"""How far a stamp may be ahead of the clock; further, and nothing is known about the age of the image."""

LARGEST_ANGLE_RAD = math.pi


def _row(default: float, low: float, high: float, description: str) -> Any:
    return field(default=default, metadata={"low": low, "high": high, "description": description})


@dataclass(frozen=True)
class FollowConfig:
    """Settings of the law, one table for the checks and for the node's parameters.

    Raises:
        ConfigError: a value out of its range.
    """

    gain_per_s: float = _row(1.5, 0.0, 10.0, "Share of the error that is corrected in a second.")
    smoothing_s: float = _row(0.3, 0.05, 2.0, "Time constant of the estimate of the target's bearing and rate.")
    response_s: float = _row(0.1, 0.0, 1.0, "Time from a set-point to the motion, plus delay that stamps do not show.")
    max_rate_rad_s: float = _row(0.6, 0.0, 3.0, "Largest rate of each axis.")
    max_acceleration_rad_s2: float = _row(2.0, 0.1, 50.0, "Fastest change of a rate; a stop is always at once.")
    dead_band_rad: float = _row(0.005, 0.0, 0.2, "Error that is left alone.")
    timeout_s: float = _row(0.5, 0.05, 5.0, "Silence of the tracker after which the rates are zero.")
    max_age_s: float = _row(1.0, 0.05, 2.0, "Age of an image from which it is not steered by.")
    coast_decay_s: float = _row(0.5, 0.05, 5.0, "Time constant with which the rate dies away while COASTING.")
    coast_limit_s: float = _row(1.0, 0.0, 5.0, "Longest time to turn on while COASTING.")

    def __post_init__(self) -> None:
        """Refuse what is out of range or not a number."""
        for row in fields(self):
            value, low, high = getattr(self, row.name), row.metadata["low"], row.metadata["high"]
            if not low <= value <= high:
                raise ConfigError(f"{row.name} from {low:g} to {high:g}", f"{value!r}", "Correct it.")


@dataclass(frozen=True)
class Sight:
    """What the tracker says of one image.

    Attributes:
        state: the tracker's state.
        target_id: number of the target.
        stamp_ns: stamp of the image, on whatever clock; tells a new image from one that comes again.
        seen_s: when the image was taken, seconds on the clock of `FollowLaw`.
        angles_rad: (azimuth, elevation) from the optical axis, right and up positive; None = not known.
    """

    state: State
    target_id: int
    stamp_ns: int
    seen_s: float
    angles_rad: tuple[float, float] | None


@dataclass(frozen=True)
class Rates:
    """Turning rates for the camera, rad/s.

    Attributes:
        yaw_right: positive turns it to the right, seen from above clockwise.
        pitch_up: positive raises it.
    """

    yaw_right: float = 0.0
    pitch_up: float = 0.0


class Axis:
    """One angle: sights of the error in, a rate out."""

    def __init__(self, config: FollowConfig) -> None:
        self._config = config
        self._turns: deque[tuple[float, float, float]] = deque()  # (time, angle turned by then, rate from then on)
        self._bearing: tuple[float, float, float] | None = None  # (time, angle, rate)
        self.rate_rad_s = 0.0

    @property
    def target_rate_rad_s(self) -> float:
        """The target's own rate, as far as it is known, within the limit."""
        return 0.0 if self._bearing is None else self._bearing[2]

    def forget(self) -> None:
        """Drop the target; the camera's own turning stays known."""
        self._bearing = None

    def see(self, error_rad: float, seen_s: float) -> None:
        """Take the error that an image showed, angle from the axis to the target, at the time it was taken."""
        measured = error_rad + self._turned(seen_s - self._config.response_s)
        if self._bearing is None:
            self._bearing = (seen_s, measured, 0.0)
            return
        before_s, angle, rate = self._bearing
        passed_s = max(seen_s - before_s, 1e-3)
        keep = math.exp(-passed_s / self._config.smoothing_s)
        expected = angle + rate * passed_s
        surprise = measured - expected
        angle = expected + (1 - keep**2) * surprise
        rate = _limited(rate + (1 - keep) ** 2 / passed_s * surprise, self._config.max_rate_rad_s)
        self._bearing = (seen_s, angle, rate)

    def aim(self, now_s: float) -> float:
        """Return the rate, before limits, that brings the target to the axis and keeps it there."""
        if self._bearing is None:
            return 0.0
        seen_s, angle, rate = self._bearing
        error = angle + rate * (now_s + self._config.response_s - seen_s) - self._turned(now_s)
        outside = math.copysign(max(0.0, abs(error) - self._config.dead_band_rad), error)
        return self._config.gain_per_s * outside + rate

    def command(self, wanted_rad_s: float, now_s: float, passed_s: float) -> float:
        """Return the rate within all limits, and remember it as the one in force from now on."""
        step = self._config.max_acceleration_rad_s2 * passed_s
        wanted = min(max(wanted_rad_s, self.rate_rad_s - step), self.rate_rad_s + step)
        return self._put(_limited(wanted, self._config.max_rate_rad_s), now_s)

    def stop(self, now_s: float) -> None:
        """Forget the target and command zero at once."""
        self.forget()
        self._put(0.0, now_s)

    def _put(self, rate_rad_s: float, now_s: float) -> float:
        turned = self._turned(now_s)
        if not math.isfinite(turned):
            self._turns.clear()
            turned = 0.0
        self._turns.append((now_s, turned, rate_rad_s))
        while len(self._turns) > 1 and self._turns[1][0] < now_s - MEMORY_S:
            self._turns.popleft()
        self.rate_rad_s = rate_rad_s
        return rate_rad_s

    def _turned(self, at_s: float) -> float:
        """Return how far the camera had been told to turn by a time, since some start."""
        for time_s, angle, rate in reversed(self._turns):
            if at_s >= time_s:
                return angle + rate * (at_s - time_s)
        return self._turns[0][1] if self._turns else 0.0


class FollowLaw:
    """Both axes, and when to follow, to coast and to stop. All times are of one steady clock of the caller.

    While TRACKING it follows. While COASTING the box is an old one, so nothing is learnt from it: the camera turns on
    with the target's own last rate, which dies away and is zero after `coast_limit_s`. It thus looks where a hidden
    target should come out, and a blind turn always ends by itself. In any other case the rates are zero.
    """

    def __init__(self, config: FollowConfig | None = None) -> None:
        self.config = config or FollowConfig()
        self.yaw, self.pitch = Axis(self.config), Axis(self.config)
        self._target_id: int | None = None  # None: nothing to follow
        self._coasts_since_s: float | None = None
        self._coast_rates = (0.0, 0.0)
        self._heard_s = self._asked_s = -math.inf
        self._stamp_ns: int | None = None
        self._silent = True

    @property
    def follows(self) -> bool:
        """Whether there is a target to turn after, or to coast with."""
        return self._target_id is not None

    def take(self, sight: Sight, now_s: float) -> None:
        """Take the tracker's newest word; one about an image no newer than the last is passed over.

        After a silence the stamps may have started over, as those of a recording do: then only the last image itself
        is no news.

        Args:
            sight: what it says.
            now_s: when it came.
        """
        if not (math.isfinite(now_s) and math.isfinite(sight.seen_s)) or sight.seen_s > now_s + AHEAD_S:
            self._target_id = None
            return
        if not self._is_news(sight.stamp_ns):
            return
        self._heard_s, self._stamp_ns, self._silent = now_s, sight.stamp_ns, False
        too_old = now_s - sight.seen_s > self.config.max_age_s
        if sight.state is State.TRACKING and _known(sight.angles_rad) and not too_old:
            self._follow(sight)
        elif sight.state is State.COASTING and self._target_id == sight.target_id and not too_old:
            self._coast(now_s)
        else:
            self._target_id = None

    def rates(self, now_s: float) -> Rates:
        """Return the rates to command now; call it at a steady pace. Finite, within limits, whatever came in."""
        if not math.isfinite(now_s):
            self._target_id = None
            return Rates()
        first = math.isinf(self._asked_s)
        passed_s = 0.0 if first else min(max(now_s - self._asked_s, 0.0), LONGEST_STEP_S)
        if now_s < self._asked_s or now_s - self._heard_s > self.config.timeout_s:
            self._target_id, self._silent = None, True
        self._asked_s = now_s
        if self._target_id is None:
            self.yaw.stop(now_s)
            self.pitch.stop(now_s)
            self._coasts_since_s = None
            return Rates()
        yaw, pitch = self._wanted(now_s)
        return Rates(self.yaw.command(yaw, now_s, passed_s), self.pitch.command(pitch, now_s, passed_s))

    def _is_news(self, stamp_ns: int) -> bool:
        if self._stamp_ns is None:
            return True
        return stamp_ns != self._stamp_ns if self._silent else stamp_ns > self._stamp_ns

    def _follow(self, sight: Sight) -> None:
        if sight.target_id != self._target_id:
            self.yaw.forget()
            self.pitch.forget()
        self._target_id, self._coasts_since_s = sight.target_id, None
        azimuth, elevation = sight.angles_rad or (0.0, 0.0)
        self.yaw.see(azimuth, sight.seen_s)
        self.pitch.see(elevation, sight.seen_s)

    def _coast(self, now_s: float) -> None:
        if self._coasts_since_s is None:
            self._coasts_since_s = now_s
            self._coast_rates = (self.yaw.target_rate_rad_s, self.pitch.target_rate_rad_s)

    def _wanted(self, now_s: float) -> tuple[float, float]:
        if self._coasts_since_s is None:
            return self.yaw.aim(now_s), self.pitch.aim(now_s)
        coasting_s = max(0.0, now_s - self._coasts_since_s)
        left = math.exp(-coasting_s / self.config.coast_decay_s) if coasting_s < self.config.coast_limit_s else 0.0
        return self._coast_rates[0] * left, self._coast_rates[1] * left


def _known(angles_rad: tuple[float, float] | None) -> bool:
    return angles_rad is not None and all(abs(angle) <= LARGEST_ANGLE_RAD for angle in angles_rad)


def _limited(value: float, limit: float) -> float:
    return min(max(value, -limit), limit) if math.isfinite(value) else 0.0
