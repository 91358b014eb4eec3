"""Whether torch's network has all threads or one: measured once, and remembered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from utrack_ros.checks.processor import Processor
from utrack_ros.engine import thread_choice, threads
from utrack_ros.engine.thread_choice import settle_threads
from utrack_ros.engine.threads import forget_tracker, loading, network_threads

CPU = torch.device("cpu")
FACTS = {"processor": "x", "model": "abc"}


class Engine:
    """One without an SIoU network, which counts the threads of each call."""

    stride = 16
    overlap = None
    precision = "fp32"

    def __init__(self, name: str = "torch") -> None:
        self.name = name
        self.counts: list[int] = []

    def __call__(self, crops: Any) -> Any:
        self.counts.append(network_threads())


@pytest.fixture(autouse=True)
def two_threads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setattr(threads, "read_processor", lambda: Processor(cpus=2))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    with loading():
        pass
    yield
    forget_tracker()
    torch.set_num_threads(before)


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """What measuring finds, with each work done once."""
    found = {"1": 10.0, "2": 20.0}

    def measure(works: dict[str, Callable[[], Any]]) -> dict[str, float]:
        for work in works.values():
            work()
        return {name: found[name] for name in works}

    monkeypatch.setattr(thread_choice, "measure", measure)
    return found


@pytest.mark.parametrize(("one_ms", "left"), [(10.0, 1), (18.9, 1), (19.1, 2), (30.0, 2)])
def test_one_thread_is_taken_where_it_is_clearly_faster(times: dict[str, float], one_ms: float, left: int) -> None:
    times["1"] = one_ms
    engine = Engine()
    settle_threads(engine, CPU, 96, FACTS)
    assert engine.counts == [2, 1]
    assert network_threads() == left


def test_the_answer_is_remembered_for_the_same_facts(times: dict[str, float], tmp_path: Path) -> None:
    settle_threads(Engine(), CPU, 96, FACTS)
    [file] = (tmp_path / "utrack_ros").iterdir()
    assert json.loads(file.read_text())["chosen"] == "1"
    times["1"] = 90.0
    engine = Engine()
    with loading():
        settle_threads(engine, CPU, 96, FACTS)
        assert (engine.counts, network_threads()) == ([], 1)
    with loading():
        settle_threads(engine, CPU, 96, {**FACTS, "model": "other"})
        assert (engine.counts, network_threads()) == ([2, 1], 2)


@pytest.mark.parametrize("remembered", ["0", "64", "torch fp32", ""])
def test_a_count_that_was_not_measured_is_measured_anew(
    times: dict[str, float], monkeypatch: pytest.MonkeyPatch, remembered: str
) -> None:
    monkeypatch.setattr(thread_choice, "recall", lambda facts: remembered)
    settle_threads(Engine(), CPU, 96, FACTS)
    assert network_threads() == 1


@pytest.mark.parametrize(("name", "device"), [("onnxruntime", "cpu"), ("torch", "cuda:0")])
def test_other_runtimes_and_gpus_are_left_alone(times: dict[str, float], name: str, device: str) -> None:
    engine = Engine(name)
    settle_threads(engine, torch.device(device), 96, FACTS)
    assert (engine.counts, network_threads()) == ([], 2)


def test_a_single_thread_leaves_nothing_to_choose(times: dict[str, float]) -> None:
    engine = Engine()
    with loading(1):
        settle_threads(engine, CPU, 96, FACTS)
        assert (engine.counts, network_threads()) == ([], 1)
