"""Faults of a stream of good images: changes, jumps of the stamps, repeats, too many or too few."""

from __future__ import annotations

import gc
import statistics
import time
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from invariants import Said, check_alive, check_targets, counted, shown, survives
from node_bench import RELIABLE, Bench
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_ros.core.tracker import TrackResult
from utrack_ros.ros.messages import stamp_to_ns

SECOND_NS = 1_000_000_000


def broke(state: str, words: str) -> Any:
    """Return whether a report warns that the images broke off, why, and how the target stands."""
    warns = shown("input", 1, f"the images broke off: {words}")

    def says(said: Said) -> bool:
        return warns(said) and words in said["input"]["last_break"] and said["tracker"]["state"] == state

    return says


def states(bench: Bench, count: int, **changes: Any) -> list[int]:
    return [bench.track(bench.message(**changes)).state for _ in range(count)]


@pytest.mark.fault(6)
def test_resolution_that_changes_is_lost_and_found_again(tracking: Bench) -> None:
    with survives(tracking, broke("LOST", "image size changed to 128x96; the target is searched anew")):
        target = tracking.track(tracking.message(width=128, height=96))
        assert (target.state, target.box_valid) == (Target.STATE_LOST, False)
    found = states(tracking, 3, width=128, height=96)  # the checker's own image had the old size
    assert found == [Target.STATE_LOST, Target.STATE_LOST, Target.STATE_TRACKING]
    assert (tracking.targets[-1].image_width, tracking.targets[-1].image_height) == (128, 96)


@pytest.mark.fault(6)
def test_encoding_that_changes_goes_on(tracking: Bench) -> None:
    with survives(tracking, lambda said: said["input"]["encoding"] == "bgr8 64x48"):
        assert states(tracking, 3, encoding="bgr8") == [Target.STATE_TRACKING] * 3


@pytest.mark.fault(13)
@pytest.mark.parametrize(("rule", "state", "fate"), [("reset", "IDLE", "given up"), ("keep", "LOST", "searched anew")])
def test_stamps_that_go_back(bench: Bench, rule: str, state: str, fate: str) -> None:
    bench.start_active(on_time_jump=rule)
    bench.select_on_image()
    bench.track()
    before = len(bench.targets)
    said = broke(state, f"image stamps went back by 60.0 s; the target is {fate}")
    with survives(bench, said, timelines=2):
        bench.stamp_ns -= 60 * SECOND_NS
        bench.send()
    if rule == "reset":
        assert len(bench.targets) == before
        assert bench.select().target_id == 2
    else:
        assert [target.state for target in bench.targets[before:]] == [Target.STATE_LOST] * 2
        assert bench.track().state == Target.STATE_TRACKING


@pytest.mark.fault(13)
def test_stamps_that_jump_ahead_are_pointed_out(tracking: Bench) -> None:
    tracking.stamp_ns += 3600 * SECOND_NS
    with survives(tracking, shown("input", 1, "in the future")):
        tracking.track()


@pytest.mark.fault(13)
def test_one_image_stamped_ahead_gives_the_target_up_and_says_why(tracking: Bench) -> None:
    """As of a driver whose clock is set: the images after it are of an earlier time."""
    ahead = tracking.message()
    ahead.header.stamp.sec += 5
    with survives(tracking, broke("IDLE", "image stamps went back by 5.0 s; the target is given up"), timelines=2):
        assert tracking.track(ahead).state == Target.STATE_TRACKING
        tracking.send()
    assert tracking.select().target_id == 2


@pytest.mark.fault(13)
def test_image_without_a_stamp_is_pointed_out(tracking: Bench) -> None:
    message = tracking.message()
    message.header.stamp.sec = message.header.stamp.nanosec = 0
    with survives(tracking, shown("input", 1, "the images carry no time stamp"), timelines=2):
        tracking.track(message)


