"""The network as the tracker needs it; what fills these in is elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .config import FittingConfig
from .refinement import Refiner


@dataclass(frozen=True)
class Features:
    """What the network says of crops.

    Attributes:
        classifier: (N, C, h, w) what the online classifier reads.
        levels: (N, C_k, h_k, w_k) what the SIoU network reads; none where there is no such network.
    """

    classifier: Tensor
    levels: tuple[Tensor, ...] = ()


Reference = Any
"""What a first frame says of its target; only the model that made it can read it."""


def counted_from(corner_xy: tuple[int, int], box_and_point: Tensor) -> Tensor:
    """Return (6,) a box x, y, width, height and a point, crop pixels, counted from a corner on the crop."""
    left, top = corner_xy
    return box_and_point - torch.tensor([left, top, 0, 0, left, top])


class OverlapModel(Protocol):
    """The SIoU network (paper, Eq. 4)."""

    def reference(self, levels: tuple[Tensor, ...], box_xywh: Tensor) -> Reference:
        """Return what the first frame says of the target: (1, ...) levels, (4,) crop pixels."""

    def candidates_in(self, levels: tuple[Tensor, ...], region_xywh: Sequence[float]) -> tuple[Tensor, tuple[int, int]]:
        """Return what candidates in a region are judged from, and where on the crop it begins.

        Args:
            levels: (1, ...) of a frame's crop.
            region_xywh: crop pixels; numbers that are not finite mean anywhere.

        Returns:
            An opaque tensor; and x and y, crop pixels, from which its boxes are counted.
        """

    def predict(self, features: Tensor, reference: Reference, boxes_xywh: Tensor) -> tuple[Tensor, Tensor]:
        """Return (M,) SIoU, 0..1, of (M, 4) boxes in crop pixels, and (M, 4) its derivatives in them."""

    def score(self, features: Tensor, reference: Reference, boxes_xywh: Tensor) -> Tensor:
        """Return the SIoU alone."""


@dataclass(frozen=True)
class Lesson:
    """A view of the target, and what the SIoU of boxes in it should be.

    Attributes:
        levels: (1, ...) of its crop.
        boxes_xywh: (M, 4) float32 boxes around the target, crop pixels.
        overlap: (M,) float32 IoU of each with the target.
    """

    levels: tuple[Tensor, ...]
    boxes_xywh: Tensor
    overlap: Tensor


@runtime_checkable
class FittedModel(OverlapModel, Protocol):
    """An SIoU network that can be fitted to a target."""

    def fitted(
        self, levels: tuple[Tensor, ...], box_xywh: Tensor, lessons: Iterable[Lesson], config: FittingConfig
    ) -> Reference:
        """Return `reference`, and where it is wrong, one whose SIoU of the lessons' boxes is nearer to the truth.

        Args:
            levels: as in `reference`.
            box_xywh: as in `reference`.
            lessons: the first is of these levels; others may cost something to get.
            config: settings.
        """


Refine = Callable[[Tensor, Reference, Tensor, Tensor], Tensor]
"""From a map, a reference, the (4,) coarse box and the (2,) centre of the last box, crop pixels, to `Refined`'s six
numbers, as `Refiner.unrolled` gives them."""


@runtime_checkable
class RefiningModel(OverlapModel, Protocol):
    """An SIoU network that does all steps of a refinement in one call."""

    def refinement(self, refiner: Refiner) -> Refine:
        """Return Algorithm 1 with a refiner's settings."""


def refinement(model: OverlapModel, refiner: Refiner) -> Refine:
    """Return Algorithm 1 with a refiner's settings: the model's own way where it has one, else step by step."""
    return model.refinement(refiner) if isinstance(model, RefiningModel) else stepwise(model, refiner)


def stepwise(model: OverlapModel, refiner: Refiner) -> Refine:
    """Return Algorithm 1 with a refiner's settings, which asks the model at each step."""

    def refine(features: Tensor, reference: Reference, coarse_xywh: Tensor, before_xy: Tensor) -> Tensor:
        return refiner.unrolled(
            coarse_xywh,
            before_xy,
            lambda boxes: model.predict(features, reference, boxes),
            lambda boxes: model.score(features, reference, boxes),
        )

    return refine


class Network(Protocol):
    """The network as the tracker needs it."""

    @property
    def name(self) -> str:
        """What runs it, e.g. "torch"."""

    @property
    def precision(self) -> str:
        """Of its numbers, e.g. "fp32"."""

    @property
    def stride(self) -> int:
        """Crop pixels per cell of the classifier's features."""

    @property
    def overlap(self) -> OverlapModel | None:
        """The SIoU network; None leaves the multi-scale search."""

    def __call__(self, crops: npt.NDArray[np.uint8]) -> Features:
        """(N, S, S, 3) uint8 RGB crops -> features."""
