"""Run the network in ONNX Runtime, on the CPU."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence

from ..core.errors import ConfigError
from ..network.utrack_network import UTrackNetwork
from .graph import Array, Files, Session
from .graph_engine import GraphEngine, Runtime
from .onnx_export import INSTALL

MOST_OFF = 1e-3
"""Of an output's largest value: a hundred times what the order of additions makes."""

NO_REPORTS = "ORT_DISABLE_TELEMETRY"
"""Environment variable of ONNX Runtime; who sets it to 0 is left to it."""


def make_session(file: bytes, threads: int) -> Session:
    """Return an ONNX file as a function of arrays.

    Raises:
        ConfigError: ONNX Runtime does not take it.
    """
    # Since 1.29 it reports to its vendor, and keeps a number of the device, unless told not to before it loads.
    os.environ.setdefault(NO_REPORTS, "1")
    try:
        runtime = importlib.import_module("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors only
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = runtime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no base of their own
        raise ConfigError("an ONNX Runtime that reads the network", repr(error), INSTALL) from error
    names = [one.name for one in session.get_inputs()]

    def run(inputs: Sequence[Array]) -> list[Array]:
        found: list[Array] = session.run(None, dict(zip(names, inputs, strict=True)))
        return found

    return run


RUNTIME = Runtime(
    "onnxruntime", "ONNX Runtime", ("onnxruntime", "onnx"), INSTALL, make_session, MOST_OFF, refining=make_session
)


class OnnxRuntimeEngine(GraphEngine):
    """The network in ONNX Runtime: `GraphEngine` with this runtime."""

    def __init__(self, network: UTrackNetwork, crop_px: int, files: Files | None = None) -> None:
        super().__init__(network, crop_px, RUNTIME, files)
