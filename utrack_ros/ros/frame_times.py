"""Where the time of one result went, from the stamp of its image to the published message: parts that sum up. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .exchange import Report

LINE = re.compile(
    r"image (\d+): transport (-?[\d.]+) ms, waiting ([\d.]+) ms, inference ([\d.]+) ms, overhead (-?[\d.]+) ms"
)


@dataclass(frozen=True)
class FrameTimes:
    """The parts of one result, ms.

    Attributes:
        transport_ms: from the image's stamp to the node's callback, on the clock that stamps: driver, middleware, and
            the making of the Python message. 0 where the image carries no stamp.
        waiting_ms: from the callback until the inference thread was done with what came before.
        inference_ms: in the tracker.
        overhead_ms: all else from the callback until `~/target` was published: to wake the thread, to decode, to judge,
            to make the message and to send it.
    """

    transport_ms: float
    waiting_ms: float
    inference_ms: float
    overhead_ms: float

    @property
    def total_ms(self) -> float:
        """From stamp to published."""
        return self.transport_ms + self.waiting_ms + self.inference_ms + self.overhead_ms


def frame_times(report: Report, published_s: float) -> FrameTimes | None:
    """Return the parts of a result; None where it did not come straight from its image.

    Args:
        report: what was published.
        published_s: when that was done, on the steady clock.
    """
    passage = report.passage
    if passage is None:
        return None
    in_node_ms, waiting_ms = (published_s - passage.arrived_s) * 1e3, passage.waited_s * 1e3
    overhead_ms = in_node_ms - waiting_ms - report.inference_ms
    return FrameTimes(passage.transport_s * 1e3, waiting_ms, report.inference_ms, overhead_ms)


def as_line(stamp_ns: int, times: FrameTimes) -> str:
    """Return the parts of the result on the image with this stamp, as the node's log has them."""
    return (
        f"image {stamp_ns}: transport {times.transport_ms:.3f} ms, waiting {times.waiting_ms:.3f} ms, "
        f"inference {times.inference_ms:.3f} ms, overhead {times.overhead_ms:.3f} ms"
    )


def read_lines(log: str) -> dict[int, FrameTimes]:
    """Return the parts by the stamps of their images, ns, from the text of a log."""
    return {int(stamp): FrameTimes(*map(float, parts)) for stamp, *parts in LINE.findall(log)}
