"""Run one node as a process: spin until a signal, end at once, without a traceback."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node

from ..core.errors import UTrackError


def spin_until_signal(args: list[str] | None, make_node: Callable[[], Node]) -> None:
    """Make a node, spin it until SIGINT or SIGTERM, and free all that it held.

    Args:
        args: command line without the program name; None = that of the process.
        make_node: makes the node; its `destroy_node` ends its threads.
    """
    # rclpy's handler, set by init, ends the spin. Python's own would raise in the middle of the clean-up.
    early: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: early.append(number))
    rclpy.init(args=args)
    node = None
    executor = SingleThreadedExecutor()
    try:
        if not early:
            node = make_node()
            executor.add_node(node)
            executor.spin()
    except ExternalShutdownException:
        pass
    except Exception:
        if rclpy.ok():  # else the signal came in the middle of a callback
            raise
    finally:
        executor.shutdown()
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()


def run(args: list[str] | None, make_node: Callable[[], Node]) -> None:
    """Run a node to the end of the process: status 0 after a signal, 2 and one line for an expected error."""
    try:
        spin_until_signal(args, make_node)
    except UTrackError as error:
        sys.stderr.write(f"utrack: {error}\n")
        sys.exit(2)
    gc.collect()  # frees the context: the middleware gives its shared memory back only then
    sys.stdout.flush()
    sys.stderr.flush()
    # Python's own way out takes a second of processor time with torch loaded, and crashes where a thread
    # is still inside the model.
    os._exit(0)
