"""The files of a model that trackers of one process share."""

from dataclasses import replace

import pytest
from engine_scenes import needs_model, randomised, seen

from utrack_ros.core.errors import ConfigError
from utrack_ros.engine import graph, load_tracker
from utrack_ros.engine.graph import files_of
from utrack_ros.engine.graph_engine import GraphEngine
from utrack_ros.engine.onnxruntime_engine import RUNTIME
from utrack_ros.network.part import SIZES_HW

pytest.importorskip("onnxruntime", reason="needs ONNX Runtime: pip install onnxruntime")
pytest.importorskip("onnx", reason="needs the package onnx: pip install onnx")


@pytest.fixture
def written(monkeypatch):
    """The modules that were written as a file."""
    modules, write = [], graph.to_onnx
    monkeypatch.setattr(graph, "to_onnx", lambda module, *others: modules.append(module) or write(module, *others))
    files_of.cache_clear()
    return modules


def boxes():
    """What a new tracker makes of a vehicle that moves."""
    tracker = load_tracker(None, "cpu", engine="onnxruntime")
    tracker.init(seen(300, 300), (300.0, 300.0, 60.0, 40.0))
    return [tracker.update(seen(300 + 4 * step, 300)) for step in range(3)]


@needs_model
def test_the_next_tracker_of_a_model_writes_no_file_and_finds_the_same(written):
    first, count = boxes(), len(written)
    assert count > 3
    assert boxes() == first
    assert len(written) == count


def test_each_part_of_the_network_has_files_of_its_own(written):
    files = files_of("a")
    GraphEngine(randomised(), 256, replace(RUNTIME, refining=None), files)
    maps = {"candidates", *(("candidates", size_hw) for size_hw in SIZES_HW)}
    assert {"features"} | maps == set(files)
    assert {len(of_part) for of_part in files.values()} == {1}
    assert sum(map(len, files.values())) == len(written)


def test_an_engine_that_shares_no_files_writes_its_own(written):
    GraphEngine(randomised(), 96, RUNTIME)
    one = len(written)
    GraphEngine(randomised(), 96, RUNTIME)
    assert len(written) == 2 * one > 0


def test_an_engine_that_is_refused_leaves_no_file_for_the_next(monkeypatch):
    files = files_of("refused")
    monkeypatch.setattr(graph, "to_onnx", lambda *_: b"junk")
    with pytest.raises(ConfigError):
        GraphEngine(randomised(), 96, RUNTIME, files)
    monkeypatch.undo()
    assert GraphEngine(randomised(), 96, RUNTIME, files).name == "onnxruntime"


def test_only_the_last_models_files_are_kept():
    files_of("a")["features"][((1,),)] = b"file"
    assert files_of("a")["features"] == {((1,),): b"file"}
    assert files_of("b") == {}
    assert files_of("a") == {}
