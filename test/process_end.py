"""How a process of a node must end."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

EXIT_S = 2.0
SEGMENT = re.compile(r"/dev/shm/fastdds_[0-9a-f]{16}\b")  # noqa: S108


def shared_memory(process: int | str) -> set[str]:
    """The middleware's shared-memory segments that a process uses, its own and those of its peers."""
    try:
        return set(SEGMENT.findall(Path(f"/proc/{process}/maps").read_text("utf-8")))
    except OSError:  # it has just ended
        return set()


def left_behind(segments: set[str]) -> set[str]:
    """Those segments that still exist although no process uses them."""
    processes = [path.name for path in Path("/proc").iterdir() if path.name.isdigit()]
    used = set().union(*(shared_memory(process) for process in processes))
    return {segment for segment in segments - used if Path(segment).exists()}


def ends_cleanly(child: Any, number: int, count: int = 1) -> None:
    segments = shared_memory(child.process.pid)
    started_s = time.monotonic()
    for _ in range(count):
        child.interrupt(number)
    status = child.wait()
    took_s = time.monotonic() - started_s
    assert (status, "Traceback" in child.output) == (0, False), child.output
    assert took_s < EXIT_S, f"ending took {took_s:.1f} s"
    assert left_behind(segments) == set()
