"""Run one node as a process: to the end of its work or a signal; expected errors are one line, status 2."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn, Protocol

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.task import Future

from ..core.errors import UTrackError

LOOK_S = 0.5
"""How often a process that has nothing to do looks whether a signal has ended it."""


class Job(Protocol):
    """A node with an end.

    Attributes:
        node: the node to spin; its `destroy_node` ends its threads.
        finished: completed, with an exception if it failed, when the job is over.
    """

    node: Node
    finished: Future[None]

    def close(self) -> None:
        """Let go of files and threads; called once, after the last callback."""


class Service:
    """A job without an end of its own: a node that serves until a signal."""

    def __init__(self, node: Node) -> None:
        """Wrap the node."""
        self.node = node
        self.finished: Future[None] = Future()

    def close(self) -> None:
        """Nothing to do: the node frees what it holds when it is destroyed."""


def run(make: Callable[[], Job], args: list[str] | None = None) -> NoReturn:
    """Spin until the job is finished or SIGINT or SIGTERM comes, and end the process.

    Args:
        make: makes the job, once rclpy is up.
        args: command line without the program name; None = that of the process.
    """
    # rclpy's handler, set by init, ends the spin, and calls the one before it, too: Python's own would raise in the
    # middle of the clean-up, that of `programs` would leave without one.
    early: list[int] = []
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, lambda number, _: early.append(number))
    try:
        rclpy.init(args=args)
    except RuntimeError as error:  # malformed --ros-args, or a parameter file that cannot be read
        _give_up(str(error))
    try:
        if not early:
            _spin(make)
    except (UTrackError, ParameterException) as error:
        _give_up(str(error))
    except ExternalShutdownException:
        pass
    except Exception:
        if rclpy.ok():  # else the signal came in the middle of a callback, or while the node was being made
            raise
    finally:
        rclpy.try_shutdown()
    _leave()


def _spin(make: Callable[[], Job]) -> None:
    # Made before the node, which takes long: rclpy complains of an executor that a signal has kept from being made.
    executor = SingleThreadedExecutor()
    job = make()
    executor.add_node(job.node)
    job.finished.add_done_callback(lambda _: _wake(executor))
    try:
        # A signal that comes just as the executor begins to wait does not wake it. Not `spin_until_future_complete`,
        # which leaves a callback on its future each time that it runs out of time.
        while rclpy.ok() and not job.finished.done():
            executor.spin_once(timeout_sec=LOOK_S)
        if job.finished.done():
            job.finished.result()
    finally:
        job.close()
        executor.shutdown()
        job.node.destroy_node()


def _wake(executor: SingleThreadedExecutor) -> None:
    executor.create_task(lambda: None)  # `wake` alone does not end a wait


def _give_up(why: str) -> NoReturn:
    sys.stderr.write(f"utrack: {why}\n")
    sys.exit(2)


def _leave() -> NoReturn:
    gc.collect()  # frees the context: the middleware gives its shared memory back only then
    sys.stdout.flush()
    sys.stderr.flush()
    # Python's own way out takes a second of processor time with torch loaded, and crashes where a thread
    # is still inside the model.
    os._exit(0)
