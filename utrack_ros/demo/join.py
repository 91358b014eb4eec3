"""Give recorded results the numbers of the frames they belong to."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..io.results import TargetRow
from ..ros.publish_log import Sent

TOLERANCE_S = 50e-6
"""Stamps are equal to the nanosecond; as float seconds they may differ by half a microsecond."""


@dataclass(frozen=True)
class Joined:
    """Results by frame.

    Attributes:
        rows: one row a frame that has a result, in order; of a frame sent several times the last.
        repeated: results of earlier sendings of the same frame.
        strays: results whose stamp no published frame has.
    """

    rows: list[TargetRow]
    repeated: int
    strays: int


def join(rows: Sequence[TargetRow], sent: Sequence[Sent]) -> Joined:
    """Find the frame of each result by its stamp.

    Args:
        rows: results in the order they were recorded, without frame numbers.
        sent: the publisher's log.
    """
    by_stamp = sorted(sent, key=lambda line: line.stamp_s)
    stamps_s = [line.stamp_s for line in by_stamp]
    by_frame: dict[int, TargetRow] = {}
    strays = 0
    for row in rows:
        place = bisect.bisect_left(stamps_s, row.stamp_s - TOLERANCE_S)
        if place == len(stamps_s) or stamps_s[place] > row.stamp_s + TOLERANCE_S:
            strays += 1
            continue
        frame = by_stamp[place].frame
        by_frame[frame] = replace(row, frame=frame)
    joined = [by_frame[frame] for frame in sorted(by_frame)]
    return Joined(joined, len(rows) - strays - len(joined), strays)
