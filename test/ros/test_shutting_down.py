"""Publishing fails in silence once the context has ended, and never before; each output of the node."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from fakes import ListLog

from utrack_ros.core.state import State
from utrack_ros.ros.bearings import Bearings
from utrack_ros.ros.counters import Counters
from utrack_ros.ros.debug_output import DebugOutput
from utrack_ros.ros.exchange import Report, Standing
from utrack_ros.ros.outputs import Outputs
from utrack_ros.ros.shutting_down import unless_shut_down
from utrack_ros.ros.state_output import StateOutput
from utrack_ros.ros.target_output import TargetOutput


class BrokenPublisher:
    """Fails as a publisher of a context that has ended does."""

    def publish(self, message: Any) -> None:
        raise RuntimeError("publisher's context is invalid")

    def get_subscription_count(self) -> int:
        return 1


class Node:
    """As much of a node as the outputs need; its topics are broken, and its context is up or not."""

    def __init__(self, up: bool) -> None:
        self.log = ListLog()
        self.context = SimpleNamespace(ok=lambda: up)

    def get_logger(self) -> Any:
        return SimpleNamespace(
            info=self.log.info,
            warning=self.log.warning,
            get_child=lambda name: SimpleNamespace(is_enabled_for=lambda level: False),
        )

    def get_clock(self) -> Any:
        return SimpleNamespace(now=lambda: SimpleNamespace(nanoseconds=1))

    def create_publisher(self, *given: Any, **named: Any) -> BrokenPublisher:
        return BrokenPublisher()

    create_lifecycle_publisher = create_publisher


def report() -> Report:
    from std_msgs.msg import Header

    return Report(Header(), 1, (48, 64), State.TRACKING, 1, (1.0, 2.0, 3.0, 4.0), 0.9, 0.0, 20.0)


def publish_target(node: Any) -> None:
    output = TargetOutput(node, Counters(), Bearings())
    output.open(node)
    output.publish(report())


def announce_state(node: Any) -> None:
    StateOutput(node).announce(Standing())


def publish_annotation(node: Any) -> None:
    outputs = Outputs(node, Counters(), Bearings())
    outputs.open(node)
    outputs._try("annotations", lambda: outputs._annotations.publish(report()))


def offer_debug_image(node: Any) -> None:
    output = DebugOutput(node, Counters())
    output._publisher = BrokenPublisher()

    def fail() -> None:
        raise RuntimeError("publisher's context is invalid")

    output.offer(fail)


LOUD = [publish_target, announce_state]
LOGGED = [publish_annotation, offer_debug_image]


@pytest.mark.parametrize("publish", [*LOUD, *LOGGED])
def test_failure_after_the_end_of_the_context_is_silent(publish: Callable[[Any], None]) -> None:
    node = Node(up=False)
    publish(node)
    assert not [line for line in node.log.lines if not line.startswith("info")]


@pytest.mark.parametrize("publish", LOUD)
def test_failure_of_what_the_target_needs_goes_on(publish: Callable[[Any], None]) -> None:
    with pytest.raises(RuntimeError, match="context is invalid"):
        publish(Node(up=True))


@pytest.mark.parametrize("publish", LOGGED)
def test_failure_of_what_is_for_viewers_is_a_warning(publish: Callable[[Any], None]) -> None:
    node = Node(up=True)
    publish(node)
    assert [line for line in node.log.lines if "context is invalid" in line and line.startswith("warning")]


def test_what_is_no_exception_is_not_held_up() -> None:
    with pytest.raises(KeyboardInterrupt), unless_shut_down(SimpleNamespace(ok=lambda: False)):
        raise KeyboardInterrupt
