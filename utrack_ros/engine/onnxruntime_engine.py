"""Run the network in ONNX Runtime, on the CPU."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from ..core.errors import ConfigError
from ..core.network import Features
from ..network.dense import FeatureNetwork
from ..network.neck import Neck
from ..network.overlap import OverlapPredictor
from ..network.siou import SIoUNetwork
from ..network.utrack_network import UTrackNetwork
from .onnx_export import INSTALL, to_onnx
from .threads import network_threads

MOST_OFF = 1e-3
"""Of an output's largest value: a hundred times what the order of additions makes."""

NO_REPORTS = "ORT_DISABLE_TELEMETRY"
"""Environment variable of ONNX Runtime; who sets it to 0 is left to it."""

Array = npt.NDArray[Any]


def why_missing() -> str:
    """Return which package is missing, empty when none is."""
    missing = [name for name in ("onnxruntime", "onnx") if importlib.util.find_spec(name) is None]
    return f"no package {' and no package '.join(missing)}" if missing else ""


class Graph:
    """One part of the network: a session of ONNX Runtime for each shape that comes in.

    A session has the network's threads of the moment; they sleep while there is nothing to do.

    Args:
        module: in eval mode, on the CPU.
        input_names: of its tensors, for people who look into the file.
        output_names: of what it gives.
    """

    def __init__(self, module: nn.Module, input_names: Sequence[str], output_names: Sequence[str]) -> None:
        self._module = module
        self._input_names, self._output_names = list(input_names), list(output_names)
        self._files: dict[tuple[tuple[int, ...], ...], bytes] = {}
        self._sessions: dict[tuple[tuple[int, ...], ...], tuple[int, Any]] = {}

    def __call__(self, *inputs: Array) -> list[Array]:
        """Return what the module gives, new arrays each time."""
        shapes, threads = tuple(array.shape for array in inputs), network_threads()
        made_for, session = self._sessions.get(shapes, (0, None))
        if made_for != threads:
            session = _session(self._file(shapes, inputs), threads)
            self._sessions[shapes] = (threads, session)
        found: list[Array] = session.run(self._output_names, dict(zip(self._input_names, inputs, strict=True)))
        return found

    @property
    def files(self) -> list[bytes]:
        """The ONNX files so far, in the order in which their shapes came."""
        return list(self._files.values())

    def _file(self, shapes: tuple[tuple[int, ...], ...], inputs: Sequence[Array]) -> bytes:
        if shapes not in self._files:
            tensors = [torch.from_numpy(array) for array in inputs]
            self._files[shapes] = to_onnx(self._module, tensors, self._input_names, self._output_names)
        return self._files[shapes]


def _session(file: bytes, threads: int) -> Any:
    # Since 1.29 it reports to its vendor, and keeps a number of the device, unless told not to before it loads.
    os.environ.setdefault(NO_REPORTS, "1")
    try:
        runtime = importlib.import_module("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors only
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        return runtime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no base of their own
        raise ConfigError("an ONNX Runtime that reads the network", repr(error), INSTALL) from error


class OnnxOverlap(OverlapPredictor):
    """The SIoU network; the map of each frame comes from ONNX Runtime, reference and candidates stay in torch.

    Args:
        neck: FRN and MFC, in eval mode.
        network: the SIoU network, in eval mode.

    Attributes:
        graph: makes the map.
    """

    def __init__(self, neck: Neck, network: SIoUNetwork) -> None:
        super().__init__(neck, network)
        names = [f"level{number}" for number in range(len(neck.strides))]
        self.graph = Graph(self.candidates, names, ["candidates"])

    def candidates_map(self, levels: tuple[Tensor, ...]) -> Tensor:
        """Return what candidates are pooled from: levels of one crop -> (C, H, W)."""
        (found,) = self.graph(*(np.ascontiguousarray(level.numpy()) for level in levels))
        return torch.from_numpy(found[0])  # (C, H, W)


class OnnxRuntimeEngine:
    """The network in ONNX Runtime, one crop at a time, which is faster than several at once on a CPU.

    Args:
        network: in eval mode; its batch norms are folded in place.
        crop_px: side of the crops to be ready for; others cost a moment when the first one comes.

    Attributes:
        stride: crop pixels per cell of the classifier's features.
        graph: from crops to features.
        overlap: the SIoU network, or None.

    Raises:
        ConfigError: a package is missing, this torch cannot write ONNX, or the numbers are not torch's.
    """

    name = "onnxruntime"

    def __init__(self, network: UTrackNetwork, crop_px: int) -> None:
        missing = why_missing()
        if missing:
            raise ConfigError("ONNX Runtime for engine onnxruntime", missing, INSTALL)
        self.stride = int(network.backbone.strides[0])
        self.overlap: OnnxOverlap | None = None
        if network.neck is not None and network.siou is not None:
            self.overlap = OnnxOverlap(network.neck, network.siou)
        levels = [f"level{number}" for number in range(len(network.backbone.strides) - 1)]
        module = FeatureNetwork(network)
        self.graph = Graph(module, ["crop"], ["classifier", *levels])
        self._check(module, np.random.default_rng(0).integers(0, 256, (1, crop_px, crop_px, 3), np.uint8))

    def __call__(self, crops: npt.NDArray[np.uint8]) -> Features:
        """(N, S, S, 3) uint8 RGB -> float32 features."""
        found = [self.graph(np.ascontiguousarray(crop[None])) for crop in crops]
        classifier, *levels = (torch.from_numpy(np.concatenate(parts)) for parts in zip(*found, strict=True))
        return Features(classifier, tuple(levels))

    @torch.inference_mode()
    def _check(self, module: FeatureNetwork, crop: npt.NDArray[np.uint8]) -> None:
        """Compare a crop's features and map with torch's; it makes the sessions, too."""
        try:
            found = self(crop)
            mine = [found.classifier, *found.levels]
            if self.overlap is not None:
                mine.append(self.overlap.candidates_map(found.levels))
        except ConfigError:
            raise
        except Exception as error:  # its errors have no base of their own
            raise ConfigError("an ONNX Runtime that runs the network", repr(error), INSTALL) from error
        wanted = [*module(torch.from_numpy(crop))]
        if self.overlap is not None:
            wanted.append(self.overlap.candidates(*found.levels)[0])
        for one, other in zip(mine, wanted, strict=True):
            off = float((one - other).abs().max() / other.abs().max().clamp(min=1e-6))
            if not off <= MOST_OFF:
                actual = f"numbers that are off by {off:.1e} of the largest"
                raise ConfigError("the network in ONNX Runtime to give torch's numbers", actual, "Use engine torch.")
