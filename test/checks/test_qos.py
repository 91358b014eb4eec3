"""Which offers and requests come together, by the table of DDS, and what profile would match."""

from __future__ import annotations

import pytest

from utrack_ros.checks.finding import Level
from utrack_ros.checks.qos import Profile, check_qos, matching, mismatches

WEAK = Profile("best_effort", "volatile")
STRONG = Profile("reliable", "transient_local")


@pytest.mark.parametrize(
    ("offered", "asked", "words"),
    [
        (WEAK, WEAK, ()),
        (STRONG, WEAK, ()),
        (STRONG, STRONG, ()),
        (WEAK, Profile("reliable"), ("offers best effort, but reliable is asked for",)),
        (
            WEAK,
            STRONG,
            (
                "offers best effort, but reliable is asked for",
                "offers volatile, but transient local is asked for",
            ),
        ),
        (Profile(deadline_s=0.1), Profile(deadline_s=0.2), ()),
        (Profile(deadline_s=0.2), Profile(deadline_s=0.1), ("offers a 0.2 s deadline, but 0.1 s is asked for",)),
        (Profile(), Profile(deadline_s=0.1), ("offers no deadline, but 0.1 s is asked for",)),
        (Profile(lease_s=2.0), Profile(lease_s=1.0), ("offers a 2 s liveliness lease, but 1 s is asked for",)),
        (
            Profile(liveliness="automatic"),
            Profile(liveliness="manual_by_topic"),
            ("offers automatic, but manual by topic is asked for",),
        ),
        (Profile("system_default"), Profile("reliable"), ()),  # not known: given the benefit of the doubt
    ],
)
def test_mismatch(offered: Profile, asked: Profile, words: tuple[str, ...]) -> None:
    assert mismatches(offered, asked) == words


@pytest.mark.parametrize(
    ("offers", "expected"),
    [
        ([STRONG], STRONG),
        ([WEAK], WEAK),
        ([STRONG, Profile("best_effort", "transient_local")], Profile("best_effort", "transient_local")),
        ([], WEAK),
    ],
)
def test_matching_profile_is_the_strongest_that_hears_all(offers: list[Profile], expected: Profile) -> None:
    found = matching(offers)
    assert found == expected
    assert not any(mismatches(offer, found) for offer in offers)


def test_deaf_subscription_is_an_error_that_names_what_would_match() -> None:
    found = check_qos("/image", [WEAK], Profile("reliable"), "/utrack")
    assert found.level is Level.ERROR
    assert found.text == (
        "the camera on /image offers best effort, but reliable is asked for by /utrack;"
        " set image_reliability to auto; best effort, volatile would match"
    )


def test_one_deaf_ear_of_two_is_a_warning() -> None:
    found = check_qos("/image", [WEAK, STRONG], Profile("reliable"))
    assert (found.level, found.seen.startswith("1 of 2 publishers on /image offers best effort")) == (Level.WARN, True)


def test_other_policy_than_reliability_is_not_mended_by_image_reliability() -> None:
    found = check_qos("/image", [WEAK], Profile("best_effort", "transient_local"))
    assert found.level is Level.ERROR
    assert "image_reliability" not in found.advice
    assert "subscribe with best effort, volatile" in found.advice


def test_matched_endpoints_are_fine() -> None:
    found = check_qos("/image", [STRONG, WEAK], WEAK, "/utrack")
    assert (found.level, found.advice) == (Level.OK, "")
    assert "asked by /utrack: best effort, volatile" in found.seen
