"""The real node process over a fake tracker: `python test/ros/fake_node.py MODE --ros-args ...`.

MODE is "good", "hang" (the tracker never answers once it has a target), "hang_loading", "slow_loading", "large"
(152 MB) or "large_busy" (the same, and learning a target ends on SIGUSR1).
"""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from fakes import GOOD_SCORE, FakeTracker

from utrack_ros.core.tracker import TrackResult
from utrack_ros.ros.node import main
from utrack_ros.ros.parameters import Parameters

LEARNT = threading.Event()


def load(parameters: Parameters) -> FakeTracker:
    """Make the tracker that MODE asks for."""
    mode = sys.argv[1]
    forever = threading.Event()
    if mode == "hang_loading":
        sys.stderr.write("loading\n")
        forever.wait()
    if mode == "slow_loading":
        sys.stderr.write("loading\n")
        forever.wait(0.3)
    tracker = FakeTracker()
    if mode.startswith("large"):
        from utrack_ros.heap import keep_freed_memory

        keep_freed_memory()
        weights = [np.ones(126_976) for _ in range(150)]
        tracker.script = lambda image: tracker.answer(weights[0][0] * GOOD_SCORE)
    if mode == "large_busy":

        def learn() -> None:
            if tracker.inits:  # not the warm-up
                sys.stderr.write("learning\n")
                LEARNT.wait()

        tracker.init_script = learn
    if mode == "hang":

        def hang(image: Any) -> TrackResult:
            if tracker.updates > 1:
                forever.wait()
            return tracker.answer()

        tracker.script = hang
    return tracker


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, lambda number, frame: LEARNT.set())
    main(sys.argv[2:], load)
