"""CUDA: what waits for the device, on a stand-in where there is none; and the real one where there is."""

import contextlib
import functools
import warnings

import numpy as np
import pytest
import torch
from engine_scenes import needs_model, randomised, seen
from stand_in_gpu import GPU, stand_in_gpu

from utrack_ros.core.config import ClassifierConfig, FittingConfig, RefinementConfig, TrackerConfig
from utrack_ros.core.devices import Owed, send
from utrack_ros.core.reacquisition import SearchingUTrack
from utrack_ros.engine import cuda, load_tracker
from utrack_ros.engine.torch_engine import TorchEngine
from utrack_ros.engine.trial import unlike
from utrack_ros.network.build import build_network

CPU = torch.device("cpu")
BOX = (300.0, 300.0, 60.0, 40.0)
QUICK = TrackerConfig(
    classifier=ClassifierConfig(newton_steps=2, newton_cg_steps=4, dropout_samples=2, update_interval=3),
    refinement=RefinementConfig(fitting=FittingConfig(misfit=0.0, misfit_full=0.0)),
)
"""Learns its target in fewer steps, learns on more often, and fits its SIoU network to every target."""
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


class Unrecorded:
    """In the place of `Replayed`: what would be recorded runs each time."""

    def __init__(self, function, device, what, unlike):
        assert device == GPU
        self._function = function

    def __call__(self, *inputs):
        assert all(one.device == GPU for one in inputs)
        return self._function(*inputs)


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.setattr(cuda, "Replayed", Unrecorded)
    with stand_in_gpu() as stand_in:
        yield stand_in


def flight(frame):
    return seen(300 + 6 * frame, 300 - 4 * frame, 1 + 0.01 * frame)


def box_of_the_next_frame(tracker):
    tracker.init(flight(0), BOX)
    return tracker.update(flight(1)).box_xywh


@pytest.fixture(scope="module")
def on_cpu():
    return box_of_the_next_frame(SearchingUTrack(TorchEngine(build_network(), CPU), QUICK))


@needs_model
def test_a_frame_waits_for_the_device_twice_whatever_it_learns(gpu, on_cpu):
    tracker = SearchingUTrack(TorchEngine(build_network(), GPU), QUICK)
    assert box_of_the_next_frame(tracker) == pytest.approx(on_cpu, abs=0.01)
    for frame in range(2, 2 + QUICK.classifier.update_interval):  # one of them learns
        gpu.waits.clear()
        result = tracker.update(flight(frame))
        assert gpu.waits == ["copy to the host"] * 2  # the score map, then box and likeness
        assert result.score > 0.9
    gpu.waits.clear()
    tracker.rest()
    assert gpu.waits == []

    tracker.update(np.full_like(flight(0), 90))  # nothing to see: a second look, for another size
    assert len(tracker.looks) == 2
    assert 4 <= len(gpu.waits) <= 5  # a score map and a likeness for each look, and what is familiar
    assert set(gpu.waits) <= {"copy to the host", "tolist"}

    for frame in range(5, 7):
        gpu.waits.clear()
        tracker.search(flight(frame))
        assert len(tracker.looks) == 2
        assert 2 <= len(gpu.waits) <= 4  # a score map for each window, the likeness of the better one, its box
        assert set(gpu.waits) <= {"copy to the host", "tolist"}


@needs_model
def test_the_box_in_fp16_is_that_of_fp32_to_half_a_pixel(on_cpu):
    half = SearchingUTrack(TorchEngine(build_network(), CPU, "fp16"), QUICK)
    assert box_of_the_next_frame(half) == pytest.approx(on_cpu, abs=0.5)


