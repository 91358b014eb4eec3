"""The shipped network over real DDS: pictures that show nothing, and images that do not arrive."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from invariants import Said, counted, survives
from node_bench import Bench

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]
from utrack_ros.core.boxes import iou
from utrack_ros.data.synthetic import SyntheticFlight
from utrack_ros.engine import load_tracker
from utrack_ros.ros.camera import TELLS_NUMBERS

SIZE_HW = (240, 320)


@pytest.fixture
def flying(bench: Bench) -> Bench:
    bench.load = lambda parameters: load_tracker(device="cpu")  # type: ignore[assignment, method-assign, return-value]
    bench.start_active(lost_timeout_s=0.0, image_timeout_s=20.0)
    return bench


def message(bench: Bench, image: np.ndarray[Any, Any]) -> Any:
    return bench.message(width=SIZE_HW[1], height=SIZE_HW[0], data=image.tobytes())


def mark(bench: Bench, flight: SyntheticFlight) -> None:
    bench.send(message(bench, flight.render(0)))
    assert bench.select(tuple(float(value) for value in flight.boxes_xywh[0])).success
    bench.graph.spin_until(lambda: bench.targets)


def in_doubt(said: Said) -> bool:
    """Whether a report says that the target is not seen, and with what score."""
    tracker = said["tracker"]
    return tracker["state"] in ("COASTING", "LOST") and 0 <= float(tracker["score"] or "nan") < 0.25


@pytest.mark.fault(8)
@pytest.mark.parametrize("fill", [0, 127, 255])
def test_picture_of_one_colour_is_no_sighting(flying: Bench, fill: int) -> None:
    """The score falls, nothing is NaN, and the target is there again when there is something to see."""
    flight = SyntheticFlight(SIZE_HW, frame_count=30, seed=3)
    mark(flying, flight)
    blank = np.full((*SIZE_HW, 3), fill, np.uint8)
    with survives(flying, in_doubt):
        shown = [flying.track(message(flying, blank)) for _ in range(4)]
        assert Target.STATE_TRACKING not in {target.state for target in shown}
        assert max(target.score for target in shown) < 0.25
    assert flying.counts.errors == 0
    for index in range(40):
        last = flying.track(message(flying, flight.render(index % 2)))
        if last.state == Target.STATE_TRACKING:
            break
    assert last.state == Target.STATE_TRACKING
    assert iou((last.x, last.y, last.width, last.height), flight.boxes_xywh[index % 2]) > 0.5


@pytest.mark.fault(10)
@pytest.mark.parametrize(("sigma", "words"), [(0.0, "one colour"), (4.0, "noise, blur or low contrast")])
def test_target_marked_under_a_covered_lens_is_refused_and_the_running_track_goes_on(
    flying: Bench, sigma: float, words: str
) -> None:
    flight = SyntheticFlight(SIZE_HW, frame_count=30, seed=3)
    mark(flying, flight)
    noise = np.random.default_rng(0).normal(0, sigma, (*SIZE_HW, 1))
    covered = np.repeat(np.clip(np.rint(24 + noise), 0, 255).astype(np.uint8), 3, axis=2)
    with survives(flying, counted("refused", 1, words="BAD_BOX: expected ")):
        flying.track(message(flying, covered))
        response = flying.select((100.0, 90.0, 20.0, 20.0))
        assert (response.success, response.code) == (False, SetTarget.Response.BAD_BOX)
        assert words in response.message
    for _ in range(40):
        last = flying.track(message(flying, flight.render(0)))
        if last.state == Target.STATE_TRACKING:
            break
    assert (last.state, last.id) == (Target.STATE_TRACKING, 1)
    assert iou((last.x, last.y, last.width, last.height), flight.boxes_xywh[0]) > 0.5


@pytest.mark.fault(18)
def test_loss_of_a_third_of_the_images_and_of_a_burst_is_survived(flying: Bench) -> None:
    """They are sent, and each is replaced before the node takes it, as nobody spins before the next is sent."""
    flight = SyntheticFlight(SIZE_HW, frame_count=60, seed=3)
    mark(flying, flight)
    dice = random.Random(7)  # noqa: S311
    kept = [index for index in range(1, 60) if dice.random() >= 0.3 and not 30 <= index < 36]
    assert 25 < len(kept) < 45
    missing = kept[-1] - len(kept)
    overlaps = []

    def all_told(said: Said) -> bool:
        counts = (int(said["input"]["received"]), int(said["input"]["lost"]))
        return counts == (1 + len(kept), missing if TELLS_NUMBERS else 0)

    with survives(flying, all_told):
        marked_ns = flying.stamp_ns
        for index in range(1, kept[-1] + 1):
            flying.stamp_ns = marked_ns + 33_000_000 * (index - 1)
            image = message(flying, flight.render(index))
            if index not in kept:
                flying.camera.publish(image)
                continue
            target = flying.track(image)
            assert target.state in (Target.STATE_TRACKING, Target.STATE_COASTING)
            overlaps.append(float(iou((target.x, target.y, target.width, target.height), flight.boxes_xywh[index])))
    assert len(overlaps) == len(kept)
    assert np.mean(overlaps) > 0.5, overlaps
    assert overlaps[-1] > 0.4, overlaps
