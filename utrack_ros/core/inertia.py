"""How the size of the box follows the refined one: damped, so that it does not grow over what surrounds the target."""

from __future__ import annotations

import math

from .boxes import Size
from .config import InertiaConfig


def size_gain(rise: float, config: InertiaConfig) -> float:
    """Return the share of the way to the new size, 0..1.

    Args:
        rise: how much the refinement raised the predicted overlap.
        config: settings.
    """
    return min(max(config.base + config.slope * rise, config.least), config.most)


def size_trust(peak: float, config: InertiaConfig) -> float:
    """Return how far a frame may change the size, 0..1: a target half hidden would shrink to what is seen of it.

    Args:
        peak: height of the classifier's answer, the lower of this frame's and the recent mean, 0..1.
        config: settings.
    """
    return min(max((peak - config.doubt) / (config.sure - config.doubt), 0.0), 1.0)


def ease_size(
    old_wh: Size, new_wh: Size, gain: float, first_aspect: float, config: InertiaConfig, trust: float = 1.0
) -> Size:
    """Return the (width, height) on the way from an old one to a new one, pixels.

    Size and aspect move apart, on log scales, so that growing and shrinking are alike.

    Args:
        old_wh: of the last box.
        new_wh: of the refined box.
        gain: share of the way that the size goes; the aspect's is in the settings.
        first_aspect: width / height of the user's box.
        config: settings.
        trust: factor on every change, from `size_trust`.
    """
    old_size, new_size = (0.5 * math.log(w * h) for w, h in (old_wh, new_wh))
    old_aspect, new_aspect = (math.log(w / h) for w, h in (old_wh, new_wh))
    size = old_size + trust * gain * (new_size - old_size)
    aspect = old_aspect + trust * config.aspect * (new_aspect - old_aspect)
    aspect += trust * config.pull * (math.log(first_aspect) - aspect)
    return (math.exp(size + aspect / 2), math.exp(size - aspect / 2))
