from dataclasses import replace

import pytest

from utrack_ros.demo.verdict import Counts, counts_of_node, judge

GOOD = Counts(
    published=365,
    received=365,
    processed=344,
    dropped=21,
    rejected=0,
    pending=0,
    targets_published=344,
    targets_recorded=344,
)


def test_good_run_has_no_faults():
    assert judge(GOOD, "TRACKING") == []


def test_frames_that_the_node_passed_over_are_no_fault():
    assert judge(replace(GOOD, processed=100, dropped=265), "TRACKING") == []


@pytest.mark.parametrize(
    ("change", "state", "said"),
    [
        ({"published": 370}, "TRACKING", "only 365 of 370 published frames"),  # 98.6 %
        ({"published": 0, "received": 0, "processed": 0, "dropped": 0}, "TRACKING", "no frame was published"),
        ({"dropped": 20}, "TRACKING", "365 frames received, but 364 accounted for"),
        ({"dropped": 22}, "TRACKING", "365 frames received, but 366 accounted for"),
        ({"processed": 343, "rejected": 1}, "TRACKING", "1 frames could not be decoded"),
        ({"targets_recorded": 340}, "TRACKING", "only 340 of 344 results"),
        ({"strays": 2}, "TRACKING", "2 results belong to no published frame"),
        ({}, "LOST", "final state is LOST"),
        ({}, "COASTING", "final state is COASTING"),
        ({}, None, "final state is unknown"),
    ],
)
def test_each_fault_is_named_alone(change, state, said):
    faults = judge(replace(GOOD, **change), state)
    assert len(faults) == 1
    assert said in faults[0]


@pytest.mark.parametrize(("received", "faults"), [(99, 0), (98, 1)])
def test_one_frame_in_a_hundred_may_be_lost(received, faults):
    counts = Counts(100, received, received, 0, 0, 0, received, received)
    assert len(judge(counts, "TRACKING")) == faults


def test_frame_in_progress_is_accounted_for():
    assert judge(replace(GOOD, processed=343, pending=1), "TRACKING") == []


def test_counts_come_from_the_diagnostics_by_name():
    values = {"state": "TRACKING", "received": "10", "processed": "7", "dropped": "2", "rejected": "1", "pending": "0"}
    assert counts_of_node(values) == {"received": 10, "processed": 7, "dropped": 2, "rejected": 1, "pending": 0}
    assert counts_of_node({})["received"] == 0
