"""A recording as a camera: publishes a video, a folder of frames or a bag on `image`."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.task import Future
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger

from ..core.errors import SourceError
from ..io.clip import Clip
from ..io.read_ahead import ReadAhead
from ..io.source import Frame, FrameSource
from .bag import open_footage
from .image_codec import encode_rgb
from .process import run
from .publish_log import PublishLog
from .publisher_parameters import PublisherParameters, declare

READ_AHEAD = 8
"""Frames decoded in advance: a quarter of a second at 30 fps, 50 MB at 1080p."""

HOLD_PERIOD_S = 0.2
"""Shortest time between repeats of the held frame: enough to be seen, and little work while a tracker learns."""

LINGER_S = 0.5
"""Time between the last frame and the end, so that readers can still fetch it from the shared memory."""


class VideoPublisher:
    """Publishes one frame a period, on the steady clock, stamped with the node's clock at that moment.

    With `hold_first` the first frame is repeated, five times a second at most, from when somebody
    subscribes until `~/play` is called.

    Attributes:
        node: the ROS node.
        finished: completed at the end of the footage, with a SourceError where it broke off.
    """

    def __init__(self, **node_options: Any) -> None:
        """Open the footage and start.

        Args:
            **node_options: passed to `rclpy.node.Node`.

        Raises:
            SourceError: the footage cannot be read.
            UTrackError: the log file cannot be written.
            rclpy.exceptions.ParameterException: a parameter that cannot work.
        """
        self.node = Node("video_publisher", **node_options)
        self.finished: Future[None] = Future()
        self._parameters = parameters = declare(self.node)
        source = _open(parameters)
        self._log = PublishLog(Path(parameters.log_path)) if parameters.log_path else None
        self._held: tuple[Frame, Image] | None = None
        self._sent_s = -math.inf
        self._holding = parameters.hold_first
        self._publisher = self.node.create_publisher(
            Image, "image", _qos(parameters), qos_overriding_options=QoSOverridingOptions.with_default_policies()
        )
        self.node.create_service(Trigger, "~/play", self._on_play)
        rate_hz = parameters.rate_hz or source.fps
        self._steady_clock = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = self.node.create_timer(1.0 / rate_hz, self._on_time, clock=self._steady_clock)
        self.node.get_logger().info(
            f"{source.name}: {source.frame_count or 'unknown number of'} frames at {rate_hz:g} fps"
            f" on {self._publisher.topic_name}{'; waiting for ~/play' if self._holding else ''}"
        )
        self._frames = ReadAhead(_repeated(source) if parameters.loop else source, READ_AHEAD)

    def close(self) -> None:
        """End the reading thread and the log."""
        self._frames.close()
        if self._log is not None:
            self._log.close()

    def _on_time(self) -> None:
        if self._holding:
            self._hold()
            return
        frame, error = self._next()
        if frame is None:
            self._end(error)
        else:
            self._send(frame.index, _message(frame, self._parameters.frame_id))

    def _next(self) -> tuple[Frame | None, SourceError | None]:
        try:
            return next(self._frames, None), None
        except SourceError as error:
            return None, error

    def _hold(self) -> None:
        if self._publisher.get_subscription_count() == 0 or time.monotonic() < self._sent_s + HOLD_PERIOD_S:
            return
        if self._held is None:
            frame, error = self._next()
            if frame is None:
                self._end(error)
                return
            self._held = (frame, _message(frame, self._parameters.frame_id))
        self._send(self._held[0].index, self._held[1])

    def _send(self, index: int, message: Image) -> None:
        message.header.stamp = self.node.get_clock().now().to_msg()
        self._publisher.publish(message)
        self._sent_s = time.monotonic()
        if self._log is not None:
            self._log.write(index, message.header.stamp.sec, message.header.stamp.nanosec)

    def _end(self, error: SourceError | None) -> None:
        self._timer.cancel()
        if error is not None:
            self.finished.set_exception(error)
            return
        self.node.get_logger().info("end of the footage")
        self.node.create_timer(LINGER_S, lambda: self.finished.set_result(None), clock=self._steady_clock)

    def _on_play(self, request: Any, response: Any) -> Any:
        """Go on to the second frame; refused unless the first one is being held."""
        if self._holding and self._held is None:
            response.message = "no frame was published yet: nobody subscribes to the images"
        elif self._holding:
            self._holding, response.success = False, True
        else:
            response.message = "already playing"
        return response


def _open(parameters: PublisherParameters) -> FrameSource:
    if not parameters.source:
        raise SourceError("a video, folder or bag in the parameter `source`", "none", "Add -p source:=PATH.")
    footage = open_footage(Path(parameters.source), parameters.bag_topic or None)
    end = None if parameters.end_frame < 0 else parameters.end_frame
    return footage if (parameters.start_frame, end) == (0, None) else Clip(footage, parameters.start_frame, end)


def _repeated(source: Iterable[Frame]) -> Iterator[Frame]:
    while True:
        yield from source


def _qos(parameters: PublisherParameters) -> QoSProfile:
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=1,
        durability=DurabilityPolicy.VOLATILE,
        reliability=ReliabilityPolicy[parameters.reliability.upper()],
    )


def _message(frame: Frame, frame_id: str) -> Image:
    """Return the frame as a message without a stamp."""
    message = Image()
    message.header.frame_id = frame_id
    message.height, message.width = frame.image.shape[:2]
    message.encoding, message.step, message.data = encode_rgb(frame.image)
    return message


def main(args: list[str] | None = None) -> None:
    """Entry point of `video_publisher` and `utrack publish`; ends the process."""
    run(VideoPublisher, args)


if __name__ == "__main__":
    main()
