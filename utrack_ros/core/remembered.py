"""What is remembered of the target while it is followed: how high it answers, how it looks, how large it is.

All three are remembered slowly, from frames that can be trusted. What covers the target makes its box smaller and at
last its answer lower for some frames before it is gone, and what is taken for it then answers lower still: none of it
may become what is usual. So the size of a box that shrinks counts only where it goes on for long.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

from torch import Tensor

from .boxes import Size
from .config import SearchConfig
from .likeness import Likeness


class Remembered:
    """One target as it was while it was followed.

    Args:
        first_look: (D,) from `look_at`, of the image in which the target was marked.
        size_wh: (width, height) of the box that marked it, pixels.
        config: settings.

    Attributes:
        size_wh: (width, height) of the target in full sight, pixels.
    """

    def __init__(self, first_look: Tensor, size_wh: Size, config: SearchConfig) -> None:
        self.size_wh = size_wh
        self._config = config
        self._likeness = Likeness(first_look, config.usual_gain)
        self._usual = 1.0
        self._peaks = 1
        self._sizes = 1
        self._last_areas: deque[float] = deque(maxlen=config.steady_frames)
        self._shrinking = 0

    @property
    def usual(self) -> float:
        """Mean height of the trusted peaks, the first counting as 1; of late, once there are many."""
        return self._usual

    def see(self, peak: float, size_wh: Size, look: Callable[[], Tensor]) -> None:
        """Remember a frame that can be trusted.

        Args:
            peak: height of the classifier's answer.
            size_wh: (width, height) of the box that was put out, pixels.
            look: makes the (D,) look at the box; called only if the target was seen well.
        """
        self._peaks += 1
        self._usual += self._gain(self._peaks) * (peak - self._usual)
        if peak < self._config.well_seen * self._usual:
            return
        self._likeness.see(look())
        self._shrinking = self._shrinking + 1 if self._shrinks(size_wh) else 0
        if 0 < self._shrinking <= self._config.shrinking_frames:
            return
        self._sizes += 1
        gain = self._gain(self._sizes)
        width, height = (
            old * math.exp(gain * math.log(new / old)) for old, new in zip(self.size_wh, size_wh, strict=True)
        )
        self.size_wh = (width, height)

    def near(self, area: float, ratio: float) -> bool:
        """Return whether the sides of a box of this area, pixels, are within a ratio of the remembered ones."""
        width, height = self.size_wh
        return 1 / ratio <= math.sqrt(area / (width * height)) <= ratio

    def cosines(self, look: Tensor) -> Tensor:
        """Return (2,) of a (D,) look from `look_at`; the higher one tells how like the target it is."""
        return self._likeness.cosines(look)

    def familiarity(self, peak: float, likeness: float) -> float:
        """Return how much a sight is like the target, about 0..1: the mean of its height and its look.

        Args:
            peak: height of the classifier's answer.
            likeness: the higher one of `cosines` at the peak.
        """
        return (min(peak / self._usual, 1.0) + likeness) / 2

    def _shrinks(self, size_wh: Size) -> bool:
        """Take in the size of a frame; return whether the last ones had a larger one."""
        area = size_wh[0] * size_wh[1]
        self._last_areas.append(area)
        return 0.5 * math.log(max(self._last_areas) / area) > self._config.shrinking

    def _gain(self, count: int) -> float:
        """Return the share of the newest of so many: a plain mean at first, or the first would count for ever."""
        return max(self._config.usual_gain, 1 / count)
