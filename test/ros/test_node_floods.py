"""Limits of the node over real DDS: floods of selections, and messages and images of absurd size."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from geometry_msgs.msg import Point32, PolygonStamped
from node_bench import BOX, Bench
from rclpy.node import Node
from sensor_msgs.msg import RegionOfInterest
from std_srvs.srv import Trigger

from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]
from utrack_ros.ros.paced_group import REST_S
from utrack_ros.ros.parameters import Parameters
from utrack_ros.ros.rate_limit import BURST
from utrack_ros.ros.selection_input import LOG_RATE_HZ, MESSAGE_BYTES

REGION = RegionOfInterest(x_offset=10, y_offset=8, width=20, height=16)
LEARN_S = 0.05
FLOOD_HZ = 500.0
DEFAULT_HZ = Parameters.max_selection_rate_hz


@contextmanager
def flood(act: Callable[[], Any]) -> Iterator[list[int]]:
    """Do something `FLOOD_HZ` times a second in a thread; the list counts how often it was done."""
    done, count = threading.Event(), [0]

    def run() -> None:
        while not done.wait(1.0 / FLOOD_HZ):
            act()
            count[0] += 1

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield count
    finally:
        done.set()
        thread.join(5.0)


def slow_to_learn(bench: Bench) -> None:
    """Let the tracker take as long to learn as a real one does."""
    pause = threading.Event()
    bench.tracker.init_script = lambda: pause.wait(LEARN_S) and None


def publisher(bench: Bench, kind: Any, topic: str) -> Any:
    made = bench.peer.create_publisher(kind, topic, 10)
    bench.graph.spin_until(lambda: made.get_subscription_count() == 1)
    return made


def stream(bench: Bench, seconds: float) -> tuple[float, int]:
    """Send images at 30 Hz for a while; return the share that was processed, and the targets learnt meanwhile."""
    sent, processed, learnt = 0, bench.counts.processed, len(bench.tracker.inits)
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        bench.camera.publish(bench.message())
        sent += 1
        next_s = time.monotonic() + 1 / 30
        bench.graph.spin_until(lambda next_s=next_s: time.monotonic() >= next_s)
    bench.graph.spin_until(lambda: bench.counts.pending == 0)
    assert sent > 10
    return (bench.counts.processed - processed) / sent, len(bench.tracker.inits) - learnt


def at_default_rate(bench: Bench) -> None:
    bench.start_active(max_selection_rate_hz=DEFAULT_HZ)
    slow_to_learn(bench)
    bench.select_on_image()


def test_flood_on_a_selection_topic_learns_at_the_rate_and_the_tracker_goes_on(bench: Bench) -> None:
    at_default_rate(bench)
    regions = publisher(bench, RegionOfInterest, "utrack/select_roi")
    stream_s, refused = 3.0, bench.counts.refused
    with flood(lambda: regions.publish(REGION)) as sent:
        processed, learnt = stream(bench, stream_s)
    assert sent[0] > 100
    assert 1 <= learnt <= BURST + DEFAULT_HZ * stream_s + 2
    assert processed > 0.4
    assert 0 < bench.counts.refused - refused <= stream_s / REST_S + 10
    assert "max_selection_rate_hz" in bench.counts.last_refusal
    bench.check_invariants()


def test_flood_on_a_selection_topic_takes_nothing_from_the_service(bench: Bench) -> None:
    at_default_rate(bench)
    regions = publisher(bench, RegionOfInterest, "utrack/select_roi")
    with flood(lambda: regions.publish(REGION)):
        bench.graph.spin_until(lambda: "max_selection_rate_hz" in bench.counts.last_refusal)
        bench.send()
        assert bench.select((1.0, 2.0, 12.0, 10.0)).success


def test_flood_of_set_target_is_answered_and_learns_at_the_rate_and_stop_still_works(bench: Bench) -> None:
    at_default_rate(bench)
    caller = bench.graph.add(Node("flooder", context=bench.graph.context))
    client = caller.create_client(SetTarget, "utrack/set_target")
    bench.graph.spin_until(client.service_is_ready)
    x, y, w, h = BOX
    asked: list[Any] = []
    request = SetTarget.Request(x=x, y=y, width=w, height=h)
    with flood(lambda: asked.append(client.call_async(request))):
        processed, learnt = stream(bench, 2.0)
    assert len(asked) > 100
    assert learnt <= BURST + DEFAULT_HZ * 2.0 + 2
    assert processed > 0.4
    bench.graph.spin_until(lambda: bench.counts.refused > 0)
    assert bench.graph.call(bench.stop, Trigger.Request()).success
    bench.graph.spin_until(lambda: sum(call.done() for call in asked) > 10)
    answers = [call.result() for call in asked if call.done()]
    refused = [answer for answer in answers if "max_selection_rate_hz" in answer.message]
    assert refused
    assert {(answer.success, answer.code) for answer in refused} == {(False, SetTarget.Response.INACTIVE)}


def test_selections_at_a_persons_pace_are_all_taken_at_the_default_rate(bench: Bench) -> None:
    at_default_rate(bench)
    for step in range(BURST - 1):
        bench.send()
        assert bench.select((10.0 + step, 8.0, 20.0, 16.0)).success, step


def test_refusals_without_end_are_counted_and_logged_now_and_then(
    bench: Bench, capfd: pytest.CaptureFixture[str]
) -> None:
    bench.start(autostart=False)
    begun_s = time.monotonic()
    for _ in range(30):  # a node that is not ready answers 20 a second
        assert not bench.select().success
    took_s = time.monotonic() - begun_s
    assert bench.counts.refused == 30
    assert BURST <= capfd.readouterr().err.count("selection refused: ") <= BURST + LOG_RATE_HZ * took_s + 1


def test_calls_while_the_model_loads_cost_no_selection(bench: Bench) -> None:
    bench.load_gate = threading.Event()
    bench.start(max_selection_rate_hz=DEFAULT_HZ)
    for _ in range(3 * BURST):
        assert bench.select().code == SetTarget.Response.MODEL_NOT_READY
    bench.load_gate.set()
    bench.graph.spin_until(lambda: bench.lifecycle == "active")
    bench.connect()
    bench.send()
    assert bench.select().success


def test_polygon_of_a_hundred_thousand_points_is_refused_before_it_is_made_into_objects(active: Bench) -> None:
    active.send()
    topic = publisher(active, PolygonStamped, "utrack/select_rectangle")
    huge = PolygonStamped()
    huge.polygon.points = [Point32()] * 100_000
    topic.publish(huge)
    active.graph.spin_until(lambda: active.counts.refused == 1)
    assert f"at most {MESSAGE_BYTES} bytes on ~/select_rectangle" in active.counts.last_refusal
    assert len(active.tracker.inits) == 1  # the warm-up's
    active.check_invariants()


def test_image_of_more_bytes_than_allowed_is_turned_away_as_it_arrives(bench: Bench) -> None:
    bench.start_active(max_image_mb=1)
    bench.select_on_image()
    held = bench.node._worker._history.byte_count
    bench.send(bench.message(width=800, height=600))
    assert (bench.counts.rejected, bench.counts.processed) == (1, 1)
    assert bench.node._worker._history.byte_count == held
    status = bench.diagnosis(lambda values: values["rejected"] == "1")
    error = {pair.key: pair.value for pair in status.values}["last_error"]
    assert "at most 1000000 bytes of data (max_image_mb), but got 1440000" in error
    bench.check_invariants()


@pytest.mark.parametrize("field", ["frame_id", "encoding"])
def test_image_with_an_endless_name_is_turned_away_and_its_name_goes_nowhere(bench: Bench, field: str) -> None:
    bench.start_active()
    bench.select_on_image()
    message = bench.message()
    setattr(message.header if field == "frame_id" else message, field, "x" * 100_000)
    bench.send(message)
    assert "at most 256 characters, but got one of 100000" in bench.counts.last_error
    assert len(bench.counts.last_error) < 300
    assert (bench.counts.rejected, bench.counts.processed) == (1, 1)
    bench.check_invariants()


def test_image_of_more_pixels_than_allowed_is_refused_before_it_is_decoded(bench: Bench) -> None:
    bench.start_active(max_image_pixels=64 * 48)
    bench.select_on_image()
    bench.send(bench.message(width=80, height=48))
    assert "at most 3072 pixels, but got 80x48" in bench.counts.last_error
    bench.check_invariants()


@pytest.mark.parametrize("name", ["max_image_pixels", "max_image_mb", "max_selection_rate_hz"])
def test_limit_cannot_be_lifted_over_the_network(active: Bench, name: str) -> None:
    descriptor = active.node.describe_parameter(name)
    assert descriptor.read_only
