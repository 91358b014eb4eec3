"""Threads of the network and of what torch computes beside it."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from engine_scenes import needs_model

from utrack_ros.checks.processor import Processor
from utrack_ros.core.errors import ConfigError
from utrack_ros.engine import load_tracker, thread_choice, threads
from utrack_ros.engine.threads import (
    forget_tracker,
    leave_torch_one,
    loading,
    network_threads,
    set_network_threads,
    torch_as_network,
)


@pytest.fixture(autouse=True)
def two_threads(monkeypatch):
    monkeypatch.setattr(threads, "read_processor", lambda: Processor(cpus=2))
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    forget_tracker()
    torch.set_num_threads(before)


def counts():
    return network_threads(), torch.get_num_threads()


def test_torch_is_left_one_thread_and_the_network_keeps_the_others():
    assert counts() == (2, 2)
    for _ in range(2):
        with loading():
            assert counts() == (2, 2)
            leave_torch_one()
            assert counts() == (2, 1)
        assert counts() == (2, 1)
    for _ in range(2):
        forget_tracker()
        assert counts() == (2, 2)


def test_without_a_tracker_torch_keeps_all():
    leave_torch_one()
    assert counts() == (2, 2)


def test_a_tracker_that_cannot_be_loaded_leaves_all_as_it_was():
    with pytest.raises(ZeroDivisionError), loading(5):
        raise ZeroDivisionError
    assert counts() == (2, 2)
    set_network_threads(3)
    assert counts() == (3, 3)  # torch's: there is no tracker
    with loading(2):
        pass
    with pytest.raises(ZeroDivisionError), loading(5):
        raise ZeroDivisionError
    assert counts() == (2, 1)
    forget_tracker()
    assert counts() == (3, 3)


def test_torch_has_the_networks_threads_while_it_runs_it():
    with torch_as_network():
        assert counts() == (2, 2)
    with loading():
        pass
    with torch_as_network():
        assert counts() == (2, 2)
    assert counts() == (2, 1)
    with pytest.raises(ZeroDivisionError), torch_as_network():
        raise ZeroDivisionError
    assert counts() == (2, 1)


def test_another_count_is_the_networks():
    set_network_threads(3)
    with loading():
        assert counts() == (2, 2)  # of three, no more than processors
    set_network_threads(1)
    assert counts() == (1, 1)
    with loading():
        assert counts() == (2, 2)
    with loading(5):
        assert counts() == (5, 5)
    assert counts() == (5, 1)


def test_a_tracker_that_runs_in_another_thread_notices_nothing_of_one_that_is_loaded():
    found, started, looked = [], threading.Event(), threading.Event()

    def run():
        with loading():
            pass
        found.append(counts())
        started.set()
        assert looked.wait(20.0)
        found.append(counts())

    runner = threading.Thread(target=run)
    runner.start()
    assert started.wait(20.0)
    with loading():
        assert counts() == (2, 2)
        looked.set()
        runner.join(20.0)
    assert found == [(2, 1), (2, 1)]
    assert counts() == (2, 1)


@pytest.mark.parametrize(("cpus", "left"), [(1, 1), (2, 2), (8, 2)])
def test_a_container_with_fewer_processors_gets_fewer_threads(monkeypatch, cpus, left):
    monkeypatch.setattr(threads, "read_processor", lambda: Processor(cpus=cpus))
    with loading():
        assert network_threads() == left


@needs_model
def test_a_negative_number_is_refused():
    with pytest.raises(ConfigError, match="threads of 0 or more, but got -1"):
        load_tracker(device="cpu", threads=-1)
    assert counts() == (2, 2)


@needs_model
@pytest.mark.parametrize("engine", ["torch", "onnxruntime"])
def test_a_tracker_leaves_torch_one_thread_and_the_network_what_it_is_given(engine, monkeypatch):
    if engine != "torch":
        pytest.importorskip(engine)
    tracker = load_tracker(engine=engine, device="cpu", threads=2)
    assert counts() == (2, 1)
    if engine == "torch":
        network, seen = tracker._network, []
        module = network._network
        monkeypatch.setattr(network, "_network", lambda crops: (seen.append(counts()), module(crops))[1])
        network(np.zeros((1, tracker.config.crop_px, tracker.config.crop_px, 3), np.uint8))
        assert seen == [(2, 2)]
    assert counts() == (2, 1)
    load_tracker(engine=engine, device="cpu", threads=3)
    assert counts() == (3, 1)


@needs_model
def test_without_a_number_torchs_network_has_what_is_faster(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(thread_choice, "measure", lambda works: {"2": 20.0, "1": 10.0})
    load_tracker(device="cpu", threads=None)
    assert counts() == (1, 1)
    for others in ({"threads": 2}, {}):
        load_tracker(device="cpu", **others)
        assert counts() == (2, 1)
