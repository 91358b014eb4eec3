"""What is OpenVINO's own: its threads, its two precisions, and that it writes and reports nothing."""

import os
import subprocess
import sys
import threading
import time
from importlib.machinery import PathFinder

import numpy as np
import pytest
import torch
from engine_scenes import randomised

from utrack_ros.checks.machine import read_processor
from utrack_ros.core.errors import ConfigError
from utrack_ros.engine import openvino_engine
from utrack_ros.engine.graph import Graph
from utrack_ros.engine.openvino_engine import OpenVinoEngine, make_session

if openvino_engine.RUNTIMES["fp32"].why_missing():
    pytest.skip("needs OpenVINO: pip install onnx onnxruntime openvino", allow_module_level=True)


@pytest.fixture
def torch_threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def made(monkeypatch):
    """The networks that OpenVINO has compiled."""
    core, networks = openvino_engine.core(), []

    class Watched:
        def __getattr__(self, name):
            return getattr(core, name)

        def compile_model(self, *args):
            networks.append(core.compile_model(*args))
            return networks[-1]

    monkeypatch.setattr(openvino_engine, "core", Watched)
    return networks


def picture(side=64):
    return np.zeros((1, 3, side, side), np.float32)


@pytest.mark.usefixtures("torch_threads")
@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two processors")
def test_it_has_as_many_threads_as_torch_also_when_they_change(made):
    graph = Graph(torch.nn.Conv2d(3, 8, 3), ["x"], ["y"], make_session)
    for threads in (1, 2, 2, 1):
        torch.set_num_threads(threads)
        graph(picture())
    assert [one.get_property("INFERENCE_NUM_THREADS") for one in made] == [1, 2, 1]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_network_has_the_precision_that_was_asked_for(made, precision):
    if precision == "bf16" and not read_processor().has_bf16:
        pytest.skip("needs a processor with bf16")
    engine = OpenVinoEngine(randomised(), 96, precision)
    assert (engine.name, engine.precision) == ("openvino", precision)
    told = {"fp32": "f32", "bf16": "bf16"}[precision]
    assert [one.get_property("INFERENCE_PRECISION_HINT").to_string() for one in made] == [told] * 2


def test_the_processor_is_not_kept_from_moving_threads(made):
    OpenVinoEngine(randomised(), 96)
    assert [one.get_property("ENABLE_CPU_PINNING") for one in made] == [False, False]


@pytest.mark.usefixtures("torch_threads")
def test_its_threads_sleep_between_frames():
    torch.set_num_threads(2)
    graph = Graph(torch.nn.Conv2d(3, 32, 3), ["x"], ["y"], make_session)
    for _ in range(20):
        graph(picture(256))
    pause, frames = threading.Event(), 20
    busy_s = paused_s = 0.0
    for _ in range(frames):
        before_s = time.process_time()
        graph(picture(256))
        between_s = time.process_time()
        pause.wait(0.05)
        busy_s, paused_s = busy_s + between_s - before_s, paused_s + time.process_time() - between_s
    assert paused_s < 0.1 * 0.05 * frames  # one spinning thread would take all of the pauses


def test_an_openvino_that_does_not_load_is_named(monkeypatch):
    def fail():
        raise ImportError("libtbb.so.12: cannot open shared object file")

    monkeypatch.setattr(openvino_engine, "core", fail)
    with pytest.raises(ConfigError, match=r"an OpenVINO that reads the network, but got ImportError.*libtbb.*Install"):
        OpenVinoEngine(randomised(), 96)


REPORTER = """
import pathlib
class Telemetry:
    def __init__(self, *args, **kwargs):
        pathlib.Path.home().joinpath("reported").touch()
    def send_event(self, *args):
        pass
"""

RUNS = """
import torch, numpy
from utrack_ros.engine.graph import Graph
from utrack_ros.engine.openvino_engine import make_session
torch.set_num_threads(1)
Graph(torch.nn.Conv2d(3, 8, 3), ["x"], ["y"], make_session)(numpy.zeros((1, 3, 8, 8), numpy.float32))
"""


@pytest.mark.parametrize(("code", "reports"), [(RUNS, False), ("import openvino", True)])
def test_nothing_is_written_into_the_home_and_nothing_reported(tmp_path, code, reports):
    """OpenVINO reports through a package, which stands here for itself: it leaves a mark when it is asked to report."""
    home, packages = tmp_path / "home", tmp_path / "packages"
    for folder in (home, packages / "openvino_telemetry" / "backend"):
        folder.mkdir(parents=True)
    (packages / "openvino_telemetry" / "__init__.py").write_text(REPORTER)
    (packages / "openvino_telemetry" / "backend" / "__init__.py").write_text("backend_ga4 = None\n")
    env = {name: value for name, value in os.environ.items() if not name.startswith("XDG_") and name != "CI"}
    env |= {"HOME": str(home), "PYTHONPATH": os.pathsep.join([str(packages), *sys.path])}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in home.iterdir()] == (["reported"] if reports else [])


WATCH = """
import sys
def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.fork"):
        print(event)
sys.addaudithook(watch)
"""


@pytest.mark.parametrize(("code", "reports"), [(RUNS, False), ("import openvino", True)])
def test_nothing_is_sent(tmp_path, code, reports):
    if reports and PathFinder.find_spec("openvino_telemetry") is None:  # it may be hidden in this process
        pytest.skip("this OpenVINO has nothing to report with")
    env = {name: value for name, value in os.environ.items() if name != "CI"}
    env |= {"HOME": str(tmp_path), "HTTPS_PROXY": "http://127.0.0.1:9"}  # a report would go nowhere
    done = subprocess.run([sys.executable, "-c", WATCH + code], env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert bool(done.stdout) == reports
    assert bool(list(tmp_path.iterdir())) == reports
