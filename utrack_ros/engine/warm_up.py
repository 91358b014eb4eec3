"""Do once, while a tracker is loaded, what would else make its first frames late.

Kernels are chosen and compiled on the first call, threads are started, and the heap grows to its size.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ..core.config import TrackerConfig
from ..core.network import Features, Network, OverlapModel
from ..core.utrack import UTrack

SIDE_PX = 400
"""Side of the made-up image."""
BOX_XYWH = (170.0, 170.0, 60.0, 60.0)


class _Once:
    """A network that looks at one crop and says the same of all others: most of learning a target is looking.

    Args:
        network: that looks.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._said: Features | None = None

    @property
    def name(self) -> str:
        """As the network's."""
        return self._network.name

    @property
    def precision(self) -> str:
        """As the network's."""
        return self._network.precision

    @property
    def stride(self) -> int:
        """As the network's."""
        return self._network.stride

    @property
    def overlap(self) -> OverlapModel | None:
        """As the network's."""
        return self._network.overlap

    def __call__(self, crops: npt.NDArray[np.uint8]) -> Features:
        """(1, S, S, 3) uint8 RGB -> features."""
        if self._said is None:
            self._said = self._network(crops)
        return self._said


def warm_up(network: Network, config: TrackerConfig) -> None:
    """Learn a made-up target in the fewest steps, and look for it once.

    Args:
        network: of the tracker.
        config: of the tracker.
    """
    quick = replace(config.classifier, newton_steps=1, newton_cg_steps=1, max_background_spread=0.0)
    # Whatever is seen is taken for the target, so that its box is refined.
    tracker = UTrack(
        _Once(network), replace(config, classifier=quick, localize=replace(config.localize, not_found=1e-9))
    )
    image = np.random.default_rng(0).integers(0, 256, (SIDE_PX, SIDE_PX, 3), np.uint8)
    tracker.init(image, BOX_XYWH)
    tracker.update(np.roll(image, 1, axis=1))
