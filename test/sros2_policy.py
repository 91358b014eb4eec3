"""The SROS2 policy as sets of rights, and what a live node uses, in the same words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

PATH = Path(__file__).parents[1] / "config" / "sros2" / "utrack.policy.xml"
LISTS = {"topics": "topic", "services": "service", "actions": "action"}
ACCESS = {"topics": ("publish", "subscribe"), "services": ("reply", "request"), "actions": ("call", "execute")}


class Right(NamedTuple):
    """One thing that an enclave may do.

    Attributes:
        access: publish, subscribe, reply, request, call or execute.
        name: full name of the topic, service or action.
    """

    access: str
    name: str


def read_policy(namespace: str = "/", path: Path = PATH) -> dict[str, set[Right]]:
    """Return what each enclave may do, by its path.

    Args:
        namespace: written in the place of every ns, as the policy tells its user to do.
        path: of the policy.
    """
    root = ElementTree.parse(path).getroot()  # noqa: S314  our own file
    assert (root.tag, root.attrib, [child.tag for child in root]) == ("policy", {"version": "0.2.0"}, ["enclaves"])
    rights: dict[str, set[Right]] = {}
    for enclave in root[0]:
        assert enclave.tag == "enclave"
        listed = [right for profile in enclave.iterfind("profiles/profile") for right in _rights(profile, namespace)]
        assert len(set(listed)) == len(listed), "a right is listed twice"
        assert enclave.attrib["path"] not in rights
        rights[enclave.attrib["path"]] = set(listed)
    return rights


def _rights(profile: Any, namespace: str) -> Iterator[Right]:
    assert set(profile.attrib) == {"ns", "node"}
    for group in profile:
        [(access, qualifier)] = group.attrib.items()
        assert access in ACCESS[group.tag]
        assert qualifier == "ALLOW", "what is not listed is denied"
        for entry in group:
            assert entry.tag == LISTS[group.tag]
            yield Right(access, _full(entry.text, namespace, profile.attrib["node"]))


def _full(name: str, namespace: str, node: str) -> str:
    """Return the name that sros2 makes of one in the policy."""
    ns = namespace.rstrip("/") + "/"
    if name.startswith("~"):
        return f"{ns}{node}{name[1:]}"
    return name if name.startswith("/") else ns + name


def live_rights(observer: Any, node: str, namespace: str = "/") -> set[Right]:
    """Return what a node on the graph needs to be allowed.

    Args:
        observer: an rclpy node that looks at the graph.
        node: name of the node looked at.
        namespace: its namespace.
    """
    from rclpy.action.graph import get_action_client_names_and_types_by_node as action_clients
    from rclpy.action.graph import get_action_server_names_and_types_by_node as action_servers

    looks = {
        "publish": observer.get_publisher_names_and_types_by_node,
        "subscribe": observer.get_subscriber_names_and_types_by_node,
        "reply": observer.get_service_names_and_types_by_node,
        "request": observer.get_client_names_and_types_by_node,
        "execute": lambda *who: action_servers(observer, *who),
        "call": lambda *who: action_clients(observer, *who),
    }
    seen = {Right(access, name) for access, look in looks.items() for name, _ in look(node, namespace)}
    actions = [right.name for right in seen if right.access in ("call", "execute")]
    return {right for right in seen if not right.name.startswith(tuple(f"{name}/_action/" for name in actions))}
