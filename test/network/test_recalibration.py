"""FRN against Eq. 8-9 written out by hand."""

import math

import numpy as np
import pytest
import torch

from utrack_ros.network.recalibration import ChannelRecalibration, recalibrate


def test_equations_8_and_9_by_hand():
    torch.manual_seed(0)
    module = ChannelRecalibration(64).double()
    x = torch.randn(2, 64, 3, 5, dtype=torch.float64)
    v1, b1 = module.reduce.weight.detach().numpy(), module.reduce.bias.detach().numpy()
    v2, b2 = module.expand.weight.detach().numpy(), module.expand.bias.detach().numpy()

    found = module(x).detach().numpy()

    for image in range(2):
        pooled = [float(x[image, channel].sum()) / 15 for channel in range(64)]  # Gamma
        hidden = [max(0.0, sum(v1[k][c] * pooled[c] for c in range(64)) + b1[k]) for k in range(4)]
        for channel in range(64):
            total = sum(v2[channel][k] * hidden[k] for k in range(4)) + b2[channel]
            xi = 1 / (1 + math.exp(-total))
            np.testing.assert_allclose(found[image, channel], xi * x[image, channel].numpy(), rtol=1e-10)


def test_reduction_is_sixteen_as_in_the_paper():
    assert ChannelRecalibration(256).reduce.out_features == 16


def test_weights_lie_between_zero_and_one():
    module = ChannelRecalibration(32)
    weights = module.weights(1e3 * torch.randn(4, 32, 6, 6))

    assert weights.shape == (4, 32)
    assert float(weights.detach().min()) >= 0
    assert float(weights.detach().max()) <= 1


def test_recalibrate_scales_whole_channels():
    x = torch.ones(1, 2, 2, 2)

    assert recalibrate(x, torch.tensor([[0.25, 0.5]]))[0, :, 0, 0].tolist() == pytest.approx([0.25, 0.5])
