"""Faults of camera, images, boxes and tracker: the node lives on, and nothing false is published."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from node_bench import BOX, Bench

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]
from utrack_ros.checks.transport import PROFILE_VARIABLES
from utrack_ros.core.tracker import TrackResult
from utrack_ros.ros.transport import profile_variable

CAMERA = str(Path(__file__).parent / "camera_process.py")


def test_camera_that_sends_nothing_is_not_blamed_on_a_segment_with_room(active: Bench) -> None:
    status = active.diagnosis(lambda values: values["publishers"] == "1" and float(values["silent_s"]) > 2.0)
    assert "no image arrives" in status.message
    assert "is no obstacle: see whether its driver sends anything" in status.message


@pytest.mark.parametrize(
    "box_xywh",
    [
        (math.nan, 8.0, 20.0, 16.0),
        (10.0, 8.0, 0.0, 16.0),
        (10.0, 8.0, -5.0, 16.0),
        (500.0, 8.0, 20.0, 16.0),
        (0.0, 0.0, 65.0, 48.0),
        (3e38, 3e38, 3e38, 3e38),
    ],
)
def test_bad_box_is_refused_with_a_reason_and_the_running_track_goes_on(tracking: Bench, box_xywh: Any) -> None:
    response = tracking.select(box_xywh)
    assert (response.success, response.code, response.target_id) == (False, SetTarget.Response.BAD_BOX, 0)
    assert response.message.startswith("expected ")
    target = tracking.track()
    assert (target.state, target.id, (target.x, target.y, target.width, target.height)) == (2, 1, BOX)
    tracking.check_invariants()


def test_selection_before_the_first_image(active: Bench) -> None:
    response = active.select()
    assert (response.success, response.code) == (False, SetTarget.Response.NO_IMAGE)


def test_newest_frame_wins_under_load_and_every_frame_is_accounted_for(tracking: Bench) -> None:
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
    assert newest.header.stamp.sec * 10**9 + newest.header.stamp.nanosec == tracking.stamp_ns
    assert newest.frames_dropped == 7


@pytest.mark.parametrize(
    "changes",
    [
        {"data": b"short"},
        {"step": 0},
        {"step": 1},
        {"encoding": "nonsense"},
        {"width": 0},
        {"height": 2**32 - 1, "data": b""},
    ],
)
def test_bad_image_is_rejected_and_shown_in_the_diagnostics(tracking: Bench, changes: dict[str, Any]) -> None:
    tracking.send(tracking.message(**changes))
    assert tracking.counts.rejected == 1
    status = tracking.diagnosis(lambda values: values["rejected"] == "1")
    assert {pair.key: pair.value for pair in status.values}["last_error"].startswith("image rejected: expected ")
    assert tracking.track().state == Target.STATE_TRACKING
    tracking.check_invariants()


@pytest.mark.parametrize(
    "result",
    [
        TrackResult((math.nan, 8.0, 20.0, 16.0), 0.9, None),  # type: ignore[arg-type]
        TrackResult((1e9, 8.0, 20.0, 16.0), 0.9, None),  # type: ignore[arg-type]
        TrackResult((0.0, 0.0, 1e9, 1e9), 0.9, None),  # type: ignore[arg-type]
        TrackResult(BOX, math.inf, None),  # type: ignore[arg-type]
    ],
)
def test_senseless_box_of_the_tracker_is_never_published(tracking: Bench, result: TrackResult) -> None:
    tracking.tracker.script = lambda image: result
    assert tracking.track().state == Target.STATE_LOST
    assert tracking.counts.errors == 1
    tracking.tracker.script = None
    tracking.check_invariants()


def test_exception_in_the_tracker_is_lost_and_survived(tracking: Bench) -> None:
    tracking.tracker.raising(RuntimeError("CUDA out of memory"))
    assert tracking.track().state == Target.STATE_LOST
    status = tracking.diagnosis(lambda values: values["errors"] != "0")
    assert {pair.key: pair.value for pair in status.values}["last_error"].endswith("CUDA out of memory")
    tracking.tracker.script = None
    assert [tracking.track().state for _ in range(3)] == [4, 4, 2]
    tracking.check_invariants()


def test_repeated_and_late_images_are_dropped(tracking: Bench) -> None:
    newest = tracking.message()
    tracking.track(newest)
    tracking.send(newest)
    late = tracking.message()
    late.header.stamp.sec, late.header.stamp.nanosec = divmod(tracking.stamp_ns - 500_000_000, 10**9)
    tracking.send(late)
    assert tracking.counts.dropped == 2
    tracking.check_invariants()


def test_camera_that_stops_is_stale_and_its_target_is_searched_anew(tracking: Bench) -> None:
    status = tracking.diagnosis(lambda values: float(values["silent_s"]) > 1.1)
    assert status.level == b"\x01"
    assert "no image for" in status.message
    response = tracking.select()
    assert (response.code, "check the camera" in response.message) == (SetTarget.Response.NO_IMAGE, True)
    assert [tracking.track().state for _ in range(3)] == [4, 4, 2]


def test_camera_whose_images_do_not_arrive_is_told_the_profile_in_full(bench: Bench, start: Callable[..., Any]) -> None:
    bench.peer.destroy_publisher(bench.camera)
    bench.start()
    start(CAMERA, "--size", "3840x2160", "--rate", "3", env=dict.fromkeys(PROFILE_VARIABLES, ""))
    status = bench.diagnosis(lambda values: values["publishers"] == "1" and float(values["silent_s"]) > 2.0)
    assert "its shared-memory segment of 549 kB holds no larger image" in status.message
    name, path = status.message.split("start it with ")[1].split("=")
    assert name == profile_variable(os.environ.get("ROS_DISTRO"))
    assert Path(path).is_absolute()
    assert Path(path).is_file()


def test_silence_and_its_end_are_reported_at_once_and_not_by_the_second(tracking: Bench) -> None:
    tracking.node._diagnostics._report_timer.cancel()

    def reported(received: str, silent: bool) -> Any:
        return tracking.diagnosis(
            lambda values: values["received"] == received and (float(values["silent_s"]) >= 0.5) is silent, fresh=False
        )

    status = reported("1", silent=True)
    assert (status.level, "the input is stale" in status.message) == (b"\x01", True)
    tracking.send()
    assert reported("2", silent=False).level == b"\x00"


def test_camera_with_a_stopped_clock_is_pointed_out(tracking: Bench) -> None:
    frozen = tracking.message()
    tracking.track(frozen)

    def warned() -> bool:
        tracking.send(frozen)
        statuses = [status for report in tracking.reports for status in report.status]
        return any("stamps do not advance" in status.message for status in statuses)

    tracking.graph.spin_until(warned)
    status = tracking.diagnosis(lambda values: values["late"] != "0")
    values = {pair.key: int(pair.value) for pair in status.values if pair.key in ("received", "dropped", "late")}
    assert (values["received"], values["dropped"]) == (values["late"] + 2, values["late"])


def test_every_refused_selection_is_counted_and_logged(active: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    assert active.select().code == SetTarget.Response.NO_IMAGE
    active.send()
    assert active.select((10.0, 8.0, 0.0, 16.0)).code == SetTarget.Response.BAD_BOX
    assert active.select().success
    assert active.counts.refused == 2
    status = active.diagnosis(lambda values: values["refused"] == "2")
    assert {pair.key: pair.value for pair in status.values}["last_refusal"].startswith("BAD_BOX: expected ")
    assert capfd.readouterr().err.count("selection refused: ") == 2


def test_forced_reliability_that_the_camera_does_not_offer_is_explained(bench: Bench) -> None:
    bench.start(image_reliability="reliable")
    status = bench.diagnosis(lambda values: values["reliability"] == "reliable" and values["publishers"] == "1")
    assert (status.level, "set image_reliability to auto" in status.message) == (b"\x02", True)


def test_context_shut_down_under_a_running_frame_is_quiet(
    tracking: Bench, wait_until: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    gate = tracking.hold()
    tracking.graph.context.shutdown()
    gate.set()
    wait_until(lambda: tracking.node._worker.busy_s == 0)
    assert tracking.node.release()
    assert "Traceback" not in capfd.readouterr().err
