"""Runtimes that read ONNX against torch: the same numbers and boxes in every shape, twice alike, clear errors."""

import importlib.util
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
import torch
from engine_scenes import needs_model, randomised, seen

from utrack_ros.checks.machine import read_processor
from utrack_ros.core.errors import ConfigError
from utrack_ros.engine import graph, graph_engine, load_tracker, onnx_export
from utrack_ros.engine.graph_engine import GraphEngine
from utrack_ros.engine.onnxruntime_engine import RUNTIME
from utrack_ros.engine.openvino_engine import RUNTIMES
from utrack_ros.engine.torch_engine import TorchEngine
from utrack_ros.network.architectures import ARCHITECTURES
from utrack_ros.network.build import build_network
from utrack_ros.network.part import SIZES_HW, Part, middle_parts

CPU = torch.device("cpu")
MOST_OFF_BF16 = 0.15
"""Of the largest value: bf16 keeps 8 binary digits, and some 40 layers add up what is lost."""


@pytest.fixture(params=[RUNTIME, RUNTIMES["fp32"]], ids=lambda one: one.name)
def runtime(request):
    if request.param.why_missing():
        pytest.skip(request.param.why_missing() + ": " + request.param.install)
    return request.param


@pytest.fixture
def bf16():
    if RUNTIMES["bf16"].why_missing():
        pytest.skip(RUNTIMES["bf16"].why_missing() + ": " + RUNTIMES["bf16"].install)
    if not read_processor().has_bf16:
        pytest.skip("needs a processor with bf16")
    return RUNTIMES["bf16"]


def crops(count, side=96):
    return np.random.default_rng(count).integers(0, 255, (count, side, side, 3), np.uint8)


def assert_alike(found, wanted):
    assert found.shape == wanted.shape
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-5 * float(wanted.abs().max()))


def assert_near(found, wanted):
    assert found.shape == wanted.shape
    assert found.dtype == wanted.dtype == torch.float32
    assert 1e-4 < float((found - wanted).abs().max() / wanted.abs().max()) < MOST_OFF_BF16


def assert_as_torch(runtime, architecture, same):
    ours, theirs = GraphEngine(randomised(architecture), 96, runtime), TorchEngine(randomised(architecture), CPU)
    found, wanted = ours(crops(1)), theirs(crops(1))
    assert ours.stride == theirs.stride
    assert len(found.levels) == len(wanted.levels)
    for one, other in zip((found.classifier, *found.levels), (wanted.classifier, *wanted.levels), strict=True):
        same(one, other)
    assert (ours.overlap is None) == (theirs.overlap is None)
    if ours.overlap is not None:
        same(ours.overlap.candidates_map(found.levels), theirs.overlap.candidates_map(wanted.levels))


@needs_model
def test_parts_of_the_map_are_as_torchs(runtime):
    ours, theirs = GraphEngine(build_network(None), 288, runtime), TorchEngine(build_network(None), CPU)
    levels = theirs(crops(1, 288)).levels
    for part in [*middle_parts((36, 36), 2), Part(16, 10, SIZES_HW[0])]:
        assert_alike(ours.overlap.part_map(levels, part), theirs.overlap.part_map(levels, part))


@needs_model
def test_a_part_that_is_not_torchs_is_refused(runtime, monkeypatch):
    right = graph_engine.GraphOverlap.part_map
    monkeypatch.setattr(graph_engine.GraphOverlap, "part_map", lambda *of: 1.01 * right(*of))
    with pytest.raises(ConfigError, match="to give torch's numbers, but got numbers that are off by"):
        GraphEngine(build_network(None), 288, runtime)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_gives_the_numbers_of_torch(runtime, architecture):
    assert_as_torch(runtime, architecture, assert_alike)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_bf16_is_near_torch_and_is_not_fp32_by_another_name(bf16, architecture):
    assert_as_torch(bf16, architecture, assert_near)


