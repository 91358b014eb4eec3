"""The SIoU network at inference: norms folded in, all candidates at once, gradients in closed form.

With p the pooled candidate and W, b the first fully connected layer, Eq. 4 is
SIoU = u . relu(W (v * p) + b) + c. Its gradient in p is v * (W^T (u on the rows that relu let through)).

From the bins to the box edges `bins` has two ways, and the derivatives of the weights are those of `prpool`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_linear_bn_eval

from ..core.config import FittingConfig
from ..core.network import Lesson
from ..core.refinement import Refiner
from .bins import Bins, MapBins, WindowBins, as_rows
from .dense import CandidatesNetwork
from .fitting import Problem, fit_modulation
from .head import Head
from .neck import Neck
from .part import Part, middle_parts, part_with
from .siou import SIoUNetwork, to_cells

Reference = tuple[Tensor, Tensor | None]
"""What a target adds to the network: see `OverlapPredictor.reference`."""


def map_size(levels: Sequence[Tensor]) -> tuple[int, int]:
    """Return the rows and columns of the map that levels make: those of the finest."""
    return max((level.shape[2], level.shape[3]) for level in levels)


class OverlapPredictor:
    """Tells the overlap of candidates with the target, 0..1, and how it changes with their edges.

    Args:
        neck: FRN and MFC, in eval mode.
        network: the SIoU network, in eval mode.
        dtype: that the map is computed in; None: that of the weights, as for all else.

    Attributes:
        stride: crop pixels per cell of the map.
        candidates: makes the map that candidates are pooled from.
        weight: (D, K*K*C) the first layer of G, as the bins come out of the product.
    """

    def __init__(self, neck: Neck, network: SIoUNetwork, dtype: torch.dtype | None = None) -> None:
        self._neck = neck
        self._network = network
        self.stride = network.stride
        self._bins = network.test_bins
        self.candidates = CandidatesNetwork(neck, network, dtype)
        linear = fuse_linear_bn_eval(
            cast(nn.Linear, network.test_linear[0]), cast(nn.BatchNorm1d, network.test_linear[1])
        )
        weight = linear.weight.detach().unflatten(1, (-1, self._bins**2))  # (D, C, K*K)
        self.weight = weight.transpose(1, 2).flatten(1)  # (D, K*K*C)
        # To 0..1 at once: IoU = (raw + 1) / 2.
        out_bias = float((network.predictor.bias.detach()[0] + 1) / 2)
        self._head = Head(linear.bias.detach(), network.predictor.weight.detach()[0] / 2, out_bias)

    @torch.inference_mode()
    def reference(self, levels: tuple[Tensor, ...], box_xywh: Tensor) -> Reference:
        """Return the first layer of G with v of Eq. 4 multiplied in: what the target adds to the network.

        v comes out of a relu; a channel that it makes 0, a third to a half of them, says nothing of this target and is
        left out. On a device other than the CPU all stay, so that shapes are the same for all targets.

        Args:
            levels: (1, C_k, H_k, W_k) of the first frame's crop.
            box_xywh: (4,) the target, crop pixels.

        Returns:
            (D, K*K*c), and (c,) the channels; None: all of them.
        """
        return self._reference(self.modulation(levels, box_xywh))

    @torch.inference_mode()
    def fitted(
        self, levels: tuple[Tensor, ...], box_xywh: Tensor, lessons: Iterable[Lesson], config: FittingConfig
    ) -> Reference:
        """Return what `reference` does, fitted to lessons where it is wrong in the first of them.

        A channel that says nothing of this target says nothing afterwards. The other lessons are asked for only where
        the first one shows that they are needed.
        """
        v = self.modulation(levels, box_xywh)  # (C,)
        channels = torch.nonzero(v)[:, 0]  # (c,)
        own, weight = v[channels], self._weight_of(channels).flatten(1)
        seen = (self._seen(lesson, channels) for lesson in lessons)
        first = next(seen, None) if len(channels) else None
        share = 0.0 if first is None else config.share(Problem(*first, weight, self._head).misfit(own))
        if first is not None and share > 0:
            pooled, overlap = (torch.cat(parts) for parts in zip(first, *seen, strict=True))
            fitted = fit_modulation(Problem(pooled, overlap, weight, self._head), own, config.reg)
            if torch.isfinite(fitted).all():
                v = v.index_copy(0, channels, own + share * (fitted - own))
        return self._reference(v)

    def _seen(self, lesson: Lesson, channels: Tensor) -> tuple[Tensor, Tensor]:
        """Return a lesson's boxes pooled in the channels that count, (M, K*K*c), and their overlaps, (M,)."""
        features = self.candidates_map(lesson.levels).to(self.weight)  # (C, H, W)
        edges = to_cells(lesson.boxes_xywh.to(self.weight), self.stride)  # (M, 4)
        return WindowBins(features, edges, self._bins, channels).pooled(), lesson.overlap.to(self.weight)

    def _reference(self, v: Tensor) -> Reference:
        """Return what a (C,) modulation adds to the network."""
        if v.device.type != "cpu":
            return self.modulated(v), None
        channels = torch.arange(len(v))
        if bool(v.any()):
            channels = channels[v != 0]
        return (self._weight_of(channels) * v[channels]).flatten(1), channels

    def _weight_of(self, channels: Tensor) -> Tensor:
        """Return the first layer of G for the channels that count: (D, K*K, c)."""
        return self.weight.view(len(self.weight), self._bins**2, -1)[:, :, channels]

    def modulation(self, levels: tuple[Tensor, ...], box_xywh: Tensor) -> Tensor:
        """Return v of Eq. 4, (C,), of a first frame and its box, as `reference` takes them."""
        v: Tensor = self._network.modulation(self._neck(levels), box_xywh[None])[0]
        return v

    def modulated(self, v: Tensor) -> Tensor:
        """Return the first layer of G times (C,) v, all channels: (D, K*K*C)."""
        return (self.weight.view(len(self.weight), -1, len(v)) * v).flatten(1)

    @torch.inference_mode()
    def candidates_map(self, levels: tuple[Tensor, ...]) -> Tensor:
        """Return what candidates are pooled from: levels of one crop -> (C, H, W)."""
        features: Tensor = self.candidates(*levels)[0]  # (C, H, W)
        return features

    @torch.inference_mode()
    def candidates_in(self, levels: tuple[Tensor, ...], region_xywh: Sequence[float]) -> tuple[Tensor, tuple[int, int]]:
        """Return what candidates in a region are pooled from, which is a part of the map where that will do.

        On a device other than the CPU it is the whole map, so that shapes are the same for all boxes.

        Args:
            levels: of one crop.
            region_xywh: crop pixels; numbers that are not finite mean anywhere.

        Returns:
            (C, h, w); and the crop pixels x and y at which it begins: its boxes are counted from there.
        """
        part = self.part_of(levels, region_xywh)
        if part is None:
            return self.candidates_map(levels), (0, 0)
        return self.part_map(levels, part), part.corner_px(self.stride)

    def part_of(self, levels: tuple[Tensor, ...], region_xywh: Sequence[float]) -> Part | None:
        """Return the part of the map that candidates in a region need; None: the whole."""
        if levels[0].device.type != "cpu":
            return None
        return part_with(region_xywh, self.stride, map_size(levels), self._neck.step)

    def middle_parts(self, levels: tuple[Tensor, ...]) -> list[Part]:
        """Return parts of all sizes, in the map's middle."""
        return middle_parts(map_size(levels), self._neck.step)

    @torch.inference_mode()
    def part_map(self, levels: tuple[Tensor, ...], part: Part) -> Tensor:
        """Return a part of `candidates_map`: (C, *size_hw)."""
        return self.candidates.part(levels, part.corner(self._neck.step), part.size_hw)[0]

    @torch.inference_mode()
    def score(self, features: Tensor, reference: Reference, boxes_xywh: Tensor) -> Tensor:
        """Return overlaps alone, as `predict` does: (M,)."""
        return self._head.answer(self._bins_of(features, reference, boxes_xywh).pooled(), reference[0])[0]

    @torch.inference_mode()
    def predict(self, features: Tensor, reference: Reference, boxes_xywh: Tensor) -> tuple[Tensor, Tensor]:
        """Return overlaps and their gradients.

        Args:
            features: (C, H, W) from `candidates_map`.
            reference: from `reference`.
            boxes_xywh: (M, 4) crop pixels.

        Returns:
            (M,) predicted IoU, 0..1 but not clamped; (M, 4) derivatives in x, y, width and height, 1 / pixel.
        """
        return self._with_gradient(self._bins_of(features, reference, boxes_xywh), reference[0])

    def unrolled(
        self, features: Tensor, weight: Tensor, refiner: Refiner, coarse_xywh: Tensor, before_xy: Tensor
    ) -> Tensor:
        """Return what a refiner makes of a coarse box, with shapes that no box changes and no look at a number.

        Args:
            features: (c, H, W) the channels of a map that count.
            weight: (D, K*K*c) of the reference.
            refiner: Algorithm 1 with its settings.
            coarse_xywh: (4,) crop pixels.
            before_xy: (2,) centre of the last output box, crop pixels.

        Returns:
            (6,) as `Refiner.unrolled`.
        """
        cells = as_rows(features)  # (L, L, c)

        def bins_of(boxes_xywh: Tensor) -> MapBins:
            return MapBins(cells, to_cells(boxes_xywh, self.stride), self._bins)

        return refiner.unrolled(
            coarse_xywh,
            before_xy,
            lambda boxes: self._with_gradient(bins_of(boxes), weight),
            lambda boxes: self._head.answer(bins_of(boxes).pooled(), weight)[0],
        )

    def _bins_of(self, features: Tensor, reference: Reference, boxes_xywh: Tensor) -> Bins:
        edges = to_cells(boxes_xywh, self.stride).to(features)
        if features.device.type == "cpu":
            return WindowBins(features, edges, self._bins, reference[1])
        return MapBins(as_rows(features), edges, self._bins)

    def _with_gradient(self, bins: Bins, weight: Tensor) -> tuple[Tensor, Tensor]:
        overlap, passed = self._head.answer(bins.pooled(), weight)
        low, high = bins.to_edges(passed @ weight)  # (M, 2) each
        # x moves both edges, width the right one alone; a pixel is 1 / stride cells.
        gradient = torch.cat([low + high, high], dim=1) / self.stride
        return overlap, gradient  # (M,), (M, 4)
