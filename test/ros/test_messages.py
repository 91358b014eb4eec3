"""Records to messages: field by field, clipped in float32, never a number that is not finite."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from builtin_interfaces.msg import Time
from sensor_msgs.msg import CompressedImage, Image, RegionOfInterest
from std_msgs.msg import Header

from utrack_interfaces.msg import Target, TargetState  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]
from utrack_ros.checks.finding import Level
from utrack_ros.core.camera_model import Bearing
from utrack_ros.core.state import State
from utrack_ros.ros import messages
from utrack_ros.ros.exchange import Outcome, Report, Selection, SelectionCode, Standing

STAMP_NS = 12_000_000_345


def report(**changes: Any) -> Report:
    given = {
        "header": Header(stamp=Time(sec=12, nanosec=345), frame_id="camera_optical"),
        "stamp_ns": STAMP_NS,
        "size_hw": (48, 64),
        "state": State.TRACKING,
        "target_id": 7,
        "box_xywh": (10.0, 8.0, 20.0, 16.0),
        "score": 0.75,
        "age_s": 0.0,
        "inference_ms": 12.5,
    }
    return Report(**(given | changes))


def test_constants_are_those_of_the_states_and_codes() -> None:
    assert {state.name: getattr(Target, f"STATE_{state.name}") for state in State} == {s.name: int(s) for s in State}
    assert all(getattr(TargetState, f"STATE_{state.name}") == state for state in State)
    assert {code.name: getattr(SetTarget.Response, code.name) for code in SelectionCode} == {
        code.name: int(code) for code in SelectionCode
    }


def test_target_carries_the_report_and_the_image_header() -> None:
    message = messages.target(report(), STAMP_NS + 20_000_000, frames_dropped=3, sequence=9)
    assert message.header == report().header
    assert (message.id, message.state, message.box_valid) == (7, Target.STATE_TRACKING, True)
    assert (message.x, message.y, message.width, message.height) == (10.0, 8.0, 20.0, 16.0)
    assert (message.image_width, message.image_height) == (64, 48)
    assert (message.score, message.age_s, message.inference_ms) == (0.75, 0.0, 12.5)
    assert message.latency_ms == pytest.approx(20.0)
    assert (message.frames_dropped, message.sequence, message.angles_valid) == (3, 9, False)


def test_coasting_carries_the_box_that_is_held() -> None:
    message = messages.target(report(state=State.COASTING, age_s=0.25), STAMP_NS, 0, 0)
    assert (message.state, message.box_valid, message.x, message.age_s) == (3, True, 10.0, 0.25)


def test_lost_never_carries_a_box() -> None:
    message = messages.target(report(state=State.LOST), STAMP_NS, 0, 0)
    assert (message.state, message.box_valid) == (Target.STATE_LOST, False)
    assert (message.x, message.y, message.width, message.height) == (0.0, 0.0, 0.0, 0.0)


def test_bearing_fills_in_the_angles_and_the_line_of_sight() -> None:
    bearing = Bearing(0.25, -0.5, 0.125, 0.0625, (0.5, 0.25, 0.75))
    message = messages.target(report(), STAMP_NS, 0, 0)
    messages.add_bearing(message, bearing)
    assert (message.angles_valid, message.azimuth, message.elevation) == (True, 0.25, -0.5)
    assert (message.angular_width, message.angular_height) == (0.125, 0.0625)
    sight = messages.line_of_sight(report().header, bearing)
    assert sight.header == report().header
    assert (sight.vector.x, sight.vector.y, sight.vector.z) == (0.5, 0.25, 0.75)


def test_latency_of_an_image_without_a_stamp_is_zero() -> None:
    assert messages.target(report(stamp_ns=0), STAMP_NS, 0, 0).latency_ms == 0.0


def test_latency_before_the_clock_runs_is_zero() -> None:
    """The clock of a replay is 0 until the first /clock."""
    assert messages.target(report(), 0, 0, 0).latency_ms == 0.0


def test_counters_wrap_at_32_bits() -> None:
    message = messages.target(report(), STAMP_NS, frames_dropped=2**32 + 1, sequence=2**32)
    assert (message.frames_dropped, message.sequence) == (1, 0)


@given(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.floats(1e-3, 1e4), st.floats(1e-3, 1e4), st.integers(1, 8192))
def test_box_lies_on_the_image_in_float32_too(x: float, y: float, w: float, h: float, side: int) -> None:
    message = messages.target(report(box_xywh=(x, y, w, h), size_hw=(side, side)), STAMP_NS, 0, 0)
    assert 0 <= message.x <= message.x + message.width <= side
    assert 0 <= message.y <= message.y + message.height <= side
    assert math.isfinite(message.x + message.y)


@given(st.floats(0, 8192), st.floats(1e-12, 1), st.integers(1, 8192))
@example(1279.99999, 1e-5, 1280)
def test_sliver_of_a_box_costs_no_time_and_covers_no_more_than_it_is(x: float, w: float, side: int) -> None:
    started_s = time.process_time()
    message = messages.target(report(box_xywh=(x, 0.0, w, 10.0), size_hw=(side, side)), STAMP_NS, 0, 0)
    assert time.process_time() - started_s < 0.5
    assert 0 <= message.x <= min(x, side)
    assert message.x + message.width <= min(x + w, side)


def test_incoming_keeps_the_message_uncopied() -> None:
    image = Image(header=report().header, encoding="bgr8", data=bytes(12))
    frame = messages.incoming(image, 7.5, STAMP_NS + 4_000_000)
    assert (frame.stamp_ns, frame.encoding, frame.header, frame.arrived_s) == (STAMP_NS, "bgr8", image.header, 7.5)
    assert frame.message is image
    assert frame.byte_count == 12
    assert frame.transport_s == pytest.approx(0.004)


def test_incoming_image_without_a_stamp_has_no_transport() -> None:
    assert messages.incoming(Image(encoding="bgr8"), 7.5, STAMP_NS).transport_s == 0.0


def test_incoming_image_has_no_transport_before_the_clock_runs() -> None:
    assert messages.incoming(Image(header=report().header, encoding="bgr8"), 7.5, 0).transport_s == 0.0


def test_incoming_compressed_image_is_named_by_its_format() -> None:
    image = CompressedImage(header=report().header, format="bgr8; jpeg compressed bgr8")
    frame = messages.incoming(image, 7.5, STAMP_NS + 4_000_000)
    assert (frame.stamp_ns, frame.encoding, frame.message) == (STAMP_NS, "bgr8; jpeg compressed bgr8", image)


def test_selection_reads_the_request() -> None:
    request = SetTarget.Request(stamp=Time(sec=1, nanosec=5), x=1.0, y=2.0, width=3.0, height=math.inf, normalized=True)
    selection = messages.selection(request)
    assert selection.box_xywh == (1.0, 2.0, 3.0, math.inf)
    assert (selection.normalized, selection.stamp_ns) == (True, 1_000_000_005)


def test_region_is_a_box_on_the_image_of_a_while_ago() -> None:
    region = RegionOfInterest(x_offset=1, y_offset=2, width=30, height=40)
    assert messages.region_selection(region, 0.25, 7.5) == Selection((1.0, 2.0, 30.0, 40.0), False, 0, 0.25, 7.5)


def test_target_state_carries_the_standing_and_the_header_of_the_image() -> None:
    message = messages.target_state(Standing(report().header, State.LOST, 7, 2.5), input_stale=True)
    assert (message.header, message.state, message.id) == (report().header, TargetState.STATE_LOST, 7)
    assert (message.age_s, message.input_stale) == (2.5, True)


def test_target_state_before_the_first_image_is_idle_and_has_no_stamp() -> None:
    message = messages.target_state(Standing(), input_stale=False)
    assert (message.state, message.id, message.header) == (TargetState.STATE_IDLE, 0, Header())


@pytest.mark.parametrize(
    ("outcome", "success"),
    [(Outcome(SelectionCode.OK, "", 4), True), (Outcome(SelectionCode.BAD_BOX, "too small"), False)],
)
def test_answer_fills_the_response(outcome: Outcome, success: bool) -> None:
    response = messages.answer(outcome, SetTarget.Response())
    assert (response.success, response.code, response.message, response.target_id) == (
        success,
        int(outcome.code),
        outcome.message,
        outcome.target_id,
    )


def test_diagnostics_hold_each_status() -> None:
    given = messages.status("/utrack: input", Level.WARN, "no image", {"received": "0", "dropped": "1"})
    array = messages.diagnostics(Time(sec=3), [given])
    assert array.header.stamp.sec == 3
    [status] = array.status
    assert (status.name, status.level, status.message) == ("/utrack: input", b"\x01", "no image")
    assert {pair.key: pair.value for pair in status.values} == {"received": "0", "dropped": "1"}