@pytest.mark.parametrize(
    ("call", "waits"),
    [
        (lambda x: float(x[0]), 1),
        (lambda x: bool(x.sum() > 0), 1),
        (lambda x: x.tolist(), 1),
        (lambda x: x.max().item(), 1),
        (lambda x: x.cpu().numpy(), 1),
        (lambda x: x[x > 1], 1),
        (lambda x: x[[0, 1]], 1),
        (lambda x: x.nonzero(), 1),
        (lambda x: torch.equal(x, x), 1),
        (lambda x: torch.tensor([1.0], device=x.device), 1),
        (lambda x: torch.ones(3).to(x), 1),
        (lambda x: x.copy_(torch.ones(3)), 1),
        (lambda x: torch.from_numpy(np.ones(3)).to(x.device, non_blocking=True), 1),  # not pinned
        (lambda x: torch.ones(3).pin_memory().to(x.device), 1),
        (lambda x: send(torch.ones(3), x.device), 0),
        (lambda x: torch.arange(3, device=x.device) + x.new_zeros(3), 0),
        (lambda x: torch.where(x > 1, x, 0)[:2].clamp(min=0).sum(), 0),
        (lambda x: x[torch.topk(x, 2).indices], 0),
    ],
)
def test_the_stand_in_knows_what_waits(gpu, call, waits):
    x = torch.arange(3.0, device=GPU)
    call(x)
    assert len(gpu.waits) == waits, gpu.waits


def test_the_stand_in_mixes_no_devices_and_has_no_numpy(gpu):
    x = torch.arange(3.0, device=GPU)
    assert (x.device, (x + 1).device, torch.ones(3).device) == (GPU, GPU, CPU)
    with pytest.raises(RuntimeError, match="on the same device"):
        x + torch.ones(3)
    with pytest.raises(TypeError, match="cuda:0"):
        x.numpy()
    assert (x + torch.tensor(1.0)).tolist() == [1, 2, 3]  # one number goes along with a kernel


def test_what_is_owed_comes_with_the_first_that_is_needed(gpu):
    owed = Owed()
    first = owed.ask(torch.arange(2.0, device=GPU))
    second = owed.ask(torch.arange(3.0, device=GPU) + 5)
    assert gpu.waits == []
    assert second() == [5, 6, 7]
    assert first() == [0, 1]
    assert len(gpu.waits) == 1
    assert owed.ask(torch.ones(1, device=GPU))() == [1]
    assert first() == [0, 1]
    assert len(gpu.waits) == 2


class FakeCuda:
    """What `Replayed` uses of CUDA: a replay runs the recorded function on the inputs and writes into the outputs.

    Attributes:
        recorded: the error mode of each recording.
        replays: how many there were.
        calls: shapes that the function was called with, outside of replays.
        fails: whether a recording does.
        stale: whether a replay does nothing.
    """

    def __init__(self):
        self.recorded, self.replays, self.calls = [], 0, []
        self.fails = self.stale = False
        self._graph = None

    def double(self, x):
        self.calls.append(tuple(x.shape))
        outputs = (2 * x,)
        if self._graph is not None:
            self._graph.work = lambda: outputs[0].copy_(2 * x)
        return outputs

    def graph_class(self):
        class Graph:
            def replay(graph):
                self.replays += 1
                if not self.stale:
                    graph.work()

        return Graph

    @contextlib.contextmanager
    def recording(self, graph, capture_error_mode):
        self.recorded.append(capture_error_mode)
        if self.fails:
            raise RuntimeError("CUDA error: operation not permitted when stream is capturing\nlong advice")
        self._graph = graph
        yield
        self._graph = None


@pytest.fixture
def fake(monkeypatch):
    class Stream:
        def wait_stream(self, other):
            pass

    cuda_of_test = FakeCuda()
    for name, one in {
        "device": contextlib.nullcontext,
        "stream": contextlib.nullcontext,
        "Stream": Stream,
        "current_stream": Stream,
        "CUDAGraph": cuda_of_test.graph_class(),
        "graph": cuda_of_test.recording,
    }.items():
        monkeypatch.setattr(torch.cuda, name, one)
    return cuda_of_test


def replayed_double(fake):
    return cuda.Replayed(fake.double, GPU, "the double", functools.partial(unlike, most_off=1e-3))


def test_a_recording_is_made_once_for_each_shape_and_gives_new_tensors(fake):
    replayed = replayed_double(fake)
    one = replayed(torch.ones(3))
    two = replayed(torch.full((3,), 5.0))
    replayed(torch.ones(4))
    assert fake.recorded == ["thread_local"] * 2
    runs = cuda.WARM_UP_RUNS + 2  # the recording, and what it is compared with
    assert fake.calls == [(3,)] * runs + [(4,)] * runs
    assert fake.replays == 5  # two of them to compare
    assert one[0].tolist() == [2, 2, 2]
    assert two[0].tolist() == [10, 10, 10]
    assert one[0].data_ptr() != two[0].data_ptr()


