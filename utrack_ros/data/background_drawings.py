"""Drawn grounds seen from above: open country, water, a town, sand, forest, roads."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from ..core.tracker import Image
from .scenery import fractal_noise, ground

Canvas = npt.NDArray[np.float32]


def draw_background(seed: int, side: int = 768) -> Image:
    """Return (side, side, 3) uint8 RGB, a ground of the kind `seed` modulo the number of kinds."""
    kinds = list(KINDS.values())
    rng = np.random.default_rng((seed, 78))
    return np.clip(kinds[seed % len(kinds)](rng, side), 0, 255).astype(np.uint8)


def _mixed(rng: np.random.Generator, side: int, one: npt.ArrayLike, other: npt.ArrayLike, coarsest: int = 4) -> Canvas:
    """Return two colours mixed by smooth noise, with finer noise on it."""
    share = 1 / (1 + np.exp(-6 * fractal_noise(rng, side, coarsest)[:, :, None]))
    fine = fractal_noise(rng, side, coarsest=32)[:, :, None]
    canvas = share * np.asarray(one, np.float32) + (1 - share) * np.asarray(other, np.float32)
    return np.ascontiguousarray(canvas * (1 + rng.uniform(0.05, 0.3) * fine), dtype=np.float32)


def _country(rng: np.random.Generator, side: int) -> Canvas:
    return ground(rng, side).astype(np.float32) * rng.uniform(0.7, 1.2) * rng.uniform(0.85, 1.15, 3).astype(np.float32)


def _water(rng: np.random.Generator, side: int) -> Canvas:
    deep = np.array([30, 62, 84]) * rng.uniform(0.5, 1.6) + rng.uniform(-15, 15, 3)
    canvas = _mixed(rng, side, deep, deep * rng.uniform(1.1, 1.6))
    ys, xs = np.mgrid[:side, :side].astype(np.float32) / side
    bend = 3 * fractal_noise(rng, side)
    for _ in range(4):
        kx, ky = rng.normal(0, 120, 2)
        canvas += rng.uniform(2, 9) * np.sin(kx * xs + ky * ys + bend)[:, :, None]
    glint = fractal_noise(rng, side, coarsest=64)[:, :, None]
    return np.asarray(canvas + 160 * np.maximum(glint - rng.uniform(0.45, 0.7), 0), dtype=np.float32)


def _sand(rng: np.random.Generator, side: int) -> Canvas:
    base = np.array([196, 172, 132]) * rng.uniform(0.6, 1.15) + rng.uniform(-12, 12, 3)
    canvas = _mixed(rng, side, base, base * 0.85)
    ys, xs = np.mgrid[:side, :side].astype(np.float32) / side
    angle, bend = rng.uniform(0, np.pi), 14 * fractal_noise(rng, side)
    ripples = np.sin(rng.uniform(60, 200) * (np.cos(angle) * xs + np.sin(angle) * ys) + bend)
    return np.asarray(canvas + rng.uniform(2, 10) * ripples[:, :, None], dtype=np.float32)


def _forest(rng: np.random.Generator, side: int) -> Canvas:
    base = np.array([44, 66, 36]) * rng.uniform(0.6, 1.5)
    canvas = _mixed(rng, side, base * 0.5, base * 0.7, coarsest=16)
    for _ in range(int(rng.integers(250, 900))):
        x, y = rng.uniform(0, side, 2)
        radius = rng.uniform(5, 26)
        tone = base * rng.uniform(0.7, 1.6) * rng.uniform(0.85, 1.15, 3)
        for share, light in ((1.0, 0.65), (0.75, 1.0), (0.4, 1.25)):
            at = (round(x - radius * (1 - share) * 0.5), round(y - radius * (1 - share) * 0.5))
            cv2.circle(canvas, at, max(1, round(share * radius)), tuple((light * tone).tolist()), -1, cv2.LINE_AA)
    speckle = fractal_noise(rng, side, coarsest=128)[:, :, None]
    return np.asarray(canvas * (1 + 0.5 * speckle), dtype=np.float32)


def _town(rng: np.random.Generator, side: int) -> Canvas:
    canvas = _mixed(rng, side, (104, 104, 106), (88, 90, 92))
    block, street = rng.uniform(90, 200), rng.uniform(18, 40)
    for top in np.arange(-block / 2, side, block):
        for left in np.arange(-block / 2, side, block):
            low, high = (left + street / 2, top + street / 2), (left + block - street / 2, top + block - street / 2)
            yard = np.array([112, 120, 98]) * rng.uniform(0.7, 1.2)
            _rectangle(canvas, low, high, yard)
            for _ in range(int(rng.integers(1, 6))):
                size = rng.uniform(0.15, 0.6, 2) * (block - street)
                at = np.array(low) + rng.uniform(0, 1, 2) * (block - street - size)
                roof = np.array([[168, 96, 78], [150, 150, 155], [120, 104, 92], [205, 200, 190]][rng.integers(4)])
                roof = roof * rng.uniform(0.6, 1.15)
                _rectangle(canvas, at + 5, at + size + 5, yard * 0.45)
                _rectangle(canvas, at, at + size, roof)
                _rectangle(canvas, at, at + size * [1, 0.5], roof * 0.85)
    for centre in np.arange(-block / 2, side, block):
        for dash in np.arange(0, side, 22):
            _rectangle(canvas, (centre - 1, dash), (centre + 1, dash + 9), np.array([200, 200, 195]))
            _rectangle(canvas, (dash, centre - 1), (dash + 9, centre + 1), np.array([200, 200, 195]))
    return _turned(canvas, rng.uniform(0, 90))


def _road(rng: np.random.Generator, side: int) -> Canvas:
    canvas = _country(rng, side)
    lanes, lane = int(rng.integers(2, 7)), rng.uniform(26, 44)
    left = rng.uniform(0.2, 0.8) * side - lanes * lane / 2
    asphalt = np.array([100, 100, 102]) * rng.uniform(0.6, 1.5)
    _rectangle(canvas, (left - 8, 0), (left + lanes * lane + 8, side), asphalt)
    for number in range(lanes + 1):
        x = left + number * lane
        for dash in np.arange(0, side, 60) if 0 < number < lanes else (0.0,):
            end = dash + 24 if 0 < number < lanes else side
            _rectangle(canvas, (x - 1.5, float(dash)), (x + 1.5, float(end)), np.array([225, 225, 215]))
    canvas += 7 * rng.standard_normal((side, side, 1)).astype(np.float32)
    return _turned(canvas, rng.uniform(0, 180))


def _rectangle(canvas: Canvas, low: npt.ArrayLike, high: npt.ArrayLike, colour: npt.NDArray[np.float64]) -> None:
    corners = [tuple(round(float(value)) for value in np.asarray(point)) for point in (low, high)]
    cv2.rectangle(canvas, corners[0], corners[1], tuple(colour.tolist()), -1)


def _turned(canvas: Canvas, degrees: float) -> Canvas:
    side = canvas.shape[0]
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), degrees, 1.0)
    return np.asarray(cv2.warpAffine(canvas, turn, (side, side), borderMode=cv2.BORDER_REFLECT_101), dtype=np.float32)


KINDS: dict[str, Callable[[np.random.Generator, int], Canvas]] = {
    "country": _country,
    "water": _water,
    "town": _town,
    "sand": _sand,
    "forest": _forest,
    "road": _road,
}
"""What can be drawn."""