@pytest.mark.parametrize(("count", "side"), [(2, 96), (23, 96), (1, 64), (3, 288)])
def test_batches_and_crops_of_other_sizes_give_the_numbers_of_torch(runtime, count, side):
    ours, theirs = GraphEngine(randomised(), 96, runtime), TorchEngine(randomised(), CPU)
    found, wanted = ours(crops(count, side)), theirs(crops(count, side))
    assert_alike(found.classifier, wanted.classifier)
    for one, other in zip(found.levels, wanted.levels, strict=True):
        assert_alike(one, other)


def test_crops_that_lie_scattered_in_memory_are_read_right(runtime):
    wide = crops(2, 192)[:, ::2, ::-2]
    ours = GraphEngine(randomised(), 96, runtime)
    assert_alike(ours(wide).classifier, ours(wide.copy()).classifier)


def test_features_of_one_frame_outlive_the_next(runtime):
    ours = GraphEngine(randomised(), 96, runtime)
    first = ours(crops(1))
    kept = first.classifier.clone()
    map_first = ours.overlap.candidates_map(first.levels)
    map_kept = map_first.clone()
    second = ours(crops(2))
    ours.overlap.candidates_map(tuple(level[1:] for level in second.levels))
    assert torch.equal(first.classifier, kept)
    assert torch.equal(map_first, map_kept)


STEPS = [(6, -4, 1.0), (-10, 8, 1.08), (0, 12, 0.93)]


def boxes_after(step, *ways):
    dx, dy, growth = step
    boxes = []
    for engine, precision in ways:
        tracker = load_tracker(device="cpu", engine=engine, precision=precision)
        assert (tracker.engine, tracker.precision) == (engine, precision)
        tracker.init(seen(300, 300), (300, 300, 60, 40))
        boxes.append(tracker.update(seen(300 + dx, 300 + dy, growth)).box_xywh)
    assert boxes[1][0] == pytest.approx(300 + dx, abs=6)
    return boxes


@needs_model
def test_twenty_frames_on_the_boxes_are_still_those_of_torch(runtime):
    trackers = [load_tracker(device="cpu", engine=engine) for engine in ("torch", runtime.name)]
    for tracker in trackers:
        tracker.init(seen(300, 300), (300, 300, 60, 40))
    for step in range(1, 21):
        image = seen(300 + 4 * step, 300 - 3 * step, 1 + 0.01 * step)
        theirs, ours = (tracker.update(image) for tracker in trackers)
        assert ours.box_xywh == pytest.approx(theirs.box_xywh, abs=0.01)
        assert ours.score == pytest.approx(theirs.score, abs=1e-4)


@needs_model
@pytest.mark.parametrize("step", STEPS)
def test_the_box_is_that_of_torch_to_a_tenth_of_a_pixel(runtime, step):
    theirs, ours = boxes_after(step, ("torch", "fp32"), (runtime.name, "fp32"))
    assert ours == pytest.approx(theirs, abs=0.1)


@needs_model
@pytest.mark.usefixtures("bf16")
@pytest.mark.parametrize("step", STEPS)
def test_the_box_in_bf16_is_that_of_torch_to_half_a_pixel(step):
    theirs, ours = boxes_after(step, ("torch", "fp32"), ("openvino", "bf16"))
    assert ours == pytest.approx(theirs, abs=0.5)


@needs_model
def test_two_runs_give_the_same_boxes_to_the_last_digit(runtime):
    runs = []
    for _ in range(2):
        tracker = load_tracker(device="cpu", engine=runtime.name)
        tracker.init(seen(300, 300), (300, 300, 60, 40))
        runs.append([tracker.update(seen(300 + 5 * n, 300 - 3 * n)).box_xywh for n in range(1, 6)])
    assert runs[0] == runs[1]


@pytest.mark.parametrize("one", [RUNTIME, RUNTIMES["fp32"]], ids=lambda one: one.name)
@pytest.mark.parametrize("which", [0, 1])
def test_a_missing_package_is_named_with_what_to_do(one, which, monkeypatch):
    package, find = one.packages[which], importlib.util.find_spec
    monkeypatch.setattr(
        graph_engine.importlib.util,
        "find_spec",
        lambda name: None if name == package else find("json") if name in one.packages else find(name),
    )
    advice = rf"no package {package}\. Install it: pip install onnx (onnxruntime )?{one.name}"
    with pytest.raises(ConfigError, match=advice):
        GraphEngine(randomised(), 96, one)


