"""The synthetic flight: repeatable, with boxes that are exact, and possible to follow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from utrack_ros.core.boxes import iou
from utrack_ros.core.errors import ConfigError
from utrack_ros.core.tracker import Image
from utrack_ros.data.synthetic import SyntheticFlight
from utrack_ros.engine import load_tracker
from utrack_ros.offline import follow

SIZES = [(480, 640), (720, 1280), (240, 320)]


def redness(image: Image, box_xywh: Any) -> float:
    """Share of red pixels in a box: the target is the only strongly red thing."""
    x, y, w, h = (round(float(value)) for value in box_xywh)
    red, green, blue = (image[y : y + h, x : x + w, channel].astype(int) for channel in range(3))
    return float(((red > 2 * green) & (red > 2 * blue)).mean())


def test_same_arguments_give_the_same_flight() -> None:
    one, other = (SyntheticFlight(frame_count=40, seed=3, distractor=True, occluder=True) for _ in range(2))
    np.testing.assert_array_equal(one.boxes_xywh, other.boxes_xywh)
    for index in (39, 0, 17):
        np.testing.assert_array_equal(one.render(index), other.render(index))


def test_it_can_be_read_again() -> None:
    flight = SyntheticFlight((120, 160), frame_count=5)
    first = list(flight)
    assert [frame.index for frame in first] == [0, 1, 2, 3, 4]
    assert [frame.stamp_s for frame in first] == pytest.approx([0, 1 / 30, 2 / 30, 3 / 30, 4 / 30])
    for one, other in zip(first, flight, strict=True):
        np.testing.assert_array_equal(one.image, other.image)


def test_seeds_differ() -> None:
    one, other = SyntheticFlight(frame_count=10, seed=0), SyntheticFlight(frame_count=10, seed=1)
    assert np.abs(one.boxes_xywh - other.boxes_xywh).max() > 10
    assert np.abs(one.render(0).astype(int) - other.render(0)).mean() > 5


@pytest.mark.parametrize("size_hw", SIZES)
@pytest.mark.parametrize("seed", [0, 5])
def test_boxes_are_the_extent_of_the_target_to_the_pixel(size_hw: tuple[int, int], seed: int) -> None:
    flight = SyntheticFlight(size_hw, frame_count=90, seed=seed)
    for index in range(0, 90, 15):
        mask = flight.target_mask(index)
        ys, xs = np.nonzero(mask > 0)
        x, y, w, h = flight.boxes_xywh[index]
        drawn = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])
        exact = np.array([x, y, x + w, y + h])
        assert np.abs(drawn - exact).max() <= 1.05
        assert (drawn - exact)[:2].min() >= -1
        assert (drawn - exact)[2:].max() <= 1


def test_area_of_the_mask_is_that_of_the_outline() -> None:
    flight = SyntheticFlight(frame_count=30, seed=2)
    w, h = flight.boxes_xywh[7][2:]
    area = float(flight.target_mask(7).sum())
    assert 0.5 * w * h < area <= w * h


@pytest.mark.parametrize("size_hw", SIZES)
@pytest.mark.parametrize("seed", range(5))
def test_target_stays_in_the_picture(size_hw: tuple[int, int], seed: int) -> None:
    boxes = SyntheticFlight(size_hw, frame_count=600, seed=seed).boxes_xywh
    assert boxes.shape == (600, 4)
    assert boxes[:, :2].min() > 0
    assert (boxes[:, 0] + boxes[:, 2]).max() < size_hw[1]
    assert (boxes[:, 1] + boxes[:, 3]).max() < size_hw[0]
    sides = boxes[:, 2:] / size_hw[0]
    assert sides.min() > 0.05
    assert sides.max() < 0.25


def test_camera_moves_and_shakes_and_the_target_moves_with_it() -> None:
    flight = SyntheticFlight(frame_count=120)
    steps = np.abs(np.diff(flight.boxes_xywh[:, :2], axis=0))
    assert 0.3 < steps.mean() < 5
    assert steps.max() < 15
    assert np.ptp(flight.boxes_xywh[:, 2]) > 5


def test_target_is_red_and_everything_else_is_not() -> None:
    flight = SyntheticFlight(frame_count=60, seed=1)
    for index in (0, 30, 59):
        image = flight.render(index)
        assert redness(image, flight.boxes_xywh[index]) > 0.3
        assert redness(image, (0, 0, 640, 480)) < 0.03


def test_distractor_is_another_vehicle_close_by() -> None:
    plain, crowded = (SyntheticFlight(frame_count=61, seed=1, distractor=flag) for flag in (False, True))
    np.testing.assert_array_equal(plain.boxes_xywh, crowded.boxes_xywh)
    changed = np.abs(plain.render(30).astype(int) - crowded.render(30)).max(axis=2) > 30
    ys, xs = np.nonzero(changed)
    x, y, w, h = plain.boxes_xywh[30]
    assert changed.sum() > 800
    assert np.hypot(xs.mean() - x - w / 2, ys.mean() - y - h / 2) < 2.5 * w
    assert redness(crowded.render(30), plain.boxes_xywh[30]) > 0.3


def test_occluder_hides_the_target_for_a_while() -> None:
    flight = SyntheticFlight(frame_count=150, seed=1, occluder=True)
    seen = [redness(flight.render(index), flight.boxes_xywh[index]) for index in (20, 100, 149)]
    assert seen[0] > 0.3
    assert seen[1] < 0.02
    assert seen[2] > 0.3


@pytest.mark.parametrize("arguments", [{"size_hw": (10, 640)}, {"frame_count": 0}, {"fps": 0.0}, {"fps": float("nan")}])
def test_impossible_flight(arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="at least 64x64"):
        SyntheticFlight(**arguments)


def test_single_frame() -> None:
    flight = SyntheticFlight(frame_count=1, distractor=True, occluder=True)
    assert [frame.image.shape for frame in flight] == [(480, 640, 3)]


def test_the_tracker_follows_it() -> None:
    flight = SyntheticFlight((360, 480), frame_count=90, seed=1)
    rows = [row for _, row in follow(iter(flight), flight.boxes_xywh[0], load_tracker(device="cpu"))]
    boxes = [row.box_xywh for row in rows]
    assert {row.state for row in rows} == {"TRACKING"}
    overlaps = iou(boxes, flight.boxes_xywh)  # type: ignore[arg-type]
    assert overlaps.mean() > 0.6
    assert (overlaps > 0.5).mean() > 0.9


def test_bridge_hides_the_whole_target_in_the_frames_asked_for_and_no_box_changes() -> None:
    plain, bridged = SyntheticFlight(frame_count=120, seed=2), SyntheticFlight(frame_count=120, seed=2, bridge=(45, 75))
    np.testing.assert_array_equal(plain.boxes_xywh, bridged.boxes_xywh)
    assert plain.visible_share(60) == 1.0
    assert [bridged.visible_share(index) for index in (10, 110)] == [1.0, 1.0]
    for index in range(45, 75, 3):
        assert bridged.visible_share(index) == pytest.approx(0.0, abs=1e-6)
        assert redness(bridged.render(index), bridged.boxes_xywh[index]) < 0.02
    assert 0.1 < bridged.visible_share(35) < 0.9
    assert redness(bridged.render(110), bridged.boxes_xywh[110]) > 0.3


def test_what_passes_a_bridge_drives_over_it() -> None:
    alone, passed = (
        SyntheticFlight(frame_count=120, seed=2, bridge=(45, 75), distractor=flag).render(60) for flag in (False, True)
    )
    changed = np.abs(alone.astype(int) - passed).max(axis=2) > 30
    blue = (passed[changed][:, 2].astype(int) - passed[changed][:, 0]) > 40
    assert changed.sum() > 800
    assert blue.mean() > 0.4


@pytest.mark.parametrize("bridge", [(-1, 5), (5, 5), (6, 5), (5, 31)])
def test_impossible_bridge(bridge: tuple[int, int]) -> None:
    with pytest.raises(ConfigError, match="a bridge within frames 0 to 30"):
        SyntheticFlight(frame_count=30, bridge=bridge)
