"""Which process holds which Fast DDS shared-memory segment, as /dev/shm and /proc/locks tell it.

A process locks the file `fastdds_<id>_el` beside each segment it has made. The identifier of a publisher carries its
host and the lower half of its process number (Fast DDS, GuidPrefix), so a publisher's segment can be measured from
outside.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

SHM = Path("/dev/shm")  # noqa: S108
SEGMENT = re.compile(r"fastdds_[0-9a-f]{16}")
LOCK = re.compile(r"^\d+: FLOCK\s+\S+\s+WRITE (\d+) ([0-9a-f]+:[0-9a-f]+:\d+) ", re.MULTILINE)
FAST_DDS = b"\x01\x0f"
"""How an identifier made by Fast DDS begins."""


@dataclass(frozen=True)
class Segment:
    """One shared-memory segment.

    Attributes:
        size: bytes.
        owner: process that made it; None = it has ended.
    """

    size: int
    owner: int | None


def read_segments(folder: Path = SHM, locks: Path = Path("/proc/locks")) -> list[Segment] | None:
    """Return the segments on this machine; None where locks cannot be seen.

    Args:
        folder: where the segments are.
        locks: the kernel's list of file locks.
    """
    try:
        owners = {file: int(pid) for pid, file in LOCK.findall(locks.read_text())}
        found = []
        for path in folder.iterdir():
            if SEGMENT.fullmatch(path.name):
                lock = folder / f"{path.name}_el"
                owner = owners.get(_file_id(lock)) if lock.exists() else None
                found.append(Segment(path.stat().st_size, owner))
    except OSError:  # a segment may go away meanwhile; the next look is as good
        return None
    return found


def _file_id(path: Path) -> str:
    """Return a file's device and inode as /proc/locks writes them."""
    stat = path.stat()
    return f"{os.major(stat.st_dev):02x}:{os.minor(stat.st_dev):02x}:{stat.st_ino}"


def is_same_machine(gid: bytes, own: bytes) -> bool | None:
    """Whether two endpoints run on one machine, by their identifiers; None where these do not tell."""
    if not (gid.startswith(FAST_DDS) and own.startswith(FAST_DDS)):
        return None
    return gid[2:4] == own[2:4]


def segment_of(gid: bytes, segments: list[Segment] | None) -> int | None:
    """Return the bytes of the largest segment of a publisher on this machine; None when it cannot be seen.

    Args:
        gid: identifier of the publisher.
        segments: those on this machine.
    """
    if segments is None or not gid.startswith(FAST_DDS):
        return None
    low = int.from_bytes(gid[4:6], "little")
    owners = {segment.owner for segment in segments if segment.owner is not None and segment.owner & 0xFFFF == low}
    if len(owners) != 1:  # none, or two processes whose numbers end alike
        return None
    return max(segment.size for segment in segments if segment.owner in owners)
