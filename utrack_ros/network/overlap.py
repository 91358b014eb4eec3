"""The SIoU network at inference: norms folded in, all candidates at once, gradients in closed form.

With p the pooled candidate and W, b the first fully connected layer, Eq. 4 is
SIoU = u . relu(W (v * p) + b) + c. Its gradient in p is v * (W^T (u on the rows that relu let through)).

A bin is the sum of the map's cells, each times its weight in x and its weight in y. With both weights multiplied out,
all bins of all candidates are one matrix product with the map, the gradient in the multiplied weights is another one
with its transpose, and from there to the box edges it is the derivatives that `prpool` gives. Outside the candidates
the weights are 0, so only the cells from the leftmost to the rightmost edge enter, and from the top to the bottom one.
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_linear_bn_eval

from .dense import CandidatesNetwork
from .neck import Neck
from .prpool import SMALLEST_SIDE, bin_weight_slopes
from .siou import SIoUNetwork, to_cells

Reference = tuple[Tensor, Tensor]
"""What a target adds to the network: see `OverlapPredictor.reference`."""


class OverlapPredictor:
    """Tells the overlap of candidates with the target, 0..1, and how it changes with their edges.

    Args:
        neck: FRN and MFC, in eval mode.
        network: the SIoU network, in eval mode.

    Attributes:
        candidates: makes the map that candidates are pooled from.
    """

    def __init__(self, neck: Neck, network: SIoUNetwork) -> None:
        self._neck = neck
        self._network = network
        self._stride = network.stride
        self._bins = network.test_bins
        self.candidates = CandidatesNetwork(neck, network)
        linear = fuse_linear_bn_eval(
            cast(nn.Linear, network.test_linear[0]), cast(nn.BatchNorm1d, network.test_linear[1])
        )
        weight = linear.weight.detach().unflatten(1, (-1, self._bins**2))  # (D, C, K*K)
        self._weight = weight.transpose(1, 2).flatten(1)  # (D, K*K*C), as the bins come out of the product
        self._bias = linear.bias.detach()  # (D,)
        # To 0..1 at once: IoU = (raw + 1) / 2.
        self._out_weight = network.predictor.weight.detach()[0] / 2  # (D,)
        self._out_bias = float((network.predictor.bias.detach()[0] + 1) / 2)

    @torch.inference_mode()
    def reference(self, levels: tuple[Tensor, ...], box_xywh: Tensor) -> Reference:
        """Return the first layer of G with v of Eq. 4 multiplied in: what the target adds to the network.

        v comes out of a relu; a channel that it makes 0, a third to a half of them, says nothing of this target and is
        left out. On a device other than the CPU all stay, so that shapes are the same for all targets.

        Args:
            levels: (1, C_k, H_k, W_k) of the first frame's crop.
            box_xywh: (4,) the target, crop pixels.

        Returns:
            (D, K*K*c), and (c,) the channels.
        """
        v = self._network.modulation(self._neck(levels), box_xywh[None])[0]  # (C,)
        channels = torch.arange(len(v), device=v.device)
        if v.device.type == "cpu" and bool(v.any()):
            channels = channels[v != 0]
        weight = self._weight.view(len(self._weight), -1, len(v))[:, :, channels] * v[channels]  # (D, K*K, c)
        return weight.flatten(1), channels

    @torch.inference_mode()
    def candidates_map(self, levels: tuple[Tensor, ...]) -> Tensor:
        """Return what candidates are pooled from: levels of one crop -> (C, H, W)."""
        features: Tensor = self.candidates(*levels)[0]  # (C, H, W)
        return features

    @torch.inference_mode()
    def score(self, features: Tensor, reference: Reference, boxes_xywh: Tensor) -> Tensor:
        """Return overlaps alone, as `predict` does: (M,)."""
        weight, channels = reference
        return self._answer(_Bins(features, channels, to_cells(boxes_xywh, self._stride), self._bins), weight)[0]

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
        weight, channels = reference
        bins = _Bins(features, channels, to_cells(boxes_xywh, self._stride), self._bins)
        overlap, passed = self._answer(bins, weight)
        left, top, right, bottom = bins.to_edges(passed @ weight)  # (M,) each
        # x moves both edges, width the right one alone; a pixel is 1 / stride cells.
        gradient = torch.stack([left + right, top + bottom, right, bottom], dim=1) / self._stride
        return overlap, gradient  # (M,), (M, 4)

    def _answer(self, bins: _Bins, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Apply Eq. 4: (M,) overlaps, and (M, D) u on the rows that relu let through."""
        hidden = torch.addmm(self._bias, bins.pooled(), weight.T)  # (M, D)
        passed = (hidden > 0) * self._out_weight  # (M, D)
        return (hidden * passed).sum(1) + self._out_bias, passed


