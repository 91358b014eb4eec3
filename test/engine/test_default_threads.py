"""The number of threads that nobody has to set: no other one is much faster."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from engine_scenes import needs_model

MEASURE = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from engine_scenes import seen
from utrack_ros.checks.machine import read_processor
from utrack_ros.engine import load_tracker
from utrack_ros.engine.threads import network_threads, set_network_threads

tracker = load_tracker(device="cpu", engine=sys.argv[2], threads=None)  # as the node does
default, cpus, times = network_threads(), read_processor().cpus, {}
# Doubled from one on, so that a machine with many is done in time; a container may allow fewer than torch takes.
counts = sorted({default, cpus} | {1 << power for power in range(cpus.bit_length())})
tracker.init(seen(300, 300), (300, 300, 60, 40))
for turn in range(8):
    for count in counts:
        set_network_threads(count)
        tracker.update(seen(300, 300))  # threads are started
        start_s = time.perf_counter()
        for frame in range(15):
            tracker.update(seen(300 + frame % 5, 300))
        times.setdefault(count, []).append(time.perf_counter() - start_s)
print(json.dumps([default, {count: sorted(taken)[len(taken) // 2] for count, taken in times.items()}]))
"""


@pytest.mark.slow
@needs_model
@pytest.mark.parametrize("engine", ["torch", "onnxruntime"])
def test_the_default_is_within_15_percent_of_the_best(engine):
    if engine != "torch":
        pytest.importorskip(engine)
    env = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    command = [sys.executable, "-c", MEASURE, os.path.dirname(os.path.dirname(__file__)), engine]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    default, times_s = json.loads(done.stdout.splitlines()[-1])
    print(f"{engine}: default {default}, seconds {times_s}")
    assert times_s[str(default)] <= 1.15 * min(times_s.values()), (default, times_s)
