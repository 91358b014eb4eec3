"""Loading and warming up the tracker."""

from __future__ import annotations

import gc
import math
import weakref
from pathlib import Path

import pytest
from fakes import FakeTracker

from utrack_ros.core.errors import ModelError, UTrackError
from utrack_ros.ros.model import load_tracker, release_memory, settle, warm_up
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


def test_what_is_settled_waits_for_the_release() -> None:
    class Circle:
        def __init__(self) -> None:
            self.itself = self

    def garbage() -> weakref.ref[Circle]:
        return weakref.ref(Circle())

    loaded = Circle()
    of_loaded, of_loading = weakref.ref(loaded), garbage()
    settle()
    try:
        assert of_loading() is None
        del loaded
        gc.collect()
        assert of_loaded() is not None
    finally:
        release_memory()
    assert (of_loaded(), gc.get_freeze_count()) == (None, 0)


def test_memory_of_a_gpu_that_is_lost_is_given_up_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch", reason="needs torch: run `make setup`")
    asked: list[str] = []

    def lost() -> None:
        asked.append("empty_cache")
        raise RuntimeError("CUDA error: unspecified launch failure")

    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "empty_cache", lost)
    release_memory()
    assert asked == ["empty_cache"]
