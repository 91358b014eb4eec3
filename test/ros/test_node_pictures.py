"""`~/annotations` and `~/debug_image` over real DDS: what comes, when, and that no drawing ever holds up a target."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from node_bench import BEST_EFFORT, BOX, RELIABLE, Bench, grey_at
from rclpy.parameter import Parameter
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger
from visualization_msgs.msg import ImageMarker

from utrack_ros.core.tracker import Flag
from utrack_ros.io.drawing import COLOURS
from utrack_ros.ros import debug_drawing, debug_output, image_codec
from utrack_ros.ros.debug_output import LARGEST_SHARE
from utrack_ros.ros.messages import stamp_to_ns

SLOWEST_S = 5.0
"""Longest that a target may take while a drawing hangs; far more than it does."""


class Viewer:
    """A node's bench with a viewer on one of the topics."""

    def __init__(self, bench: Bench, kind: Any, topic: str, qos: Any) -> None:
        self.bench = bench
        self.seen: list[Any] = []
        self.subscription = bench.peer.create_subscription(kind, topic, self.seen.append, qos)
        self._kind, self._topic = kind, topic

    def join(self) -> None:
        """Wait until the node knows of the viewer."""
        name = f"/{self._topic}"
        self.bench.graph.spin_until(
            lambda: self.bench.node.count_subscribers(name) and self.bench.node.count_publishers(name)
        )
        publisher = self.publisher
        self.bench.graph.spin_until(lambda: publisher.get_subscription_count() == 1)

    def leave(self) -> None:
        publisher = self.publisher
        self.bench.peer.destroy_subscription(self.subscription)
        self.bench.graph.spin_until(lambda: publisher.get_subscription_count() == 0)

    @property
    def publisher(self) -> Any:
        node = self.bench.node
        return node._debug._publisher if self._kind is Image else node._outputs._annotations._publisher

    def next(self) -> Any:
        """Send images until a message about one of them has come."""
        before_ns = self.bench.stamp_ns

        def come() -> Any:
            message = self.seen[-1] if self.seen else None
            if message is not None and stamp_to_ns(message.header.stamp) > before_ns:
                return message
            self.bench.send()
            return None

        return self.bench.graph.spin_until(come)


@pytest.fixture
def debug(bench: Bench) -> Viewer:
    """A viewer of the debug image, at every image and in full size."""
    viewer = Viewer(bench, Image, "utrack/debug_image", BEST_EFFORT)
    bench.start_active(debug_rate_hz=60.0, debug_scale=1.0)
    viewer.join()
    return viewer


@pytest.fixture
def marks(bench: Bench) -> Viewer:
    """A viewer of the annotations."""
    viewer = Viewer(bench, ImageMarker, "utrack/annotations", RELIABLE)
    bench.start_active(coast_timeout_s=0.0)
    viewer.join()
    return viewer


def test_each_target_has_an_outline_with_its_header(marks: Viewer) -> None:
    marks.bench.select_on_image()
    message = marks.bench.message()
    target = marks.bench.track(message)
    mark = marks.bench.graph.spin_until(
        lambda: next((mark for mark in marks.seen if mark.header == message.header), None)
    )
    assert (mark.action, mark.type) == (ImageMarker.ADD, ImageMarker.POLYGON)
    assert (mark.points[0].x, mark.points[0].y) == (target.x, target.y) == BOX[:2]
    assert (mark.points[2].x, mark.points[2].y) == (BOX[0] + BOX[2], BOX[1] + BOX[3])
    [offer] = marks.bench.peer.get_publishers_info_by_topic("/utrack/annotations")
    assert offer.qos_profile.reliability == ReliabilityPolicy.RELIABLE


def test_outline_is_taken_away_when_the_target_is_lost(marks: Viewer) -> None:
    marks.bench.select_on_image()
    marks.bench.tracker.always(0.0, Flag.NOT_FOUND)
    marks.bench.track()
    marks.bench.graph.spin_until(lambda: marks.seen[-1].action == ImageMarker.REMOVE)


def test_outline_is_taken_away_by_a_stop_without_a_further_image(marks: Viewer) -> None:
    marks.bench.select_on_image()
    marks.bench.graph.spin_until(lambda: marks.seen and marks.seen[-1].action == ImageMarker.ADD)
    marks.bench.graph.call(marks.bench.stop, Trigger.Request())
    marks.bench.graph.spin_until(lambda: marks.seen[-1].action == ImageMarker.REMOVE)


def test_debug_image_shows_the_image_without_a_target_too(debug: Viewer) -> None:
    picture = debug.next()
    assert (picture.encoding, picture.width, picture.height) == ("rgb8", 64, 48)
    assert (image_codec.decode(picture)[14:] == grey_at(stamp_to_ns(picture.header.stamp))).all()
    assert picture.header.frame_id == "camera_optical"
    [offer] = debug.bench.peer.get_publishers_info_by_topic("/utrack/debug_image")
    assert offer.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT


def test_debug_image_shows_the_box_of_its_own_image(debug: Viewer) -> None:
    debug.bench.select_on_image()
    picture = debug.next()
    green = (image_codec.decode(picture)[14:] == COLOURS["TRACKING"]).all(axis=2)
    rows, columns = np.nonzero(green)
    assert (columns.min(), columns.max() + 1) == pytest.approx((BOX[0], BOX[0] + BOX[2]), abs=3)
    assert rows.max() + 15 == pytest.approx(BOX[1] + BOX[3], abs=3)


