"""Whether the images that are sent arrive, and if not, why not."""

from __future__ import annotations

from dataclasses import dataclass

from .finding import Finding, Level, megabytes

LOST_SHARE = 0.02
"""Share of lost images that is called a fault."""

BROKEN_SHARE = 0.5
"""Share of lost images that is as bad as none at all."""

COMFORTABLE_RMEM_BYTES = 2_000_000
"""Socket buffer under which the fragments of one large image overflow it."""


@dataclass(frozen=True)
class Arrival:
    """What came of what was sent, over some seconds.

    Attributes:
        received: images that came.
        lost: images that were sent meanwhile and did not come.
        image_bytes: size of one image; 0 = not known.
        segment_bytes: the publisher's shared-memory segment; None = not known.
        same_machine: whether the publisher runs on this machine; None = not known.
        cuts: whether images go in fragments; see `cuts_messages`.
        rmem_max: net.core.rmem_max, bytes; None = not known.
        profile: setting that gives the publisher a larger segment, as NAME=path.
    """

    received: int
    lost: int = 0
    image_bytes: int = 0
    segment_bytes: int | None = None
    same_machine: bool | None = None
    cuts: bool = False
    rmem_max: int | None = None
    profile: str = ""


def check_arrival(topic: str, arrival: Arrival, nothing: Level = Level.ERROR, tolerated: float = LOST_SHARE) -> Finding:
    """Judge whether images arrive from a publisher that this subscription is matched with.

    Args:
        topic: resolved name of the image topic.
        arrival: what came.
        nothing: how bad it is that no image came, or that most were lost.
        tolerated: share of lost images that is no fault.
    """
    why, advice = _cause(arrival)
    if not arrival.received:
        seen = f"a camera publishes on {topic}, but no image arrives"
        if arrival.lost:
            seen += f" ({arrival.lost} were lost)"
        return Finding("arrival", nothing, seen, f"{why}: {advice}")
    sent = arrival.received + arrival.lost
    seen = f"{arrival.lost} of {sent} images were lost on {topic}"
    if arrival.lost > BROKEN_SHARE * sent:
        return Finding("arrival", nothing, seen, f"{why}: {advice}")
    if arrival.lost > tolerated * sent:
        return Finding("arrival", Level.WARN, seen, f"{why}: {advice}")
    return Finding("arrival", Level.OK, f"{arrival.received} images came, {arrival.lost} were lost")


def _cause(arrival: Arrival) -> tuple[str, str]:
    """Return the likeliest cause of lost images, and what to do about it."""
    start = f"start it with {arrival.profile}" if arrival.profile else "start it with a larger segment"
    segment, size = arrival.segment_bytes, arrival.image_bytes
    if arrival.same_machine is False:
        small = arrival.rmem_max is not None and arrival.rmem_max < COMFORTABLE_RMEM_BYTES
        now = f" (net.core.rmem_max is {megabytes(arrival.rmem_max)})" if arrival.rmem_max is not None else ""
        return (
            f"the camera is on another machine, and the network or this machine's buffers drop fragments{now}",
            "sudo sysctl -w net.core.rmem_max=33554432" if small else "use compressed images, or a reliable publisher",
        )
    if arrival.cuts:
        return (
            "the images go in fragments (LARGE_DATA), so this machine is busy, or their buffers are small",
            "free the processor, or set larger ones on both sides: "
            "FASTDDS_BUILTIN_TRANSPORTS='LARGE_DATA?max_msg_size=1MB&sockets_size=8MB&non_blocking=true'",
        )
    if segment is None:
        if arrival.received:
            return "the camera's shared-memory segment may be too small, or this machine too busy", start
        return "its shared-memory segment may be too small", start
    if size and size > segment:
        return f"an image of {megabytes(size)} does not fit its shared-memory segment of {megabytes(segment)}", start
    if not size and segment < COMFORTABLE_RMEM_BYTES:
        return f"its shared-memory segment of {megabytes(segment)} holds no larger image", start
    if not arrival.received:
        return (
            f"its shared-memory segment of {megabytes(segment)} is no obstacle",
            "see whether its driver sends anything",
        )
    return "the images fit the camera's shared-memory segment, so this machine is busy", "free the processor"
