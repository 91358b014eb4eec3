"""Ways to run the network: one interface, one file each; and the tracker put together."""

from __future__ import annotations

from pathlib import Path

from ..core.config import TrackerConfig
from ..core.reacquisition import SearchingUTrack
from ..network.build import build_network
from .torch_engine import TorchEngine, choose_device

__all__ = ["load_tracker"]


def load_tracker(
    model_path: Path | None = None,
    device: str = "auto",
    config: TrackerConfig | None = None,
) -> SearchingUTrack:
    """Return a tracker that is ready for `init`.

    Args:
        model_path: a model file listed in the manifest beside it; None means the shipped default.
        device: "auto", "cpu" or "cuda:N".
        config: settings; None means the defaults.

    Raises:
        ModelError: the model is missing or damaged.
        ConfigError: the device is unknown or not there.
    """
    chosen = choose_device(device)
    return SearchingUTrack(TorchEngine(build_network(model_path), chosen), config)
