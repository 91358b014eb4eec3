"""What a check has to say: how bad it is, what was seen, what to do."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass


class Level(enum.IntEnum):
    """How bad it is. The numbers are those of diagnostic_msgs/msg/DiagnosticStatus."""

    OK = 0
    WARN = 1
    ERROR = 2
    STALE = 3


@dataclass(frozen=True)
class Finding:
    """The outcome of one check.

    Attributes:
        check: name of the check, e.g. "qos".
        level: OK; WARN, when it works but will hurt; ERROR, when it cannot work.
        seen: what was seen, in words and numbers.
        advice: what to do about it; empty when there is nothing to do.
    """

    check: str
    level: Level
    seen: str
    advice: str = ""

    @property
    def text(self) -> str:
        """What was seen and what to do, as one sentence."""
        return f"{self.seen}; {self.advice}" if self.advice else self.seen


def worst(findings: Iterable[Finding]) -> Level:
    """Return the worst level among findings; OK when there are none."""
    return max((finding.level for finding in findings), default=Level.OK)


def megabytes(count: float) -> str:
    """Return a number of bytes in words, e.g. "25 GB", "2.8 MB" or "212 kB"."""
    if count >= 1e9:
        return f"{count / 1e9:.0f} GB"
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"
