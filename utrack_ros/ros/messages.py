"""ROS messages to records and back; no other file knows the names of their fields."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from geometry_msgs.msg import Point, Vector3, Vector3Stamped
from rclpy.duration import Duration
from sensor_msgs.msg import Image
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import ImageMarker

from utrack_interfaces.msg import Target, TargetState  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]

from ..checks.finding import Level
from ..core.boxes import Box
from ..core.camera_model import Bearing
from ..core.narrow_box import narrow_box
from ..core.state import BOX_STATES, State
from ..core.tracker import Image as RgbImage
from ..io.drawing import COLOURS
from .exchange import IncomingImage, Outcome, Report, Selection, SelectionCode, Standing
from .timeline import SILENCE_S

UINT32 = 2**32
DETECTION_CLASS = "target"
"""What a detection's class is called: the tracker follows any object and knows no classes."""
ANNOTATION_LINE_PX = 2.0


def stamp_to_ns(stamp: Any) -> int:
    """Return a builtin_interfaces/Time as nanoseconds."""
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


def incoming(image: Any, arrived_s: float, now_ns: int) -> IncomingImage:
    """Wrap an Image or CompressedImage that has just arrived; nothing is copied or decoded.

    Args:
        image: the message.
        arrived_s: when it arrived, on the steady clock.
        now_ns: the same on the clock that stamps.
    """
    stamp_ns = stamp_to_ns(image.header.stamp)
    return IncomingImage(
        stamp_ns,
        encoding=image.format if hasattr(image, "format") else image.encoding,
        header=image.header,
        message=image,
        arrived_s=arrived_s,
        byte_count=len(image.data),
        transport_s=_since_ns(stamp_ns, now_ns) * 1e-9,
    )


def _since_ns(stamp_ns: int, now_ns: int) -> int:
    """Return how long ago a stamp was; 0 without one, or before the first /clock of a replay."""
    return now_ns - stamp_ns if stamp_ns and now_ns else 0


def selection(request: SetTarget.Request) -> Selection:
    """Return the box that a SetTarget request asks for, unchecked."""
    box_xywh = (request.x, request.y, request.width, request.height)
    return Selection(box_xywh, bool(request.normalized), stamp_to_ns(request.stamp))


def region_selection(region: Any, latency_s: float, asked_s: float) -> Selection:
    """Return the box of a sensor_msgs/RegionOfInterest, unchecked, marked on an image seen that long ago."""
    box_xywh = (float(region.x_offset), float(region.y_offset), float(region.width), float(region.height))
    return Selection(box_xywh, latency_s=latency_s, asked_s=asked_s)


def rectangle_selection(polygon: Any, latency_s: float, asked_s: float) -> Selection | Outcome:
    """Return the box around the points of a geometry_msgs/PolygonStamped, unchecked; a refusal where they are too few.

    Its stamp is that of the image it was marked on; zero means the one seen `latency_s` ago.
    """
    points = polygon.polygon.points
    if len(points) < 2:
        why = f"expected at least two corners of a rectangle, but got {len(points)}. Send two that lie opposite."
        return Outcome(SelectionCode.BAD_BOX, why)
    corners = np.array([(point.x, point.y) for point in points], np.float64)  # (N, 2)
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()  # NaN where one is
    box_xywh = (left, top, right - left, bottom - top)
    return Selection(box_xywh, stamp_ns=stamp_to_ns(polygon.header.stamp), latency_s=latency_s, asked_s=asked_s)


def point_selection(point: Any, share: float, latency_s: float, asked_s: float) -> Selection:
    """Return the square around a geometry_msgs/PointStamped, unchecked.

    Args:
        point: a point of the image, pixels; its stamp counts as in `rectangle_selection`.
        share: side of the square, a share of the image's width.
        latency_s: without a stamp: how long ago its user saw the image.
        asked_s: when it came, on the steady clock.
    """
    box_xywh = (point.point.x, point.point.y, 0.0, 0.0)
    stamp_ns = stamp_to_ns(point.header.stamp)
    return Selection(box_xywh, stamp_ns=stamp_ns, latency_s=latency_s, asked_s=asked_s, point_share=share)


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
    if report.box_xywh is not None and report.state in BOX_STATES:
        message.box_valid = True
        message.x, message.y, message.width, message.height = narrow_box(report.box_xywh, report.size_hw)
    message.score = report.score
    message.age_s = report.age_s
    message.latency_ms = _since_ns(report.stamp_ns, now_ns) * 1e-6
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


def detections(report: Report, kinds: Any) -> Any:
    """Return the vision_msgs/Detection2DArray of one report: one detection, or none where the state allows no box.

    Args:
        report: what is known about the target on one image.
        kinds: the module `vision_msgs.msg`, of version 4 (Humble) or newer.
    """
    message = kinds.Detection2DArray(header=report.header)
    if report.box_xywh is not None and report.state in BOX_STATES:
        x, y, width, height = report.box_xywh
        found = kinds.Detection2D(header=report.header, id=str(report.target_id))
        found.bbox.center.position.x, found.bbox.center.position.y = x + width / 2, y + height / 2
        found.bbox.size_x, found.bbox.size_y = width, height
        sighting = kinds.ObjectHypothesisWithPose()
        sighting.hypothesis.class_id, sighting.hypothesis.score = DETECTION_CLASS, report.score
        found.results = [sighting]
        message.detections = [found]
    return message


def annotation(header: Any, state: State, box_xywh: Box | None) -> ImageMarker:
    """Return the visualization_msgs/ImageMarker that draws a box; without a box, the one that takes it away.

    Args:
        header: the image's header.
        state: what is known about the target; it gives the colour.
        box_xywh: (x, y, width, height), pixels, or None.
    """
    marker = ImageMarker(header=header, ns="utrack", type=ImageMarker.POLYGON)
    if box_xywh is None:
        marker.action = ImageMarker.REMOVE
        return marker
    x, y, width, height = box_xywh
    corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
    marker.action, marker.scale = ImageMarker.ADD, ANNOTATION_LINE_PX
    marker.points = [Point(x=across, y=down) for across, down in corners]
    red, green, blue = (share / 255 for share in COLOURS[state.name])
    marker.outline_color = ColorRGBA(r=red, g=green, b=blue, a=1.0)
    marker.lifetime = Duration(seconds=SILENCE_S).to_msg()
    return marker


def picture(header: Any, image: RgbImage) -> Image:
    """Return the sensor_msgs/Image of (H, W, 3) uint8 RGB."""
    height, width = image.shape[:2]
    data = array("B")  # a numpy array would be copied number by number: 0.6 s at 1080p
    data.frombytes(np.ascontiguousarray(image).data.cast("B"))
    return Image(header=header, height=height, width=width, encoding="rgb8", step=3 * width, data=data)


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
