"""Fixtures that every test may use: a ROS domain of its own, waiting with a timeout, child processes."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# Before they are imported: what they assert says what it got.
pytest.register_assert_rewrite("invariants", "node_bench", "operator_peer", "process_end", "ros_graph")

from ros_graph import TIMEOUT_S, Graph, Predicate, open_graph  # noqa: E402

from utrack_ros.demo.domain import free_domain  # noqa: E402
from utrack_ros.ros.transport import profile_path, profile_variable  # noqa: E402

try:
    from hypothesis import settings
except ModuleNotFoundError:  # only some tests need it
    pass
else:
    settings.register_profile("utrack", derandomize=True, deadline=None, database=None)
    settings.load_profile("utrack")

ROOT = Path(__file__).parent.parent


def pytest_configure(config: pytest.Config) -> None:
    """Give this test process, and its children, a ROS domain of its own on the loopback, and Ctrl-C."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # started in the background of a shell
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ["ROS_DOMAIN_ID"] = str(free_domain())
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before a test imports onnxruntime by itself
    profile = profile_path()
    if profile is not None:
        os.environ[profile_variable(os.environ.get("ROS_DISTRO"))] = str(profile)


def pytest_collection_finish() -> None:
    """Leave what was imported and collected, which stays, out of the collections of garbage after each node's test."""
    gc.collect()
    gc.freeze()


def wait_until(predicate: Predicate, timeout_s: float = TIMEOUT_S) -> Any:
    """Wait until a predicate about other threads or processes holds; return its value or fail."""
    end_s = time.monotonic() + timeout_s
    pause = threading.Event()
    while not (value := predicate()):
        assert time.monotonic() < end_s, f"not within {timeout_s} s: {predicate}"
        pause.wait(0.005)
    return value


@pytest.fixture(autouse=True)
def threads_for_torch() -> Iterator[None]:
    """Give torch its threads back after a test that loaded a tracker."""
    yield
    threads = sys.modules.get("utrack_ros.engine.threads")
    if threads is not None:
        threads.forget_tracker()


@pytest.fixture(name="wait_until")
def wait_until_fixture() -> Callable[..., Any]:
    """`wait_until(predicate, timeout_s)` for tests that spin nothing."""
    return wait_until


@pytest.fixture
def graph() -> Iterator[Graph]:
    """A ROS context of its own; skipped where rclpy or the messages are missing.

    A test whose node leaves a thread that draws fails: it would wait for a view until the process ends.
    """
    pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
    pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")
    with open_graph() as made:
        yield made
    finished_graphs.append(True)
    wait_until(lambda: all(thread.name != "utrack-debug-image" for thread in threading.enumerate()))


finished_graphs: list[bool] = []
"""One for each graph whose test has ended since the last collection."""


def pytest_runtest_logfinish() -> None:
    """Collect what is left of a test's nodes, now that pytest holds its fixtures no more.

    Else their services stay in the graph and answer the next test's calls.
    """
    if finished_graphs:
        finished_graphs.clear()
        gc.collect()


class Child:
    """A process that the test started; its output is kept as it comes."""

    def __init__(self, arguments: list[str], env: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            arguments,
            cwd=ROOT,
            env=os.environ | (env or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def output(self) -> str:
        """All that it has written so far, standard error too."""
        return "".join(self._lines)

    def interrupt(self, number: int = signal.SIGINT) -> None:
        """Send a signal to this one process."""
        self.process.send_signal(number)

    def wait(self, timeout_s: float = TIMEOUT_S) -> int:
        """Wait until it has ended; return its exit status."""
        status = self.process.wait(timeout_s)
        self._reader.join(timeout_s)
        return status

    def close(self) -> None:
        """End it: politely, so that it can give its shared memory back, else by force."""
        if self.process.poll() is None:
            self.interrupt()
            try:
                self.wait(5.0)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.append(line)


@pytest.fixture
def start() -> Iterator[Callable[..., Child]]:
    """`start(*arguments, env=...)` runs this Python with these arguments; what still runs at the end is ended."""
    children: list[Child] = []

    def run(*arguments: str, env: dict[str, str] | None = None) -> Child:
        children.append(Child([sys.executable, *arguments], env))
        return children[-1]

    yield run
    for child in children:
        child.close()
