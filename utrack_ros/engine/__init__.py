"""Ways to run the network: one interface, one file each; and the tracker put together."""

from __future__ import annotations

from pathlib import Path

from ..core.config import TrackerConfig
from ..core.reacquisition import SearchingUTrack
from ..core.stages import Lap, no_lap
from ..network.build import build_network
from .heap import keep_freed_memory
from .torch_engine import TorchEngine, choose_device
from .warm_up import warm_up

__all__ = ["load_tracker"]


def load_tracker(
    model_path: Path | None = None,
    device: str = "auto",
    config: TrackerConfig | None = None,
    lap: Lap = no_lap,
) -> SearchingUTrack:
    """Return a tracker that is ready for `init`.

    Args:
        model_path: a model file listed in the manifest beside it; None means the shipped default.
        device: "auto", "cpu" or "cuda:N".
        config: settings; None means the defaults.
        lap: told when each stage of a frame is done.

    Raises:
        ModelError: the model is missing or damaged.
        ConfigError: the device is unknown or not there.
    """
    chosen = choose_device(device)
    keep_freed_memory()
    engine = TorchEngine(build_network(model_path), chosen)
    warm_up(engine, config or TrackerConfig())
    return SearchingUTrack(engine, config, lap)