@pytest.mark.parametrize("error", [RuntimeError, AttributeError, ImportError, ValueError])
def test_a_torch_that_cannot_write_onnx_is_named(runtime, monkeypatch, error):
    def fail(*_, **__):
        raise error("module 'ml_dtypes' has no attribute 'float4_e2m1fn'")

    monkeypatch.setattr(onnx_export.torch.onnx, "export", fail)
    with pytest.raises(ConfigError, match=r"a torch that writes ONNX, but got torch .*float4_e2m1fn"):
        GraphEngine(randomised(), 96, runtime)


def test_a_runtime_that_fails_in_its_first_crop_is_named(runtime):
    def make_session(*_):
        def run(inputs):
            raise ValueError("Non-zero status code returned while running Conv node")

        return run

    failing = replace(runtime, make_session=make_session)
    with pytest.raises(ConfigError, match=rf"an {runtime.title} that runs the network, but got .*Conv node"):
        GraphEngine(randomised(), 96, failing)


@pytest.mark.parametrize("one", [RUNTIME, RUNTIMES["fp32"]], ids=lambda one: one.name)
def test_the_advice_to_install_keeps_numpy_as_it_is(one):
    assert f"numpy=={np.__version__}" in one.install


def test_a_runtime_that_refuses_the_file_is_named(runtime, monkeypatch):
    monkeypatch.setattr(graph, "to_onnx", lambda *_: b"junk")
    with pytest.raises(ConfigError, match=f"an {runtime.title} that reads the network"):
        GraphEngine(randomised(), 96, runtime)


def test_numbers_that_are_not_torchs_are_refused(runtime, monkeypatch):
    wrong = onnx_export.to_onnx

    def other_network(module, *rest):
        torch.manual_seed(1)
        for weight in module.parameters():
            weight.data.mul_(1.01)
        try:
            return wrong(module, *rest)
        finally:
            for weight in module.parameters():
                weight.data.div_(1.01)

    monkeypatch.setattr(graph, "to_onnx", other_network)
    with pytest.raises(ConfigError, match="to give torch's numbers, but got numbers that are off by"):
        GraphEngine(randomised(), 96, runtime)


@pytest.mark.parametrize(
    ("off", "why"),
    [
        ([0.2, 0, 0, 0, 0, 0], r"a refined box that is off by 0\.2 px"),
        ([0, 0, 0, 0, 0.01, 0], "an SIoU that is off by 1.0e-02"),
        ([0, 0, 0, 0, 0, np.nan], "an SIoU that is off by nan"),
        ([0, 0.05, 0, 0, 0, 0.0005], ""),
    ],
)
def test_a_refinement_is_held_against_torchs_in_pixels_and_in_siou(monkeypatch, off, why):
    if RUNTIME.why_missing():
        pytest.skip(RUNTIME.why_missing() + ": " + RUNTIME.install)
    right = graph_engine.refinement
    monkeypatch.setattr(
        graph_engine,
        "refinement",
        lambda *of: lambda *given: right(*of)(*given) + torch.tensor(off, dtype=torch.float32),
    )
    refused = pytest.raises(ConfigError, match=f"to give torch's numbers, but got {why}") if why else nullcontext()
    with refused:
        GraphEngine(randomised(), 96, RUNTIME)


def test_a_runtime_that_does_not_refine_is_not_held_against_itself(monkeypatch):
    if RUNTIME.why_missing():
        pytest.skip(RUNTIME.why_missing() + ": " + RUNTIME.install)

    def refine(*_):
        pytest.fail("torch's refinement was compared with torch's")

    for name in ("refinement", "stepwise"):
        monkeypatch.setattr(graph_engine, name, refine)
    GraphEngine(randomised(), 96, replace(RUNTIME, refining=None))