def test_a_recording_takes_whole_numbers_too(fake, caplog):
    assert replayed_double(fake)(torch.tensor([3, 0], dtype=torch.uint8))[0].tolist() == [6, 0]
    assert fake.replays == 2
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("fault", "why"),
    [("fails", "RuntimeError: CUDA error: operation not permitted"), ("stale", "off by 1.1e-01 of the largest")],
)
def test_a_graph_that_fails_or_differs_is_not_used_which_is_said_once(fake, caplog, fault, why):
    setattr(fake, fault, True)
    replayed = replayed_double(fake)
    assert replayed(torch.ones(3))[0].tolist() == [2, 2, 2]
    assert replayed(torch.full((3,), 5.0))[0].tolist() == [10, 10, 10]
    assert len(fake.recorded) == 1
    (said,) = caplog.records
    assert said.levelname == "WARNING"
    assert said.getMessage().startswith("the CUDA graph of the double, inputs (3,), against the same without graph: ")
    assert why in said.getMessage()
    assert "\n" not in said.getMessage()


def test_a_function_that_fails_without_graph_is_an_error(fake):
    def fail(x):
        raise RuntimeError("CUDA error: out of memory")

    fake.double = fail
    with pytest.raises(RuntimeError, match="out of memory"):
        replayed_double(fake)(torch.ones(3))


@pytest.mark.usefixtures("gpu")
@pytest.mark.parametrize(
    ("device", "precision", "tf32"), [(GPU, "fp32", False), (GPU, "fp16", True), (CPU, "fp32", True)]
)
def test_fp32_on_cuda_is_not_tf32(monkeypatch, device, precision, tf32):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    TorchEngine(randomised(), device, precision)
    assert torch.backends.cudnn.allow_tf32 == tf32


def test_fp16_is_near_fp32_and_is_not_fp32_by_another_name():
    crops = np.random.default_rng(0).integers(0, 255, (1, 96, 96, 3), np.uint8)
    half, whole = TorchEngine(randomised(), CPU, "fp16"), TorchEngine(randomised(), CPU)
    assert (half.precision, whole.precision) == ("fp16", "fp32")
    found, wanted = half(crops), whole(crops)
    maps = [half.overlap.candidates_map(found.levels), whole.overlap.candidates_map(wanted.levels)]
    pairs = zip([found.classifier, *found.levels, maps[0]], [wanted.classifier, *wanted.levels, maps[1]], strict=True)
    for one, other in pairs:
        assert one.dtype == torch.float32
        assert 1e-5 < float((one - other).abs().max() / other.abs().max()) < 0.02


@pytest.mark.cuda
@needs_cuda
@needs_model
@pytest.mark.parametrize(("precision", "far_px"), [("fp32", 0.3), ("fp16", 0.5)])
def test_real_cuda_gives_the_boxes_of_the_cpu_and_waits_twice_a_frame(precision, far_px):
    tracker = load_tracker(device="cuda:0", precision=precision)
    on_cpu = load_tracker(device="cpu")
    for one in (tracker, on_cpu):
        one.init(flight(0), BOX)
    assert tracker.update(flight(1)).box_xywh == pytest.approx(on_cpu.update(flight(1)).box_xywh, abs=far_px)
    for frame in range(2, 14):
        torch.cuda.set_sync_debug_mode("warn")
        try:
            with warnings.catch_warnings(record=True) as waits:
                warnings.simplefilter("always")
                tracker.update(flight(frame))
        finally:
            torch.cuda.set_sync_debug_mode("default")
        assert len([one for one in waits if "synchronizing" in str(one.message)]) <= 2


@pytest.mark.cuda
@needs_cuda
@needs_model
def test_real_recordings_repeat_to_the_last_digit():
    runs = []
    for _ in range(2):
        tracker = load_tracker(device="cuda:0")
        tracker.init(flight(0), BOX)
        runs.append(tracker.update(flight(1)).box_xywh)
    assert runs[0] == runs[1]
