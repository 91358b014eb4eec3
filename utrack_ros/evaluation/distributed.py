"""The same tasks on a Ray cluster: this process hands them out and writes the files, the nodes do the work.

Every node needs this package and its tracker's files, and the benchmark under the same path.
"""

from __future__ import annotations

import functools
import socket
from collections.abc import Iterator, Sequence
from typing import Any

from ..core.errors import ConfigError
from ..core.tracker import Tracker
from .tasks import Task
from .trackers import TrackerSpec, limit_threads, make_tracker
from .workers import Failure, OnFrames, Outcome, attempt

RETRIES = 3
"""How often a task is tried again where its node goes away."""

CONNECT_S = 10.0
"""How long to wait for the head of the cluster; Ray itself tries for minutes."""


def run_on_ray(
    tasks: Sequence[Task], spec: TrackerSpec, address: str, threads: int, on_frames: OnFrames
) -> Iterator[tuple[Task, Outcome]]:
    """Yield each task with its outcome, as they come.

    Args:
        tasks: started in about this order.
        spec: which tracker.
        address: of the cluster, as `ray.init` takes it: "auto", "host:port" or "ray://host:port".
        threads: cores that one task takes.
        on_frames: called with the frames of each task that is done.

    Raises:
        ConfigError: Ray is not installed, or there is no cluster at the address.
    """
    ray = _import_ray()
    _knock(address)
    try:
        ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise _no_cluster(address, error) from error
    try:
        remote = ray.remote(num_cpus=threads, max_retries=RETRIES)(do_task)
        spec_ref = ray.put(spec)
        pending = {remote.remote(task, spec_ref, threads): task for task in tasks}
        while pending:
            done, _ = ray.wait(list(pending))
            task = pending.pop(done[0])
            yield task, _outcome(ray, done[0])
            on_frames(task.frames)
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Make sure that somebody listens at host:port or ray://host:port; other addresses are left to Ray.

    Raises:
        ConfigError: nobody does.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_S).close()
    except (OSError, OverflowError) as error:
        raise _no_cluster(address, error) from error


def _no_cluster(address: str, error: Exception) -> ConfigError:
    return ConfigError(f"a Ray cluster at {address}", str(error), "Start it with `ray start --head`.")


def do_task(task: Task, spec: TrackerSpec, threads: int) -> Outcome:
    """Do one task on whichever machine this runs."""
    return attempt(task, _tracker(spec, threads), lambda frames: None)


@functools.cache
def _tracker(spec: TrackerSpec, threads: int) -> Tracker:
    """Return this process's tracker; making one takes seconds, so it is kept for the next task."""
    tracker = make_tracker(spec)
    limit_threads(threads)
    return tracker


def _outcome(ray: Any, reference: Any) -> Outcome:
    try:
        outcome: Outcome = ray.get(reference)
    except ray.exceptions.RayError as error:
        return Failure(str(error).strip().splitlines()[-1])
    return outcome


def _import_ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise ConfigError("Ray for --ray", "none installed", "Install it: pip install ray") from error
    return ray