@pytest.mark.fault(13)
def test_simulated_clock_that_goes_back_stops_nothing(bench: Bench) -> None:
    """As when a bag with /clock is played in a loop: the node's own timers run on."""
    bench.start_active(use_sim_time=True)
    clock = bench.peer.create_publisher(Clock, "/clock", 10)
    bench.graph.spin_until(lambda: clock.get_subscription_count() >= 1)

    def set_clock(time_s: int) -> None:
        message = Clock()
        message.clock.sec = time_s
        clock.publish(message)
        bench.graph.spin_until(lambda: bench.now_ns == time_s * SECOND_NS)
        bench.stamp_ns = time_s * SECOND_NS - 33_000_000

    set_clock(1000)
    bench.select_on_image()
    set_clock(900)
    before = len(bench.targets)
    bench.send()
    assert bench.select().target_id == 2
    assert bench.track().state == Target.STATE_TRACKING
    bench.reports.clear()
    bench.graph.spin_until(lambda: len(bench.reports) >= 2)
    assert {stamp_to_ns(target.header.stamp) // SECOND_NS for target in bench.targets[before:]} <= {899, 900}
    check_alive(bench)
    check_targets(bench.targets, timelines=2)


@pytest.mark.fault(14)
def test_repeated_and_late_images_are_dropped(tracking: Bench) -> None:
    with survives(tracking, counted("late", 2)):
        newest = tracking.message()
        tracking.track(newest)
        tracking.send(newest)
        late = tracking.message()
        late.header.stamp.sec, late.header.stamp.nanosec = divmod(tracking.stamp_ns - SECOND_NS // 2, 10**9)
        tracking.send(late)
        assert tracking.counts.dropped == 2


@pytest.mark.fault(14)
def test_reordered_images_come_out_in_order(tracking: Bench) -> None:
    images = [tracking.message() for _ in range(6)]
    with survives(tracking, counted("late", 3)):
        for index in (1, 0, 3, 2, 5, 4):
            tracking.send(images[index])


@pytest.mark.fault(16)
def test_camera_that_is_frozen_ends_in_lost_with_a_warning(tracking: Bench) -> None:
    assert tracking.node.set_parameters_atomically([Parameter("coast_timeout_s", value=0.0)]).successful
    with survives(tracking, shown("input", 1, "the camera is frozen: /image repeats the same image")):
        states(tracking, 40, value=30)  # no image of the bench's own is so dark
    followed = [target.state == Target.STATE_TRACKING for target in tracking.targets]
    assert followed == [True] * 31 + [False] * 11  # the first, then one and 29 repeats; the 30th is frozen
    assert tracking.targets[31].score == 0.0
    assert [tracking.track().state for _ in range(2)][-1] == Target.STATE_TRACKING


@pytest.mark.fault(16)
def test_camera_that_differs_in_one_pixel_is_alive(tracking: Bench) -> None:
    with survives(tracking, counted("frozen", 0)):
        for number in range(40):
            data = bytearray(b"\x5a" * 64 * 48 * 3)
            data[3000] = number % 2
            assert tracking.track(tracking.message(data=bytes(data))).state == Target.STATE_TRACKING
    assert tracking.counts.frozen == 0


@pytest.mark.fault(17)
def test_input_faster_than_inference_newest_wins(tracking: Bench) -> None:
    with survives(tracking, counted("dropped", 7)):
        gate = tracking.hold()
        for number in range(8):
            tracking.camera.publish(tracking.message())
            tracking.graph.spin_until(lambda number=number: tracking.counts.received == 3 + number)
        assert tracking.counts.pending == 1
        gate.set()
        tracking.graph.spin_until(lambda: tracking.counts.pending == 0 and len(tracking.targets) == 3)
        counts = tracking.counts
        assert (counts.received, counts.processed, counts.dropped, counts.rejected) == (10, 3, 7, 0)
        newest = tracking.targets[-1]
        assert stamp_to_ns(newest.header.stamp) == tracking.stamp_ns
        assert newest.frames_dropped == 7


@pytest.mark.fault(17)
def test_input_faster_than_inference_for_two_seconds_keeps_results_young_and_holds_no_images(tracking: Bench) -> None:
    """A camera at 100 Hz and a tracker of 50 ms; if images waited in a queue, half of the results were 0.8 s old."""
    assert tracking.node.set_parameters_atomically([Parameter("history_s", value=0.0)]).successful

    def slow(image: Any) -> TrackResult:
        time.sleep(0.05)
        return tracking.tracker.answer()

    tracking.tracker.script = slow
    ages_s: list[float] = []
    held: list[int] = []

    def send() -> None:
        tracking.stamp_ns = time.time_ns() - 33_000_000  # which `message` adds
        tracking.camera.publish(tracking.message())
        many = len(held) % 20  # a count takes some 10 ms
        held.append(held[-1] if many else sum(isinstance(thing, Image) for thing in gc.get_objects()))

    def hear(target: Target) -> None:
        ages_s.append((time.time_ns() - stamp_to_ns(target.header.stamp)) * 1e-9)

    with survives(tracking, counted("dropped", 20)):
        tracking.peer.create_subscription(Target, "utrack/target", hear, RELIABLE)
        timer = tracking.peer.create_timer(0.01, send)
        tracking.graph.spin_until(lambda: len(held) >= 200)
        timer.cancel()
        tracking.graph.spin_until(lambda: tracking.counts.pending == 0)
    assert len(ages_s) > 10
    assert statistics.median(ages_s) < 0.4, ages_s
    assert max(held) < 20, held
