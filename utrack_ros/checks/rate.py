"""How many images a second come, and how evenly."""

from __future__ import annotations

from dataclasses import dataclass

from .finding import Finding, Level

STALE_S = 0.5
"""The node's own default of image_timeout_s, where there is no node to ask."""

SLOW_HZ = 5.0
"""Rate under which a target moves too far between two images."""


@dataclass(frozen=True)
class Rate:
    """How a stream came.

    Attributes:
        fps: images a second.
        longest_pause_s: longest time between two images.
        stale_s: pause from which the node calls its input stale, its parameter image_timeout_s.
    """

    fps: float
    longest_pause_s: float
    stale_s: float = STALE_S


def check_rate(topic: str, rate: Rate) -> Finding:
    """Judge the rate of an image stream."""
    seen = f"{rate.fps:.1f} images a second on {topic}, longest pause {rate.longest_pause_s:.2f} s"
    if rate.longest_pause_s > rate.stale_s:
        advice = f"find what holds the camera up; after {rate.stale_s:g} s the input counts as stale"
        return Finding("rate", Level.WARN, seen, advice)
    if rate.fps < SLOW_HZ:
        return Finding("rate", Level.WARN, seen, "raise the camera's rate: a target moves too far between two images")
    return Finding("rate", Level.OK, f"{rate.fps:.1f} images a second, longest pause {rate.longest_pause_s:.2f} s")
