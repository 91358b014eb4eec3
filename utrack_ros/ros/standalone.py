"""Run one node as a process: signals, the end of its work, and expected errors as one line."""

from __future__ import annotations

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


class Job(Protocol):
    """A node with an end.

    Attributes:
        node: the node to spin.
        finished: completed, with an exception if it failed, when the job is over.
    """

    node: Node
    finished: Future[None]

    def close(self) -> None:
        """Let go of files and threads; called once, after the last callback."""


def run_job(make: Callable[[], Job], args: list[str] | None = None) -> None:
    """Spin until the job is finished or SIGINT or SIGTERM comes; an expected error is one line and status 2.

    Args:
        make: makes the job, once rclpy is up.
        args: command line without the program name; None = that of the process.
    """
    # rclpy's own handler ends the spin; Python's would raise KeyboardInterrupt in the middle of the clean-up.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        rclpy.init(args=args)
    except RuntimeError as error:  # malformed --ros-args
        _give_up(str(error))
    try:
        _spin(make())
    except (UTrackError, ParameterException) as error:
        _give_up(str(error))
    except ExternalShutdownException:
        pass
    except RuntimeError:
        if rclpy.ok():  # else the signal came while the node was being made
            raise
    finally:
        rclpy.try_shutdown()


def _spin(job: Job) -> None:
    executor = SingleThreadedExecutor()
    executor.add_node(job.node)
    try:
        executor.spin_until_future_complete(job.finished)
        if job.finished.done():
            job.finished.result()
    finally:
        job.close()
        executor.shutdown()
        job.node.destroy_node()


def _give_up(why: str) -> NoReturn:
    sys.stderr.write(f"utrack: {why}\n")
    sys.exit(2)
