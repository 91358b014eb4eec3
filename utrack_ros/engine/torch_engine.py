"""Run the network in PyTorch, on the CPU or on CUDA."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.utils import convert_conv2d_weight_memory_format

from ..core.devices import send
from ..core.errors import ConfigError
from ..core.network import Features
from ..network.dense import FeatureNetwork
from ..network.overlap import OverlapPredictor
from ..network.utrack_network import UTrackNetwork
from . import cuda
from .precision import FP16, FP32
from .threads import torch_as_network
from .trial import unlike


def choose_device(name: str) -> torch.device:
    """Return the device for "auto", "cpu" or "cuda:N"; auto takes CUDA where there is one.

    Raises:
        ConfigError: an unknown name, or a GPU that is not there.
    """
    if name == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ConfigError("device auto, cpu or cuda:N", repr(name), "Correct the device.") from error
    if device.type not in ("cpu", "cuda"):
        raise ConfigError("device auto, cpu or cuda:N", repr(name), "Correct the device.")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ConfigError(
            f"a CUDA device {name}",
            f"{torch.cuda.device_count()} CUDA devices",
            "Use device: cpu.",
        )
    return device


class TorchEngine:
    """The network in PyTorch, batch norm folded in, channels last: eager on the CPU, recorded on CUDA.

    Args:
        network: in eval mode; its batch norms are folded in place.
        device: where it runs.
        precision: "fp32", or "fp16", which is meant for CUDA. fp32 on CUDA switches TF32 off in all convolutions of
            the process.

    Attributes:
        precision: of its numbers; what comes out is float32.
        stride: crop pixels per cell of the classifier's features.
        overlap: the SIoU network, or None.
    """

    name = "torch"

    def __init__(self, network: UTrackNetwork, device: torch.device, precision: str = FP32) -> None:
        network = network.to(device)
        self.precision = precision
        self.stride = int(network.backbone.strides[0])
        self.overlap: OverlapPredictor | None = None
        self._device = device
        dtype = torch.float16 if precision == FP16 else torch.float32
        on_cpu = device.type == "cpu"
        if device.type == "cuda" and precision == FP32:
            torch.backends.cudnn.allow_tf32 = False  # else convolutions keep 10 binary digits
        if network.neck is not None and network.siou is not None:
            kind = OverlapPredictor if on_cpu else cuda.CudaOverlap
            self.overlap = kind(network.neck, network.siou, dtype)
        module = FeatureNetwork(network, dtype)
        convert_conv2d_weight_memory_format(module.backbone if on_cpu else module, torch.channels_last)
        self._network: Callable[[Tensor], tuple[Tensor, ...]] = (
            module
            if on_cpu
            else cuda.Replayed(module, device, "features", functools.partial(unlike, most_off=cuda.MOST_OFF[dtype]))
        )

    @torch.inference_mode()
    def __call__(self, crops: npt.NDArray[np.uint8]) -> Features:
        """(N, S, S, 3) uint8 RGB -> float32 features on the device."""
        with torch_as_network() if self._device.type == "cpu" else contextlib.nullcontext():
            classifier, *levels = self._network(send(torch.from_numpy(crops), self._device))
        return Features(classifier, tuple(levels))
