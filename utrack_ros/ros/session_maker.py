"""The tracker and its session, as the parameters want them; made in the inference thread, which knows no node."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..heap import settle
from . import compressed_codec, image_codec
from .model import LoadTracker, warm_up
from .parameters import Parameters
from .session import TrackingSession


def make_session(
    load: LoadTracker, parameters: Parameters, told: Callable[[str, str, str], None], **links: Any
) -> TrackingSession:
    """Load the tracker, tell what it runs on, and build the session around it.

    Args:
        load: makes the tracker.
        parameters: those in force.
        told: takes the engine, its precision and its device; empty strings of a tracker that does not say.
        **links: what the session publishes to, counts and logs with; see `TrackingSession`. None may keep the node: a
            load that hangs would keep it, too.
    """
    tracker = load(parameters)
    told(*(str(getattr(tracker, name, "")) for name in ("engine", "precision", "device")))
    warm_up(tracker)
    settle()
    codec = compressed_codec if parameters.image_transport == "compressed" else image_codec
    every = parameters.processing == "all"
    decode = functools.partial(codec.decode, max_pixels=parameters.max_image_pixels)
    return TrackingSession(tracker, decode, config=parameters.state_config, by_stamps=every, **links)
