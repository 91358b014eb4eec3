"""What a process holds is seen as it changes."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tools.soak.usage import read_usage, read_usage_of_all

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")


def test_memory_files_and_threads_that_are_taken_are_counted():
    before = read_usage(os.getpid())
    block = mmap.mmap(-1, 50_000_000, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)  # the heap may have that much free
    block.write(b"x" * len(block))
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    with Path(os.devnull).open(), Path(os.devnull).open():
        after = read_usage(os.getpid())
    done.set()
    thread.join()

    assert after.files == before.files + 2
    assert after.threads == before.threads + 1
    assert after.own_mb - before.own_mb == pytest.approx(len(block) / 1e6, abs=5)
    assert before.own_mb < before.rss_mb
    assert before.pss_mb <= before.rss_mb


CHILD = """
import mmap, sys
block = mmap.mmap(-1, 50_000_000, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
block.write(b"x" * len(block))
print("ready", flush=True)
sys.stdin.read()
"""


def test_processes_that_it_has_started_count_with_it():
    before = read_usage_of_all(os.getpid())
    child = subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    during, alone = read_usage_of_all(os.getpid()), read_usage(os.getpid())
    child.communicate()

    assert 50 < during.own_mb - before.own_mb < 80
    assert alone.own_mb - before.own_mb < 20
    assert during.threads == before.threads + 1
    assert read_usage_of_all(os.getpid()).threads == before.threads


def test_segments_are_counted_once_each(tmp_path):
    folder = tmp_path / "7"
    for name in ("fd", "task"):
        (folder / name).mkdir(parents=True)
    (folder / "smaps_rollup").write_text("00400000 rollup\nRss: 2000 kB\nPss: 1500 kB\nAnonymous: 1000 kB\n")
    line = "7f0000-7f1000 rw-s 0 00:19 3 /dev/shm/fastdds_0123456789abcde{}\n"
    (folder / "maps").write_text(line.format(0) + line.format(0) + line.format(1) + "7f3-7f4 r-xp 0 8:1 9 /lib/x.so\n")

    usage = read_usage(7, tmp_path)

    assert (usage.segments, usage.files, usage.threads) == (2, 0, 0)
    assert (usage.rss_mb, usage.own_mb) == (2.048, 1.024)


def test_process_that_has_ended_is_an_error():
    with pytest.raises(OSError, match="No such file"):
        read_usage(2**22 + 1)


def test_process_that_nobody_has_waited_for_is_an_error():
    child = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.read() == b""  # it is ending
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(OSError, match=r"has ended|No such process"):
        read_usage(child.pid)
    child.communicate()
