"""What the allocator is told, in processes of their own."""

import gc
import os
import resource
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

from utrack_ros import heap
from utrack_ros.heap import release_memory, settle

FREED_AND_FETCHED = """
import resource
from utrack_ros.heap import keep_freed_memory
import numpy as np
print(keep_freed_memory())
def faults():
    for _ in range(4):
        blocks = [np.ones(131_072) for _ in range(64)]
        del blocks
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    blocks = [np.ones(131_072) for _ in range(64)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(faults())
"""


GIVEN_BACK = """
import gc
from utrack_ros.heap import give_back_freed_memory, keep_freed_memory
import numpy as np
keep_freed_memory()
def held_mb():
    return int(open("/proc/self/statm").read().split()[1]) * 4096e-6
before = held_mb()
blocks = [np.ones(131_072) for _ in range(64)]  # 67 MB
del blocks
gc.collect()
kept = held_mb() - before
give_back_freed_memory()
print(kept, held_mb() - before)
"""


GIVEN_BACK_BY_A_THREAD = """
import sys, threading
from utrack_ros.heap import give_back_freed_memory, keep_freed_memory, keep_no_more
import numpy as np
keep_freed_memory()
def held_mb():
    return int(open("/proc/self/statm").read().split()[1]) * 4096e-6
before = held_mb()
def work():
    blocks = [np.ones(126_976) for _ in range(250)]  # 254 MB, as much as four heaps of a thread hold
    if sys.argv[1] == "told":
        keep_no_more()
    del blocks
thread = threading.Thread(target=work)
thread.start()
thread.join()
give_back_freed_memory()
print(held_mb() - before)
"""


HEAPS_OF_THREADS = """
import ctypes, sys, threading
from utrack_ros.heap import share_one_heap
print(share_one_heap())
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
all_here, done = threading.Barrier(9), threading.Event()
def work():
    libc.malloc(1000)
    all_here.wait()
    done.wait()
for _ in range(8):
    threading.Thread(target=work).start()
all_here.wait()
stream = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, stream)
libc.fclose(stream)
print(open(sys.argv[1]).read().count("<heap "))
done.set()
"""


ASKED_FOR_HUGE_PAGES = """
import sys
from utrack_ros.heap import ask_for_no_huge_pages, keep_freed_memory
if sys.argv[1] == "told":
    ask_for_no_huge_pages()
import numpy as np
keep_freed_memory()
np.ones(1_048_576)  # 8 MB of the heap
print(sum(line.startswith("VmFlags:") and "hg" in line.split() for line in open("/proc/self/smaps")))
"""


PAGES = 64 * 131_072 * 8 / resource.getpagesize()


def said(script, *arguments, **extra):
    """Return the words that a script prints in a process whose environment settles nothing but what is given."""
    settled = {*heap.OF_THE_USER, *heap.HEAPS_OF_THE_USER, heap.HUGE_PAGES_OF_NUMPY}
    environment = {name: value for name, value in os.environ.items() if name not in settled} | extra
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone has these settings")
def test_freed_memory_needs_no_page_faults_to_come_back():
    kept, faults = said(FREED_AND_FETCHED)

    assert kept == "True"
    assert int(faults) < 0.05 * PAGES


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone has these settings")
def test_threads_share_one_heap_unless_the_user_says_how_many(tmp_path):
    assert said(HEAPS_OF_THREADS, tmp_path / "shared") == ["True", "1"]
    assert said(HEAPS_OF_THREADS, tmp_path / "given", MALLOC_ARENA_MAX="5") == ["False", "5"]


@pytest.mark.parametrize("name", heap.OF_THE_USER)
def test_settings_of_the_user_stay(name):
    value = "glibc.malloc.tcache_count=7" if name == "GLIBC_TUNABLES" else "131072"

    kept, faults = said(FREED_AND_FETCHED, **{name: value})

    assert kept == "False"
    assert int(faults) > 0.5 * PAGES


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone has these settings")
def test_memory_of_a_tracker_that_is_gone_goes_back():
    kept_mb, held_mb = map(float, said(GIVEN_BACK))

    assert kept_mb > 60
    assert held_mb < 10


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone has these settings")
def test_memory_that_a_thread_has_freed_goes_back_when_told_before():
    told_mb, untold_mb = (float(said(GIVEN_BACK_BY_A_THREAD, order)[0]) for order in ("told", "not told"))

    assert told_mb < 10 < untold_mb


@pytest.mark.skipif(
    not Path("/sys/kernel/mm/transparent_hugepage").exists(), reason="a kernel without transparent huge pages"
)
def test_an_array_that_is_gone_leaves_no_heap_of_huge_pages_unless_the_user_wants_them():
    assert int(said(ASKED_FOR_HUGE_PAGES, "not told")[0]) > 0
    assert said(ASKED_FOR_HUGE_PAGES, "told") == ["0"]
    assert int(said(ASKED_FOR_HUGE_PAGES, "told", NUMPY_MADVISE_HUGEPAGE="1")[0]) > 0


def test_what_is_settled_waits_for_the_release() -> None:
    class Circle:
        def __init__(self) -> None:
            self.itself = self

    def garbage() -> weakref.ref[Circle]:
        return weakref.ref(Circle())

    loaded = Circle()
    of_loaded, of_loading = weakref.ref(loaded), garbage()
    settle()
    try:
        assert of_loading() is None
        del loaded
        gc.collect()
        assert of_loaded() is not None
    finally:
        release_memory()
    assert (of_loaded(), gc.get_freeze_count()) == (None, 0)


def test_memory_of_a_gpu_that_is_lost_is_given_up_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch", reason="needs torch: run `make setup`")
    asked: list[str] = []

    def lost() -> None:
        asked.append("empty_cache")
        raise RuntimeError("CUDA error: unspecified launch failure")

    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "empty_cache", lost)
    release_memory()
    assert asked == ["empty_cache"]
