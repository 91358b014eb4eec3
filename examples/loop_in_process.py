"""The whole loop in one thread on a clock of its own: flight, latency, tracker, law. Repeats exactly; needs no ROS."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from follow_angles import angles_of_box
from follow_law import FollowLaw, Rates, Sight
from loop_record import LoopRecord
from simulated_flight import FlightConfig, SimulatedFlight, offset_of
from utrack_ros.core.boxes import Box
from utrack_ros.core.state import BOX_STATES, State
from utrack_ros.core.tracker import Tracker
from utrack_ros.io.results import TargetRow
from utrack_ros.io.source import Frame
from utrack_ros.offline import follow

STEP_S = 0.005


class Eye(Protocol):
    """Sees the target in the flight's picture of this moment."""

    def see(self, flight: SimulatedFlight) -> tuple[State, Box | None]:
        """Return the state and the box in pixels; called once a picture that is processed, in order."""


class Law(Protocol):
    """Steers by sights; `FollowLaw` is one."""

    def take(self, sight: Sight, now_s: float) -> None:
        """Take the tracker's newest word."""

    def rates(self, now_s: float) -> Rates:
        """Return what to command now."""


class TruthWithNoise:
    """A stand-in for a tracker: the true box, its corner wrong by about a pixel; LOST while out of the picture.

    Args:
        noise_px: standard deviation of the box's place.
        script: what it says instead at a time of the flight, in seconds; None = the truth.
    """

    def __init__(self, noise_px: float = 1.0, script: Callable[[float], State | None] = lambda time_s: None) -> None:
        self._noise_px = noise_px
        self._script = script
        self._rng = np.random.default_rng(7)
        self._last: Box | None = None

    def see(self, flight: SimulatedFlight) -> tuple[State, Box | None]:
        """Return the true box, the last one while it is told to coast, or none."""
        box = flight.truth().box_xywh
        state = self._script(flight.time_s) or (State.LOST if box is None else State.TRACKING)
        if state is State.TRACKING and box is not None:
            dx, dy = self._rng.normal(0.0, self._noise_px, 2)
            self._last = (box[0] + dx, box[1] + dy, box[2], box[3])
        return state, self._last if state in BOX_STATES else None


class RealTracker:
    """The tracker of this package on rendered pictures; it is shown the true box in the first one."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._next: list[Frame] = []
        self._rows: Iterator[tuple[Frame, TargetRow]] = iter(())
        self._count = 0

    def see(self, flight: SimulatedFlight) -> tuple[State, Box | None]:
        """Render, track, and return what the tracker and the state machine make of it."""
        self._next.append(Frame(self._count, flight.time_s, flight.render()))
        if self._count == 0:
            box = flight.truth().box_xywh
            if box is None:
                raise ValueError("the target is not in the first picture")
            self._rows = follow(self._frames(), box, self._tracker)
        self._count += 1
        _, row = next(self._rows)
        return State[row.state], row.box_xywh

    def _frames(self) -> Iterator[Frame]:
        while True:
            yield self._next.pop()


@dataclass(frozen=True)
class LoopConfig:
    """Timing of the loop.

    Attributes:
        duration_s: length of the run.
        fps: pictures a second.
        latency_s: from a picture's exposure to its arrival at the tracker.
        stamped: whether stamps tell the exposure; else the arrival, and the latency is hidden from the law.
        tracking_s: time that the tracker takes; pictures that come meanwhile are passed over but for the newest.
        rate_hz: set-points a second.
        park_s: how long the vehicle stands at the start.
    """

    duration_s: float = 25.0
    fps: float = 15.0
    latency_s: float = 0.1
    stamped: bool = True
    tracking_s: float = 0.06
    rate_hz: float = 30.0
    park_s: float = 3.0


def run_loop(
    eye: Eye,
    loop: LoopConfig | None = None,
    law: Law | None = None,
    flight_config: FlightConfig | None = None,
) -> LoopRecord:
    """Run the loop and return all that happened.

    Args:
        eye: the tracker.
        loop: timing.
        law: what steers; None = the law with its defaults.
        flight_config: camera and vehicle.
    """
    loop = loop or LoopConfig()
    steering = law or FollowLaw()
    flight = SimulatedFlight(flight_config)
    config = flight.config
    record = LoopRecord()
    arrivals: deque[tuple[float, float, Sight]] = deque()
    next_picture_s = next_command_s = busy_until_s = 0.0
    yaw = pitch = 0.0
    for step in range(round(loop.duration_s / STEP_S)):
        now_s = step * STEP_S
        if now_s >= next_picture_s:
            next_picture_s += 1 / loop.fps
            record.see_offset(now_s, offset_of(flight.truth().angles_rad, config))
            if now_s + loop.latency_s + 1 / loop.fps > busy_until_s:  # else a newer one will be there by then
                state, box = eye.see(flight)
                start_s = max(now_s + loop.latency_s, busy_until_s)
                busy_until_s = start_s + loop.tracking_s
                angles = None if box is None else angles_of_box(box, config.size_hw, config.fov_h_deg)
                stamp_s = now_s if loop.stamped else now_s + loop.latency_s
                arrivals.append((busy_until_s, now_s, Sight(state, 1, round(1e9 * stamp_s), stamp_s, angles)))
        while arrivals and arrivals[0][0] <= now_s:
            exposed_s, sight = arrivals.popleft()[1:]
            steering.take(sight, now_s)
            record.see_state(now_s, sight.state, now_s - exposed_s)
        if now_s >= next_command_s:
            next_command_s += 1 / loop.rate_hz
            rates = steering.rates(now_s)
            yaw, pitch = rates.yaw_right, rates.pitch_up
            record.see_rates(now_s, (yaw, pitch))
        flight.advance(STEP_S, yaw, pitch, driving=now_s >= loop.park_s)
    return record