class _Bins:
    """Candidates cut into bins, on the part of the map that they touch.

    Args:
        features: (C, H, W) map.
        channels: (c,) of it that count.
        edges: (M, 4) left, top, right, bottom; cells.
        bins: K, bins a side.
    """

    def __init__(self, features: Tensor, channels: Tensor, edges: Tensor, bins: int) -> None:
        edges = edges.to(features)
        self._count, self._bins = edges.shape[0], bins
        down, across = _window(edges, features.shape[1:])
        self._height, self._width = down.stop - down.start, across.stop - across.start
        self._cells = features[:, down, across].index_select(0, channels).flatten(1)  # (c, h*w)
        # Both axes in one call, on a grid as long as the longer one.
        low = torch.cat([edges[:, 1] - down.start, edges[:, 0] - across.start])  # (2*M,) top, left
        high = torch.cat([edges[:, 3] - down.start, edges[:, 2] - across.start])
        slopes = bin_weight_slopes(low, high, bins, max(self._height, self._width)).transpose(0, 1)  # (2*M, 3, K, L)
        self._down = slopes[: self._count, :, :, : self._height]  # (M, 3, K, h) weights, by top, by bottom
        self._across = slopes[self._count :, :, :, : self._width]  # (M, 3, K, w) weights, by left, by right

    def pooled(self) -> Tensor:
        """Return the mean of the map over each bin, (M, K*K*c)."""
        grid = self._down[:, 0, :, None, :, None] * self._across[:, 0, None, :, None, :]  # (M, K, K, h, w)
        return (grid.view(-1, self._cells.shape[1]) @ self._cells.T).view(self._count, -1)  # (M, K*K*c)

    def to_edges(self, back: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the gradient in left, top, right and bottom, (M,) each, from (M, K*K*c), that in the bins."""
        grid = back.view(-1, self._cells.shape[0]) @ self._cells  # (M*K*K, h*w)
        grid = grid.view(self._count, self._bins, self._bins, self._height, self._width).transpose(2, 3)
        grid = grid.reshape(self._count, self._bins * self._height, -1)  # (M, K*h, K*w)
        both = self._down.flatten(2) @ grid @ self._across.flatten(2).transpose(1, 2)  # (M, 3, 3)
        return both[:, 0, 1], both[:, 1, 0], both[:, 0, 2], both[:, 2, 0]


def _window(edges: Tensor, size_hw: torch.Size) -> tuple[slice, slice]:
    """Return the rows and columns that boxes touch, one at least; on a device other than the CPU, all of them.

    There, reading the boxes would make the host wait, and the product costs little.
    """
    height, width = size_hw
    everything = slice(0, height), slice(0, width)
    if edges.device.type != "cpu":
        return everything
    left, top = edges[:, :2].amin(0).tolist()
    right, bottom = edges.view(-1, 2).amax(0).tolist()
    if not all(math.isfinite(edge) for edge in (left, top, right, bottom)):
        return everything
    return _touched(top, bottom, height), _touched(left, right, width)


def _touched(low: float, high: float, cells: int) -> slice:
    """Return the cells of one axis less than one away from [low, high], where they are on the map."""
    first = min(max(math.floor(low), 0), cells - 1)
    return slice(first, min(max(math.ceil(high + SMALLEST_SIDE) + 1, first + 1), cells))
