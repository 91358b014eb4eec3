"""A tracker that raises, answers nonsense or runs out of memory: LOST, told, and found again when it works again."""

from __future__ import annotations

import math
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from fault_injector import FaultInjector
from invariants import counted, shown, survives
from node_bench import Bench

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]
from utrack_ros.ros import memory_retry

LOST = Target.STATE_LOST
AGAIN = [LOST, LOST, Target.STATE_TRACKING]


def heals(bench: Bench, injector: FaultInjector) -> None:
    injector.heal()
    assert [bench.track().state for _ in range(3)] == AGAIN


@pytest.fixture
def freed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Takes a word each time that cached memory is given back."""
    words: list[str] = []
    monkeypatch.setattr(memory_retry, "release_memory", lambda: words.append("freed"))
    return words


@pytest.mark.fault(9)
@pytest.mark.parametrize(
    "changes",
    [
        {"box_xywh": (math.nan, 8.0, 20.0, 16.0)},
        {"box_xywh": (10.0, 8.0, math.inf, 16.0)},
        {"box_xywh": (10.0, -math.inf, 20.0, 16.0)},
        {"box_xywh": (1e9, 8.0, 20.0, 16.0)},
        {"box_xywh": (0.0, 0.0, 1e9, 1e9)},
        {"box_xywh": (10.0, 8.0, -20.0, 16.0)},
        {"score": math.nan},
        {"score": math.inf},
    ],
)
def test_answer_that_makes_no_sense(tracking: Bench, injector: FaultInjector, changes: dict[str, Any]) -> None:
    with survives(
        tracking, counted("errors", 1, level=2, part="tracker", words="the tracker gave a box off the image")
    ):
        injector.returns(**changes)
        assert (tracking.track().state, tracking.targets[-1].box_valid) == (LOST, False)
        assert tracking.counts.errors == 1
    heals(tracking, injector)


@pytest.mark.fault(9, 20)
@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA error: device-side assert triggered"),
        ValueError("bug"),
        KeyError(),
        SystemError("lost"),
    ],
)
def test_exception_in_the_tracker(tracking: Bench, injector: FaultInjector, error: Exception) -> None:
    with survives(tracking, counted("errors", 1, level=2, part="tracker", words=type(error).__name__)):
        injector.raises(error)
        assert (tracking.track().state, tracking.targets[-1].box_valid) == (LOST, False)
    heals(tracking, injector)


@pytest.mark.fault(9)
def test_exception_while_a_target_is_learnt(tracking: Bench, injector: FaultInjector) -> None:
    with survives(tracking, counted("errors", 1, level=2, part="tracker", words="bug")):
        injector.raises(ValueError("bug"), where=["init"])
        answer = tracking.select()
        assert (answer.code, "bug" in answer.message) == (SetTarget.Response.MODEL_NOT_READY, True)
    injector.heal()
    assert tracking.select().success
    assert tracking.track().state == Target.STATE_TRACKING


@pytest.mark.fault(20)
def test_memory_that_runs_out_once_is_freed_and_the_image_looked_at_again(
    tracking: Bench, injector: FaultInjector, freed: list[str]
) -> None:
    with survives(tracking, counted("errors", 1, level=2, part="tracker", words="CUDA out of memory")):
        injector.runs_out_of_memory(times=1)
        assert tracking.track().state == Target.STATE_TRACKING
    assert freed == ["freed"]


@pytest.mark.fault(20)
def test_memory_that_runs_out_while_a_target_is_learnt(
    tracking: Bench, injector: FaultInjector, freed: list[str]
) -> None:
    with survives(tracking, counted("errors", 1, level=2, part="tracker", words="CUDA out of memory")):
        injector.runs_out_of_memory(times=1, where=["init"])
        assert tracking.select().success
    assert freed == ["freed"]
    assert tracking.track().state == Target.STATE_TRACKING


@pytest.mark.fault(20)
def test_memory_that_has_run_out_for_good(tracking: Bench, injector: FaultInjector, freed: list[str]) -> None:
    with survives(tracking, shown("tracker", 2, "the tracker failed: the tracker failed: ")):
        injector.runs_out_of_memory()
        assert [tracking.track().state for _ in range(3)] == [LOST] * 3
    assert freed == ["freed"] * 4, "one second try an image"
    heals(tracking, injector)


@pytest.mark.fault(20)
def test_memory_of_the_host_that_runs_out(tracking: Bench, injector: FaultInjector, freed: list[str]) -> None:
    with survives(tracking, counted("errors", 1, level=2, part="tracker", words="MemoryError")):
        injector.raises(MemoryError(), times=1)
        assert tracking.track().state == Target.STATE_TRACKING
    assert freed == ["freed"]
