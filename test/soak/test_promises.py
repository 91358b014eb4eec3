"""What would mislead a controller is counted."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from tools.soak.promises import FALSE_CLOCK, KEPT, Promises
from utrack_interfaces.msg import Target  # type: ignore[attr-defined]


def target(stamp_ms=1000, clock="camera", **changes):
    fields = {"state": Target.STATE_TRACKING, "box_valid": True, "image_width": 64, "image_height": 48}
    made = Target(**fields | {"x": 1.0, "y": 2.0, "width": 10.0, "height": 8.0, "score": 0.9} | changes)
    made.header.frame_id = clock
    made.header.stamp.sec, made.header.stamp.nanosec = divmod(stamp_ms * 10**6, 10**9)
    return made


def heard(*targets):
    promises = Promises()
    for each in targets:
        promises.hear(each)
    return promises.broken


def test_good_results_break_nothing():
    lost = {"state": Target.STATE_LOST, "box_valid": False, "x": 0.0, "y": 0.0, "width": 0.0, "height": 0.0}

    assert heard(target(1000), target(1033), target(1066, **lost)) == []


def test_new_timeline_and_images_without_a_stamp_break_nothing():
    assert heard(target(9000), target(3000), target(3033), target(0), target(0), target(9033)) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"score": math.nan}, "not finite"),
        ({"x": math.inf}, "not finite"),
        ({"x": -1.0}, "off the image"),
        ({"width": 100.0}, "off the image"),
        ({"height": 0.0}, "off the image"),
        ({"state": Target.STATE_LOST}, "box_valid True"),
        ({"box_valid": False}, "box_valid False"),
        ({"state": Target.STATE_IDLE, "box_valid": False}, "without a target"),
    ],
)
def test_false_statement_is_noticed(changes, words):
    assert words in heard(target(**changes))[0]


def test_image_that_is_reported_twice_is_noticed():
    assert "twice" in heard(target(1000), target(1033), target(1000))[0]


def test_jump_between_two_clocks_in_images_that_nothing_was_reported_of_breaks_nothing():
    jumped = [target(1000), target(4033, FALSE_CLOCK), target(4066, FALSE_CLOCK), target(3600)]

    assert heard(*jumped, target(3700, FALSE_CLOCK)) == []


@pytest.mark.parametrize("clock", ["camera", FALSE_CLOCK])
def test_late_image_of_either_clock_is_noticed(clock):
    assert "after" in heard(target(2000, clock), target(1950, clock))[0]


def test_late_image_of_the_true_clock_is_noticed_after_one_of_the_false_clock():
    assert "after" in heard(target(1000), target(4000, FALSE_CLOCK), target(950))[0]


def test_image_that_is_reported_too_late_is_noticed():
    assert "after" in heard(target(1033), target(1000))[0]


@pytest.mark.parametrize("told_first", [True, False])
def test_tracking_on_an_image_of_one_colour_is_noticed_whichever_is_heard_first(told_first):
    promises = Promises()
    steps = [lambda: promises.expect_nothing_in(1033 * 10**6), lambda: promises.hear(target(1033))]
    promises.hear(target(1000))
    for step in steps if told_first else reversed(steps):
        step()
    promises.hear(target(1066))

    assert promises.broken == ["image 1033000000 is of one colour, and was called TRACKING"]
    assert promises.blank_results == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"state": Target.STATE_COASTING},
        {"state": Target.STATE_LOST, "box_valid": False, "x": 0.0, "y": 0.0, "width": 0.0, "height": 0.0},
    ],
)
def test_other_states_on_an_image_of_one_colour_break_nothing(changes):
    promises = Promises()
    promises.expect_nothing_in(1000 * 10**6)
    promises.expect_nothing_in(1033 * 10**6)
    promises.hear(target(1000, **changes))

    assert (promises.broken, promises.blank_results) == ([], 1)


def test_only_the_first_are_kept_in_words():
    said = []
    promises = Promises(said.append)
    for number in range(3 * KEPT):
        promises.note(f"wrong {number}")

    assert (promises.count, len(promises.broken), promises.broken[0]) == (3 * KEPT, KEPT, "wrong 0")
    assert len(said) == 3 * KEPT
