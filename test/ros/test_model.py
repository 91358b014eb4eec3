"""Loading and warming up the tracker."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from fakes import FakeTracker

from utrack_ros.apart.remote_tracker import RemoteTracker
from utrack_ros.core.errors import ModelError, UTrackError
from utrack_ros.ros.model import load_tracker, warm_up
from utrack_ros.ros.parameters import Parameters


def test_warm_up_learns_and_updates_once() -> None:
    tracker = FakeTracker()
    warm_up(tracker)
    assert (len(tracker.inits), tracker.updates) == (1, 1)


@pytest.mark.parametrize("score", [math.nan, math.inf])
def test_model_with_numbers_that_are_not_finite_is_refused(score: float) -> None:
    tracker = FakeTracker()
    tracker.always(score=score)
    with pytest.raises(ModelError, match="finite output"):
        warm_up(tracker)


def test_missing_model_file_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.safetensors"):
        load_tracker(Parameters(model_path=str(tmp_path / "gone.safetensors"), device="cpu"))


def test_the_engine_is_the_one_that_is_named() -> None:
    pytest.importorskip("onnxruntime", reason="needs ONNX Runtime: pip install onnxruntime")
    pytest.importorskip("onnx", reason="needs the package onnx: pip install onnx")
    for name in ("torch", "onnxruntime"):
        assert load_tracker(Parameters(device="cpu", engine=name)).engine == name  # type: ignore[attr-defined]


def test_gpu_that_is_not_there_is_a_typed_error() -> None:
    with pytest.raises(UTrackError, match="cuda"):
        load_tracker(Parameters(device="cuda:63"))


def test_tracker_has_a_process_of_its_own_where_that_is_asked_for() -> None:
    tracker = load_tracker(Parameters(device="cpu", engine="torch", separate_process=True))
    assert isinstance(tracker, RemoteTracker)
    assert (tracker.engine, tracker.precision) == ("torch", "fp32")
