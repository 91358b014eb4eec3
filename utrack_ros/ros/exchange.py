"""What passes between the node and its inference thread; no ROS types."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from ..core.boxes import Box
from ..core.state import State


class SelectionCode(enum.IntEnum):
    """Answer to a selection. The numbers are those of utrack_interfaces/srv/SetTarget."""

    OK = 0
    NO_IMAGE = 1
    BAD_BOX = 2
    STAMP_TOO_OLD = 3
    MODEL_NOT_READY = 4
    INACTIVE = 5


@dataclass(frozen=True)
class Selection:
    """A box that somebody marked.

    Attributes:
        box_xywh: (x, y, width, height), pixels, or shares of the image when `normalized`.
        normalized: whether the box is in shares of the image's width and height, 0..1.
        stamp_ns: stamp of the image it was marked on; 0 = the newest.
        latency_s: without a stamp: how long before `asked_s` its user saw the image; 0 = the newest.
        asked_s: when it was asked for, on the steady clock.
        point_share: where this is not 0, (x, y) is a point, and a square of this share of the image's width around it
            is meant; width and height of the box do not count.
    """

    box_xywh: Box
    normalized: bool = False
    stamp_ns: int = 0
    latency_s: float = 0.0
    asked_s: float = 0.0
    point_share: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What became of a selection; `target_id` is 0 unless the code is OK."""

    code: SelectionCode
    message: str
    target_id: int = 0


STOPPED = Outcome(SelectionCode.INACTIVE, "stopped before the target was learnt")
PAUSED = Outcome(SelectionCode.INACTIVE, "the tracker is paused; call ~/pause with data: false first")


MOST_IMAGES = 16384
"""Images that are kept at most, for those of few bytes: each takes a kilobyte beside them."""


@dataclass(frozen=True)
class IncomingImage:
    """An image message, and the little of it that is needed before decoding.

    Attributes:
        stamp_ns: its stamp; 0 = none.
        encoding: as the camera names it.
        header: the message's header.
        message: the message.
        arrived_s: when it arrived, on the steady clock.
        byte_count: bytes of its data.
        transport_s: seconds from its stamp to its arrival, on the clock that stamps; 0 without a stamp.
    """

    stamp_ns: int
    encoding: str
    header: Any
    message: Any
    arrived_s: float
    byte_count: int = 0
    transport_s: float = 0.0


@dataclass(frozen=True)
class Passage:
    """How an image came to the tracker.

    Attributes:
        transport_s: as in `IncomingImage`.
        arrived_s: when it arrived, on the steady clock.
        waited_s: seconds that it waited for the inference thread, which was busy with what came before.
    """

    transport_s: float
    arrived_s: float
    waited_s: float


@dataclass(frozen=True)
class Report:
    """What is known about the target on one image; never made in IDLE.

    Attributes:
        header: the image's header, as it came.
        stamp_ns: the image's stamp.
        size_hw: (height, width) of the image, pixels.
        state: TRACKING, COASTING or LOST.
        target_id: identifier of the target.
        box_xywh: the part of the box that lies on the image; None in LOST.
        score: confidence, 0..1.
        age_s: seconds since the last image that was TRACKING; 0 while the state is that.
        inference_ms: time the tracker took.
        passage: how the image came; None where more than this image was looked at, or nobody looked.
    """

    header: Any
    stamp_ns: int
    size_hw: tuple[int, int]
    state: State
    target_id: int
    box_xywh: Box | None
    score: float
    age_s: float
    inference_ms: float
    passage: Passage | None = None


@dataclass(frozen=True)
class Standing:
    """How the target stands, for whoever joins late.

    Attributes:
        header: that of the last image taken up; None before the first.
        state: what is known about the target.
        target_id: identifier of the target in force; 0 in IDLE.
        age_s: seconds since the last image that was TRACKING; 0 while the state is that.
    """

    header: Any = None
    state: State = State.IDLE
    target_id: int = 0
    age_s: float = 0.0
