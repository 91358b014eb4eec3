"""Ways to run the network: one interface, one file each; and the tracker put together."""

from __future__ import annotations

from pathlib import Path

from ..checks.machine import read_processor
from ..core.config import TrackerConfig
from ..core.errors import ConfigError
from ..core.reacquisition import SearchingUTrack
from ..core.stages import Lap, no_lap
from ..heap import keep_freed_memory
from ..network.build import build_network
from ..network.checkpoint import find_model
from .choice import check_engine, make_engine
from .choice_cache import facts
from .graph import files_of
from .precision import FP32, precisions
from .target_limits import default_config
from .thread_choice import settle_threads
from .threads import leave_torch_one, loading
from .torch_engine import choose_device
from .warm_up import warm_up

__all__ = ["load_tracker"]


def load_tracker(
    model_path: Path | None = None,
    device: str = "auto",
    config: TrackerConfig | None = None,
    lap: Lap = no_lap,
    engine: str = "torch",
    precision: str = FP32,
    threads: int | None = 0,
) -> SearchingUTrack:
    """Return a tracker that is ready for `init`.

    Args:
        model_path: a model file listed in the manifest beside it; None means the shipped default.
        device: "auto", "cpu" or "cuda:N".
        config: settings; None means the defaults, and that a target is refused which the model cannot tell from others.
        lap: told when each stage of a frame is done.
        engine: "torch", the reference; another one; or "auto", the fastest here, whose boxes may differ in the last
            digits from one machine to another.
        precision: "fp32"; "fp16", which engine torch has on CUDA; "bf16", which engine openvino has on some processors;
            or "auto", bf16 too where the model has passed with it.
        threads: of the network on the CPU; 0 means as many as torch takes by itself, but no more than processors; None
            the same, or one where engine torch is faster so here, so that the last digits may change.

    Raises:
        ModelError: the model is missing or damaged.
        ConfigError: the device, the engine or the precision is unknown or not there, or `threads` negative.
    """
    check_engine(engine)
    if threads is not None and threads < 0:
        raise ConfigError("threads of 0 or more", str(threads), "Correct the number.")
    chosen = choose_device(device)
    keep_freed_memory()
    with loading(threads or 0):
        network = build_network(model_path)
        sha256 = find_model(model_path)[1].sha256
        settings = config or default_config(sha256)
        allowed = precisions(precision, sha256, read_processor())
        about = facts(sha256, settings.crop_px)
        made = make_engine(engine, network, chosen, settings.crop_px, about, allowed, files_of(sha256))
        leave_torch_one()
        if threads is None:
            settle_threads(made, chosen, settings.crop_px, about)
        warm_up(made, settings)
        return SearchingUTrack(made, settings, lap)
