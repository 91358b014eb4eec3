"""Who publishes the images: nobody, one, several, or somebody with another type of message."""

from __future__ import annotations

from collections.abc import Sequence

from .finding import Finding, Level

IMAGE = "sensor_msgs/msg/Image"
COMPRESSED = "sensor_msgs/msg/CompressedImage"


def check_publishers(
    topic: str,
    types: Sequence[str],
    wanted: str = IMAGE,
    elsewhere: Sequence[str] = (),
    missing: Level = Level.ERROR,
) -> Finding:
    """Judge who publishes on the image topic.

    Args:
        topic: resolved name of the topic.
        types: message type of each of its publishers.
        wanted: type that is subscribed to.
        elsewhere: other topics on which images are published.
        missing: how bad it is that there is no publisher; a node that has just begun may wait for one.
    """
    if not types:
        hint = (
            f"images are on {', '.join(elsewhere)}: remap `image` to it" if elsewhere else "start one or remap `image`"
        )
        return Finding("publisher", missing, f"no camera publishes on {topic}", hint)
    strange = sorted(set(types) - {wanted})
    if len(strange) == len(set(types)):
        advice = f"subscribe to a topic of {wanted}"
        if COMPRESSED in strange:
            advice = "set image_transport to compressed, and remap `image` to the name without /compressed"
        return Finding("publisher", Level.ERROR, f"{topic} carries {', '.join(strange)}, not {wanted}", advice)
    count = sum(kind == wanted for kind in types)
    if count > 1:
        return Finding(
            "publisher",
            Level.WARN,
            f"{count} publishers send images on {topic}, and their frames mix",
            "keep one, or give each camera a topic of its own",
        )
    return Finding("publisher", Level.OK, f"one publisher of {wanted}")
