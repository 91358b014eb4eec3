"""Did the demo work? Counts in, reasons out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..core.state import State

RECEIVED_SHARE = 0.99
RECORDED_SHARE = 0.99


@dataclass(frozen=True)
class Counts:
    """Where every frame went.

    Attributes:
        published: images that the publisher sent, repeats of the held first frame included.
        received: images that reached the node.
        processed: images that the node decoded and took up.
        dropped: images that the node passed over for a newer one.
        rejected: images that the node could not decode.
        pending: images that the node still had when it was asked.
        targets_published: results that the node sent.
        targets_recorded: results that the recorder wrote.
        strays: recorded results that belong to no published image.
    """

    published: int
    received: int
    processed: int
    dropped: int
    rejected: int
    pending: int
    targets_published: int
    targets_recorded: int
    strays: int = 0


def counts_of_node(values: Mapping[str, str]) -> dict[str, int]:
    """Return the node's counters from the key/value pairs of its diagnostics; those it lacks are 0."""
    names = ("received", "processed", "dropped", "rejected", "pending")
    return {name: int(values.get(name, "0")) for name in names}


def judge(counts: Counts, final_state: str | None) -> list[str]:
    """Return what is wrong with a run; nothing when it worked."""
    faults = []
    if counts.published == 0:
        faults.append("no frame was published")
    elif counts.received < RECEIVED_SHARE * counts.published:
        faults.append(f"only {counts.received} of {counts.published} published frames reached the node")
    accounted = counts.processed + counts.dropped + counts.rejected + counts.pending
    if accounted != counts.received:
        faults.append(f"{counts.received} frames received, but {accounted} accounted for")
    if counts.rejected:
        faults.append(f"{counts.rejected} frames could not be decoded")
    if counts.targets_recorded < RECORDED_SHARE * counts.targets_published:
        faults.append(f"only {counts.targets_recorded} of {counts.targets_published} results were recorded")
    if counts.strays:
        faults.append(f"{counts.strays} results belong to no published frame")
    if final_state != State.TRACKING.name:
        faults.append(f"the final state is {final_state or 'unknown'}, not {State.TRACKING.name}")
    return faults
