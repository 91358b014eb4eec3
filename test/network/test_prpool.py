"""Pooling against dense numerical integration and finite differences."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from utrack_ros.network.prpool import bin_weight_slopes, bin_weights, prpool

FEATURES = np.random.default_rng(1).standard_normal((2, 3, 7, 9))


def interpolated(features, x, y):
    """The bilinear map, zero outside, at cell coordinates: (C, H, W), (n,), (n,) -> (C, n)."""
    channels, height, width = features.shape
    padded = np.zeros((channels, height + 2, width + 2))
    padded[:, 1:-1, 1:-1] = features
    x, y = np.clip(x + 1, 0, width + 1 - 1e-9), np.clip(y + 1, 0, height + 1 - 1e-9)
    x0, y0 = x.astype(int), y.astype(int)
    fx, fy = x - x0, y - y0
    top = padded[:, y0, x0] * (1 - fx) + padded[:, y0, x0 + 1] * fx
    bottom = padded[:, y0 + 1, x0] * (1 - fx) + padded[:, y0 + 1, x0 + 1] * fx
    return top * (1 - fy) + bottom * fy


def integrated(features, box, bins, points=400):
    """Means over the bins by the midpoint rule."""
    left, top, right, bottom = box
    found = np.zeros((features.shape[0], bins, bins))
    steps = (np.arange(points) + 0.5) / points
    for i in range(bins):
        for j in range(bins):
            x = left + (right - left) * (j + steps) / bins
            y = top + (bottom - top) * (i + steps) / bins
            grid_y, grid_x = np.meshgrid(y, x, indexing="ij")
            found[:, i, j] = interpolated(features, grid_x.ravel(), grid_y.ravel()).mean(axis=1)
    return found


@pytest.mark.parametrize(
    "box",
    [
        (1.0, 1.0, 5.0, 4.0),
        (0.3, 2.2, 0.9, 5.7),
        (-3.0, -2.0, 3.0, 2.0),
        (6.5, 5.0, 12.0, 9.0),
        (-4.0, -4.0, 14.0, 12.0),
    ],
    ids=["inside", "thin", "over the corner", "over the far corner", "larger than the map"],
)
def test_pooling_is_the_integral_of_the_bilinear_map(box):
    found = prpool(torch.from_numpy(FEATURES), torch.tensor([[box], [box]], dtype=torch.float64), 3)

    assert found.shape == (2, 1, 3, 3, 3)
    for image in range(2):
        np.testing.assert_allclose(found[image, 0], integrated(FEATURES[image], box, 3), atol=2e-4)


def test_box_outside_the_map_pools_zero():
    found = prpool(torch.from_numpy(FEATURES), torch.tensor([[[20.0, 20, 25, 25]]] * 2, dtype=torch.float64), 2)

    assert float(found.abs().max()) == 0


def test_constant_map_pools_to_the_constant():
    found = prpool(torch.full((1, 1, 8, 8), 2.5), torch.tensor([[[1.2, 0.7, 6.1, 5.3]]]), 5)

    torch.testing.assert_close(found, torch.full((1, 1, 1, 5, 5), 2.5))


def test_gradient_is_that_of_finite_differences():
    boxes = torch.tensor([[[1.3, 0.8, 4.6, 5.1], [-1.2, 2.4, 3.3, 8.2]]] * 2, dtype=torch.float64, requires_grad=True)
    features = torch.from_numpy(FEATURES).requires_grad_(True)

    assert torch.autograd.gradcheck(lambda f, b: prpool(f, b, 3), (features, boxes), eps=1e-6, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(low=st.floats(-5, 12), side=st.floats(0.01, 20), bins=st.integers(1, 6))
def test_slopes_are_the_derivatives_of_the_weights(low, side, bins):
    def weights(edges):
        return bin_weights(edges[:1], edges[1:], bins, 9)[0]

    edges = torch.tensor([low, low + side], dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(weights, edges)  # (K, L, 2)
    value, by_low, by_high = bin_weight_slopes(edges[:1], edges[1:], bins, 9)

    torch.testing.assert_close(value[0], weights(edges))
    torch.testing.assert_close(by_low[0], jacobian[..., 0], atol=1e-7, rtol=1e-6)
    torch.testing.assert_close(by_high[0], jacobian[..., 1], atol=1e-7, rtol=1e-6)


def test_a_box_without_area_is_pooled_as_a_point():
    found = prpool(torch.from_numpy(FEATURES), torch.tensor([[[4.0, 3.0, 4.0, 3.0]]] * 2, dtype=torch.float64), 2)

    np.testing.assert_allclose(found[0, 0, :, 0, 0], FEATURES[0, :, 3, 4], atol=1e-2)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_pools_as_the_cpu_does():
    boxes = torch.tensor([[[1.3, 0.8, 4.6, 5.1]]] * 2)
    features = torch.from_numpy(FEATURES).float()

    torch.testing.assert_close(prpool(features.cuda(), boxes.cuda(), 3).cpu(), prpool(features, boxes, 3))
