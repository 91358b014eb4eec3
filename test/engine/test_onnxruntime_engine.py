"""ONNX Runtime against torch: the same numbers and boxes in every shape, twice alike, on as many threads as torch."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from engine_scenes import needs_model, randomised, seen

from utrack_ros.core.errors import ConfigError
from utrack_ros.engine import load_tracker, onnx_export, onnxruntime_engine
from utrack_ros.engine.onnxruntime_engine import Graph, OnnxRuntimeEngine
from utrack_ros.engine.torch_engine import TorchEngine
from utrack_ros.network.architectures import ARCHITECTURES
from utrack_ros.network.build import build_network

runtime = pytest.importorskip("onnxruntime", reason="needs ONNX Runtime: pip install onnxruntime")
pytest.importorskip("onnx", reason="needs the package onnx: pip install onnx")

CPU = torch.device("cpu")


def crops(count, side=96):
    return np.random.default_rng(count).integers(0, 255, (count, side, side, 3), np.uint8)


def assert_alike(found, wanted):
    assert found.shape == wanted.shape
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-5 * float(wanted.abs().max()))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_gives_the_numbers_of_torch(architecture):
    ours, theirs = OnnxRuntimeEngine(randomised(architecture), 96), TorchEngine(randomised(architecture), CPU)
    found, wanted = ours(crops(1)), theirs(crops(1))
    assert ours.stride == theirs.stride
    assert len(found.levels) == len(wanted.levels)
    for one, other in zip((found.classifier, *found.levels), (wanted.classifier, *wanted.levels), strict=True):
        assert_alike(one, other)
    assert (ours.overlap is None) == (theirs.overlap is None)
    if ours.overlap is not None:
        assert_alike(ours.overlap.candidates_map(found.levels), theirs.overlap.candidates_map(wanted.levels))


@pytest.mark.parametrize(("count", "side"), [(2, 96), (23, 96), (1, 64), (3, 288)])
def test_batches_and_crops_of_other_sizes_give_the_numbers_of_torch(count, side):
    ours, theirs = OnnxRuntimeEngine(randomised(), 96), TorchEngine(randomised(), CPU)
    found, wanted = ours(crops(count, side)), theirs(crops(count, side))
    assert_alike(found.classifier, wanted.classifier)
    for one, other in zip(found.levels, wanted.levels, strict=True):
        assert_alike(one, other)


def test_crops_that_lie_scattered_in_memory_are_read_right():
    wide = crops(2, 192)[:, ::2, ::-2]
    ours = OnnxRuntimeEngine(randomised(), 96)
    assert_alike(ours(wide).classifier, ours(wide.copy()).classifier)


def test_features_of_one_frame_outlive_the_next():
    ours = OnnxRuntimeEngine(randomised(), 96)
    first = ours(crops(1))
    kept = first.classifier.clone()
    ours(crops(2))
    assert torch.equal(first.classifier, kept)


@needs_model
@pytest.mark.parametrize("step", [(6, -4, 1.0), (-10, 8, 1.08), (0, 12, 0.93)])
def test_the_box_is_that_of_torch_to_a_tenth_of_a_pixel(step):
    dx, dy, growth = step
    boxes = []
    for engine in ("torch", "onnxruntime"):
        tracker = load_tracker(device="cpu", engine=engine)
        assert tracker.engine == engine
        tracker.init(seen(300, 300), (300, 300, 60, 40))
        boxes.append(tracker.update(seen(300 + dx, 300 + dy, growth)).box_xywh)
    assert boxes[1] == pytest.approx(boxes[0], abs=0.1)
    assert boxes[1][0] == pytest.approx(300 + dx, abs=6)


@needs_model
def test_two_runs_give_the_same_boxes_to_the_last_digit():
    runs = []
    for _ in range(2):
        tracker = load_tracker(device="cpu", engine="onnxruntime")
        tracker.init(seen(300, 300), (300, 300, 60, 40))
        runs.append([tracker.update(seen(300 + 5 * n, 300 - 3 * n)).box_xywh for n in range(1, 6)])
    assert runs[0] == runs[1]


def threads_of_this_process():
    return len(list(Path("/proc/self/task").iterdir()))


@pytest.fixture
def torch_threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("torch_threads")
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux's /proc")
def test_it_has_as_many_threads_as_torch_also_when_they_change():
    graph = Graph(torch.nn.Conv2d(3, 8, 3), ["x"], ["y"])
    picture = np.zeros((1, 3, 64, 64), np.float32)
    torch.set_num_threads(1)
    graph(picture)
    alone = threads_of_this_process()
    torch.set_num_threads(4)
    graph(picture)
    assert threads_of_this_process() == alone + 3  # the fourth is the caller
    torch.set_num_threads(1)
    graph(picture)
    assert threads_of_this_process() == alone


def cpu_s_beside_pauses():
    """Return the processor time of half a second of small pieces of work with pauses between them."""
    graph = Graph(torch.nn.Conv2d(3, 32, 3), ["x"], ["y"])
    picture = np.zeros((1, 3, 256, 256), np.float32)
    graph(picture)
    pause = threading.Event()
    end_s, before_s = time.monotonic() + 0.5, time.process_time()
    while time.monotonic() < end_s:
        graph(picture)
        pause.wait(0.02)
    return time.process_time() - before_s


@pytest.mark.usefixtures("torch_threads")
def test_its_threads_sleep_between_frames(monkeypatch):
    class Spinning(runtime.SessionOptions):
        def add_session_config_entry(self, key, value):
            assert (key, value) == ("session.intra_op.allow_spinning", "0")

    torch.set_num_threads(2)
    asleep_s = cpu_s_beside_pauses()
    monkeypatch.setattr(runtime, "SessionOptions", Spinning)
    assert asleep_s < cpu_s_beside_pauses() / 2


@pytest.mark.parametrize("package", ["onnxruntime", "onnx"])
def test_a_missing_package_is_named_with_what_to_do(package, monkeypatch):
    find = onnxruntime_engine.importlib.util.find_spec
    monkeypatch.setattr(
        onnxruntime_engine.importlib.util, "find_spec", lambda name: None if name == package else find(name)
    )
    with pytest.raises(ConfigError, match=rf"no package {package}\. Install it: pip install onnx onnxruntime"):
        OnnxRuntimeEngine(randomised(), 96)


@pytest.mark.parametrize("error", [RuntimeError, AttributeError, ImportError, ValueError])
def test_a_torch_that_cannot_write_onnx_is_named(monkeypatch, error):
    def fail(*_, **__):
        raise error("module 'ml_dtypes' has no attribute 'float4_e2m1fn'")

    monkeypatch.setattr(onnx_export.torch.onnx, "export", fail)
    with pytest.raises(ConfigError, match=r"a torch that writes ONNX, but got torch .*float4_e2m1fn"):
        OnnxRuntimeEngine(randomised(), 96)


def test_a_runtime_that_fails_in_its_first_crop_is_named(monkeypatch):
    class Failing(runtime.InferenceSession):
        def run(self, *_, **__):
            raise ValueError("Non-zero status code returned while running Conv node")

    monkeypatch.setattr(runtime, "InferenceSession", Failing)
    with pytest.raises(ConfigError, match=r"an ONNX Runtime that runs the network, but got .*Conv node"):
        OnnxRuntimeEngine(randomised(), 96)


def test_the_advice_to_install_keeps_numpy_as_it_is():
    assert f"numpy=={np.__version__}" in onnx_export.INSTALL


def test_a_runtime_that_refuses_the_file_is_named(monkeypatch):
    monkeypatch.setattr(onnxruntime_engine, "to_onnx", lambda *_: b"junk")
    with pytest.raises(ConfigError, match="an ONNX Runtime that reads the network"):
        OnnxRuntimeEngine(randomised(), 96)


def test_numbers_that_are_not_torchs_are_refused(monkeypatch):
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

    monkeypatch.setattr(onnxruntime_engine, "to_onnx", other_network)
    with pytest.raises(ConfigError, match="to give torch's numbers, but got numbers that are off by"):
        OnnxRuntimeEngine(randomised(), 96)


@needs_model
def test_the_network_of_the_shipped_model_fits_a_fixed_shape():
    ours = OnnxRuntimeEngine(build_network(), 288)
    session = runtime.InferenceSession(ours.graph.files[0], providers=["CPUExecutionProvider"])
    assert [one.shape for one in session.get_inputs()] == [[1, 288, 288, 3]]
    assert [one.shape for one in session.get_outputs()] == [[1, 176, 18, 18], [1, 40, 36, 36], [1, 80, 18, 18]]


REPORTS = """
import torch, numpy
from utrack_ros.engine.onnxruntime_engine import Graph
torch.set_num_threads(1)
Graph(torch.nn.Conv2d(3, 8, 3), ["x"], ["y"])(numpy.zeros((1, 3, 8, 8), numpy.float32))
print("ran")
"""


@pytest.mark.parametrize(("said", "reports"), [(None, False), ("0", True)])
def test_nothing_is_reported_to_its_vendor_unless_the_user_wants_it(tmp_path, said, reports):
    if reports and tuple(map(int, runtime.__version__.split(".")[:2])) < (1, 29):
        pytest.skip("this ONNX Runtime never reports")
    env = {name: value for name, value in os.environ.items() if name not in ("ORT_DISABLE_TELEMETRY", "CI")}
    env |= {"XDG_CACHE_HOME": str(tmp_path), "HTTPS_PROXY": "http://127.0.0.1:9"}  # a report would go nowhere
    env |= {} if said is None else {"ORT_DISABLE_TELEMETRY": said}
    done = subprocess.run([sys.executable, "-c", REPORTS], env=env, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["ran"], done.stderr
    assert bool(list(tmp_path.iterdir())) == reports
