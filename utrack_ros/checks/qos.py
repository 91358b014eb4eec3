"""Quality of service: whether what a camera offers and what a subscription asks for come together.

DDS connects the two only where the offer is at least as strong as the request, in each policy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .finding import Finding, Level

WEAK_TO_STRONG = {
    "reliability": ("best_effort", "reliable"),
    "durability": ("volatile", "transient_local"),
    "liveliness": ("automatic", "manual_by_topic"),
}
"""The values of each policy that DDS compares; a value outside them is taken to match."""


@dataclass(frozen=True)
class Profile:
    """The policies that decide whether two endpoints connect, by their ROS names.

    Attributes:
        reliability: "best_effort" or "reliable".
        durability: "volatile" or "transient_local".
        liveliness: "automatic" or "manual_by_topic".
        deadline_s: longest time between two messages, promised or asked for; infinite = none.
        lease_s: time after which a silent endpoint counts as dead; infinite = never.
    """

    reliability: str = "best_effort"
    durability: str = "volatile"
    liveliness: str = "automatic"
    deadline_s: float = math.inf
    lease_s: float = math.inf

    def __str__(self) -> str:
        """The policies in words; the usual ones are left out."""
        words = [_words(self.reliability), _words(self.durability)]
        if self.liveliness != "automatic":
            words.append(f"liveliness {_words(self.liveliness)}")
        words += [f"deadline {self.deadline_s:g} s"] if math.isfinite(self.deadline_s) else []
        words += [f"lease {self.lease_s:g} s"] if math.isfinite(self.lease_s) else []
        return ", ".join(words)


def mismatches(offered: Profile, asked: Profile) -> tuple[str, ...]:
    """Return each policy in which an offer is weaker than the request, in words; empty when they connect."""
    found = []
    for policy, order in WEAK_TO_STRONG.items():
        offer, request = getattr(offered, policy), getattr(asked, policy)
        if offer in order and request in order and order.index(offer) < order.index(request):
            found.append(f"offers {_words(offer)}, but {_words(request)} is asked for")
    for policy, name in (("deadline_s", "deadline"), ("lease_s", "liveliness lease")):
        offer, request = getattr(offered, policy), getattr(asked, policy)
        if offer > request:
            found.append(f"offers {_seconds(offer)} {name}, but {request:g} s is asked for")
    return tuple(found)


def matching(offers: Sequence[Profile]) -> Profile:
    """Return the strongest reliability and durability with which a subscription connects to all of these offers."""
    return Profile(
        reliability=_weakest([offer.reliability for offer in offers], WEAK_TO_STRONG["reliability"]),
        durability=_weakest([offer.durability for offer in offers], WEAK_TO_STRONG["durability"]),
    )


def check_qos(topic: str, offers: Sequence[Profile], asked: Profile, reader: str = "") -> Finding:
    """Judge whether a subscription connects to the publishers of its topic.

    Args:
        topic: resolved name.
        offers: what each publisher offers; at least one.
        asked: what the subscription asks for.
        reader: who subscribes, for people; empty = the node that speaks.
    """
    deaf = [(offer, why) for offer in offers if (why := mismatches(offer, asked))]
    who = f" by {reader}" if reader else ""
    if not deaf:
        return Finding("qos", Level.OK, f"offered {'; '.join(sorted({str(o) for o in offers}))}; asked{who}: {asked}")
    good = matching(offers)
    setting = "set image_reliability to auto"
    if good.reliability == asked.reliability:
        setting = f"subscribe with {good} (qos_overrides), or change the publisher"
    which = "the camera" if len(offers) == 1 else f"{len(deaf)} of {len(offers)} publishers"
    return Finding(
        "qos",
        Level.ERROR if len(deaf) == len(offers) else Level.WARN,
        f"{which} on {topic} {' and '.join(deaf[0][1])}{who}",
        f"{setting}; {good} would match",
    )


def _weakest(values: Sequence[str], order: Sequence[str]) -> str:
    """Return the weakest of some values of a policy; one that is not known counts as the weakest of all."""
    return order[min((order.index(value) if value in order else 0 for value in values), default=0)]


def _words(value: str) -> str:
    return value.replace("_", " ")


def _seconds(value: float) -> str:
    return f"a {value:g} s" if math.isfinite(value) else "no"
