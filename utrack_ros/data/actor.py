"""A cut-out and its way through a composite: smooth paths, deformations, colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .cutouts import Cutout
from .layer import Bend, Matrix


@dataclass(frozen=True)
class Actor:
    """A cut-out and its way.

    Attributes:
        cutout: what is seen.
        matrices: (N + 1, 3, 3) texels of level 0 to pixels, continuous; one more than there are frames, for speed.
        bends: N deformations.
        colour: (3, 4) affine change of RGB levels.
        cut: (a, b, c): only where a u + b v + c > 0 is it kept, texels of level 0; None keeps all.
        pulled: its colours go to the background's as the target's do.
    """

    cutout: Cutout
    matrices: Matrix
    bends: tuple[Bend, ...]
    colour: Matrix
    cut: tuple[float, float, float] | None = None
    pulled: bool = False


class Paths:
    """Smooth random functions of the frame number."""

    def __init__(self, rng: np.random.Generator, count: int) -> None:
        self._rng = rng
        self.count = count
        self.time = np.linspace(-0.5, 0.5, count)  # of the clip

    def wave(self) -> Matrix:
        """Return (count,) in about -1..1: a quarter to one and a half swings, and a weaker quick one."""
        slow, quick = self._rng.uniform(0.25, 1.5), self._rng.uniform(1.5, 4)
        phases = self._rng.uniform(0, 2 * np.pi, 2)
        turn = 2 * np.pi * self.time
        return np.asarray(0.8 * np.sin(slow * turn + phases[0]) + 0.2 * np.sin(quick * turn + phases[1]))

    def waves(self, amplitude: float) -> Matrix:
        """Return (count, 2)."""
        return amplitude * np.stack([self.wave(), self.wave()], axis=1)


def start_angle(rng: np.random.Generator, cutout: Cutout) -> float:
    """Return the first roll of a cut-out, rad: near upright where it has an up and a down, else any."""
    return float(rng.normal(0, 0.12)) if cutout.upright else float(rng.uniform(-np.pi, np.pi))


def make_actor(
    rng: np.random.Generator,
    paths: Paths,
    cutout: Cutout,
    at: Matrix,
    scale: Matrix,
    angle: Matrix,
    *,
    bent: bool = False,
) -> Actor:
    """Return a cut-out on its way; its box's centre is put at `at`, before the perspective."""
    box = np.array(cutout.box_xywh)
    own, size = box[:2] + box[2:] / 2, box[2:]
    aspect = rng.uniform(0, 0.2) * paths.wave()
    skew = rng.uniform(0, 0.15) * paths.wave()
    lean = paths.waves(rng.uniform(0, 0.3)) / max(size)
    flip = -1.0 if rng.random() < 0.5 else 1.0
    matrices, bends = [], []
    strength = rng.uniform(0.01, 0.05) * size * bent
    waves = rng.uniform(0.5, 1.5, 2) * 2 * np.pi / size[::-1]
    phases = rng.uniform(0, 2 * np.pi, 2) + np.pi * paths.waves(1.0)  # (N + 1, 2)
    for index in range(paths.count):
        view = np.eye(3)
        view[0, 1] = skew[index]
        view[2, :2] = lean[index]
        stretch = np.diag([flip * np.exp(aspect[index]), np.exp(-aspect[index]), 1.0])
        matrices.append(shift(*at[index]) @ turn(angle[index], scale[index]) @ stretch @ view @ shift(*-own))
        bends.append(Bend(strength[0], waves[0], phases[index, 0], strength[1], waves[1], phases[index, 1]))
    return Actor(cutout, np.stack(matrices), tuple(bends if bent else [Bend()] * paths.count), random_colour(rng))


def random_colour(rng: np.random.Generator) -> Matrix:
    """Return (3, 4): a turn of the hue (seldom a strong one), another saturation, contrast and brightness."""
    hue = rng.normal(0, 0.15) if rng.random() < 0.75 else rng.uniform(-np.pi, np.pi)
    saturation, gain = rng.uniform(0.4, 1.25), np.exp(rng.uniform(-0.35, 0.3))
    grey = np.full((3, 3), 1 / 3)
    cross = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    about_grey = grey + saturation * (np.cos(hue) * (np.eye(3) - grey) + np.sin(hue) * cross)
    return np.concatenate([gain * about_grey, np.full((3, 1), rng.uniform(-15, 15))], axis=1)


def shift(x: float, y: float) -> Matrix:
    """Return the 3x3 translation."""
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def turn(angle: float, scale: float) -> Matrix:
    """Return the 3x3 rotation with a scale."""
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
