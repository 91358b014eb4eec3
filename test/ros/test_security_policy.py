"""`config/sros2/utrack.policy.xml` is exactly what the nodes do on the graph, and only the operator moves the drone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from fakes import FakeTracker
from rclpy.action.server import ActionServer
from rclpy.node import Node
from rclpy.parameter import Parameter
from sros2_policy import Right, live_rights, read_policy
from std_msgs.msg import Empty
from std_srvs.srv import Trigger

from utrack_ros.demo.domain import free_domain
from utrack_ros.ros.node import TrackerNode
from utrack_ros.ros.picture_outputs import vision_messages

TRACKER, OPERATOR, CONTROLLER = "/utrack/tracker", "/utrack/operator", "/utrack/controller"
WAYS: tuple[dict[str, Any], ...] = (
    {},
    {"image_transport": "compressed", "use_sim_time": True, "debug_response": True, "processing": "all"},
)
"""Parameters that between them make every endpoint that the node can have."""
MOVES = ("set_target", "stop", "pause", "change_state", "set_parameters", "set_parameters_atomically")
MARKS = ("select_roi", "select_rectangle", "select_point")


def policy(enclave: str, namespace: str) -> set[Right]:
    return read_policy(namespace)[enclave]


def observed(graph: Any, peer: Node, node: Node, settled: Any) -> set[Right]:
    """Wait until a predicate on what is seen of a node holds; return what is seen then."""
    name, namespace = node.get_name(), node.get_namespace()

    def look() -> set[Right]:
        try:
            return live_rights(peer, name, namespace)
        except Exception:  # noqa: BLE001  rclpy's way of saying that the node is not discovered yet
            return set()

    graph.spin_until(lambda: settled(look()))
    return look()


def tracker(graph: Any, namespace: str, ways: dict[str, Any]) -> Any:
    given = [Parameter(name, value=value) for name, value in ways.items()]
    options = {"context": graph.context, "namespace": namespace, "parameter_overrides": given}
    return graph.add(TrackerNode(lambda parameters: FakeTracker(), **options))


def is_up(node: Any) -> bool:
    """Whether the tracker is active and has asked for its calibration, the last of its endpoints."""
    return str(node._state_machine.current_state[1]) == "active"


@pytest.fixture(autouse=True)
def domain_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out of the graph what earlier tests have left to the garbage collector: nodes of the same name."""
    monkeypatch.setenv("ROS_DOMAIN_ID", str(free_domain()))


def everything(graph: Any, namespace: str) -> set[Right]:
    """What the tracker does on the graph, in all ways together."""
    seen: set[Right] = set()
    peer = graph.add(Node("peer", context=graph.context))
    calibration = Right("subscribe", f"{namespace.rstrip('/')}/camera_info")  # the last to come
    for ways in WAYS:
        node = tracker(graph, namespace, ways)
        graph.spin_until(
            lambda node=node: is_up(node) and calibration in live_rights(node, "utrack", node.get_namespace())
        )
        own = live_rights(node, "utrack", node.get_namespace())
        seen |= observed(graph, peer, node, lambda there, own=own: own and own <= there)
        assert node.release()
        graph.remove(node)
    return seen


@pytest.mark.parametrize("namespace", ["/", "/drone_1"])
def test_tracker_does_on_the_graph_exactly_what_its_enclave_allows(graph: Any, namespace: str) -> None:
    allowed = policy(TRACKER, namespace)
    if vision_messages() is None:
        allowed.remove(Right("publish", f"{namespace.rstrip('/')}/utrack/detections"))
    seen = everything(graph, namespace)
    assert seen - allowed == set(), "an endpoint that the policy does not know: add it there, for whom it is"
    assert allowed - seen == set(), "the policy allows what the tracker does not do"


