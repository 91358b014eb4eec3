"""The judge of a soak: a leak fails, noise passes, and a short run says that it cannot tell."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from tools.soak.judge import LIMITS_PER_HOUR, Answer, judge, of_each_tracker, warm_up_s
from tools.soak.report import Outcome, Result

HOUR_S = [float(second) for second in range(0, 3600, 3)]


def answers(time_s, **series):
    """The answers on series that are flat but for those that are given, and the result of a soak that broke nothing."""
    flat = {name: [10.0] * len(time_s) for name in LIMITS_PER_HOUR}
    verdicts = judge(time_s[-1] if time_s else 0.0, {name: (time_s, each) for name, each in (flat | series).items()})
    return {verdict.name: verdict.answer for verdict in verdicts}, Result(verdicts, [], 0, "", 7)


def noisy(seed, deviation=0.3):
    """Memory in use: white noise, and a level of its own after each lifecycle round, of which there are 30 an hour."""
    rng = np.random.default_rng(seed)
    levels = rng.normal(0.0, deviation, 1 + len(HOUR_S) // 40)
    return 400.0 + rng.normal(0.0, deviation, len(HOUR_S)) + np.repeat(levels, 40)[: len(HOUR_S)]


@pytest.mark.parametrize("seed", range(5))
def test_leak_of_five_megabytes_an_hour_fails(seed):
    said, result = answers(HOUR_S, own_mb=list(noisy(seed) + 5.0 * np.array(HOUR_S) / 3600))

    assert said["own_mb"] is Answer.GROWS
    assert result.outcome is Outcome.FAILED
    assert str(result).endswith("FAILED")


@pytest.mark.parametrize("seed", range(5))
def test_flat_noise_passes(seed):
    said, result = answers(HOUR_S, own_mb=list(noisy(seed)))

    assert set(said.values()) == {Answer.WITHIN}
    assert result.outcome is Outcome.PASSED
    assert str(result).endswith("PASSED")


def test_loud_noise_without_a_leak_is_hardly_ever_called_one():
    false = sum(answers(HOUR_S, own_mb=list(noisy(seed, 10.0)))[0]["own_mb"] is Answer.GROWS for seed in range(100))

    assert false <= 4


def test_growth_that_ends_with_the_warm_up_passes():
    start = np.minimum(np.array(HOUR_S), 500.0) * 0.2

    assert warm_up_s(3600) == 600
    assert answers(HOUR_S, own_mb=list(noisy(1) + start))[1].outcome is Outcome.PASSED


def test_run_of_half_a_minute_says_how_little_it_can_tell():
    time_s = [0.25 * step for step in range(120)]
    memory = list(400.0 + np.random.default_rng(3).normal(0.0, 1.0, len(time_s)))

    said, result = answers(time_s, own_mb=memory)

    assert said["own_mb"] is Answer.UNDECIDED
    assert result.outcome is Outcome.UNDECIDED
    assert "undecided: it takes about" in str(result)
    assert str(result).endswith("UNDECIDED")


def test_no_sample_at_all_decides_nothing():
    said, result = answers([])

    assert set(said.values()) == {Answer.UNDECIDED}
    assert result.outcome is Outcome.UNDECIDED


def test_one_series_that_decides_nothing_is_no_pass():
    said, result = answers(HOUR_S, own_mb=list(noisy(1, 10.0)))

    assert Counter(said.values()) == {Answer.UNDECIDED: 1, Answer.WITHIN: 4}
    assert result.outcome is Outcome.UNDECIDED


def test_exit_statuses_tell_the_outcomes_and_a_wrong_command_line_apart():
    statuses = {outcome.name: outcome.value for outcome in Outcome}

    assert statuses == {"PASSED": 0, "FAILED": 1, "UNDECIDED": 3}  # 2 is typer's


def test_leak_of_a_megabyte_a_second_fails_within_half_a_minute():
    time_s = [0.25 * step for step in range(120)]
    memory = 400.0 + np.array(time_s) + np.random.default_rng(3).normal(0.0, 1.0, len(time_s))

    assert answers(time_s, own_mb=list(memory))[0]["own_mb"] is Answer.GROWS


@pytest.mark.parametrize("name", ["files", "threads", "segments"])
def test_one_more_every_five_minutes_fails(name):
    said, result = answers(HOUR_S, **{name: [40.0 + second // 300 for second in HOUR_S]})

    assert said[name] is Answer.GROWS
    assert result.outcome is Outcome.FAILED


@pytest.mark.parametrize("name", ["files", "threads", "segments"])
def test_counts_that_go_up_and_down_pass(name):
    dice = np.random.default_rng(5)

    assert answers(HOUR_S, **{name: list(40.0 + dice.integers(0, 3, len(HOUR_S)))})[0][name] is Answer.WITHIN


@pytest.mark.parametrize("name", ["files", "threads", "segments"])
def test_two_more_from_the_middle_on_may_be_growth_and_are_no_pass(name):
    said, result = answers(HOUR_S, **{name: [40.0 + 2 * (second > 2100) for second in HOUR_S]})

    assert Counter(said.values()) == {Answer.UNDECIDED: 1, Answer.WITHIN: 4}
    assert said[name] is Answer.UNDECIDED
    assert result.outcome is Outcome.UNDECIDED
    assert f"{name}: +3.04 an hour (+0.00 to +4.80), undecided: it takes about" in str(result)


@pytest.mark.parametrize("name", ["files", "threads", "segments"])
@pytest.mark.parametrize("since_s", [1300, 2900])
def test_one_more_since_the_first_or_last_quarter_is_within(name, since_s):
    assert answers(HOUR_S, **{name: [40.0 + (second > since_s) for second in HOUR_S]})[0][name] is Answer.WITHIN


@pytest.mark.parametrize("name", ["files", "threads", "segments"])
def test_fewer_than_before_are_within(name):
    assert answers(HOUR_S, **{name: [45.0 - second // 1000 for second in HOUR_S]})[0][name] is Answer.WITHIN


def test_leak_shows_in_what_is_left_when_the_tracker_is_freed():
    time_s = [300.0 * number for number in range(1, 13)]
    left = 208.0 + np.random.default_rng(1).normal(0.0, 0.1, len(time_s))
    said, result = answers(time_s, rest_mb=list(left + 5.0 * np.array(time_s) / 3600))

    assert said["rest_mb"] is Answer.GROWS
    assert result.outcome is Outcome.FAILED
    assert answers(time_s, rest_mb=list(left))[0]["rest_mb"] is Answer.WITHIN


@pytest.mark.parametrize(
    ("broken", "death", "faults", "words"),
    [
        (["a box off the image"], "", 7, "a box off the image"),
        ([], "status -11", 7, "status -11"),
        ([], "", 0, "no fault came to its end"),
    ],
)
def test_broken_promise_death_or_nothing_done_fails(broken, death, faults, words):
    verdicts = answers(HOUR_S)[1].verdicts
    result = Result(verdicts, broken, len(broken), death, faults)

    assert result.outcome is Outcome.FAILED
    assert words in str(result)
    assert Result(verdicts, [], 0, "", 7).outcome is Outcome.PASSED


def test_broken_promise_fails_also_where_growth_is_undecided():
    verdicts = answers([])[1].verdicts

    assert Result(verdicts, ["a box off the image"], 1, "", 7).outcome is Outcome.FAILED


def test_a_tracker_counts_by_its_median_after_its_first_minute():
    times_s = [0.0, 59.0, 60.0, 80.0, 100.0, 300.0, 359.0, 361.0, 500.0]
    held_mb = [900.0, 900.0, 1.0, 2.0, 9.0, 900.0, 900.0, 4.0, 6.0]
    assert of_each_tracker((times_s, held_mb), [300.0]) == ([80.0, 430.5], [2.0, 5.0])
    assert of_each_tracker((times_s[:2], held_mb[:2]), [300.0]) == ([], [])
    cut_off = ([*times_s, 700.0, 719.0], [*held_mb, 99.0, 99.0])
    assert of_each_tracker(cut_off, [300.0, 600.0])[1] == [2.0, 5.0]
    long_enough = ([*times_s, 700.0, 790.0], [*held_mb, 99.0, 99.0])
    assert of_each_tracker(long_enough, [300.0, 600.0])[1] == [2.0, 5.0, 99.0]
    assert of_each_tracker(([], []), []) == ([], [])


@pytest.mark.parametrize(("growth_mb", "answer"), [(0.0, Answer.WITHIN), (5.0, Answer.GROWS)])
def test_teeth_of_a_heap_that_grows_with_each_tracker_are_no_leak_and_hide_none(growth_mb, answer):
    times_s = np.array(HOUR_S)
    teeth_mb = 350.0 + 30.0 * np.minimum(times_s % 300.0, 240.0) / 240.0
    noise_mb = np.random.default_rng(2).normal(0.0, 0.3, len(times_s))
    loaded_s = list(np.arange(300.0, 3600.0, 300.0))
    memory = of_each_tracker((HOUR_S, list(teeth_mb + noise_mb + growth_mb * times_s / 3600)), loaded_s)
    flat = {name: (HOUR_S, [10.0] * len(HOUR_S)) for name in LIMITS_PER_HOUR}
    said = {verdict.name: verdict.answer for verdict in judge(HOUR_S[-1], flat | {"own_mb": memory})}
    assert said["own_mb"] is answer
