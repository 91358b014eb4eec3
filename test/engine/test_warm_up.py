"""The first target must not pay for what happens once: everything has run before, and memory is kept."""

import numpy as np
import pytest
import torch

from utrack_ros.core.config import TrackerConfig
from utrack_ros.core.errors import NotInitializedError
from utrack_ros.engine import load_tracker
from utrack_ros.engine.torch_engine import TorchEngine
from utrack_ros.engine.warm_up import warm_up
from utrack_ros.network.architectures import ARCHITECTURES
from utrack_ros.network.utrack_network import UTrackNetwork


class Counted:
    """An engine, or an overlap model, whose calls are noted."""

    def __init__(self, inner, calls):
        self._inner, self._calls = inner, calls

    def __getattr__(self, name):
        value = getattr(self._inner, name)
        if name == "overlap":
            return None if value is None else Counted(value, self._calls)
        if not callable(value):
            return value
        return lambda *arguments: self._calls.append(name) or value(*arguments)

    def __call__(self, crops):
        self._calls.append("network")
        return self._inner(crops)


@pytest.mark.parametrize("architecture", ["utrack_lite0", "efficientnet_lite0"])
def test_every_part_has_run_once_and_the_network_no_more(architecture):
    torch.manual_seed(0)
    calls = []
    engine = TorchEngine(UTrackNetwork(ARCHITECTURES[architecture]).eval(), torch.device("cpu"))

    warm_up(Counted(engine, calls), TrackerConfig())

    assert calls.count("network") == 1
    parts = {"fitted", "candidates_in", "predict", "score"} if engine.overlap else set()
    assert set(calls) == {"network"} | parts


def test_loaded_tracker_knows_no_target():
    with pytest.raises(NotInitializedError):
        load_tracker(device="cpu").update(np.zeros((200, 200, 3), np.uint8))
