"""Threads of the network and of what torch computes beside it."""

from __future__ import annotations

import threading

import pytest
import torch
from engine_scenes import needs_model

from utrack_ros.checks.processor import Processor
from utrack_ros.engine import load_tracker, threads
from utrack_ros.engine.threads import (
    give_torch_all,
    keep_within_processors,
    leave_torch_one,
    network_threads,
    set_network_threads,
)


@pytest.fixture(autouse=True)
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    leave_torch_one(False)
    torch.set_num_threads(before)


def counts():
    return network_threads(), torch.get_num_threads()


def test_the_network_has_torchs_threads_unless_something_else_runs_it():
    assert counts() == (2, 2)
    leave_torch_one(True)
    assert counts() == (2, 1)
    leave_torch_one(True)
    assert counts() == (2, 1)
    leave_torch_one(False)
    assert counts() == (2, 2)
    leave_torch_one(False)
    assert counts() == (2, 2)


def test_another_count_is_the_networks():
    set_network_threads(3)
    assert counts() == (3, 3)
    leave_torch_one(True)
    set_network_threads(2)
    assert counts() == (2, 1)
    leave_torch_one(False)
    assert counts() == (2, 2)


def test_a_tracker_that_runs_in_another_thread_notices_nothing_of_one_that_is_loaded():
    found, loading, looked = [], threading.Event(), threading.Event()

    def run():
        leave_torch_one(True)
        found.append(counts())
        loading.set()
        assert looked.wait(20.0)
        found.append(counts())

    runner = threading.Thread(target=run)
    runner.start()
    assert loading.wait(20.0)
    give_torch_all()
    assert counts() == (2, 2)
    looked.set()
    runner.join(20.0)
    assert found == [(2, 1), (2, 1)]
    leave_torch_one(True)
    assert counts() == (2, 1)


@pytest.mark.parametrize(("cpus", "left"), [(1, 1), (2, 2), (8, 2)])
def test_a_container_with_fewer_processors_gets_fewer_threads(monkeypatch, cpus, left):
    monkeypatch.setattr(threads, "read_processor", lambda: Processor(cpus=cpus))
    keep_within_processors()
    assert network_threads() == left


@needs_model
def test_the_tracker_that_was_loaded_last_decides():
    pytest.importorskip("onnxruntime")
    load_tracker(engine="onnxruntime", device="cpu")
    assert counts() == (2, 1)
    load_tracker(engine="onnxruntime", device="cpu")
    assert counts() == (2, 1)
    load_tracker(engine="torch", device="cpu")
    assert counts() == (2, 2)
