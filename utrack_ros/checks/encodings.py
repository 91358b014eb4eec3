"""Image encodings: whether the node can decode what the camera sends."""

from __future__ import annotations

from collections.abc import Collection

from .finding import Finding, Level


def check_encoding(encoding: str, known: Collection[str], has_bridge: bool = False) -> Finding:
    """Judge an encoding.

    Args:
        encoding: as the images name it.
        known: encodings that are decoded exactly.
        has_bridge: whether cv_bridge is installed, which takes some others.
    """
    if encoding in known:
        return Finding("encoding", Level.OK, encoding)
    if has_bridge:
        return Finding("encoding", Level.OK, f"{encoding!r}, through cv_bridge")
    advice = f"set the driver to one of {', '.join(known)}, or install cv_bridge"
    return Finding("encoding", Level.ERROR, f"the encoding {encoding!r} is not known", advice)
