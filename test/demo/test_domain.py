import random
import socket

import pytest

from utrack_ros.demo import domain
from utrack_ros.demo.errors import DemoError


class Order(random.Random):
    """Domains from a given one on."""

    def __init__(self, first):
        super().__init__(0)
        self.first = first

    def sample(self, population, k, *, counts=None):
        return [*range(self.first, population.stop), *range(population.start, self.first)][:k]


@pytest.mark.parametrize("offset", [0, domain.FIRST_PARTICIPANT_PORT])
def test_domain_with_a_port_in_use_is_passed_over(offset):
    first = domain.free_domain()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("", domain.PORT_BASE + domain.PORTS_PER_DOMAIN * first + offset))
        assert domain.free_domain(Order(first)) != first
    assert domain.free_domain(Order(first)) == first


def test_all_domains_in_use(monkeypatch):
    monkeypatch.setattr(domain, "_is_free", lambda port: False)
    with pytest.raises(DemoError, match="1 to 101"):
        domain.free_domain()


def test_domains_are_drawn_at_random():
    assert len({domain.free_domain() for _ in range(20)}) > 5
