"""ROS messages to records and back; no other file knows the names of their fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from utrack_interfaces.msg import Target, TargetState  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]

from ..core.boxes import Box, clip_box
from ..core.state import State
from .exchange import IncomingImage, Outcome, Report, Selection, SelectionCode, Standing
from .health import Level

UINT32 = 2**32


def stamp_to_ns(stamp: Any) -> int:
    """Return a builtin_interfaces/Time as nanoseconds."""
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


def incoming(image: Any, arrived_s: float) -> IncomingImage:
    """Wrap a sensor_msgs/Image that arrived at this time on the steady clock; nothing is copied or decoded."""
    stamp_ns = stamp_to_ns(image.header.stamp)
    return IncomingImage(stamp_ns, image.encoding, image.header, image, arrived_s, len(image.data))


def selection(request: SetTarget.Request) -> Selection:
    """Return the box that a SetTarget request asks for, unchecked."""
    box_xywh = (request.x, request.y, request.width, request.height)
    return Selection(box_xywh, bool(request.normalized), stamp_to_ns(request.stamp))


def region_selection(region: Any, latency_s: float, asked_s: float) -> Selection:
    """Return the box of a sensor_msgs/RegionOfInterest, unchecked, marked on an image seen that long ago."""
    box_xywh = (float(region.x_offset), float(region.y_offset), float(region.width), float(region.height))
    return Selection(box_xywh, latency_s=latency_s, asked_s=asked_s)


def answer(outcome: Outcome, response: SetTarget.Response) -> SetTarget.Response:
    """Fill in a SetTarget response."""
    response.success = outcome.code is SelectionCode.OK
    response.code = int(outcome.code)
    response.message = outcome.message
    response.target_id = outcome.target_id
    return response


def target(report: Report, now_ns: int, frames_dropped: int, sequence: int) -> Target:
    """Return the Target message of one report.

    Args:
        report: what is known about the target on one image.
        now_ns: time of publishing, on the clock that stamped the image.
        frames_dropped: frames passed over so far.
        sequence: number of Targets published so far.
    """
    message = Target(header=report.header, id=report.target_id, state=int(report.state))
    message.image_height, message.image_width = report.size_hw
    if report.box_xywh is not None and report.state in (State.TRACKING, State.COASTING):
        message.box_valid = True
        message.x, message.y, message.width, message.height = _inside(report.box_xywh, report.size_hw)
    message.score = report.score
    message.age_s = report.age_s
    message.latency_ms = (now_ns - report.stamp_ns) * 1e-6 if report.stamp_ns else 0.0
    message.inference_ms = report.inference_ms
    message.frames_dropped = frames_dropped % UINT32
    message.sequence = sequence % UINT32
    return message


def target_state(standing: Standing, input_stale: bool) -> TargetState:
    """Return the TargetState message of how the target stands."""
    message = TargetState(id=standing.target_id, state=int(standing.state), age_s=standing.age_s)
    if standing.header is not None:
        message.header = standing.header
    message.input_stale = input_stale
    return message


def _inside(box_xywh: Box, size_hw: tuple[int, int]) -> Box:
    """Clip a box so that it lies on the image in the message's float32 too, where x + width may round up."""
    clipped = clip_box(box_xywh, size_hw)
    x, w = _float32_span(clipped[0], clipped[2])
    y, h = _float32_span(clipped[1], clipped[3])
    return (x, y, w, h)


def _float32_span(start: float, length: float) -> tuple[float, float]:
    """Round start >= 0 and length to float32 so that the span covers no more than before; no sliver may loop here."""
    zero = np.float32(0)
    start32 = np.float32(start)
    if float(start32) > start:
        start32 = np.nextafter(start32, zero)
    end = start + length
    length32 = np.float32(end - float(start32))
    if float(start32) + float(length32) > end:
        length32 = np.nextafter(length32, zero)
    return float(start32), float(length32)


def diagnostics(stamp: Any, name: str, level: Level, message: str, values: Mapping[str, str]) -> DiagnosticArray:
    """Return a DiagnosticArray with one status."""
    status = DiagnosticStatus(level=bytes([level]), name=name, message=message)
    status.values = [KeyValue(key=key, value=value) for key, value in values.items()]
    array = DiagnosticArray(status=[status])
    array.header.stamp = stamp
    return array
