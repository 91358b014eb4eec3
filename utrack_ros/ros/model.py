"""Load the tracker that the parameters name, here or in a process of its own, and warm it up."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..apart.load_request import LoadRequest
from ..apart.remote_tracker import RemoteTracker
from ..core.errors import ModelError
from ..core.leaves import draw_leaves
from ..core.tracker import Tracker
from .parameters import Parameters

LoadTracker = Callable[[Parameters], Tracker]


def load_tracker(parameters: Parameters) -> Tracker:
    """Load the model that the parameters name. Call it in the thread that will run the tracker.

    Raises:
        ModelError: the model is missing, damaged, or in a folder from which none may be loaded.
        ConfigError: the device or the engine is not there.
        ProcessError: the tracker's own process has ended on the way.
    """
    request = LoadRequest(
        model_file=parameters.model_file,
        device=parameters.device,
        engine=parameters.engine,
        precision=parameters.precision,
        threads=parameters.torch_threads or None,
    )
    return RemoteTracker(request) if parameters.separate_process else request.load()


def warm_up(tracker: Tracker) -> None:
    """Run a tracker once on a drawn picture, so that the first real frame does not pay for the start.

    Raises:
        ModelError: what comes out is not finite.
    """
    image = draw_leaves(320, 1)[0, :240]
    tracker.init(image, (130.0, 90.0, 60.0, 60.0))
    result = tracker.update(image)
    if not all(math.isfinite(value) for value in (result.score, *result.box_xywh)):
        raise ModelError("a model with finite output", str(result), "Run `make setup` to restore the model files.")
