"""All at once: a seeded mix of faults, and nothing false, nothing leaked, nothing left over."""

from __future__ import annotations

import math
import random
import threading
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from fault_injector import FaultInjector
from invariants import counted, survives
from node_bench import Bench

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]

STEPS = 150
BAD_IMAGES: list[dict[str, Any]] = [
    {"data": b"short"},
    {"step": 0},
    {"encoding": "nonsense"},
    {"width": 0},
    {"width": 128, "height": 96},
    {"encoding": "bgr8"},
]
BAD_BOXES = [(math.nan, 0.0, 9.0, 9.0), (0.0, 0.0, 900.0, 9.0), (10.0, 8.0, 0.0, 16.0)]


def things() -> tuple[int, int]:
    """Threads and open files of this process."""
    return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))


def one_fault(bench: Bench, injector: FaultInjector, dice: random.Random) -> None:
    kind = dice.randrange(9)
    if kind == 0:
        injector.raises(RuntimeError("chaos"), times=1)
    elif kind == 1:
        injector.returns(box_xywh=(dice.choice([math.nan, math.inf, 1e9, -30.0]), 8.0, 20.0, 16.0))
    elif kind == 2:
        injector.runs_out_of_memory(times=dice.choice([1, 2]))
    elif kind == 3:
        injector.heal()
    elif kind == 4:
        bench.select(dice.choice(BAD_BOXES))
    elif kind == 5:
        bench.select()
    elif kind == 6:
        late = bench.message()
        bench.stamp_ns -= 33_000_000
        late.header.stamp.sec, late.header.stamp.nanosec = divmod(bench.stamp_ns - dice.randrange(9 * 10**8), 10**9)
        bench.send(late)
    elif kind == 7:
        bench.send(bench.message(**dice.choice(BAD_IMAGES)))
    else:
        for _ in range(3):  # nobody takes them in between
            bench.camera.publish(bench.message())
    bench.send()


@pytest.mark.fault(27)
@pytest.mark.parametrize("seed", [1, 2])
def test_seeded_mix_of_faults(tracking: Bench, injector: FaultInjector, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311
    for _ in range(20):
        one_fault(tracking, injector, dice)
    before = things()
    with survives(tracking, counted("errors", 1)):
        for _ in range(STEPS):
            one_fault(tracking, injector, dice)
        tracking.graph.spin_until(lambda: tracking.counts.pending == 0)
    injector.heal()
    assert things() == before
    assert tracking.counts.errors > 5
    assert tracking.counts.rejected > 5
    assert tracking.counts.late > 5
    assert tracking.select().success
    assert [tracking.track().state for _ in range(2)] == [Target.STATE_TRACKING] * 2
