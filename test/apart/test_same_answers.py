"""The shipped tracker gives the same boxes in a process of its own, to the last digit."""

from __future__ import annotations

import pytest

from utrack_ros.apart.load_request import LoadRequest
from utrack_ros.apart.remote_tracker import RemoteTracker
from utrack_ros.core.errors import ConfigError, ModelError
from utrack_ros.core.insight import looks_of
from utrack_ros.data.synthetic import SyntheticFlight

REQUEST = LoadRequest(device="cpu", engine="torch", threads=1)


def test_same_answers_here_and_there() -> None:
    flight = SyntheticFlight((240, 320), 14, seed=3)
    box = tuple(flight.boxes_xywh[0])
    here, there = REQUEST.load(), RemoteTracker(REQUEST)
    assert (there.engine, there.precision, there.device) == ("torch", "fp32", "cpu")
    for tracker in (here, there):
        tracker.init(flight.render(0), box)
    for index in range(1, 14):
        image = flight.render(index)
        name = "search" if index in (8, 9) else "update"
        results = [getattr(tracker, name)(image) for tracker in (here, there)]
        assert results[0] == results[1], f"frame {index}"
        ours, theirs = looks_of(here), looks_of(there)
        assert len(ours) == len(theirs) > 0
        for one, other in zip(ours, theirs, strict=True):
            assert one.window_xywh == other.window_xywh
            assert (one.response == other.response).all()
        if index % 2:
            for tracker in (here, there):
                tracker.rest()


@pytest.mark.parametrize(
    ("request_for", "error"),
    [
        (LoadRequest(device="cuda:63"), ConfigError),
        (LoadRequest(engine="none"), ConfigError),
    ],
)
def test_what_cannot_be_loaded_is_said_as_here(request_for: LoadRequest, error: type[Exception]) -> None:
    words = []
    for load in (request_for.load, lambda: RemoteTracker(request_for)):
        with pytest.raises(error) as raised:
            load()
        words.append(str(raised.value))
    assert words[0] == words[1]


def test_model_outside_the_folders_is_refused_there_too(tmp_path) -> None:
    with pytest.raises(ModelError):
        RemoteTracker(LoadRequest(tmp_path / "other.safetensors"))
