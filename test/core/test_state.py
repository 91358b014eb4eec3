"""The state machine: every transition, hysteresis, timeouts, and hostile scores and clocks."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utrack_ros.core.errors import ConfigError
from utrack_ros.core.state import LARGEST_ID, State, StateConfig, StateMachine

FRAME_S = 1 / 30


def tracking(config: StateConfig | None = None, now_s: float = 0.0) -> StateMachine:
    machine = StateMachine(config)
    machine.select(now_s)
    machine.learnt(now_s)
    return machine


def coasting(config: StateConfig | None = None) -> StateMachine:
    machine = tracking(config)
    machine.observe(0.1, True, FRAME_S)
    return machine


def lost(config: StateConfig | None = None) -> StateMachine:
    machine = tracking(config)
    machine.lose(0.0)
    return machine


def test_numbers_are_those_of_the_message() -> None:
    assert {state.name: int(state) for state in State} == {
        "IDLE": 0,
        "INITIALIZING": 1,
        "TRACKING": 2,
        "COASTING": 3,
        "LOST": 4,
    }


def test_starts_idle_without_a_target_or_box() -> None:
    machine = StateMachine()
    assert (machine.state, machine.target_id, machine.box_valid, machine.age_s(5.0)) == (State.IDLE, 0, False, 0.0)


@pytest.mark.parametrize("score", [0.0, 0.6, 1.0, math.nan])
def test_frames_without_a_target_change_nothing(score: float) -> None:
    machine = StateMachine()
    for index in range(100):
        assert machine.observe(score, True, index * FRAME_S) is State.IDLE
    machine.lose(4.0)
    machine.learnt(4.0)
    machine.refuse()
    assert machine.state is State.IDLE


def test_selection_waits_in_initializing_until_learnt() -> None:
    machine = StateMachine()
    assert machine.select(0.0) == 1
    assert machine.state is State.INITIALIZING
    assert machine.observe(1.0, True, FRAME_S) is State.INITIALIZING
    assert not machine.box_valid
    assert machine.learnt(2 * FRAME_S) is State.TRACKING
    assert machine.box_valid


@pytest.mark.parametrize(
    ("score", "found", "expected"),
    [
        (1.0, True, State.TRACKING),
        (0.5, True, State.TRACKING),
        (0.3, True, State.TRACKING),  # between the thresholds
        (0.25, True, State.TRACKING),  # exactly lost_threshold
        (0.2499, True, State.COASTING),
        (0.0, True, State.COASTING),
        (1.0, False, State.COASTING),
        (math.nan, True, State.COASTING),
        (math.inf, True, State.COASTING),
        (-math.inf, True, State.COASTING),
    ],
)
def test_one_frame_while_tracking(score: float, found: bool, expected: State) -> None:
    assert tracking().observe(score, found, FRAME_S) is expected


@pytest.mark.parametrize(
    ("score", "found", "expected"),
    [
        (1.0, True, State.TRACKING),
        (0.5, True, State.TRACKING),  # exactly confirm_threshold
        (0.4999, True, State.COASTING),
        (0.3, True, State.COASTING),  # between the thresholds
        (0.0, True, State.COASTING),
        (1.0, False, State.COASTING),
        (math.nan, True, State.COASTING),
    ],
)
def test_one_frame_while_coasting(score: float, found: bool, expected: State) -> None:
    assert coasting().observe(score, found, 2 * FRAME_S) is expected


def test_score_between_the_thresholds_never_flips_the_state() -> None:
    followed, predicted = tracking(), coasting(StateConfig(coast_timeout_s=100.0))
    for index in range(2, 200):
        assert followed.observe(0.4, True, index * FRAME_S) is State.TRACKING
        assert predicted.observe(0.4, True, index * FRAME_S) is State.COASTING


def test_equal_thresholds_are_allowed() -> None:
    machine = tracking(StateConfig(confirm_threshold=0.4, lost_threshold=0.4))
    assert machine.observe(0.39, True, FRAME_S) is State.COASTING
    assert machine.observe(0.4, True, 2 * FRAME_S) is State.TRACKING


@pytest.mark.parametrize("score", [0.0, 0.4])
def test_coasting_ends_in_lost_after_its_timeout(score: float) -> None:
    machine = coasting()  # since 1/30 s
    assert machine.observe(score, True, FRAME_S + 0.49) is State.COASTING
    assert machine.box_valid
    assert machine.observe(score, True, FRAME_S + 0.51) is State.LOST
    assert not machine.box_valid


def test_a_good_frame_after_the_coast_timeout_still_confirms() -> None:
    assert coasting().observe(0.9, True, 5.0) is State.TRACKING


def test_a_confirm_restarts_the_coast_timeout() -> None:
    machine = coasting()
    machine.observe(0.9, True, 0.4)
    machine.observe(0.1, True, 0.5)
    assert machine.observe(0.1, True, 0.9) is State.COASTING
    assert machine.observe(0.1, True, 1.01) is State.LOST


def test_zero_coast_timeout_loses_at_once() -> None:
    assert tracking(StateConfig(coast_timeout_s=0.0)).observe(0.1, True, FRAME_S) is State.LOST


def test_reacquired_after_good_frames_in_a_row_with_the_same_id() -> None:
    machine = lost()
    target_id = machine.target_id
    states = [machine.observe(0.6, True, index * FRAME_S) for index in range(1, 4)]
    assert states == [State.LOST, State.LOST, State.TRACKING]
    assert machine.target_id == target_id


@pytest.mark.parametrize(("score", "found"), [(0.59, True), (0.9, False), (math.nan, True)])
def test_one_bad_frame_restarts_the_reacquire_count(score: float, found: bool) -> None:
    machine = lost()
    machine.observe(0.9, True, 0.1)
    machine.observe(0.9, True, 0.2)
    machine.observe(score, found, 0.3)
    assert machine.observe(0.9, True, 0.4) is State.LOST
    assert machine.observe(0.9, True, 0.5) is State.LOST
    assert machine.observe(0.9, True, 0.6) is State.TRACKING


def test_a_failure_while_lost_restarts_the_reacquire_count() -> None:
    machine = lost()
    machine.observe(0.9, True, 0.1)
    machine.observe(0.9, True, 0.2)
    machine.lose(0.3)
    assert machine.observe(0.9, True, 0.4) is State.LOST


def test_lost_is_given_up_after_its_timeout() -> None:
    machine = lost()
    assert machine.observe(0.0, False, 9.99) is State.LOST
    assert machine.observe(0.0, False, 10.0) is State.IDLE
    assert machine.observe(1.0, True, 10.1) is State.IDLE


def test_zero_lost_timeout_never_gives_up() -> None:
    machine = lost(StateConfig(lost_timeout_s=0.0))
    assert machine.observe(0.0, False, 1e6) is State.LOST


def test_a_failed_tracker_is_lost_at_once() -> None:
    assert tracking().lose(FRAME_S) is State.LOST
    assert coasting().lose(2 * FRAME_S) is State.LOST


@pytest.mark.parametrize("make", [StateMachine, tracking, coasting, lost])
def test_stop_is_idle_from_anywhere_and_may_be_repeated(make) -> None:
    machine = make()
    assert machine.stop() is State.IDLE
    assert machine.stop() is State.IDLE
    assert not machine.box_valid
    assert machine.observe(1.0, True, 1.0) is State.IDLE


def test_stop_while_initializing_is_not_undone_by_a_late_answer() -> None:
    machine = StateMachine()
    machine.select(0.0)
    machine.stop()
    assert machine.learnt(0.1) is State.IDLE
    assert machine.refuse() is State.IDLE


@pytest.mark.parametrize("make", [StateMachine, tracking, coasting, lost])
def test_refused_selection_leaves_the_running_track_untouched(make) -> None:
    machine = make()
    before = (machine.state, machine.target_id, machine.age_s(1.0))
    machine.select(1.0)
    machine.select(1.0)  # a second one before the first was answered
    machine.refuse()
    assert (machine.state, machine.target_id, machine.age_s(1.0)) == before


def test_coast_time_goes_on_through_a_refused_selection() -> None:
    machine = coasting()
    machine.select(0.2)
    machine.refuse()
    assert machine.observe(0.1, True, 0.6) is State.LOST


def test_every_selection_has_a_new_id_and_zero_is_never_used() -> None:
    machine = StateMachine()
    assert [machine.select(0.0) for _ in range(3)] == [1, 2, 3]
    machine._last_id = LARGEST_ID - 1
    assert [machine.select(0.0) for _ in range(2)] == [LARGEST_ID, 1]


def test_age_counts_from_the_last_sight() -> None:
    machine = tracking(now_s=100.0)
    assert machine.age_s(100.0) == 0.0
    machine.observe(0.3, True, 101.0)  # still followed, so it was seen
    assert machine.age_s(101.25) == pytest.approx(0.25)
    machine.observe(0.1, True, 101.5)
    machine.observe(0.1, True, 102.5)
    assert machine.state is State.LOST
    assert machine.age_s(103.0) == pytest.approx(2.0)
    machine.stop()
    assert machine.age_s(104.0) == 0.0


def test_a_clock_that_goes_back_does_not_wedge_the_timeouts() -> None:
    machine = tracking(now_s=1000.0)
    machine.observe(0.1, True, 1000.1)
    assert machine.observe(0.1, True, 5.0) is State.COASTING  # no time has passed
    assert machine.age_s(5.0) == pytest.approx(0.1)
    assert machine.observe(0.1, True, 5.4) is State.COASTING
    assert machine.observe(0.1, True, 5.6) is State.LOST
    assert machine.observe(0.1, True, 15.7) is State.IDLE


@pytest.mark.parametrize("bad_now_s", [math.nan, math.inf, -math.inf])
def test_a_clock_that_is_not_finite_is_ignored(bad_now_s: float) -> None:
    machine = coasting()
    assert machine.observe(0.1, True, bad_now_s) is State.COASTING
    assert math.isfinite(machine.age_s(bad_now_s))
    assert machine.observe(0.1, True, FRAME_S + 0.51) is State.LOST


def test_a_new_config_holds_from_the_next_frame() -> None:
    machine = tracking()
    machine.observe(0.3, True, FRAME_S)
    machine.config = StateConfig(lost_threshold=0.4)
    assert machine.observe(0.3, True, 2 * FRAME_S) is State.COASTING


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"confirm_threshold": 1.1}, "confirm_threshold"),
        ({"confirm_threshold": math.nan}, "confirm_threshold"),
        ({"lost_threshold": -0.1}, "lost_threshold"),
        ({"lost_threshold": 0.6}, "at most confirm_threshold"),
        ({"reacquire_threshold": "high"}, "reacquire_threshold"),
        ({"reacquire_threshold": True}, "reacquire_threshold"),
        ({"coast_timeout_s": -1.0}, "coast_timeout_s"),
        ({"coast_timeout_s": math.inf}, "coast_timeout_s"),
        ({"lost_timeout_s": math.nan}, "lost_timeout_s"),
        ({"reacquire_frames": 0}, "reacquire_frames"),
        ({"reacquire_frames": 2.5}, "reacquire_frames"),
        ({"reacquire_frames": True}, "reacquire_frames"),
    ],
)
def test_impossible_config_is_refused_by_name(values: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        StateConfig(**values)  # type: ignore[arg-type]


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


@given(st.lists(st.tuples(floats, floats), max_size=40), st.integers(0, 600))
def test_no_history_of_clocks_stops_a_lost_target_from_timing_out(
    history: list[tuple[float, float]], start_s: int
) -> None:
    machine = tracking()
    for _, now_s in history:
        machine.observe(0.0, False, now_s)
    states = [machine.observe(0.0, False, start_s + index * 0.5) for index in range(30)]
    assert states[-1] is State.IDLE


@pytest.mark.parametrize(
    ("score", "state"),
    [(1.0, State.TRACKING), (0.5, State.TRACKING), (0.49, State.COASTING), (math.nan, State.COASTING)],
)
def test_target_learnt_on_an_older_frame_is_sure_only_if_the_newest_confirms_it(score: float, state: State) -> None:
    machine = StateMachine()
    machine.select(0.0)
    assert machine.learnt(1.0, score) is state
    assert machine.age_s(1.0) == (0.0 if state is State.TRACKING else 1.0)


def test_target_learnt_but_not_confirmed_is_lost_where_nothing_may_coast() -> None:
    machine = StateMachine(StateConfig(coast_timeout_s=0.0))
    machine.select(0.0)
    assert machine.learnt(1.0, 0.1) is State.LOST


def test_without_reacquisition_a_lost_target_stays_lost_until_it_is_given_up() -> None:
    machine = lost(StateConfig(reacquire=False, lost_timeout_s=1.0))
    assert {machine.observe(1.0, True, index * FRAME_S) for index in range(29)} == {State.LOST}
    assert machine.observe(1.0, True, 1.1) is State.IDLE


def test_reacquire_is_a_truth_value() -> None:
    with pytest.raises(ConfigError, match="reacquire to be true or false, but got 1"):
        StateConfig(reacquire=1)  # type: ignore[arg-type]
