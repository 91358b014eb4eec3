"""What counts as a swing, and what is a fault of a run."""

from __future__ import annotations

import numpy as np
import pytest

from loop_record import LoopRecord, RecordError, count_swings, figures
from utrack_ros.core.state import State


def record(x, state=State.TRACKING, fps=20.0):
    made = LoopRecord()
    for number, value in enumerate(x):
        made.see_offset(number / fps, (float(value), 0.0))
        made.see_state(number / fps, state, 0.2)
    return made


def test_every_turn_of_a_sine_counts():
    time_s = np.arange(0, 10, 0.02)

    assert count_swings(0.05 * np.sin(2 * np.pi * time_s)) == 20


def test_noise_and_a_slow_drift_do_not_count():
    rng = np.random.default_rng(0)

    assert count_swings(np.linspace(0, 1, 400) + rng.uniform(-0.009, 0.009, 400)) == 0
    assert count_swings(np.zeros(5)) == 0


def test_a_calm_centred_run_has_no_faults():
    found = figures(record(np.full(100, 0.03)), 1.0)

    assert found.faults == []
    assert found.largest_offset == (0.03, 0.0)
    assert found.seconds == pytest.approx(3.95)
    assert found.results_per_s == pytest.approx(20, rel=0.05)
    assert found.median_age_s == 0.2


@pytest.mark.parametrize(
    ("x", "state", "words"),
    [
        (np.full(100, 0.11), State.TRACKING, "11% of the image off the middle in x"),
        (0.05 * np.sin(np.arange(100) / 20 * 6.28), State.TRACKING, "swings in x"),
        (np.zeros(100), State.COASTING, "only 0% of the results were TRACKING"),
        (np.full(100, np.nan), State.TRACKING, "off the middle in x"),
    ],
)
def test_faults_are_named(x, state, words):
    faults = figures(record(x, state), 1.0).faults

    assert len(faults) == 1
    assert words in faults[0]


def test_a_run_too_short_to_judge_is_refused():
    with pytest.raises(RecordError, match=r"0\.9 s"):
        figures(record(np.zeros(20)), 0.0)
    with pytest.raises(RecordError):
        figures(LoopRecord(), 0.0)
