"""Memory that a frame has freed stays with the process, for the next frame, until the tracker is gone.

glibc gives the end of the heap back to the kernel as soon as enough of it is free. A network frees tens of megabytes
after each crop, so each crop would fetch them again, page by page: 3,800 page faults, a quarter of its time, while the
first target is learnt.
"""

from __future__ import annotations

import ctypes
import os
from typing import Any

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""Numbers of the two settings in malloc.h."""
KEPT_BYTES = 512 << 20
"""Free bytes at the end of the heap that are kept."""
LARGEST_BYTES = 32 << 20
"""Blocks up to this size come from the heap; the most that glibc allows."""
OF_THE_USER = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")
"""Whoever sets one of these in the environment has settled the matter."""


def keep_freed_memory() -> bool:
    """Tell the allocator to keep what is freed.

    Returns:
        False where the environment says otherwise or the C library has no such settings; nothing is changed then.
    """
    if any(name in os.environ for name in OF_THE_USER):
        return False
    mallopt = _of_libc("mallopt")
    if mallopt is None:
        return False
    return bool(mallopt(MMAP_THRESHOLD, LARGEST_BYTES)) and bool(mallopt(TRIM_THRESHOLD, KEPT_BYTES))


def give_back_freed_memory() -> None:
    """Give the kernel what is free now, of the heap of every thread; call it when a tracker is gone.

    What is kept is kept for each thread, and the next tracker has threads of its own.
    """
    trim = _of_libc("malloc_trim")
    if trim is not None:
        trim(0)


def _of_libc(name: str) -> Any:
    """Return a function of the C library, None where it has no such one."""
    return getattr(ctypes.CDLL(None), name, None)
