"""The two layers of Eq. 1 as matrix products, their adjoints, labels and upsampling.

Features are stored channel first, (C, N, H, W), so that a layer over all N samples is one matrix
product. The second layer's k x k filter is a product that gives k*k planes, then a sum of the
planes shifted against each other.

Cell i of a feature map with stride s has its centre at pixel index s*i, that is at s*i + 0.5 in
continuous pixels. An even filter sits between cells, so a target at cell c answers at c + 0.5.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

ACTIVATION_FLOOR = 0.05
"""Depth of the activation below zero (ATOM: MLU with 0.05)."""


def correlate(features: Tensor, weights: Tensor) -> Tensor:
    """Apply the filter to all samples: 'same' size, zeros outside.

    Args:
        features: (D, N, H, W).
        weights: (D, k, k) filter.

    Returns:
        (N, H, W) responses.
    """
    kernel = weights.shape[-1]
    depth, count, height, width = features.shape
    planes = weights.reshape(depth, -1).T.contiguous() @ features.reshape(depth, -1)  # (k*k, N*H*W)
    planes = planes.view(kernel, kernel, count, height, width)
    # Rows first: whole rows are shifted then, and only k planes are left for the columns.
    rows = torch.zeros_like(planes[0])  # (k, N, H, W)
    for row in range(kernel):
        to_y, from_y = _overlap(row - kernel // 2, height)
        rows[:, :, to_y] += planes[row][:, :, from_y]
    response = torch.zeros_like(rows[0])  # (N, H, W)
    for column in range(kernel):
        to_x, from_x = _overlap(column - kernel // 2, width)
        response[:, :, to_x] += rows[column][:, :, from_x]
    return response


def spread(response: Tensor, kernel: int) -> Tensor:
    """Adjoint of the shifted sum in `correlate`.

    Args:
        response: (N, H, W).
        kernel: k.

    Returns:
        (k*k, N*H*W) planes.
    """
    rows = response.new_zeros(kernel, *response.shape)  # (k, N, H, W)
    for column in range(kernel):
        to_x, from_x = _overlap(column - kernel // 2, response.shape[2])
        rows[column][:, :, from_x] = response[:, :, to_x]
    planes = response.new_zeros(kernel, *rows.shape)  # (k, k, N, H, W)
    for row in range(kernel):
        to_y, from_y = _overlap(row - kernel // 2, response.shape[1])
        planes[row][:, :, from_y] = rows[:, :, to_y]
    return planes.view(kernel * kernel, -1)


def filter_gradient(features: Tensor, response: Tensor, kernel: int) -> Tensor:
    """Adjoint of `correlate` with respect to the filter.

    Args:
        features: (D, N, H, W).
        response: (N, H, W).
        kernel: k.

    Returns:
        (D, k, k).
    """
    depth = features.shape[0]
    gradient = spread(response, kernel) @ features.reshape(depth, -1).T  # (k*k, D)
    return gradient.T.reshape(depth, kernel, kernel)


def activate(response: Tensor) -> Tensor:
    """Keep what is positive, flatten what is negative; used in learning only (ATOM)."""
    return torch.nn.functional.elu(response / ACTIVATION_FLOOR).clamp(max=0) * ACTIVATION_FLOOR + response.clamp(min=0)


def activation_slope(response: Tensor) -> Tensor:
    """Derivative of `activate`."""
    return torch.exp(response.clamp(max=0) / ACTIVATION_FLOOR)


def gaussian_labels(centres_xy: npt.ArrayLike, size_hw: tuple[int, int], sigma: float) -> Tensor:
    """Return the wanted responses: Gaussians of height 1.

    Args:
        centres_xy: (N, 2) where the filter should answer, cells.
        size_hw: (H, W) of the score map, cells.
        sigma: cells.

    Returns:
        (N, H, W) float32.
    """
    centres = np.asarray(centres_xy, dtype=np.float32).reshape(-1, 2)
    down, across = (np.arange(length, dtype=np.float32) for length in size_hw)
    tall = np.exp(-0.5 * ((down[None] - centres[:, 1:]) / sigma) ** 2)  # (N, H)
    wide = np.exp(-0.5 * ((across[None] - centres[:, :1]) / sigma) ** 2)  # (N, W)
    return torch.from_numpy(tall[:, :, None] * wide[:, None, :])  # (N, H, W)


def upsampling_matrix(positions: npt.ArrayLike, length: int) -> npt.NDArray[np.float64]:
    """Return the matrix that reads a periodic signal between its samples.

    Trigonometric interpolation: the same values as a zero-padded Fourier series.

    Args:
        positions: (M,) where to read, in samples.
        length: number of samples, even.

    Returns:
        (M, length).
    """
    offset = np.asarray(positions, dtype=np.float64)[:, None] - np.arange(length)[None]  # (M, length)
    offset = (offset + length / 2) % length - length / 2
    at_sample = np.abs(offset) < 1e-9
    safe = np.where(at_sample, 0.5, offset)
    return np.where(
        at_sample,
        1.0,
        np.sin(math.pi * safe) / (length * np.tan(math.pi * safe / length)),
    )


def _overlap(shift: int, length: int) -> tuple[slice, slice]:
    """Return the cells u of one axis for which u + shift exists, and those cells u + shift."""
    first, last = max(0, -shift), min(length, length - shift)
    return slice(first, last), slice(first + shift, last + shift)
