"""What the faults of a soak share: the scene, how long to be patient, and what counts as a broken promise."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from .cameras import Cameras
from .pilot import Pilot

RECOVER_S = 60.0
"""Seconds in which the node is well again, on a machine that does other things as well: what is over hangs."""

ORDER_S = 4.0
"""Seconds in which an order has come to something, unless the images of it were lost."""


@dataclass(frozen=True)
class Scene:
    """All that a fault may touch.

    Attributes:
        pilot: calls the node, and hears it.
        cameras: of which one is there.
        dice: seeded.
        note_rest: writes down what the node holds while it has no tracker, and returns it in words.
    """

    pilot: Pilot
    cameras: Cameras
    dice: random.Random
    note_rest: Callable[[], str]


Fault = Callable[[Scene], str]
"""Causes the fault and waits until it is done; returns what there is to say of it."""


def expect(scene: Scene, what: str, got: bool, wanted: bool) -> None:
    """Note it where the node has accepted what it must refuse, or refused what it must accept."""
    if got != wanted:
        scene.pilot.promises.note(f"{what}: {'accepted' if got else 'refused'}")


def expect_counted(scene: Scene, what: str, counter: str, before: int) -> None:
    """Note it where the diagnostics do not come to count a fault."""
    pilot = scene.pilot
    if not pilot.wait_for(lambda: pilot.count(counter) > before, ORDER_S):
        pilot.promises.note(f"{what}: /diagnostics does not count it under {counter}")
