"""Run the network in PyTorch, on the CPU or on CUDA."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.utils import convert_conv2d_weight_memory_format

from ..core.errors import ConfigError
from ..core.network import Features
from ..network.dense import FeatureNetwork
from ..network.overlap import OverlapPredictor
from ..network.utrack_network import UTrackNetwork


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
    """The network in eager PyTorch: batch norm folded in, channels last.

    Args:
        network: in eval mode; its batch norms are folded in place.
        device: where it runs.

    Attributes:
        precision: of its numbers.
        stride: crop pixels per cell of the classifier's features.
        overlap: the SIoU network, or None.
    """

    name, precision = "torch", "fp32"

    def __init__(self, network: UTrackNetwork, device: torch.device) -> None:
        network = network.to(device)
        self.stride = int(network.backbone.strides[0])
        self.overlap: OverlapPredictor | None = None
        if network.neck is not None and network.siou is not None:
            self.overlap = OverlapPredictor(network.neck, network.siou)
        self._device = device
        self._network = FeatureNetwork(network)
        convert_conv2d_weight_memory_format(self._network.backbone, torch.channels_last)

    @torch.inference_mode()
    def __call__(self, crops: npt.NDArray[np.uint8]) -> Features:
        """(N, S, S, 3) uint8 RGB -> float32 features on the device."""
        classifier, *levels = self._network(torch.from_numpy(crops).to(self._device))
        return Features(classifier, tuple(levels))
