"""Which targets the shipped network takes: what is seen, in fog as well, and not what is noise."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from engine_scenes import needs_model, seen

from utrack_ros.core.config import TrackerConfig
from utrack_ros.core.errors import BoxError
from utrack_ros.core.reacquisition import SearchingUTrack
from utrack_ros.core.tracker import Image
from utrack_ros.engine import load_tracker
from utrack_ros.engine.target_limits import default_config
from utrack_ros.network.checkpoint import find_model

pytestmark = needs_model
BOX = (300.0, 300.0, 60.0, 40.0)


@pytest.fixture(scope="module")
def tracker() -> SearchingUTrack:
    return load_tracker(device="cpu")


def covered(sigma: float, blur: float = 0.0, grey: bool = True) -> Image:
    """What a camera sees through its cap: a dark level and noise, which demosaicing may have smoothed."""
    white = np.random.default_rng(0).normal(size=(480, 640, 1 if grey else 3))
    smooth = cv2.GaussianBlur(white, (0, 0), blur).reshape(white.shape) if blur else white
    noise = smooth / smooth.std()
    return np.broadcast_to(np.clip(np.rint(24 + sigma * noise), 0, 255), (480, 640, 3)).astype(np.uint8)


def in_fog(contrast: float, sigma: float) -> Image:
    """A drawn vehicle at (300, 300), all contrasts that much weaker, with noise."""
    image = seen(300, 300)
    noise = np.random.default_rng(1).normal(0, sigma, image.shape)
    return np.clip(np.rint(150 + contrast * (image - 150.0) + noise), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("image", "side"),
    [
        (covered(3.0), 12.0),
        (covered(2.0, grey=False), 12.0),
        (covered(4.0), 20.0),
        (covered(8.0), 40.0),
        (covered(4.0, blur=1.0), 40.0),
        (covered(8.0, blur=1.0), 60.0),
    ],
    ids=["three levels", "two, coloured", "four", "eight", "four, smoothed", "eight, smoothed"],
)
def test_noise_is_no_target(tracker: SearchingUTrack, image: Image, side: float) -> None:
    with pytest.raises(BoxError, match="a target that differs from other pictures"):
        tracker.init(image, (220.0, 170.0, side, side))


@pytest.mark.parametrize("side", [40.0, 90.0])
def test_weak_noise_is_one_colour(tracker: SearchingUTrack, side: float) -> None:
    with pytest.raises(BoxError, match="one colour"):
        tracker.init(covered(0.5), (220.0, 170.0, side, side))


@pytest.mark.parametrize(("contrast", "sigma"), [(1.0, 0.0), (1.0, 10.0), (0.3, 3.0), (0.15, 1.0)])
def test_what_is_seen_is_taken(tracker: SearchingUTrack, contrast: float, sigma: float) -> None:
    image = in_fog(contrast, sigma)
    tracker.init(image, BOX)
    assert tracker.update(image).score > 0.5


def test_only_what_was_measured_is_refused_and_only_where_nobody_has_set_otherwise() -> None:
    assert default_config(find_model(None)[1].sha256).classifier.max_background_spread == 0.13
    assert default_config("0" * 64) == TrackerConfig()
    assert load_tracker(device="cpu").config.classifier.max_background_spread == 0.13
    assert load_tracker(device="cpu", config=TrackerConfig()).config.classifier.max_background_spread == 0.0
