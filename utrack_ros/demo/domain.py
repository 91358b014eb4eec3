"""A ROS domain that nobody on this machine uses."""

from __future__ import annotations

import random
import socket

from .errors import DemoError

DOMAINS = range(1, 102)
"""Domains whose ports stay below those that Linux hands out to clients."""

PORT_BASE, PORTS_PER_DOMAIN = 7400, 250
FIRST_PARTICIPANT_PORT = 10


def free_domain(order: random.Random | None = None) -> int:
    """Return a random domain id that no DDS participant on this machine uses.

    Args:
        order: decides the order in which domains are tried.

    Raises:
        DemoError: every domain is in use.
    """
    for domain in (order or random.Random()).sample(DOMAINS, len(DOMAINS)):  # noqa: S311  no secret
        base = PORT_BASE + PORTS_PER_DOMAIN * domain
        if _is_free(base) and _is_free(base + FIRST_PARTICIPANT_PORT):
            return domain
    raise DemoError("a ROS domain that is not in use", "participants in all of 1 to 101", "Stop some of them.")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
        return True
