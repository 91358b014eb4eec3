"""How a process of a node must end, and whether one has."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from tools.soak.usage import mapped_segments, unused_segments

EXIT_S = 2.0
GAP_S = 0.03
"""From one signal to the next: in the middle of an end, of which the shortest took a tenth of a second."""

WAITING = re.compile(r"^(?:SigPnd|ShdPnd):\s+(\w+)$", re.MULTILINE)
"""Signals that a thread, or the process, has yet to take, in /proc/PID/status."""


def is_there(pid: int) -> bool:
    """Whether there is such a process, one that waits to be reaped included."""
    return Path(f"/proc/{pid}").exists()


def has_ended(pid: int) -> bool:
    """Whether there is no such process, or one that only waits to be reaped by who has inherited it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def left_behind(segments: set[str]) -> set[str]:
    """Those segments that still exist although no process uses them."""
    return {segment for segment in unused_segments(segments) if Path(segment).exists()}


def ends_cleanly(child: Any, *numbers: int) -> None:
    """Assert that signals end a process in time, without an error or anything left behind.

    Each but the first comes `GAP_S` after the one before was taken, since two of a kind that wait are one, and to a
    process that still runs.
    """
    segments = mapped_segments(child.process.pid)
    started_s = time.monotonic()
    for place, number in enumerate(numbers):
        if place > 0:
            _wait_until_taken(child.process.pid)
            time.sleep(GAP_S)
            assert child.process.poll() is None, f"it ended before signal {place + 1} came: {child.output}"
        child.interrupt(number)
    status = child.wait()
    took_s = time.monotonic() - started_s
    assert (status, "Traceback" in child.output) == (0, False), child.output
    assert took_s < EXIT_S, f"ending took {took_s:.1f} s"
    assert left_behind(segments) == set()


def _wait_until_taken(pid: int) -> None:
    """Wait until no signal to a process is still to be taken, or it has ended."""
    end_s = time.monotonic() + EXIT_S
    while any(int(waiting, 16) for waiting in WAITING.findall(Path(f"/proc/{pid}/status").read_text())):
        assert time.monotonic() < end_s, f"no signal was taken within {EXIT_S} s"
        time.sleep(0.001)
