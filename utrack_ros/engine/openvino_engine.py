"""Run the network in OpenVINO, on the CPU, in fp32 or bf16.

The refinement, hundreds of small steps, takes OpenVINO longer than torch; ONNX Runtime does it.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.errors import ConfigError
from ..network.utrack_network import UTrackNetwork
from . import onnxruntime_engine
from .graph import Array, Files, Session
from .graph_engine import GraphEngine, Runtime
from .precision import BF16, FP32

MOST_OFF = {FP32: 1e-3, BF16: 0.1}
"""By precision, of an output's largest value: fp32 as ONNX Runtime; bf16 keeps 8 binary digits of a number."""

INSTALL = f"Install it: pip install onnx onnxruntime openvino numpy=={np.__version__}, or use engine torch."
REPORTER = "openvino_telemetry"
"""Package with which OpenVINO reports; without it, it does not."""


def core() -> Any:
    """Return OpenVINO's core.

    A mere `import openvino` reports to its vendor and writes a number of the device into ~/intel. Its own way out is a
    file there, made by hand; so the package that does it is hidden in this process, and OpenVINO goes on without.
    """
    if "openvino" not in sys.modules:
        sys.modules[REPORTER] = None  # type: ignore[assignment]  # as the language has it for "there is none"
    return importlib.import_module("openvino").Core()


def make_session(file: bytes, threads: int, precision: str = FP32) -> Session:
    """Return an ONNX file as a function of arrays.

    Raises:
        ConfigError: OpenVINO does not take it.
    """
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": "1",
        "INFERENCE_NUM_THREADS": str(threads),
        "ENABLE_HYPER_THREADING": True,
        "ENABLE_CPU_PINNING": False,  # beside other work the scheduler knows better
        "INFERENCE_PRECISION_HINT": {FP32: "f32", BF16: "bf16"}[precision],
    }
    try:
        runtime = core()
        request = runtime.compile_model(runtime.read_model(file), "CPU", settings).create_infer_request()
    except Exception as error:  # its errors have no base of their own
        raise ConfigError("an OpenVINO that reads the network", repr(error), INSTALL) from error

    def run(inputs: Sequence[Array]) -> list[Array]:
        found: list[Array] = list(request.infer(list(inputs)).values())  # copies
        return found

    return run


RUNTIMES = {
    precision: Runtime(
        "openvino",
        "OpenVINO",
        ("openvino", "onnx", "onnxruntime"),
        INSTALL,
        functools.partial(make_session, precision=precision),
        MOST_OFF[precision],
        precision,
        onnxruntime_engine.make_session,
    )
    for precision in (FP32, BF16)
}


class OpenVinoEngine(GraphEngine):
    """The network in OpenVINO: `GraphEngine` with this runtime.

    Args:
        network: in eval mode; its batch norms are folded in place.
        crop_px: side of the crops to be ready for.
        precision: "fp32" or "bf16".
        files: known ones of the model.
    """

    def __init__(self, network: UTrackNetwork, crop_px: int, precision: str = FP32, files: Files | None = None) -> None:
        super().__init__(network, crop_px, RUNTIMES[precision], files)