def test_nothing_is_drawn_without_a_subscriber(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Any] = []

    def note_and_draw(*given: Any) -> Any:
        drawn.append(given)
        return debug_drawing.draw_view(*given)

    monkeypatch.setattr(debug_output, "draw_view", note_and_draw)
    bench.start_active(debug_rate_hz=60.0)
    bench.select_on_image()
    for _ in range(10):
        bench.track()
    assert not drawn
    viewer = Viewer(bench, Image, "utrack/debug_image", BEST_EFFORT)
    viewer.join()
    viewer.next()
    viewer.leave()
    count = len(drawn)
    assert count
    for _ in range(10):
        bench.track()
    assert len(drawn) <= count + 1  # one may have been on its way


def test_rate_and_scale_change_at_run_time(debug: Viewer) -> None:
    node = debug.bench.node
    assert debug.next().width == 64
    assert node.set_parameters_atomically([Parameter("debug_scale", value=0.5)]).successful
    debug.bench.graph.spin_until(lambda: debug.next().width == 32)
    assert not node.set_parameters_atomically([Parameter("debug_scale", value=2.0)]).successful
    assert node.set_parameters_atomically([Parameter("debug_rate_hz", value=1.0)]).successful
    started_s, before = time.monotonic(), len(debug.seen)
    debug.bench.graph.spin_until(lambda: debug.next() and time.monotonic() - started_s > 2.0)
    assert len(debug.seen) - before <= time.monotonic() - started_s + 2
    assert node.set_parameters_atomically([Parameter("debug_rate_hz", value=0.0)]).successful
    for _ in range(3):
        debug.bench.send()
    before = len(debug.seen)
    for _ in range(50):
        debug.bench.send()
    assert len(debug.seen) <= before + 1


def test_drawing_that_hangs_holds_up_no_target(
    debug: Viewer, monkeypatch: pytest.MonkeyPatch, wait_until: Callable[..., Any]
) -> None:
    entered, gate = threading.Event(), threading.Event()

    def hang(*given: Any) -> Any:
        entered.set()
        assert gate.wait(20.0)
        raise RuntimeError("the drawing failed")

    monkeypatch.setattr(debug_output, "draw_view", hang)
    debug.bench.select_on_image()
    wait_until(entered.is_set)
    started_s = time.monotonic()
    targets = [debug.bench.track() for _ in range(20)]
    assert time.monotonic() - started_s < SLOWEST_S
    assert {target.state for target in targets} == {targets[0].STATE_TRACKING}
    gate.set()
    assert debug.bench.track().state == targets[0].STATE_TRACKING
    assert debug.bench.counts.errors == 0
    debug.bench.check_invariants()


def test_drawings_take_their_share_of_a_processor_and_no_more(debug: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    cost_s = 0.05
    drawn: list[float] = []

    def costly(view: Any, *given: Any) -> Any:
        end_s = time.thread_time() + cost_s
        while time.thread_time() < end_s:
            pass
        drawn.append(time.monotonic())
        return view.image

    monkeypatch.setattr(debug_output, "draw_view", costly)
    started_s = time.monotonic()
    debug.bench.graph.spin_until(lambda: debug.bench.send() or time.monotonic() - started_s > 2.0)
    assert 2 <= len(drawn) <= (time.monotonic() - started_s) * LARGEST_SHARE / cost_s + 1


def test_targets_come_before_the_pictures_of_them(debug: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[tuple[str, int]] = []
    target = debug.bench.node._outputs.target._publisher
    publish, draw = target.publish, debug_drawing.draw_view

    def publish_and_note(message: Any) -> None:
        order.append(("target", stamp_to_ns(message.header.stamp)))
        publish(message)

    def note_and_draw(view: Any, *given: Any) -> Any:
        order.append(("picture", view.frame.stamp_ns))
        return draw(view, *given)

    debug.bench.select_on_image()
    monkeypatch.setattr(target, "publish", publish_and_note)
    monkeypatch.setattr(debug_output, "draw_view", note_and_draw)
    first_ns = debug.bench.stamp_ns
    for _ in range(5):
        debug.next()
    pictured = [stamp_ns for kind, stamp_ns in order if kind == "picture" and stamp_ns > first_ns]
    assert len(pictured) >= 5
    assert all(order.index(("target", stamp_ns)) < order.index(("picture", stamp_ns)) for stamp_ns in pictured)


def test_thread_ends_with_the_topic_and_begins_with_it_again(debug: Viewer) -> None:
    def drawing() -> int:
        return sum(thread.name == "utrack-debug-image" for thread in threading.enumerate())

    assert drawing() == 1
    assert debug.bench.transition(4)  # deactivate
    assert debug.bench.transition(2)  # clean up
    assert drawing() == 0
    assert debug.bench.transition(1)  # configure
    assert debug.bench.transition(3)  # activate
    assert drawing() == 1
    debug.bench.connect()
    debug.join()
    assert debug.next().width == 64


def test_without_vision_msgs_there_is_no_detections_topic_and_the_node_runs(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "vision_msgs.msg", None)  # as if it were not installed
    bench.start_active()
    bench.select_on_image()
    assert bench.node.count_publishers("/utrack/detections") == 0
    assert "no ~/detections" in capfd.readouterr().err
