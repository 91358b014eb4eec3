"""Whatever the order of events, TRACKING is entered by a confirmation alone."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from utrack_ros.core.state import State, StateMachine

floats = st.floats(allow_nan=True, allow_infinity=True)
frames = st.tuples(st.just("observe"), floats | st.floats(0, 1), st.booleans(), floats | st.floats(0, 60))
events = st.one_of(frames, *[st.just((name,)) for name in ("select", "learnt", "refuse", "lose", "stop")])


@given(st.lists(events, max_size=60))
def test_tracking_is_entered_only_by_a_confirm(sequence: list[tuple]) -> None:  # type: ignore[type-arg]
    """Whatever the order of events, scores and times."""
    machine, now_s = StateMachine(), 0.0
    earlier = State.IDLE
    for event in sequence:
        before, before_id = machine.state, machine.target_id
        if event[0] == "observe":
            _, score, found, now_s = event
            machine.observe(score, found, now_s)
        elif event[0] in ("refuse", "stop"):
            getattr(machine, event[0])()
        else:
            if event[0] == "select" and before is not State.INITIALIZING:
                earlier = before
            getattr(machine, event[0])(now_s)
        assert machine.box_valid == (machine.state in (State.TRACKING, State.COASTING))
        age_s = machine.age_s(now_s)
        assert math.isfinite(age_s)
        assert age_s >= 0
        if machine.state is State.TRACKING and event[0] == "observe":
            assert found
            assert math.isfinite(score)
            assert score >= machine.config.lost_threshold
            assert machine.target_id == before_id
        if machine.state is State.TRACKING and before is not State.TRACKING:
            confirmed = event[0] == "observe" and found and score >= machine.config.confirm_threshold
            learnt = event[0] == "learnt" and before is State.INITIALIZING
            restored = event[0] == "refuse" and earlier is State.TRACKING
            assert confirmed or learnt or restored
