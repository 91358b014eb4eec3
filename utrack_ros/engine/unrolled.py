"""The refinement of a frame, and what the first frame adds to it, as modules: all steps unrolled, for a graph."""

from __future__ import annotations

from torch import Tensor, nn

from ..core.refinement import Refiner
from ..network.overlap import OverlapPredictor


class UnrolledRefinement(nn.Module):
    """Algorithm 1 on the channels that count.

    Args:
        predictor: the SIoU network, on any device.
        refiner: with its settings.
    """

    def __init__(self, predictor: OverlapPredictor, refiner: Refiner) -> None:
        super().__init__()
        self._predictor = predictor
        self._refiner = refiner

    def forward(self, features: Tensor, weight: Tensor, coarse_xywh: Tensor, before_xy: Tensor) -> Tensor:
        """(c, H, W), (D, K*K*c), (4,) and (2,) crop pixels -> (6,) box, its SIoU, that of the coarse box."""
        return self._predictor.unrolled(features, weight, self._refiner, coarse_xywh, before_xy)


class ModulatedRefinement(UnrolledRefinement):
    """The same for other runtimes: from what `CandidatesNetwork` and `ModulationNetwork` give, as they give it.

    Args:
        predictor: the SIoU network.
        refiner: with its settings.
    """

    weight: Tensor  # (D, K*K*C), once in the file, and not at each step

    def __init__(self, predictor: OverlapPredictor, refiner: Refiner) -> None:
        super().__init__(predictor, refiner)
        self.register_buffer("weight", predictor.weight)

    def forward(  # type: ignore[override]  # the map takes v here, and the layer is a constant
        self, candidates: Tensor, modulation: Tensor, coarse_xywh: Tensor, before_xy: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """(1, C, H, W), (1, C), (4,), (2,) -> (4,) refined box, crop pixels; (1,) its SIoU; (1,) the coarse box's."""
        features = candidates[0] * modulation[0, :, None, None]  # (C, H, W)
        found = super().forward(features, self.weight, coarse_xywh, before_xy)
        return found[:4], found[4:5], found[5:]


class ModulationNetwork(nn.Module):
    """The first frame's levels and box -> v of Eq. 4.

    Args:
        predictor: the SIoU network.
    """

    def __init__(self, predictor: OverlapPredictor) -> None:
        super().__init__()
        self._predictor = predictor

    def forward(self, box_xywh: Tensor, *levels: Tensor) -> Tensor:
        """(4,) crop pixels, (1, C_k, H_k, W_k) -> (1, C)."""
        return self._predictor.modulation(levels, box_xywh)[None]
