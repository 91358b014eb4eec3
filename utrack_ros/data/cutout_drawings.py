"""Drawn objects to cut out, so that the generator works with no data at all."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from .cutouts import Cutout, cut_out
from .scenery import fractal_noise

Canvas = npt.NDArray[np.float32]
Colour = tuple[float, float, float]

SIDE = 256
"""Texels of the canvas; shapes are drawn in units of it and smoothed by shrinking."""


def draw_cutouts(count: int, seed: int = 0) -> list[Cutout]:
    """Return objects of all kinds in turn, the same for the same arguments."""
    kinds = list(KINDS)
    return [draw_cutout(kinds[index % len(kinds)], seed * 1_000_003 + index) for index in range(count)]


def draw_cutout(kind: str, seed: int) -> Cutout:
    """Return one drawn object.

    Args:
        kind: one of `KINDS`.
        seed: of shape, colours and texture.
    """
    rng = np.random.default_rng((seed, 77))
    draw, upright = KINDS[kind]
    sheet = _Sheet(rng)
    draw(sheet, rng)
    image, alpha = sheet.finish()
    return cut_out(image, alpha, f"{kind}/{seed}", "drawn", kind, upright)


class _Sheet:
    """A canvas of RGB and cover; coordinates are 0..1, origin top-left."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self.rgba = np.zeros((2 * SIDE, 2 * SIDE, 4), np.float32)

    def polygon(self, points: npt.ArrayLike, colour: Colour) -> None:
        corners = np.rint(np.asarray(points, np.float64) * 2 * SIDE).astype(np.int32)
        cv2.fillPoly(self.rgba, [corners], (*colour, 1.0))

    def ellipse(self, x: float, y: float, rx: float, ry: float, colour: Colour, angle: float = 0.0) -> None:
        turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        shape = np.stack([rx * np.cos(turn), ry * np.sin(turn)], axis=1)
        cos, sin = np.cos(angle), np.sin(angle)
        self.polygon(shape @ np.array([[cos, sin], [-sin, cos]]) + [x, y], colour)

    def box(self, x: float, y: float, w: float, h: float, colour: Colour, round_share: float = 0.2) -> None:
        r = round_share * min(w, h)
        turn = np.linspace(0, np.pi / 2, 6)
        arc = r * np.stack([1 - np.cos(turn), 1 - np.sin(turn)], axis=1)  # from the left side to the top
        left_top = arc
        right_top = (arc * [-1, 1] + [w, 0])[::-1]
        right_bottom = arc * [-1, -1] + [w, h]
        left_bottom = (arc * [1, -1] + [0, h])[::-1]
        line = np.concatenate([left_top, right_top, right_bottom, left_bottom])  # (24, 2)
        self.polygon(line + np.array([x, y]), colour)

    def limb(self, start: tuple[float, float], end: tuple[float, float], width: float, colour: Colour) -> None:
        (x0, y0), (x1, y1) = start, end
        scale = 2 * SIDE
        ends = [(round(x0 * scale), round(y0 * scale)), (round(x1 * scale), round(y1 * scale))]
        cv2.line(self.rgba, ends[0], ends[1], (*colour, 1.0), max(1, round(width * scale)))

    def finish(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
        """Return (S, S, 3) uint8 RGB and (S, S) alpha: shaded from one side, with dirt and grain."""
        rng = self._rng
        alpha = cv2.resize(self.rgba[:, :, 3], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        colour = cv2.resize(self.rgba[:, :, :3], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        colour = colour / np.maximum(alpha, 1e-3)[:, :, None]
        slope = rng.uniform(-0.35, 0.35, 2)
        ys, xs = np.mgrid[:SIDE, :SIDE].astype(np.float32) / SIDE - 0.5
        soft = int(SIDE * rng.uniform(0.02, 0.1))
        inside = cv2.blur(cv2.blur(alpha, (soft, soft)), (soft, soft))
        shade = 1 + slope[0] * xs + slope[1] * ys + rng.uniform(0, 0.6) * (inside - 0.9)
        dirt = rng.uniform(0.02, 0.22) * fractal_noise(rng, SIDE, coarsest=int(rng.integers(3, 20)))
        grain = rng.uniform(0, 10) * rng.standard_normal((SIDE, SIDE)).astype(np.float32)
        image = colour * (shade + dirt)[:, :, None] + grain[:, :, None]
        return np.clip(image, 0, 255).astype(np.uint8), np.clip(np.rint(255 * alpha), 0, 255).astype(np.uint8)


def _colour(rng: np.random.Generator) -> Colour:
    """Return a colour: half the time a grey one, as most things are."""
    value = 255 * rng.uniform(0.08, 0.95)
    vivid = rng.uniform(0, 0.2) if rng.random() < 0.5 else rng.uniform(0.3, 0.85)
    rgb = value * (1 - vivid * rng.dirichlet((0.6, 0.6, 0.6)) * 1.5)
    r, g, b = np.clip(rgb, 4, 255)
    return float(r), float(g), float(b)


def _tone(colour: Colour, factor: float) -> Colour:
    r, g, b = (min(255.0, factor * value) for value in colour)
    return r, g, b


def _vehicle_above(sheet: _Sheet, rng: np.random.Generator) -> None:
    w, h = rng.uniform(0.6, 0.9), rng.uniform(0.26, 0.44)
    x, y = 0.5 - w / 2, 0.5 - h / 2
    body, glass = _colour(rng), _tone((30, 38, 50), rng.uniform(0.5, 2))
    sheet.box(x, y, w, h, body, rng.uniform(0.15, 0.5))
    cabin, front = rng.uniform(0.3, 0.55) * w, rng.uniform(0.55, 0.8)
    sheet.box(x + front * w - cabin, y + 0.1 * h, cabin, 0.8 * h, glass, 0.3)
    sheet.box(x + front * w - 0.85 * cabin, y + 0.14 * h, 0.62 * cabin, 0.72 * h, _tone(body, rng.uniform(0.85, 1.1)))
    if rng.random() < 0.4:
        sheet.box(x + 0.04 * w, y + rng.uniform(0.2, 0.5) * h, 0.9 * w, 0.1 * h, _colour(rng), 0.0)


def _truck_above(sheet: _Sheet, rng: np.random.Generator) -> None:
    w, h = 0.9, rng.uniform(0.18, 0.3)
    x, y = 0.05, 0.5 - h / 2
    cab = rng.uniform(0.16, 0.26) * w
    load, body = _colour(rng), _colour(rng)
    sheet.box(x, y, w - cab - 0.01, h, load, 0.05)
    for step in np.arange(x + 0.05, x + w - cab - 0.05, rng.uniform(0.05, 0.2)) if rng.random() < 0.6 else ():
        sheet.box(float(step), y + 0.02, 0.012, h - 0.04, _tone(load, 0.75), 0)
    sheet.box(x + w - cab - 0.02, y + 0.05 * h, cab, 0.9 * h, body, 0.3)
    sheet.box(x + w - 0.07, y + 0.12 * h, 0.03, 0.76 * h, (25, 32, 42))


def _vehicle_beside(sheet: _Sheet, rng: np.random.Generator) -> None:
    body, long, low = _colour(rng), rng.uniform(0.75, 0.95), rng.uniform(0.12, 0.2)
    x, floor = 0.5 - long / 2, 0.65
    roof = [rng.uniform(0.0, 0.3), rng.uniform(0.15, 0.4), rng.uniform(0.6, 0.75), rng.uniform(0.78, 0.98)]
    top = floor - low - rng.uniform(0.1, 0.22)
    cabin = np.array([[roof[0], floor - low], [roof[1], top], [roof[2], top], [roof[3], floor - low]])
    sheet.polygon(cabin * [long, 1] + [x, 0], body)
    pane = (cabin - cabin.mean(axis=0)) * [0.85, 0.72] + cabin.mean(axis=0)
    sheet.polygon(pane * [long, 1] + [x, 0.005], _tone((40, 50, 62), rng.uniform(0.5, 2)))
    sheet.box(x, floor - low, long, low, body, 0.4)
    radius = rng.uniform(0.055, 0.08)
    for at in (0.2, 0.8):
        sheet.ellipse(x + at * long, floor, radius, radius, (24, 24, 26))
        sheet.ellipse(x + at * long, floor, radius / 2, radius / 2, (130, 130, 135))


def _person(sheet: _Sheet, rng: np.random.Generator) -> None:
    skin = _tone((214, 168, 138), rng.uniform(0.35, 1.1))
    shirt, trousers, shoes = _colour(rng), _colour(rng), _colour(rng)
    stride, swing, girth = rng.uniform(-0.14, 0.14), rng.uniform(-0.14, 0.14), rng.uniform(0.75, 1.4)
    hip, neck = (0.5, 0.55), (0.5 + rng.uniform(-0.03, 0.03), 0.25)
    for side in (-1, 1):
        knee = (0.5 + side * (0.03 + 0.5 * abs(stride)), 0.74)
        foot = (0.5 + side * (0.03 + stride), 0.92 - 0.05 * max(0.0, side * stride))
        sheet.limb((hip[0] + side * 0.03, hip[1]), knee, 0.075 * girth, trousers)
        sheet.limb(knee, foot, 0.06 * girth, trousers)
        sheet.limb(foot, (foot[0] + 0.04, foot[1] + 0.01), 0.04, shoes)
        elbow = (neck[0] + side * 0.12 * girth, 0.4)
        hand = (elbow[0] + side * swing, 0.52 - abs(swing))
        sheet.limb((neck[0] + side * 0.06 * girth, neck[1] + 0.05), elbow, 0.055 * girth, shirt)
        sheet.limb(elbow, hand, 0.045 * girth, shirt if rng.random() < 0.5 else skin)
    body = np.array([[-0.09, 0.28], [0.09, 0.28], [0.075, 0.58], [-0.075, 0.58]]) * [girth, 1] + [0.5, 0]
    sheet.polygon(body, shirt)
    sheet.limb((neck[0], 0.18), (0.5, 0.34), 0.05, skin)
    sheet.ellipse(neck[0], 0.18, 0.055, 0.07, skin)
    sheet.ellipse(neck[0] - 0.005, 0.155, 0.057, 0.05, _tone((60, 44, 30), rng.uniform(0.2, 3)))
    if rng.random() < 0.3:
        sheet.box(0.5 - 0.13 * girth, 0.3, 0.1, 0.2, _colour(rng))


def _person_above(sheet: _Sheet, rng: np.random.Generator) -> None:
    shirt = _colour(rng)
    sheet.limb((0.44, 0.5), (0.44 + rng.uniform(0.15, 0.3), 0.42), 0.1, _colour(rng))
    sheet.limb((0.44, 0.55), (0.44 - rng.uniform(0.1, 0.3), 0.6), 0.1, _colour(rng))
    sheet.ellipse(0.47, 0.5, rng.uniform(0.12, 0.18), rng.uniform(0.24, 0.32), shirt)
    sheet.limb((0.5, 0.28), (0.66, 0.3), 0.08, shirt)
    sheet.limb((0.46, 0.72), (0.32, 0.74), 0.08, shirt)
    sheet.ellipse(0.5, 0.5, 0.1, 0.1, _tone((60, 44, 30), rng.uniform(0.2, 3)))


def _cyclist(sheet: _Sheet, rng: np.random.Generator) -> None:
    frame, shirt = _colour(rng), _colour(rng)
    for x in (0.26, 0.74):
        sheet.ellipse(x, 0.74, 0.15, 0.15, (40, 40, 42))
        sheet.ellipse(x, 0.74, 0.12, 0.12, _tone((120, 118, 112), rng.uniform(0.5, 1.4)))
    for start, end in (((0.26, 0.74), (0.45, 0.55)), ((0.45, 0.55), (0.68, 0.53)), ((0.68, 0.5), (0.74, 0.74))):
        sheet.limb(start, end, 0.035, frame)
    sheet.limb((0.44, 0.5), (0.56, 0.62), 0.08, trousers := _colour(rng))
    sheet.limb((0.56, 0.62), (0.5, 0.78), 0.06, trousers)
    sheet.limb((0.44, 0.5), (0.54, 0.27), 0.13, shirt)
    sheet.limb((0.54, 0.3), (0.68, 0.48), 0.05, shirt)
    sheet.ellipse(0.58, 0.19, 0.065, 0.07, _colour(rng))


def _boat(sheet: _Sheet, rng: np.random.Generator) -> None:
    hull, deck, width = _colour(rng), _tone((190, 160, 120), rng.uniform(0.6, 1.3)), rng.uniform(0.12, 0.2)
    side = np.array([[0, -1.0], [0.3, -1.05], [0.6, -0.9], [0.85, -0.45], [1, 0]])
    shape = np.concatenate([side, (side * [1, -1])[::-1]])
    sheet.polygon(shape * [0.9, width] + [0.05, 0.5], hull)
    sheet.polygon(shape * [0.78, 0.72 * width] + [0.09, 0.5], deck)
    for _ in range(int(rng.integers(1, 4))):
        w = rng.uniform(0.08, 0.3)
        sheet.box(rng.uniform(0.12, 0.65 - w / 2), 0.5 - 0.5 * width, w, width, _colour(rng), 0.2)


def _animal(sheet: _Sheet, rng: np.random.Generator) -> None:
    coat = _tone((150, 112, 76), rng.uniform(0.3, 1.5)) if rng.random() < 0.7 else _colour(rng)
    dark = _tone(coat, rng.uniform(0.5, 0.9))
    thick, leg, neck = rng.uniform(0.1, 0.19), rng.uniform(0.14, 0.32), rng.uniform(-0.25, 0.1)
    back = 0.42
    for x, shade in ((0.3, dark), (0.66, dark), (0.25, coat), (0.7, coat)):
        sheet.limb((x, back), (x + rng.uniform(-0.1, 0.1), back + thick + leg), rng.uniform(0.03, 0.06), shade)
    sheet.ellipse(0.48, back, 0.27, thick, coat)
    sheet.limb((0.7, back - 0.3 * thick), (0.84, back + neck), thick, coat)
    sheet.ellipse(0.86, back + neck, 0.09, 0.06, coat, rng.uniform(-0.3, 0.6))
    sheet.limb((0.22, back - 0.03), (0.12, back + rng.uniform(-0.15, 0.2)), 0.03, dark)
    if rng.random() < 0.5:
        for _ in range(int(rng.integers(3, 12))):
            x, y = rng.uniform(0.28, 0.68), back + thick * rng.uniform(-0.6, 0.6)
            sheet.ellipse(x, y, rng.uniform(0.015, 0.05), rng.uniform(0.01, 0.04), dark)


def _bird(sheet: _Sheet, rng: np.random.Generator) -> None:
    coat, span, sweep = _colour(rng), rng.uniform(0.28, 0.45), rng.uniform(-0.15, 0.2)
    for side in (-1, 1):
        wing = np.array([[0.56, 0.0], [0.5 - sweep / 2, 0.6], [0.42 - sweep, 1.0], [0.4 - sweep / 2, 0.6], [0.4, 0.0]])
        sheet.polygon(wing * [1, side * span] + [0, 0.5], _tone(coat, rng.uniform(0.8, 1.1)))
    sheet.ellipse(0.5, 0.5, 0.2, rng.uniform(0.05, 0.09), coat)
    sheet.polygon([[0.34, 0.5], [0.18, 0.43], [0.18, 0.57]], _tone(coat, 0.7))
    sheet.ellipse(0.69, 0.5, 0.06, 0.05, _tone(coat, 1.2))


def _blob(sheet: _Sheet, rng: np.random.Generator) -> None:
    turn = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    radius = np.ones_like(turn)
    for order in range(2, 7):
        radius = radius + rng.normal(0, 0.35 / order) * np.cos(order * turn + rng.uniform(0, 6.3))
    radius = 0.42 * np.maximum(radius, 0.25) / radius.max()
    shape = np.stack([radius * np.cos(turn), rng.uniform(0.5, 1) * radius * np.sin(turn)], axis=1) + 0.5
    sheet.polygon(shape, _colour(rng))
    cover = sheet.rgba[:, :, 3:].copy()
    for _ in range(int(rng.integers(2, 14))):
        x, y = rng.uniform(0.1, 0.9, 2)
        sheet.ellipse(x, y, rng.uniform(0.03, 0.2), rng.uniform(0.02, 0.15), _colour(rng), rng.uniform(0, 3))
    sheet.rgba[:, :, :3] *= cover
    sheet.rgba[:, :, 3:] = cover


def _multicopter(sheet: _Sheet, rng: np.random.Generator) -> None:
    frame, reach = _colour(rng), rng.uniform(0.24, 0.32)
    for x, y in ((-1, -1), (1, -1), (-1, 1), (1, 1)):
        sheet.limb((0.5, 0.5), (0.5 + x * reach, 0.5 + y * reach), 0.06, frame)
        sheet.ellipse(0.5 + x * reach, 0.5 + y * reach, 0.11, 0.11, _tone((90, 90, 95), rng.uniform(0.6, 1.6)))
    sheet.box(0.36, 0.4, 0.28, 0.2, _colour(rng), 0.4)


KINDS: dict[str, tuple[Callable[[_Sheet, np.random.Generator], None], bool]] = {
    "vehicle above": (_vehicle_above, False),
    "truck above": (_truck_above, False),
    "vehicle beside": (_vehicle_beside, True),
    "person": (_person, True),
    "person above": (_person_above, False),
    "cyclist": (_cyclist, True),
    "boat": (_boat, False),
    "animal": (_animal, True),
    "bird": (_bird, False),
    "blob": (_blob, False),
    "multicopter": (_multicopter, False),
}
"""What can be drawn, and whether it has an up and a down."""
