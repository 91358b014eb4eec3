"""Room in /dev/shm, where Fast DDS keeps its segments."""

from __future__ import annotations

from dataclasses import dataclass

from .finding import Finding, Level, megabytes

SEGMENT_BYTES = 70_000_000
"""What a process takes with the profile for large images, its ports included."""


@dataclass(frozen=True)
class SharedMemory:
    """The file system /dev/shm.

    Attributes:
        total_bytes: its size; None where there is none.
        free_bytes: what is left.
        dead_bytes: Fast DDS segments in it that no process holds any more.
    """

    total_bytes: int | None = None
    free_bytes: int = 0
    dead_bytes: int = 0


def check_shared_memory(memory: SharedMemory) -> Finding:
    """Judge whether another process with a segment for large images has room.

    A warning at most: those that run already hold theirs.
    """
    if memory.total_bytes is None:
        advice = "mount a tmpfs there; without it large images go by network"
        return Finding("shared memory", Level.WARN, "there is no /dev/shm", advice)
    seen = f"/dev/shm: {megabytes(memory.free_bytes)} free of {megabytes(memory.total_bytes)}"  # noqa: S108
    if memory.free_bytes < SEGMENT_BYTES:
        advice = "start the container with --shm-size=1g"
        if memory.dead_bytes:
            seen += f", {megabytes(memory.dead_bytes)} of it in segments without an owner"
            advice = "remove those with `fastdds shm clean`, or " + advice
        return Finding("shared memory", Level.WARN, f"{seen}; another needs {megabytes(SEGMENT_BYTES)}", advice)
    if memory.free_bytes < 3 * SEGMENT_BYTES:  # camera, tracker, and a tool that looks at them
        return Finding("shared memory", Level.WARN, seen, "start the container with --shm-size=1g")
    return Finding("shared memory", Level.OK, seen)
