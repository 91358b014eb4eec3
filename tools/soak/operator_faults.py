"""What an operator does, rightly and wrongly: selections, pauses, parameters, the lifecycle."""

from __future__ import annotations

import math
import time
from typing import Any

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from std_srvs.srv import SetBool, Trigger

from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]

from .scene import RECOVER_S, Fault, Scene, expect, expect_counted

LOAD_S = 60.0
"""For the model, on a machine that does other things as well."""

FORGOTTEN_S = 60.0
"""For the middleware to forget a camera that was killed; it takes 20 s."""

HINDSIGHT_S = 2.0
"""For the node's middleware to do so after the soak's."""

GOOD_VALUES: tuple[dict[str, Any], ...] = (
    {"confirm_threshold": 0.6, "lost_threshold": 0.3},
    {"confirm_threshold": 0.5, "lost_threshold": 0.25},
    {"coast_timeout_s": 0.2},
    {"coast_timeout_s": 1.0},
    {"history_s": 0.9},
    {"history_s": 1.0},
    {"lost_timeout_s": 3.0},
    {"debug_scale": 1.0, "debug_response": True},
    {"debug_scale": 0.25, "debug_response": False},
    {"on_time_jump": "keep"},
    {"on_time_jump": "reset"},
)
BAD_VALUES: tuple[dict[str, Any], ...] = (
    {"confirm_threshold": 7.0},
    {"coast_timeout_s": math.nan},
    {"queue_mb": 8},
    {"no_such_parameter": 1},
    {"reacquire": "yes"},
    {"lost_threshold": 0.99},
)
BAD_BOXES = ((math.nan, 0.0, 9.0, 9.0), (0.0, 0.0, 1e9, 9.0), (10.0, 8.0, 0.0, 16.0), (-900.0, 8.0, 20.0, 16.0))
STEPS = ("deactivate", "cleanup", "configure", "activate")


def select(scene: Scene) -> str:
    """Mark the target where it is; the node must take it in time."""
    pilot, answers = scene.pilot, []

    def accepted() -> bool:
        newest = scene.cameras.newest()
        if newest is None:
            return False
        stamp_ns, (x, y, w, h) = newest
        request = SetTarget.Request(x=x, y=y, width=w, height=h)
        request.stamp.sec, request.stamp.nanosec = divmod(stamp_ns, 10**9)
        answer = pilot.call("set_target", request)
        answers.append("none" if answer is None else answer.message)
        return answer is not None and answer.success

    end_s = time.monotonic() + RECOVER_S
    while time.monotonic() < end_s:
        if accepted():
            return ""
        pilot.wait(1.0)
    pilot.promises.note(f"no selection was taken in {RECOVER_S:.0f} s: {answers[-1:]}")
    return "refused"


def _bad_selection(scene: Scene) -> str:
    refused = scene.pilot.count("refused")
    x, y, w, h = scene.dice.choice(BAD_BOXES)
    answer = scene.pilot.call("set_target", SetTarget.Request(x=x, y=y, width=w, height=h))
    _expect(scene, "bad_selection", answer, success=False)
    expect_counted(scene, "bad_selection", "refused", refused)
    return ""


def _region(scene: Scene) -> str:
    for width in (40, 0, 100_000):
        scene.pilot.mark_region(x_offset=300, y_offset=200, width=width, height=40)
    return ""


def _stop(scene: Scene) -> str:
    _expect(scene, "stop", scene.pilot.call("stop", Trigger.Request()), success=True)
    return ""


def _pause(scene: Scene) -> str:
    _expect(scene, "pause", scene.pilot.call("pause", SetBool.Request(data=True)), success=True)
    scene.pilot.wait(1.0)
    _expect(scene, "resume", scene.pilot.call("pause", SetBool.Request(data=False)), success=True)
    return ""


def _good_parameters(scene: Scene) -> str:
    return _set_parameters(scene, scene.dice.choice(GOOD_VALUES), success=True)


def _bad_parameter(scene: Scene) -> str:
    return _set_parameters(scene, scene.dice.choice(BAD_VALUES), success=False)


def _set_parameters(scene: Scene, values: dict[str, Any], success: bool) -> str:
    given = [Parameter(name, value=value).to_parameter_msg() for name, value in values.items()]
    answer = scene.pilot.call("set_parameters", SetParameters.Request(parameters=given))
    for result in answer.results if answer is not None else ():
        expect(scene, f"parameters {values}", result.successful, success)
    return str(values)


def reload(scene: Scene) -> str:
    """Take the node through its lifecycle: the tracker is freed, and loaded anew.

    What it holds meanwhile is to be compared, so cameras that were killed are forgotten first: each takes up to 1 MB
    while the middleware holds it.
    """
    held = ""
    if not scene.pilot.wait_for(lambda: scene.pilot.cameras_known() <= 1, FORGOTTEN_S):
        scene.pilot.promises.note(f"a killed camera is not forgotten in {FORGOTTEN_S:.0f} s")
    scene.pilot.wait(HINDSIGHT_S)
    scene.pilot.expect_reports(False)
    for step in STEPS:
        _expect(scene, step, _transition(scene, step), success=True)
        if step == "cleanup":
            held = scene.note_rest()
    scene.pilot.expect_reports(True)
    return f"cleaned up: {held}"


def _wrong_transition(scene: Scene) -> str:
    _expect(scene, "configure while active", _transition(scene, "configure"), success=False)
    return ""


def _transition(scene: Scene, step: str) -> Any:
    number = getattr(Transition, f"TRANSITION_{step.upper()}")
    return scene.pilot.call("change_state", ChangeState.Request(transition=Transition(id=number)), LOAD_S)


def _look_on(scene: Scene) -> str:
    pictures = scene.pilot.look_on(2.0)
    return f"{pictures} pictures"


def _expect(scene: Scene, what: str, answer: Any, success: bool) -> None:
    if answer is not None:  # else it is noted already
        expect(scene, what, answer.success, success)


OPERATOR_FAULTS: dict[str, Fault] = {
    "selection": select,
    "bad_selection": _bad_selection,
    "region": _region,
    "stop": _stop,
    "pause": _pause,
    "good_parameters": _good_parameters,
    "bad_parameter": _bad_parameter,
    "wrong_transition": _wrong_transition,
    "look_on": _look_on,
}
