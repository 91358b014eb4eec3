"""What is ONNX Runtime's own: its threads, its fixed shapes, and that it reports nothing."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from engine_scenes import needs_model

from utrack_ros.engine.graph import Graph
from utrack_ros.engine.onnxruntime_engine import OnnxRuntimeEngine, make_session
from utrack_ros.network.build import build_network

runtime = pytest.importorskip("onnxruntime", reason="needs ONNX Runtime: pip install onnxruntime")
pytest.importorskip("onnx", reason="needs the package onnx: pip install onnx")


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
    graph = Graph(torch.nn.Conv2d(3, 8, 3), ["x"], ["y"], make_session)
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
    graph = Graph(torch.nn.Conv2d(3, 32, 3), ["x"], ["y"], make_session)
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


@needs_model
def test_the_network_of_the_shipped_model_fits_a_fixed_shape():
    ours = OnnxRuntimeEngine(build_network(), 288)
    session = runtime.InferenceSession(ours.graph.files[0], providers=["CPUExecutionProvider"])
    assert [one.shape for one in session.get_inputs()] == [[1, 288, 288, 3]]
    assert [one.shape for one in session.get_outputs()] == [[1, 176, 18, 18], [1, 40, 36, 36], [1, 80, 18, 18]]


REPORTS = """
import torch, numpy
from utrack_ros.engine.graph import Graph
from utrack_ros.engine.onnxruntime_engine import make_session
torch.set_num_threads(1)
Graph(torch.nn.Conv2d(3, 8, 3), ["x"], ["y"], make_session)(numpy.zeros((1, 3, 8, 8), numpy.float32))
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
