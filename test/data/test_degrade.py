"""What a camera does to a crop: repeatable, and the target stays where its box says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from utrack_ros.core.crop import Window, cut
from utrack_ros.data.degrade import Degradation

WINDOW = Window((80.0, 60.0), 90.0, 120)


def scene() -> Any:
    """A frame of noise with a red block."""
    image = np.random.default_rng(5).integers(60, 120, (120, 160, 3)).astype(np.uint8)
    image[50:70, 60:100] = (200, 40, 30)
    return image


def apply(degradation: Degradation, seed: int = 0) -> Any:
    return degradation.apply(scene(), WINDOW, np.random.default_rng(seed))


def detail(crop: Any) -> float:
    """Mean difference of neighbours, grey levels."""
    return float(np.abs(np.diff(crop.astype(float), axis=1)).mean())


def test_a_camera_without_faults_gives_the_plain_crop() -> None:
    np.testing.assert_array_equal(apply(Degradation()), cut(scene(), WINDOW))


def test_the_noise_is_that_of_the_generator() -> None:
    noisy = Degradation(noise=6.0)

    np.testing.assert_array_equal(apply(noisy, 1), apply(noisy, 1))
    assert np.abs(apply(noisy, 1).astype(int) - apply(noisy, 2)).mean() > 2
    assert (apply(noisy).astype(float) - apply(Degradation())).std() == pytest.approx(6.0, abs=0.5)


def test_gain_and_contrast_change_what_they_should() -> None:
    plain = apply(Degradation()).astype(float)

    brighter = apply(Degradation(gain=(1.2, 1.0, 0.8))).astype(float)
    np.testing.assert_allclose(brighter.mean((0, 1)), plain.mean((0, 1)) * (1.2, 1.0, 0.8), rtol=0.02)
    flatter = apply(Degradation(contrast=0.5)).astype(float)
    assert flatter.std() == pytest.approx(plain.std() / 2, rel=0.02)
    assert flatter.mean() == pytest.approx(plain.mean(), abs=1)


def test_grey_drops_the_colour() -> None:
    crop = apply(Degradation(grey=True))

    assert (crop[..., 0] == crop[..., 1]).all()
    assert (crop[..., 0] == crop[..., 2]).all()


@pytest.mark.parametrize("fault", [Degradation(shrink=4.0), Degradation(blur_xy=(3.0, 3.0))], ids=["shrink", "blur"])
def test_little_resolution_and_blur_take_detail_away(fault: Degradation) -> None:
    assert detail(apply(fault)) < 0.5 * detail(apply(Degradation()))


def test_blur_goes_along_one_axis() -> None:
    across = apply(Degradation(blur_xy=(4.0, 0.0))).astype(float)
    down = apply(Degradation(blur_xy=(0.0, 4.0))).astype(float)

    assert detail(across) < 0.5 * detail(down)


def test_jpeg_keeps_red_red() -> None:
    crop = apply(Degradation(quality=60)).astype(float)
    block = crop[50:70, 40:80].mean((0, 1))

    assert np.abs(block - (200, 40, 30)).max() < 8
    assert 0 < np.abs(crop - apply(Degradation())).mean() < 12


def test_draws_lie_in_their_ranges() -> None:
    rng = np.random.default_rng(0)
    drawn = [Degradation.draw(rng) for _ in range(2000)]

    shrinks = np.array([one.shrink for one in drawn])
    assert (shrinks == 1).mean() == pytest.approx(0.5, abs=0.04)
    assert 4 < shrinks.max() <= 5
    assert np.mean([one.grey for one in drawn]) == pytest.approx(0.05, abs=0.02)
    assert {one.quality for one in drawn} <= {0, *range(25, 80)}
    assert np.mean([one.quality > 0 for one in drawn]) == pytest.approx(0.25, abs=0.04)
    assert max(max(one.blur_xy) for one in drawn) <= 5
    assert max(one.noise for one in drawn) <= 8


def test_another_moment_is_the_same_camera() -> None:
    rng = np.random.default_rng(0)
    camera = Degradation(shrink=3.0, grey=True)
    moments = [camera.vary(rng) for _ in range(300)]

    assert all(one.grey and one.shrink >= 1 for one in moments)
    assert np.median([one.shrink for one in moments]) == pytest.approx(3.0, rel=0.05)
    assert len({one.contrast for one in moments}) == 300
    assert all(Degradation().vary(rng).shrink == 1 for _ in range(20))


def test_the_same_generator_draws_the_same_camera() -> None:
    one, other = (Degradation.draw(np.random.default_rng(9)) for _ in range(2))

    assert one == other
    assert one != Degradation.draw(np.random.default_rng(10))
