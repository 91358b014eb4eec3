"""The first target must not pay for what happens once: everything has run before, and memory is kept."""

import os
import resource
import subprocess
import sys

import numpy as np
import pytest
import torch

from utrack_ros.core.config import TrackerConfig
from utrack_ros.core.errors import NotInitializedError
from utrack_ros.engine import heap, load_tracker
from utrack_ros.engine.torch_engine import TorchEngine
from utrack_ros.engine.warm_up import warm_up
from utrack_ros.network.architectures import ARCHITECTURES
from utrack_ros.network.utrack_network import UTrackNetwork


class Counted:
    """An engine, or an overlap model, whose calls are noted."""

    def __init__(self, inner, calls):
        self._inner, self._calls = inner, calls

    def __getattr__(self, name):
        value = getattr(self._inner, name)
        if name == "overlap":
            return None if value is None else Counted(value, self._calls)
        if not callable(value):
            return value
        return lambda *arguments: self._calls.append(name) or value(*arguments)

    def __call__(self, crops):
        self._calls.append("network")
        return self._inner(crops)


@pytest.mark.parametrize("architecture", ["utrack_lite0", "efficientnet_lite0"])
def test_every_part_has_run_once_and_the_network_no_more(architecture):
    torch.manual_seed(0)
    calls = []
    engine = TorchEngine(UTrackNetwork(ARCHITECTURES[architecture]).eval(), torch.device("cpu"))

    warm_up(Counted(engine, calls), TrackerConfig())

    assert calls.count("network") == 1
    parts = {"reference", "candidates_near", "predict", "score"} if engine.overlap else set()
    assert set(calls) == {"network"} | parts


def test_loaded_tracker_knows_no_target():
    with pytest.raises(NotInitializedError):
        load_tracker(device="cpu").update(np.zeros((200, 200, 3), np.uint8))


FREED_AND_FETCHED = """
import resource
from utrack_ros.engine.heap import keep_freed_memory
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
from utrack_ros.engine.heap import give_back_freed_memory, keep_freed_memory
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
from utrack_ros.engine.heap import give_back_freed_memory, keep_freed_memory, keep_no_more
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


PAGES = 64 * 131_072 * 8 / resource.getpagesize()


def run(**extra):
    environment = {name: value for name, value in os.environ.items() if name not in heap.OF_THE_USER}
    done = subprocess.run(
        [sys.executable, "-c", FREED_AND_FETCHED], env=environment | extra, capture_output=True, text=True, check=True
    )
    kept, faults = done.stdout.split()
    return kept == "True", int(faults)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone has these settings")
def test_freed_memory_needs_no_page_faults_to_come_back():
    kept, faults = run()

    assert kept
    assert faults < 0.05 * PAGES


@pytest.mark.parametrize("name", heap.OF_THE_USER)
def test_settings_of_the_user_stay(name):
    value = "glibc.malloc.tcache_count=7" if name == "GLIBC_TUNABLES" else "131072"

    kept, faults = run(**{name: value})

    assert not kept
    assert faults > 0.5 * PAGES


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone has these settings")
def test_memory_of_a_tracker_that_is_gone_goes_back():
    environment = {name: value for name, value in os.environ.items() if name not in heap.OF_THE_USER}
    done = subprocess.run(
        [sys.executable, "-c", GIVEN_BACK], env=environment, capture_output=True, text=True, check=True
    )
    kept_mb, held_mb = map(float, done.stdout.split())

    assert kept_mb > 60
    assert held_mb < 10


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone has these settings")
def test_memory_that_a_thread_has_freed_goes_back_when_told_before():
    environment = {name: value for name, value in os.environ.items() if name not in heap.OF_THE_USER}
    held_mb = [
        float(
            subprocess.run(
                [sys.executable, "-c", GIVEN_BACK_BY_A_THREAD, order],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for order in ("told", "not told")
    ]

    assert held_mb[0] < 10 < held_mb[1]
