"""A camera that stops, comes back, repeats its stamps or cannot be heard."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from invariants import shown, survives
from node_bench import BEST_EFFORT, Bench
from sensor_msgs.msg import Image

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]
from utrack_ros.checks.transport import PROFILE_VARIABLES
from utrack_ros.ros.transport import profile_variable

CAMERA = str(Path(__file__).parents[1] / "ros" / "camera_process.py")


@pytest.mark.fault(15)
def test_camera_that_stops_and_comes_back_with_another_frame_id(tracking: Bench) -> None:
    """Silence is told in time and never filled with an old box; then the target is searched, in the new frame."""
    before = len(tracking.targets)
    with survives(tracking, shown("input", 1, "no image for")):
        tracking.peer.destroy_publisher(tracking.camera)
        tracking.diagnosis(lambda values: values["publishers"] == "0" and float(values["silent_s"]) > 0.5)
        tracking.diagnosis(lambda values: float(values["silent_s"]) > 1.1)
        assert len(tracking.targets) == before
        tracking.camera = tracking.peer.create_publisher(Image, "image", BEST_EFFORT)
        tracking.connect()
    assert tracking.targets[before].state == Target.STATE_LOST

    def found() -> Any:
        message = tracking.message()
        message.header.frame_id = "other_optical"
        return tracking.track(message)

    assert [found().state for _ in range(2)] == [Target.STATE_LOST, Target.STATE_TRACKING]
    assert tracking.targets[-1].header.frame_id == "other_optical"


@pytest.mark.fault(15)
def test_camera_that_sends_nothing_is_not_blamed_on_a_segment_with_room(active: Bench) -> None:
    status = active.diagnosis(lambda values: values["publishers"] == "1" and float(values["silent_s"]) > 2.0)
    assert "no image arrives" in status.message
    assert "is no obstacle: see whether its driver sends anything" in status.message


@pytest.mark.fault(15)
def test_camera_whose_images_do_not_arrive_is_told_the_profile_in_full(bench: Bench, start: Callable[..., Any]) -> None:
    bench.peer.destroy_publisher(bench.camera)
    bench.start()
    start(CAMERA, "--size", "3840x2160", "--rate", "3", env=dict.fromkeys(PROFILE_VARIABLES, ""))
    too_small = "its shared-memory segment of 549 kB holds no larger image"
    status = bench.diagnosis(
        lambda values: values["publishers"] == "1" and float(values["silent_s"]) > 2.0, says=too_small
    )
    name, path = status.message.split("start it with ")[1].split("=")
    assert name == profile_variable(os.environ.get("ROS_DISTRO"))
    assert Path(path).is_absolute()
    assert Path(path).is_file()


@pytest.mark.fault(15)
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


@pytest.mark.fault(14)
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


@pytest.mark.fault(10, 12)
def test_every_refused_selection_is_counted_and_logged(active: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    assert active.select().code == SetTarget.Response.NO_IMAGE
    active.send()
    assert active.select((10.0, 8.0, 0.0, 16.0)).code == SetTarget.Response.BAD_BOX
    assert active.select().success
    assert active.counts.refused == 2
    status = active.diagnosis(lambda values: values["refused"] == "2")
    assert {pair.key: pair.value for pair in status.values}["last_refusal"].startswith("BAD_BOX: expected ")
    assert capfd.readouterr().err.count("selection refused: ") == 2


@pytest.mark.fault(15)
def test_forced_reliability_that_the_camera_does_not_offer_is_explained(bench: Bench) -> None:
    bench.start(image_reliability="reliable")
    status = bench.diagnosis(lambda values: values["reliability"] == "reliable" and values["publishers"] == "1")
    assert (status.level, "set image_reliability to auto" in status.message) == (b"\x02", True)
