"""Drawn textures for synthetic flights: open country from above, a vehicle, a tree."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ..core.tracker import Image

FloatImage = npt.NDArray[np.float32]

VEHICLE_WH = (96, 64)
"""Texture size of a vehicle, texels."""

TREE_PX = 160
"""Texture side of a tree, texels."""

DECK_WH = (256, 128)
"""Texture size of a bridge, along and across what passes under it, texels."""


def fractal_noise(rng: np.random.Generator, side: int, coarsest: int = 4) -> FloatImage:
    """Return (side, side) smooth noise in about -1..1: octaves, each half as strong as the last."""
    total = np.zeros((side, side), np.float32)
    cells, strength = coarsest, 0.5
    while cells <= side:
        octave = rng.uniform(-1, 1, (cells, cells)).astype(np.float32)
        total += strength * cv2.resize(octave, (side, side), interpolation=cv2.INTER_CUBIC)
        cells, strength = cells * 2, strength / 1.7
    return total


def ground(rng: np.random.Generator, side: int) -> Image:
    """Return (side, side, 3) uint8 RGB: fields, tracks, huts and bushes from above."""
    height = fractal_noise(rng, side)[:, :, None]  # (S, S, 1)
    grass, soil = np.array([92, 112, 66], np.float32), np.array([150, 128, 96], np.float32)
    share = 1 / (1 + np.exp(-6 * fractal_noise(rng, side)[:, :, None]))  # (S, S, 1)
    canvas = np.ascontiguousarray(share * grass + (1 - share) * soil + 38 * height, dtype=np.float32)  # (S, S, 3)
    for _ in range(side // 200):
        _draw_track(canvas, rng)
    for _ in range(side // 25):
        _draw_bush(canvas, rng)
    for _ in range(side // 60):
        _draw_hut(canvas, rng)
    canvas += 9 * rng.standard_normal((side, side, 1)).astype(np.float32)
    return np.clip(canvas, 0, 255).astype(np.uint8)


def vehicle(rng: np.random.Generator, body: tuple[int, int, int]) -> Image:
    """Return (h, w, 3) uint8 RGB: a vehicle from above, its front to the right.

    Args:
        rng: for dirt.
        body: colour of the paint.
    """
    width, height = VEHICLE_WH
    canvas = np.empty((height, width, 3), np.float32)
    canvas[:] = body
    cv2.rectangle(canvas, (0, 0), (width - 1, height - 1), (25, 25, 28), 3)
    cv2.rectangle(canvas, (58, 10), (72, height - 11), (22, 30, 42), -1)  # windscreen
    cv2.rectangle(canvas, (12, 12), (20, height - 13), (30, 36, 46), -1)  # rear window
    cv2.rectangle(canvas, (24, 27), (54, 36), (235, 235, 228), -1)  # stripe on the roof
    for y in (8, height - 9):
        cv2.circle(canvas, (width - 7, y), 4, (255, 244, 190), -1)  # headlights
    canvas += 7 * rng.standard_normal((height, width, 1)).astype(np.float32)
    return np.clip(canvas, 0, 255).astype(np.uint8)


def tree(rng: np.random.Generator) -> tuple[Image, npt.NDArray[np.uint8]]:
    """Return (S, S, 3) uint8 RGB and an (S, S) mask, 0 or 255: the crown of a tree from above."""
    texture = fractal_noise(rng, TREE_PX, coarsest=8)[:, :, None]
    crown = np.clip(np.array([48, 78, 40], np.float32) + 55 * texture, 0, 255).astype(np.uint8)
    ys, xs = np.mgrid[:TREE_PX, :TREE_PX] - (TREE_PX - 1) / 2
    angle = np.arctan2(ys, xs)
    edge = TREE_PX / 2 * (0.88 + 0.08 * np.sin(7 * angle) + 0.03 * np.sin(17 * angle))
    return crown, (255 * (np.hypot(xs, ys) <= edge)).astype(np.uint8)


def deck(rng: np.random.Generator) -> Image:
    """Return (h, w, 3) uint8 RGB: a bridge of concrete from above, its road from top to bottom."""
    width, height = DECK_WH
    canvas = np.full((height, width, 3), (140, 138, 132), np.float32)
    cv2.rectangle(canvas, (width // 8, 0), (width - width // 8, height - 1), (96, 96, 98), -1)
    for y in range(4, height, 24):
        cv2.rectangle(canvas, (width // 2 - 2, y), (width // 2 + 2, y + 12), (222, 220, 206), -1)
    canvas += 25 * fractal_noise(rng, width, coarsest=8)[:height, :, None]
    canvas += 6 * rng.standard_normal((height, width, 1)).astype(np.float32)
    return np.clip(canvas, 0, 255).astype(np.uint8)


def _draw_track(canvas: FloatImage, rng: np.random.Generator) -> None:
    side = canvas.shape[0]
    along = np.linspace(-0.1, 1.1, 40) * side
    across = rng.uniform(0.1, 0.9) * side + 60 * np.sin(along / side * rng.uniform(3, 9) + rng.uniform(0, 6))
    points = np.stack([along, across] if rng.random() < 0.5 else [across, along], axis=1)
    width = int(rng.integers(10, 26))
    cv2.polylines(canvas, [np.rint(points).astype(np.int32)], False, (172, 160, 140), width, cv2.LINE_AA)


def _draw_bush(canvas: FloatImage, rng: np.random.Generator) -> None:
    x, y = (int(value) for value in rng.integers(0, canvas.shape[0], 2))
    radius = int(rng.integers(3, 11))
    shade = rng.uniform(0.7, 1.3)
    cv2.circle(canvas, (x + 3, y + 3), radius, (46, 52, 40), -1, cv2.LINE_AA)
    cv2.circle(canvas, (x, y), radius, (58 * shade, 88 * shade, 46 * shade), -1, cv2.LINE_AA)


def _draw_hut(canvas: FloatImage, rng: np.random.Generator) -> None:
    centre = rng.uniform(0, canvas.shape[0], 2)
    size = rng.uniform(22, 60, 2)
    angle = rng.uniform(0, 90)
    roof = rng.choice([[168, 96, 78], [150, 150, 155], [120, 104, 92], [186, 178, 160]]).astype(float)
    corners = cv2.boxPoints((tuple(centre.tolist()), tuple(size.tolist()), float(angle)))
    cv2.fillConvexPoly(canvas, np.rint(corners + 6).astype(np.int32), (50, 50, 46), cv2.LINE_AA)
    cv2.fillConvexPoly(canvas, np.rint(corners).astype(np.int32), tuple(roof.tolist()), cv2.LINE_AA)
    half = np.rint([corners[0], corners[1], (corners[1] + corners[2]) / 2, (corners[0] + corners[3]) / 2])
    cv2.fillConvexPoly(canvas, half.astype(np.int32), tuple((0.82 * roof).tolist()), cv2.LINE_AA)
