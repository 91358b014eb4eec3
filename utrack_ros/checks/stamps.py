"""Time stamps of the images: missing, not advancing, or of another clock than this machine's."""

from __future__ import annotations

from dataclasses import dataclass

from .finding import Finding, Level

OLD_S = 1.0
"""Age on arrival from which an image is called old."""

FUTURE_S = 0.1
"""How far ahead of this machine's clock a stamp may be."""

OTHER_CLOCK_S = 3600.0
"""Age from which a stamp is not late but of another clock: seconds since the camera's start, or a recording's."""


@dataclass(frozen=True)
class Stamps:
    """What the stamps of some images say.

    Attributes:
        images: how many were looked at.
        unstamped: how many carry no stamp.
        not_newer: how many have a stamp that is not newer than the one before.
        age_s: median of the time from stamp to arrival, on the clock of the node; negative = in the future.
        clock_runs: whether the node's clock has a time at all; a simulated one has none before the first /clock.
    """

    images: int
    unstamped: int = 0
    not_newer: int = 0
    age_s: float = 0.0
    clock_runs: bool = True


def check_stamps(stamps: Stamps) -> Finding:
    """Judge the stamps of a stream of images."""
    if stamps.unstamped == stamps.images:
        advice = "let the driver stamp them: latency and order are unknown"
        return Finding("stamps", Level.WARN, "the images carry no time stamp", advice)
    if not stamps.clock_runs:
        advice = "publish /clock, or set use_sim_time to false"
        return Finding("stamps", Level.WARN, "use_sim_time is set, but nothing publishes /clock", advice)
    if stamps.not_newer * 2 > stamps.images:
        seen = "image stamps do not advance, so the images are dropped"
        return Finding("stamps", Level.WARN, seen, "check the camera's clock")
    if stamps.not_newer or stamps.unstamped:
        count = stamps.not_newer + stamps.unstamped
        seen = f"{count} of {stamps.images} images have no stamp, or one that is not newer than the one before"
        return Finding(
            "stamps", Level.WARN, seen, "look for two publishers, a looping recording, or a clock that jumps"
        )
    return _check_age(stamps.age_s)


def _check_age(age_s: float) -> Finding:
    if abs(age_s) > OTHER_CLOCK_S:
        way = "past" if age_s > 0 else "future"
        return Finding(
            "stamps",
            Level.WARN,
            f"the images are stamped {_span(age_s)} in the {way}",
            "let the driver use the system's clock; for a recording, play with /clock and set use_sim_time",
        )
    if age_s > OLD_S:
        seen = f"images are {age_s:.1f} s old when they arrive"
        return Finding("stamps", Level.WARN, seen, "shorten the driver's queue, or set its machine's clock (chrony)")
    if age_s < -FUTURE_S:
        seen = f"images are stamped {-age_s:.1f} s in the future"
        return Finding("stamps", Level.WARN, seen, "set the clocks of both machines (chrony)")
    return Finding("stamps", Level.OK, f"{age_s * 1e3:.0f} ms from stamp to arrival")


def _span(seconds: float) -> str:
    hours = abs(seconds) / 3600
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"