def test_tracker_with_vision_msgs_does_what_its_enclave_allows(start: Any, vision_msgs_env: dict[str, str]) -> None:
    chosen = f"{Path(__file__)}::test_tracker_does_on_the_graph_exactly_what_its_enclave_allows"
    child = start("-m", "pytest", "-q", "-p", "no:cacheprovider", chosen, env=vision_msgs_env)
    assert child.wait(120.0) == 0, child.output
    assert "2 passed" in child.output


@pytest.mark.parametrize("kind", ["publish", "subscribe", "reply", "request", "execute"])
def test_endpoint_that_is_added_to_the_node_is_seen(graph: Any, kind: str) -> None:
    node = tracker(graph, "/drone_1", {})
    graph.spin_until(lambda: is_up(node))
    peer = graph.add(Node("peer", context=graph.context))
    if kind == "publish":
        node.create_publisher(Empty, "~/extra", 1)
    elif kind == "subscribe":
        node.create_subscription(Empty, "~/extra", print, 1)
    elif kind == "reply":
        node.create_service(Trigger, "~/extra", print)
    elif kind == "request":
        node.create_client(Trigger, "~/extra")
    else:
        actions = pytest.importorskip("tf2_msgs.action", reason="no package with an action is installed")
        ActionServer(node, actions.LookupTransform, "~/extra", print)
    extra = Right(kind, "/drone_1/utrack/extra")
    seen = observed(graph, peer, node, lambda there: extra in there)
    assert seen - policy(TRACKER, "/drone_1") == {extra}
    assert node.release()


def test_operator_has_every_right_that_the_tracker_answers_and_nobody_else_has_one() -> None:
    enclaves = read_policy()
    answered = {right.name for right in enclaves[TRACKER] if right.access == "reply"}
    heard = {f"/utrack/{topic}" for topic in MARKS}
    assert {f"/utrack/{service}" for service in MOVES} <= answered
    assert heard <= {right.name for right in enclaves[TRACKER] if right.access == "subscribe"}
    for path, rights in enclaves.items():
        asks = {right.name for right in rights if right.access == "request"}
        marks = {right.name for right in rights if right.access == "publish"} & heard
        assert (asks, marks) == ((answered, heard) if path == OPERATOR else (set(), set())), path


def test_operator_may_hear_all_that_the_tracker_says() -> None:
    enclaves = read_policy()
    said = {right.name for right in enclaves[TRACKER] if right.access == "publish"}
    assert said <= {right.name for right in enclaves[OPERATOR] if right.access == "subscribe"}


def test_only_the_tracker_says_where_the_target_is() -> None:
    for path, rights in read_policy().items():
        said = {right.name for right in rights if right.access == "publish"}
        assert ("/utrack/target" in said) == (path == TRACKER), path
        assert "/image" not in said


def test_no_right_has_a_wildcard() -> None:
    for rights in read_policy().values():
        assert not [right for right in rights if set(right.name) & set("*?[]")]


def test_controller_does_on_the_graph_exactly_what_its_enclave_allows(
    graph: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(Path(__file__).parents[2] / "examples")])
    from follow_me import Follower  # type: ignore[import-not-found,unused-ignore]

    sim_time = [Parameter("use_sim_time", value=True)]
    node = graph.add(Follower(context=graph.context, parameter_overrides=sim_time))
    peer = graph.add(Node("peer", context=graph.context))
    allowed = policy(CONTROLLER, "/")
    assert observed(graph, peer, node, lambda there: allowed <= there) == allowed


def test_plain_node_of_the_operators_name_needs_no_more_than_its_enclave_allows(graph: Any) -> None:
    sim_time = [Parameter("use_sim_time", value=True)]
    node = graph.add(Node("operator", context=graph.context, parameter_overrides=sim_time))
    peer = graph.add(Node("peer", context=graph.context))
    replies = {right for right in policy(OPERATOR, "/") if right.access == "reply"}
    seen = observed(graph, peer, node, lambda there: replies <= there)
    assert {right for right in seen if right.access == "reply"} == replies
    assert seen <= policy(OPERATOR, "/")
