"""Settings of the fit of the SIoU network to the target."""

from __future__ import annotations

from dataclasses import dataclass

from .checks import require, require_finite


@dataclass(frozen=True)
class FittingConfig:
    """How the SIoU network's modulation, v of Eq. 4, is fitted to the first frame; not in the paper or ATOM.

    Measured on 42 sequences of drone footage and others: docs/adr/0017.

    Attributes:
        enabled: False leaves v as the reference path gives it, as in the paper.
        misfit: up to this error of the overlap of boxes, root mean square, v is left as it is: a network that knows
            what is meant is not taught by a box that was marked in a hurry.
        misfit_full: from this error on v is what fits best; in between it is in between.
        boxes: whose overlap with the target is known, in each view of the first frame.
        zoom: the first frame is also seen so much nearer, and so much farther; 1 = as it is alone.
        reg: what it costs to leave the reference path's v: the squared error of the overlap that is worth as much as a
            change of v by its own root mean square in one channel.
        seed: of the boxes.
    """

    enabled: bool = True
    misfit: float = 0.17
    misfit_full: float = 0.2
    boxes: int = 128
    zoom: float = 1.25
    reg: float = 1e-4
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: names the field and its value.
        """
        require_finite(self)
        require(self.misfit >= 0, "a number of at least 0", self, "misfit")
        require(self.misfit_full >= self.misfit, "misfit <= misfit_full", self, "misfit_full")
        require(1 <= self.boxes <= 4096, "an integer from 1 to 4096", self, "boxes")
        require(1 <= self.zoom <= 2, "a factor from 1 to 2", self, "zoom")
        require(self.reg > 0, "a number above 0", self, "reg")
        require(self.seed >= 0, "an integer of at least 0", self, "seed")

    @property
    def factors(self) -> tuple[float, ...]:
        """Sides of the windows in which the first frame is seen again, as multiples of the search window's."""
        return () if self.zoom == 1 else (1 / self.zoom, self.zoom)

    def share(self, misfit: float) -> float:
        """Return how far v goes from the network's own to what fits best, 0..1."""
        if not misfit > self.misfit:  # also where it is no number
            return 0.0
        return 1.0 if misfit >= self.misfit_full else (misfit - self.misfit) / (self.misfit_full - self.misfit)
