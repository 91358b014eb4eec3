"""The SIoU network at inference: norms folded in, all candidates at once, gradients in closed form.

With p the pooled candidate and W, b the first fully connected layer, Eq. 4 is
SIoU = u . relu(W (v * p) + b) + c. Its gradient in p is v * (W^T (u on the rows that relu let through)); the pooled
values are linear in the bin weights of x and of y, whose derivatives in the box edges `prpool` gives.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_linear_bn_eval

from .dense import CandidatesNetwork
from .neck import Neck
from .prpool import bin_weight_slopes
from .siou import SIoUNetwork, to_cells


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
        self._weight, self._bias = linear.weight.detach(), linear.bias.detach()  # (D, C*K*K), (D,)
        # To 0..1 at once: IoU = (raw + 1) / 2.
        self._out_weight = network.predictor.weight.detach()[0] / 2  # (D,)
        self._out_bias = float((network.predictor.bias.detach()[0] + 1) / 2)

    @torch.inference_mode()
    def reference(self, levels: tuple[Tensor, ...], box_xywh: Tensor) -> Tensor:
        """Return the first layer of G with v of Eq. 4 multiplied in: what the target adds to the network.

        Args:
            levels: (1, C_k, H_k, W_k) of the first frame's crop.
            box_xywh: (4,) the target, crop pixels.

        Returns:
            (D, C*K*K).
        """
        v = self._network.modulation(self._neck(levels), box_xywh[None])[0]  # (C,)
        scale = v[:, None].expand(-1, self._bins**2).reshape(-1)  # (C*K*K,)
        return self._weight * scale

    @torch.inference_mode()
    def candidates_map(self, levels: tuple[Tensor, ...]) -> Tensor:
        """Return what candidates are pooled from: levels of one crop -> (C, H, W)."""
        features: Tensor = self.candidates(*levels)[0]  # (C, H, W)
        return features

    @torch.inference_mode()
    def predict(self, features: Tensor, weight: Tensor, boxes_xywh: Tensor) -> tuple[Tensor, Tensor]:
        """Return overlaps and their gradients.

        Args:
            features: (C, H, W) from `candidates_map`.
            weight: (D, C*K*K) from `reference`.
            boxes_xywh: (M, 4) crop pixels.

        Returns:
            (M,) predicted IoU, 0..1 but not clamped; (M, 4) derivatives in x, y, width and height, 1 / pixel.
        """
        channels, height, width = features.shape
        count, bins = boxes_xywh.shape[0], self._bins
        left, top, right, bottom = to_cells(boxes_xywh, self._stride).to(features).unbind(-1)
        across = torch.stack(bin_weight_slopes(left, right, bins, width))  # (3, M, K, W)
        down = torch.stack(bin_weight_slopes(top, bottom, bins, height))  # (3, M, K, H)
        # Rows first for the values and the slopes in x; the slopes in y need the same with down's slopes.
        rows = torch.matmul(down.reshape(-1, height), features.permute(1, 0, 2).reshape(height, -1))
        rows = rows.view(3, count, bins, channels, width).permute(0, 1, 3, 2, 4)  # (3, M, C, K, W)
        columns = across.permute(1, 3, 0, 2).reshape(count, width, 3 * bins)  # (M, W, 3*K)
        value_and_x = torch.matmul(rows[0].reshape(count, channels * bins, width), columns)  # (M, C*K, 3*K)
        value_and_x = value_and_x.view(count, channels, bins, 3, bins)
        pooled = value_and_x[:, :, :, 0]  # (M, C, K, K)
        by_y = torch.matmul(rows[1:].reshape(2, count, channels * bins, width), across[0].transpose(1, 2))
        hidden = torch.addmm(self._bias, pooled.reshape(count, -1), weight.T)  # (M, D)
        overlap = torch.relu(hidden) @ self._out_weight + self._out_bias  # (M,)
        passed = (hidden > 0) * self._out_weight  # (M, D)
        back = (passed @ weight).view(count, channels, bins, bins)  # (M, C, K, K)
        to_x = torch.einsum("mcij,mcisj->ms", back, value_and_x[:, :, :, 1:])  # (M, 2) left, right
        to_y = torch.einsum("mcij,smcij->ms", back, by_y.view(2, count, channels, bins, bins))  # (M, 2) top, bottom
        # x moves both edges, width the right one alone; a pixel is 1 / stride cells.
        gradient = torch.stack([to_x.sum(1), to_y.sum(1), to_x[:, 1], to_y[:, 1]], dim=1) / self._stride
        return overlap, gradient  # (M,), (M, 4)
