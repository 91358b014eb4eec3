"""Faults of the camera: broken images on order, and processes that freeze, end, are killed and come back."""

from __future__ import annotations

from .scene import ORDER_S, RECOVER_S, Fault, Scene, expect_counted

CAMERA_START_S = 60.0
ORDERED = (
    "malformed", "smaller", "one_colour", "stamps_back", "stamps_ahead", "no_stamps", "repeated", "burst", "silence",
)  # fmt: skip
"""What the faulty camera does by itself."""

COUNTED = {"malformed": "rejected", "repeated": "late"}
"""What the diagnostics must count of it."""


def wait_for_images(scene: Scene) -> None:
    """Wait for the first image of a camera that was started."""
    if not scene.pilot.wait_for(lambda: scene.cameras.newest() is not None, CAMERA_START_S):
        scene.pilot.promises.note("a camera did not start")


def _ordered(name: str) -> Fault:
    """Return the fault of that name: the order, again if its images were lost, until the diagnostics count it."""

    def cause(scene: Scene) -> str:
        pilot, counter = scene.pilot, COUNTED.get(name, "")
        before = pilot.count(counter)
        for _ in range(int(RECOVER_S / ORDER_S)):
            pilot.order(name)
            if not counter:
                pilot.wait(0.5)
                return ""
            if pilot.wait_for(lambda: pilot.count(counter) > before, ORDER_S):
                return ""
        expect_counted(scene, name, counter, before)
        return ""

    return cause


def _freeze_camera(scene: Scene) -> str:
    try:
        scene.cameras.freeze(True)
        scene.pilot.wait(scene.dice.uniform(0.7, 3.0))
    finally:  # a frozen process would not end as it should
        scene.cameras.freeze(False)
    return ""


def _restart_camera(scene: Scene) -> str:
    status = scene.cameras.stop()
    if status != 0:
        scene.pilot.promises.note(f"a camera ended with status {status}")
    return _next_camera(scene)


def _kill_camera(scene: Scene) -> str:
    scene.cameras.kill()
    return _next_camera(scene)


def _next_camera(scene: Scene) -> str:
    scene.pilot.wait(scene.dice.uniform(0.0, 2.0))
    takes_orders = scene.dice.random() < 0.7
    scene.cameras.start(scene.dice.randrange(10**6), takes_orders)
    wait_for_images(scene)
    return "the faulty camera" if takes_orders else "the video publisher"


CAMERA_FAULTS: dict[str, Fault] = {name: _ordered(name) for name in ORDERED} | {
    "freeze_camera": _freeze_camera,
    "restart_camera": _restart_camera,
    "kill_camera": _kill_camera,
}
