"""What tests of several engines share: networks without trained weights, and a drawn target."""

import cv2
import numpy as np
import pytest
import torch

from utrack_ros.core.errors import ModelError
from utrack_ros.data import scenery
from utrack_ros.network.architectures import ARCHITECTURES
from utrack_ros.network.checkpoint import find_model
from utrack_ros.network.utrack_network import UTrackNetwork


def randomised(architecture="utrack_lite0"):
    torch.manual_seed(0)
    network = UTrackNetwork(ARCHITECTURES[architecture])
    for norm in network.modules():
        if isinstance(norm, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            norm.running_mean.uniform_(-0.2, 0.2)
            norm.running_var.uniform_(0.5, 1.5)
            norm.weight.data.uniform_(0.5, 1.5)
            norm.bias.data.uniform_(-0.2, 0.2)
    return network.eval()


def shipped():
    try:
        return find_model(None)[0].is_file()
    except ModelError:
        return False


needs_model = pytest.mark.skipif(not shipped(), reason="the model is not there: run `make setup`")
RNG = np.random.default_rng(0)
GROUND = scenery.ground(RNG, 800)
VEHICLE = scenery.vehicle(RNG, (196, 44, 40))


def seen(x, y, scale=1.0):
    """A drawn vehicle of 60 x 40 px times `scale` on open country, its top-left corner at (x, y)."""
    image = GROUND.copy()
    width, height = round(60 * scale), round(40 * scale)
    image[y : y + height, x : x + width] = cv2.resize(VEHICLE, (width, height), interpolation=cv2.INTER_AREA)
    return image
