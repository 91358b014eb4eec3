"""Errors say what was expected, what came and what to do."""

import pickle

from utrack_ros.core.errors import BoxError, UTrackError


def test_message_carries_all_three_parts():
    error = BoxError("a box", "nothing", "Draw one.")
    assert str(error) == "expected a box, but got nothing. Draw one."
    assert isinstance(error, UTrackError)


def test_action_may_be_empty():
    assert str(UTrackError("A", "B")) == "expected A, but got B"


def test_an_error_comes_whole_out_of_a_worker_process():
    error = pickle.loads(pickle.dumps(BoxError("a box", "nothing", "Draw one.")))  # noqa: S301  our own bytes

    assert type(error) is BoxError
    assert (error.expected, error.actual, error.action) == ("a box", "nothing", "Draw one.")
    assert str(error) == "expected a box, but got nothing. Draw one."
