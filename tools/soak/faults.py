"""The mix of faults: in which order they come, and that the node is well after each."""

from __future__ import annotations

import random
from collections.abc import Iterator

from lifecycle_msgs.srv import GetState

from .camera_faults import CAMERA_FAULTS, ORDERED
from .operator_faults import OPERATOR_FAULTS, reload, select
from .scene import RECOVER_S, Fault, Scene

DRAWN: dict[str, Fault] = CAMERA_FAULTS | OPERATOR_FAULTS
RELOAD = "reload"
"""The one that is not drawn but due."""

PAUSE_S = (0.2, 3.0)
"""Between two faults."""


def deck(dice: random.Random) -> Iterator[str]:
    """Yield names of faults for ever: all of them in a random order, and again."""
    while True:
        yield from dice.sample(list(DRAWN), len(DRAWN))


def suffer(scene: Scene, name: str) -> str:
    """Cause one fault, and hold the node to be well again in time; return what there is to say of it."""
    pilot = scene.pilot
    if name in ORDERED and not scene.cameras.takes_orders:
        return "passed over: this camera takes no orders"
    said = (reload if name == RELOAD else DRAWN[name])(scene)
    recover(scene, name)
    pilot.wait(scene.dice.uniform(*PAUSE_S))
    return said


def recover(scene: Scene, name: str) -> None:
    """Hold the node to be alive, active and at work, and to take a target where it has none."""
    pilot = scene.pilot
    answer = pilot.call("get_state", GetState.Request())
    if answer is not None and answer.current_state.label != "active":
        pilot.promises.note(f"{name}: the node is {answer.current_state.label}")
    processed = pilot.count("processed")
    if not pilot.wait_for(lambda: pilot.count("processed") > processed, RECOVER_S):
        pilot.promises.note(f"{name}: no image was processed in the {RECOVER_S:.0f} s after it")
    state = pilot.health.get("state")
    if state == "IDLE" or (state == "LOST" and scene.dice.random() < 0.3):
        select(scene)
