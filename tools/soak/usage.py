"""What a process holds, and those that it has started, as Linux tells it."""

from __future__ import annotations

import contextlib
import re
from dataclasses import astuple, dataclass
from pathlib import Path

MB = 1e6
FIELD = re.compile(r"^(\w+):\s+(\d+) kB$", re.MULTILINE)
SEGMENT = re.compile(r"/dev/shm/fastdds_[0-9a-f]{16}\b")  # noqa: S108  read, never made


@dataclass(frozen=True)
class Usage:
    """What a process holds at one moment.

    Attributes:
        rss_mb: memory in its address space, shared pages in full; MB of 10^6 bytes.
        pss_mb: the same, of a shared page the share that falls to this process.
        own_mb: anonymous memory: heaps and stacks, what a leak of the program itself makes grow.
        files: open file descriptors.
        threads: those of its libraries included.
        segments: shared-memory segments of the middleware, its own and those of its peers.
    """

    rss_mb: float
    pss_mb: float
    own_mb: float
    files: int
    threads: int
    segments: int


def read_usage(pid: int, proc: Path = Path("/proc")) -> Usage:
    """Return what a process holds.

    Raises:
        OSError: it has ended, or is somebody else's.
    """
    folder = proc / str(pid)
    text = (folder / "smaps_rollup").read_text()
    if not text:
        raise ProcessLookupError(f"process {pid} has ended")
    sizes = {name: int(value) * 1024 / MB for name, value in FIELD.findall(text)}
    return Usage(
        rss_mb=sizes["Rss"],
        pss_mb=sizes["Pss"],
        own_mb=sizes["Anonymous"],
        files=len(list((folder / "fd").iterdir())),
        threads=len(list((folder / "task").iterdir())),
        segments=len(set(SEGMENT.findall((folder / "maps").read_text("utf-8")))),
    )


def read_usage_of_all(pid: int, proc: Path = Path("/proc")) -> Usage:
    """Return what a process and those that it has started hold together.

    Raises:
        OSError: as `read_usage`, of the process itself.
    """
    total = read_usage(pid, proc)
    for child in children(pid, proc):
        with contextlib.suppress(OSError):  # it is ending
            usage = read_usage_of_all(child, proc)
            total = Usage(*(mine + its for mine, its in zip(astuple(total), astuple(usage), strict=True)))
    return total


def children(pid: int, proc: Path = Path("/proc")) -> list[int]:
    """Return the processes that a process has started and that are there."""
    found: list[int] = []
    for task in (proc / str(pid) / "task").iterdir():
        with contextlib.suppress(OSError):
            found += map(int, (task / "children").read_text().split())
    return found


def mapped_segments(pid: int) -> set[str]:
    """Return the middleware's shared-memory segments that a process has mapped; none of one that has ended."""
    try:
        return set(SEGMENT.findall(Path(f"/proc/{pid}/maps").read_text("utf-8")))
    except OSError:
        return set()


def unused_segments(segments: set[str]) -> set[str]:
    """Return those that no process has mapped."""
    processes = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return segments.difference(*map(mapped_segments, processes))
