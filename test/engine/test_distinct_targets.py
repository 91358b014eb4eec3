"""Which targets the shipped network takes: what is seen, in fog as well, and not what is noise."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from engine_scenes import needs_model, seen

from utrack_ros.core.errors import BoxError
from utrack_ros.core.reacquisition import SearchingUTrack
from utrack_ros.core.tracker import Image
from utrack_ros.engine import load_tracker

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


@pytest.mark.parametrize("side", [12.0, 40.0, 90.0])
@pytest.mark.parametrize(
    "image",
    [
        covered(0.5),
        covered(1.0),
        covered(2.0),
        covered(8.0),
        covered(1.0, grey=False),
        covered(1.0, blur=1.0),
        covered(4.0, blur=1.0),
    ],
    ids=["half a level", "one", "two", "eight", "coloured", "smoothed", "four, smoothed"],
)
def test_noise_is_no_target(tracker: SearchingUTrack, image: Image, side: float) -> None:
    with pytest.raises(BoxError, match="something to see in and around the box"):
        tracker.init(image, (220.0, 170.0, side, side))


@pytest.mark.parametrize(("contrast", "sigma"), [(1.0, 0.0), (1.0, 10.0), (0.3, 3.0), (0.15, 1.0)])
def test_what_is_seen_is_taken(tracker: SearchingUTrack, contrast: float, sigma: float) -> None:
    image = in_fog(contrast, sigma)
    tracker.init(image, BOX)
    assert tracker.update(image).score > 0.5


def test_a_target_of_noise_would_be_found_in_whatever_comes_next(tracker: SearchingUTrack) -> None:
    """Why it is refused: with the guard off, something in a picture that it is not in is called the target."""
    config = tracker.config
    tracker.config = replace(config, classifier=replace(config.classifier, loudest=9.0))
    try:
        tracker.init(covered(2.0), (220.0, 170.0, 12.0, 12.0))
        assert tracker.update(seen(220, 170)).score > 0.5
    finally:
        tracker.config = config
