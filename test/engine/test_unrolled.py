"""The refinement as one graph of a runtime: from the same state, the box of torch; in every run the same."""

import numpy as np
import pytest
import torch
from engine_scenes import randomised

from utrack_ros.core.config import RefinementConfig
from utrack_ros.core.network import RefiningModel, refinement, stepwise
from utrack_ros.core.refinement import Refiner, read_refined
from utrack_ros.engine.graph_engine import GraphEngine
from utrack_ros.engine.onnxruntime_engine import RUNTIME
from utrack_ros.engine.torch_engine import TorchEngine

pytest.importorskip("onnxruntime", reason="needs ONNX Runtime: pip install onnxruntime")
pytest.importorskip("onnx", reason="needs the package onnx: pip install onnx")

BOXES = torch.tensor([[30.0, 28, 40, 36], [20, 40, 60, 16], [-10, 50, 40, 40], [45, 3, 7, 60]])
"""In a crop of 96 px: square, long, over the border, high."""


@pytest.fixture(scope="module")
def engine():
    return GraphEngine(randomised(), 96, RUNTIME)


@pytest.fixture(scope="module")
def seen(engine):
    crops = np.random.default_rng(0).integers(0, 255, (2, 96, 96, 3), np.uint8)
    return [engine(crop[None]).levels for crop in crops]


def found(engine, seen, box_xywh, config, way):
    reference = engine.overlap.reference(seen[0], box_xywh)
    refine = way(engine.overlap, Refiner(config))
    numbers = refine(engine.overlap.candidates_map(seen[1]), reference, box_xywh, box_xywh[:2] + box_xywh[2:] / 2 + 3)
    return read_refined(numbers.clone())


@pytest.mark.parametrize("box_xywh", BOXES, ids=str)
@pytest.mark.parametrize("change", [{}, {"mu": 0.0, "keep": 1}, {"steps": 2, "candidates": 11}], ids=str)
def test_from_the_same_state_the_box_is_that_of_torch(engine, seen, box_xywh, change):
    config = RefinementConfig(**change)
    ours, theirs = (found(engine, seen, box_xywh, config, way) for way in (refinement, stepwise))

    assert not torch.equal(theirs.box_xywh, box_xywh)  # something was refined
    assert ours.box_xywh.tolist() == pytest.approx(theirs.box_xywh.tolist(), abs=0.01)
    assert ours.overlap == pytest.approx(theirs.overlap, abs=1e-4)
    assert ours.coarse_overlap == pytest.approx(theirs.coarse_overlap, abs=1e-4)


def test_two_runs_give_the_same_box_to_the_last_digit(engine, seen):
    first, second = (found(engine, seen, BOXES[0], RefinementConfig(), refinement) for _ in range(2))
    assert torch.equal(first.box_xywh, second.box_xywh)


def test_targets_that_count_other_channels_share_a_session(engine, seen):
    sessions = []
    made = engine.overlap._refining

    def counted(file, threads):
        sessions.append(threads)
        return made(file, threads)

    engine.overlap._refining = counted
    config = RefinementConfig(candidates=7)
    counts = {engine.overlap.reference(seen[0], box)[0].shape[1] for box in BOXES}
    for box_xywh in BOXES:
        found(engine, seen, box_xywh, config, refinement)

    assert len(counts) > 1
    assert sessions == [1]  # one, with one thread


def test_no_box_comes_of_numbers_that_are_none(engine, seen):
    nothing = BOXES[0] * torch.nan
    assert found(engine, seen, nothing, RefinementConfig(), refinement).box_xywh.isnan().all()


def test_torch_goes_step_by_step():
    assert not isinstance(TorchEngine(randomised(), torch.device("cpu")).overlap, RefiningModel)
