"""ROS messages to records and back; no other file knows the names of their fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from geometry_msgs.msg import Vector3, Vector3Stamped

from utrack_interfaces.msg import Target, TargetState  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]

from ..checks.finding import Level
from ..core.camera_model import Bearing
from ..core.narrow_box import narrow_box
from ..core.state import State
from .exchange import IncomingImage, Outcome, Report, Selection, SelectionCode, Standing

UINT32 = 2**32


def stamp_to_ns(stamp: Any) -> int:
    """Return a builtin_interfaces/Time as nanoseconds."""
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


def incoming(image: Any, arrived_s: float) -> IncomingImage:
    """Wrap an Image or CompressedImage that arrived at this time on the steady clock; nothing is copied or decoded."""
    encoding = image.format if hasattr(image, "format") else image.encoding
    return IncomingImage(
        stamp_to_ns(image.header.stamp), encoding, image.header, image, arrived_s, byte_count=len(image.data)
    )


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
        message.x, message.y, message.width, message.height = narrow_box(report.box_xywh, report.size_hw)
    message.score = report.score
    message.age_s = report.age_s
    message.latency_ms = (now_ns - report.stamp_ns) * 1e-6 if report.stamp_ns else 0.0
    message.inference_ms = report.inference_ms
    message.frames_dropped = frames_dropped % UINT32
    message.sequence = sequence % UINT32
    return message


def add_bearing(message: Target, bearing: Bearing) -> None:
    """Fill in the angles of a Target whose box has this bearing."""
    message.angles_valid = True
    message.azimuth, message.elevation = bearing.azimuth, bearing.elevation
    message.angular_width, message.angular_height = bearing.angular_width, bearing.angular_height


def target_state(standing: Standing, input_stale: bool) -> TargetState:
    """Return the TargetState message of how the target stands."""
    message = TargetState(id=standing.target_id, state=int(standing.state), age_s=standing.age_s)
    if standing.header is not None:
        message.header = standing.header
    message.input_stale = input_stale
    return message


def line_of_sight(header: Any, bearing: Bearing) -> Vector3Stamped:
    """Return the unit vector to the target, in the frame of the image that has this header."""
    x, y, z = bearing.line_of_sight
    return Vector3Stamped(header=header, vector=Vector3(x=x, y=y, z=z))


def status(name: str, level: Level, message: str, values: Mapping[str, str]) -> DiagnosticStatus:
    """Return one DiagnosticStatus."""
    made = DiagnosticStatus(level=bytes([level]), name=name, message=message)
    made.values = [KeyValue(key=key, value=value) for key, value in values.items()]
    return made


def diagnostics(stamp: Any, statuses: list[DiagnosticStatus]) -> DiagnosticArray:
    """Return a DiagnosticArray of these statuses."""
    array = DiagnosticArray(status=statuses)
    array.header.stamp = stamp
    return array
