"""Objects in processes of their own: answers, errors, and deaths."""

import collections
import importlib
from pathlib import Path

import pytest

from utrack_ros.bench.contestant import Contestant
from utrack_ros.bench.remote import Remote, RemoteError
from utrack_ros.bench.rows import Row


def test_the_object_keeps_its_state_between_calls():
    with Remote("a queue", collections.deque) as queue:
        queue.call("append", 3)
        queue.call("append", 3)
        assert queue.call("count", 3) == 2


def test_a_process_that_dies_is_an_error_with_its_status():
    with Remote("a module", importlib.import_module, "os") as module, pytest.raises(RemoteError, match="status 3"):
        module.call("_exit", 3)


def test_a_call_after_the_death_is_an_error_too():
    with Remote("a module", importlib.import_module, "os") as module:
        for _ in range(2):
            with pytest.raises(RemoteError, match="status 3"):
                module.call("_exit", 3)


def test_the_process_ends_with_its_remote():
    with Remote("a module", importlib.import_module, "os") as module:
        pid = module.call("getpid")
        assert Path(f"/proc/{pid}").exists()

    assert not Path(f"/proc/{pid}").exists()


def test_what_cannot_be_made_says_why():
    with pytest.raises(RemoteError, match="NanoTrack"):
        Remote("nanotrack", Contestant, Row("nanotrack", "nanotrack:/none.onnx,/none.onnx"), 1)
