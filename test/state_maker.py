"""State machines in the states that several tests start from."""

from __future__ import annotations

from utrack_ros.core.state import StateConfig, StateMachine

FRAME_S = 1 / 30


def tracking(config: StateConfig | None = None, now_s: float = 0.0) -> StateMachine:
    """A machine whose target was marked and learnt at this time."""
    machine = StateMachine(config)
    machine.select(now_s)
    machine.learnt(now_s)
    return machine


def coasting(config: StateConfig | None = None) -> StateMachine:
    """A machine that has not seen its target on the first frame, at `FRAME_S`."""
    machine = tracking(config)
    machine.observe(0.1, True, FRAME_S)
    return machine


def lost(config: StateConfig | None = None) -> StateMachine:
    """A machine whose tracker failed at 0."""
    machine = tracking(config)
    machine.lose(0.0)
    return machine
