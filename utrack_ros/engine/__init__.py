"""Ways to run the network: one interface, one file each; and the tracker put together."""

from __future__ import annotations

from pathlib import Path

from ..core.config import TrackerConfig
from ..core.reacquisition import SearchingUTrack
from ..core.stages import Lap, no_lap
from ..network.build import build_network
from ..network.checkpoint import find_model
from .choice import TORCH, check_engine, make_engine
from .choice_cache import facts
from .heap import keep_freed_memory
from .threads import give_torch_all, leave_torch_one
from .torch_engine import choose_device
from .warm_up import warm_up

__all__ = ["load_tracker"]


def load_tracker(
    model_path: Path | None = None,
    device: str = "auto",
    config: TrackerConfig | None = None,
    lap: Lap = no_lap,
    engine: str = "torch",
) -> SearchingUTrack:
    """Return a tracker that is ready for `init`.

    Args:
        model_path: a model file listed in the manifest beside it; None means the shipped default.
        device: "auto", "cpu" or "cuda:N".
        config: settings; None means the defaults.
        lap: told when each stage of a frame is done.
        engine: "torch", the reference; another one; or "auto", the fastest here, whose boxes may differ in the last
            digits from one machine to another.

    Raises:
        ModelError: the model is missing or damaged.
        ConfigError: the device or the engine is unknown or not there.
    """
    check_engine(engine)
    chosen, settings = choose_device(device), config or TrackerConfig()
    keep_freed_memory()
    give_torch_all()  # all shall choose with the same
    network = build_network(model_path)
    about = facts(find_model(model_path)[1].sha256, settings.crop_px)
    made = make_engine(engine, network, chosen, settings.crop_px, about)
    leave_torch_one(made.name != TORCH)
    warm_up(made, settings)
    return SearchingUTrack(made, settings, lap)
