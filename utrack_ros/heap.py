"""What a tracker takes of the process's memory: kept from frame to frame, and given back when it is gone.

glibc gives the end of the heap back to the kernel as soon as enough of it is free. A network frees tens of megabytes
after each crop, so each crop would fetch them again, page by page: 3,800 page faults, a quarter of its time, while the
first target is learnt.

It has up to eight heaps per core, for threads to use side by side. A tracker's threads come and go with it, and what
outlives it lies scattered over all their heaps and keeps pages from going back, those at a heap's end above all, which
only the main heap gives back when asked: so all threads shall use that one.

NumPy asks for huge pages where an array of 4 MB or more lies, and the kernel goes on with that after the array is gone:
a heap that was given back may grow again, to 2 MB wherever a page of it is in use. So NumPy is told not to ask.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import sys
from typing import Any

TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8
"""Numbers of the settings in malloc.h."""
KEPT_BYTES, USUAL_BYTES = 512 << 20, 128 << 10
"""Free bytes at the end of the heap that are kept, and what glibc keeps by itself."""
LARGEST_BYTES = 32 << 20
"""Blocks up to this size come from the heap; the most that glibc allows."""
OF_THE_USER = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")
"""Whoever sets one of these in the environment has settled what is kept."""
HEAPS_OF_THE_USER = ("MALLOC_ARENA_MAX", "MALLOC_ARENA_TEST", "GLIBC_TUNABLES")
"""The same for the number of heaps."""
HUGE_PAGES_OF_NUMPY = "NUMPY_MADVISE_HUGEPAGE"
"""Read by NumPy when it is loaded: "0" asks for none."""


def ask_for_no_huge_pages() -> None:
    """Tell NumPy not to ask for huge pages, unless the environment says otherwise; call it before NumPy is loaded."""
    os.environ.setdefault(HUGE_PAGES_OF_NUMPY, "0")


def share_one_heap() -> bool:
    """Tell the allocator to use one heap for all threads; call it before any starts, since heaps that exist stay.

    Returns:
        False where the environment says otherwise or the C library has no such setting; nothing is changed then.
    """
    return _set(HEAPS_OF_THE_USER, (ARENA_MAX, 1))


def keep_freed_memory() -> bool:
    """Tell the allocator to keep what is freed.

    Returns:
        False where the environment says otherwise or the C library has no such settings; nothing is changed then.
    """
    return _set(OF_THE_USER, (MMAP_THRESHOLD, LARGEST_BYTES), (TRIM_THRESHOLD, KEPT_BYTES))


def keep_no_more() -> bool:
    """Tell the allocator to give back what is freed from now on; call it before a tracker goes.

    Where threads have heaps of their own, the end of such a heap goes back only when something in it is freed;
    `give_back_freed_memory` does not reach it.

    Returns:
        False where the environment says otherwise or the C library has no such settings; nothing is changed then.
    """
    return _set(OF_THE_USER, (TRIM_THRESHOLD, USUAL_BYTES))


def give_back_freed_memory() -> None:
    """Give the kernel what is free now, of the heap of every thread; call it when a tracker is gone.

    Where threads have heaps of their own, what is kept is kept for each, and the next tracker has other threads.
    """
    trim = _of_libc("malloc_trim")
    if trim is not None:
        trim(0)


def settle() -> None:
    """Leave what is loaded by now out of Python's collections of garbage, until `release_memory`.

    A full one looks at all of torch, and stops every thread for a tenth of a second; it comes once in many minutes.
    """
    gc.collect()
    gc.freeze()


def release_memory() -> None:
    """Return what a tracker has left: that of the heap to the kernel, and cached memory to the GPU, if it uses one.

    Never raises: a GPU that is lost has nothing to give back, and the tracker has said so.
    """
    gc.unfreeze()
    gc.collect()  # a tracker may be in a circle
    give_back_freed_memory()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        with contextlib.suppress(RuntimeError):
            torch.cuda.empty_cache()


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that the host's or the GPU's memory is used up; torch need not be loaded to ask."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return isinstance(error, MemoryError) or "OutOfMemoryError" in names


def _set(of_the_user: tuple[str, ...], *settings: tuple[int, int]) -> bool:
    mallopt = _of_libc("mallopt")
    if mallopt is None or any(name in os.environ for name in of_the_user):
        return False
    return all(bool(mallopt(name, value)) for name, value in settings)


def _of_libc(name: str) -> Any:
    """Return a function of the C library, None where it has no such one."""
    return getattr(ctypes.CDLL(None), name, None)
