"""The node with the shipped network over real DDS, on a flight whose boxes are known."""

from __future__ import annotations

import time
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from node_bench import Bench

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]
from utrack_ros.core.boxes import iou
from utrack_ros.data.synthetic import SyntheticFlight
from utrack_ros.engine import load_tracker

PERIOD_NS = 100_000_000
SIZE_HW = (480, 640)


@pytest.fixture
def flying(bench: Bench) -> Bench:
    bench.load = lambda parameters: load_tracker(device="cpu")  # type: ignore[assignment, method-assign, return-value]
    bench.start_active(lost_timeout_s=0.0, image_timeout_s=10.0)
    return bench


def message(bench: Bench, flight: SyntheticFlight, index: int) -> Any:
    """Frame `index` as an image; its stamp says which it is."""
    image = bench.message(width=SIZE_HW[1], height=SIZE_HW[0], data=flight.render(index).tobytes())
    image.header.stamp.sec, image.header.stamp.nanosec = divmod(10**9 + index * PERIOD_NS, 10**9)
    return image


def index_of(target: Any) -> int:
    return round((target.header.stamp.sec * 10**9 + target.header.stamp.nanosec - 10**9) / PERIOD_NS)


def request(flight: SyntheticFlight, index: int) -> Any:
    x, y, w, h = (float(value) for value in flight.boxes_xywh[index])
    marked = SetTarget.Request(x=x, y=y, width=w, height=h)
    marked.stamp.sec, marked.stamp.nanosec = divmod(10**9 + index * PERIOD_NS, 10**9)
    return marked


def overlap(flight: SyntheticFlight, target: Any) -> float:
    box = (target.x, target.y, target.width, target.height)
    return float(iou(box, flight.boxes_xywh[index_of(target)]))


def test_first_box_of_a_target_marked_on_an_image_half_a_second_old_fits_its_own_image(flying: Bench) -> None:
    """The camera goes on in real time, ten frames a second, while the target is learnt and caught up with."""
    flight = SyntheticFlight(SIZE_HW, frame_count=300, seed=3)
    images = [message(flying, flight, index) for index in range(0, 300, 2)]
    started_s = time.monotonic()
    asked: Any = None
    for number, image in enumerate(images):
        due_s = started_s + number * 0.1
        flying.graph.spin_until(lambda due_s=due_s: time.monotonic() >= due_s)
        flying.camera.publish(image)
        if number == 6:
            flying.graph.spin_until(lambda: flying.counts.received >= 7)
            asked = flying.set_target.call_async(request(flight, 2))  # five images, half a second, ago
        if flying.targets:
            break
    assert asked.done()
    assert asked.result().success
    first = flying.targets[0]
    assert index_of(first) >= 12
    assert (first.state, first.box_valid) == (Target.STATE_TRACKING, True)
    assert overlap(flight, first) > 0.5


@pytest.mark.slow
def test_target_hidden_for_two_seconds_keeps_its_number(flying: Bench) -> None:
    flight = SyntheticFlight(SIZE_HW, frame_count=180, seed=1, bridge=(45, 105))
    flying.send(message(flying, flight, 0))
    answer = flying.graph.call(flying.set_target, request(flight, 0))
    assert answer.success
    flying.graph.spin_until(lambda: flying.targets)
    for index in range(3, 180, 3):
        flying.track(message(flying, flight, index))
    states = {index_of(target): target.state for target in flying.targets}
    hidden = [index for index in states if flight.visible_share(index) < 1e-6]
    assert len(hidden) >= 20
    assert Target.STATE_TRACKING not in {states[index] for index in hidden}
    assert Target.STATE_LOST in {states[index] for index in hidden}
    last = flying.targets[-1]
    assert (last.state, last.id) == (Target.STATE_TRACKING, answer.target_id)
    assert overlap(flight, last) > 0.5
