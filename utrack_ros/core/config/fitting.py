"""Settings of the fit of the SIoU network to the target."""

from __future__ import annotations

from dataclasses import dataclass

from .checks import require, require_finite


@dataclass(frozen=True)
class FittingConfig:
    """How the SIoU network's modulation, v of Eq. 4, is fitted to the first frame; not in the paper or ATOM.

    Measured on 42 sequences of drone footage and others: models/MODEL_CARD.md.

    Attributes:
        steps: Gauss-Newton steps at most; 0 leaves v as the reference path gives it, as in the paper.
        boxes: whose overlap with the target is known, in each view of the first frame.
        zoom: the first frame is also seen so much nearer, and so much farther; 1 = as it is alone.
        reg: what it costs to leave the reference path's v: the squared error of the overlap that is worth as much as a
            change of v by its own root mean square in one channel.
        misfit: v is left as it is unless the overlaps that it gives are wrong by more than this, root mean square: a
            network that knows what is meant is not taught by a box that was marked in a hurry.
        slack: by how much an overlap may be off: people do not mark to the pixel, and small differences teach nothing.
        seed: of the boxes.
    """

    steps: int = 6
    boxes: int = 128
    zoom: float = 1.25
    reg: float = 1e-4
    misfit: float = 0.15
    slack: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: names the field and its value.
        """
        require_finite(self)
        require(self.steps >= 0, "an integer of at least 0", self, "steps")
        require(self.boxes >= 1, "an integer of at least 1", self, "boxes")
        require(1 <= self.zoom <= 2, "a factor from 1 to 2", self, "zoom")
        require(self.reg > 0, "a number above 0", self, "reg")
        require(self.misfit >= 0, "a number of at least 0", self, "misfit")
        require(0 <= self.slack < 1, "an overlap in [0, 1)", self, "slack")

    @property
    def factors(self) -> tuple[float, ...]:
        """Sides of the windows in which the first frame is seen, as multiples of the search window's."""
        return (1.0,) if self.zoom == 1 else (1.0, 1 / self.zoom, self.zoom)
