"""Load the tracker that the parameters name, warm it up, and give its memory back."""

from __future__ import annotations

import contextlib
import gc
import math
import sys
from collections.abc import Callable

from ..core.backgrounds import draw_backgrounds
from ..core.errors import ModelError
from ..core.tracker import Tracker
from ..heap import give_back_freed_memory
from .parameters import Parameters

LoadTracker = Callable[[Parameters], Tracker]


def load_tracker(parameters: Parameters) -> Tracker:
    """Load the model that the parameters name. Call it in the thread that will run the tracker.

    Raises:
        ModelError: the model is missing, damaged, or in a folder from which none may be loaded.
        ConfigError: the device or the engine is not there.
    """
    from ..engine import load_tracker as load
    from ..engine.model_folders import confined

    return load(
        confined(parameters.model_file),
        parameters.device,
        engine=parameters.engine,
        precision=parameters.precision,
        threads=parameters.torch_threads or None,
    )


def warm_up(tracker: Tracker) -> None:
    """Run a tracker once on a drawn picture, so that the first real frame does not pay for the start.

    Raises:
        ModelError: what comes out is not finite.
    """
    image = draw_backgrounds(320, 1)[0, :240]
    tracker.init(image, (130.0, 90.0, 60.0, 60.0))
    result = tracker.update(image)
    if not all(math.isfinite(value) for value in (result.score, *result.box_xywh)):
        raise ModelError("a model with finite output", str(result), "Run `make setup` to restore the model files.")


def settle() -> None:
    """Leave what is loaded by now out of Python's collections of garbage, until `release_memory`.

    A full one looks at all of torch, and stops every thread for a tenth of a second; it comes once in many minutes.
    """
    gc.collect()
    gc.freeze()


def release_memory() -> None:
    """Return what a tracker has left: that of the heap to the kernel, and cached memory to the GPU, if it uses one.

    Never raises: a GPU that is lost has nothing to give back, and the tracker has said so.
    """
    gc.unfreeze()
    gc.collect()  # a tracker may be in a circle
    give_back_freed_memory()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        with contextlib.suppress(RuntimeError):
            torch.cuda.empty_cache()
