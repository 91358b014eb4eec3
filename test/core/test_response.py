"""The matrix-product convolution against torch's own, its adjoints, labels and upsampling."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from utrack_ros.core.response import (
    activate,
    activation_slope,
    correlate,
    filter_gradient,
    gaussian_labels,
    upsampling_matrix,
)

GENERATOR = torch.Generator().manual_seed(0)


def random(*shape):
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


@pytest.mark.parametrize("kernel", [1, 3, 4])
def test_correlate_equals_convolution_with_padding_two_and_the_last_row_dropped(kernel):
    features, weights = random(5, 3, 9, 11), random(5, kernel, kernel)
    wanted = functional.conv2d(features.transpose(0, 1), weights[None], padding=kernel // 2)[:, 0, :9, :11]
    torch.testing.assert_close(correlate(features, weights), wanted)


@pytest.mark.parametrize("kernel", [3, 4])
def test_gradient_is_the_adjoint_that_autograd_finds(kernel):
    features = random(5, 3, 9, 11)
    weights = random(5, kernel, kernel).requires_grad_()
    error = random(3, 9, 11)
    correlate(features, weights).backward(error)
    torch.testing.assert_close(filter_gradient(features, error, kernel), weights.grad)


def test_activation_and_its_slope():
    response = torch.tensor([-10.0, -0.05, 0.0, 0.4, 3.0], dtype=torch.float64, requires_grad=True)
    active = activate(response)
    expected = torch.tensor([-0.05, 0.05 * (np.exp(-1) - 1), 0.0, 0.4, 3.0], dtype=torch.float64)
    torch.testing.assert_close(active, expected)
    active.sum().backward()
    keep = [0, 1, 3, 4]  # at 0 the one-sided choice is free
    torch.testing.assert_close(activation_slope(response.detach())[keep], response.grad[keep])


def test_label_is_one_at_its_centre_and_falls_as_a_gaussian():
    labels = gaussian_labels([[4.0, 7.0], [9.5, 9.5]], (18, 18), 0.9)
    assert labels.shape == (2, 18, 18)
    assert labels[0, 7, 4] == pytest.approx(1.0)
    assert labels[0, 7, 5] == pytest.approx(np.exp(-0.5 / 0.81), rel=1e-5)
    assert labels[1, 9, 9] == labels[1, 10, 10]


def test_upsampling_keeps_the_samples():
    np.testing.assert_allclose(upsampling_matrix(np.arange(18), 18), np.eye(18), atol=1e-12)


def test_upsampling_equals_a_zero_padded_fourier_series():
    signal = np.random.default_rng(0).normal(size=18)
    spectrum = np.fft.rfft(signal)
    spectrum[-1] /= 2  # the highest frequency is shared between plus and minus
    wanted = np.fft.irfft(np.concatenate([spectrum, np.zeros(145 - 10)]), 288) * 16
    np.testing.assert_allclose(upsampling_matrix(np.arange(288) / 16, 18) @ signal, wanted, atol=1e-9)
