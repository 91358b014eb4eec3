"""Image size against the publisher's shared-memory segment: what is larger is lost between two processes."""

from __future__ import annotations

from .finding import Finding, Level, megabytes

ROOMY = 4
"""Images that a segment should hold at once: one is written while others are still read."""


def check_image_size(
    image_bytes: int,
    segment_bytes: int | None,
    same_machine: bool | None = None,
    profile: str = "",
    cuts: bool = False,
) -> Finding:
    """Judge whether an image fits the shared-memory segment of its publisher.

    Args:
        image_bytes: size of one image.
        segment_bytes: of the publisher's segment; None = it has none, or it cannot be seen from here.
        same_machine: whether the publisher runs on this machine; None = not known.
        profile: setting that gives the publisher a larger segment, as NAME=path.
        cuts: whether images go in fragments; see `cuts_messages`.
    """
    image = f"an image is {megabytes(image_bytes)}"
    if same_machine is False:
        return Finding("image size", Level.OK, f"{image}, from another machine, so by network")
    if cuts:
        return Finding("image size", Level.OK, f"{image}, sent in fragments (LARGE_DATA), so no segment must hold it")
    if segment_bytes is None:
        return Finding(
            "image size", Level.OK, f"{image}; the publisher's shared-memory segment cannot be seen from here"
        )
    segment = megabytes(segment_bytes)
    advice = f"start the camera with {profile}" if profile else "give the camera's process a larger segment"
    if image_bytes > segment_bytes:
        return Finding("image size", Level.WARN, f"{image} and the publisher's shared memory only {segment}", advice)
    if image_bytes * ROOMY > segment_bytes:
        seen = f"{image} and the publisher's shared memory {segment}, which holds {segment_bytes // image_bytes}"
        return Finding("image size", Level.WARN, seen, advice)
    return Finding("image size", Level.OK, f"{image}, the publisher's shared memory {segment}")
