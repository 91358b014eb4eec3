"""Gaps in the numbers of a publisher's images, and when they are worth a warning."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from utrack_ros.checks.finding import Level
from utrack_ros.checks.publishers import IMAGE
from utrack_ros.checks.qos import Profile
from utrack_ros.core.state import State
from utrack_ros.ros.counters import Counts
from utrack_ros.ros.exchange import Standing
from utrack_ros.ros.health import Health, Phase, judge
from utrack_ros.ros.losses import LONGEST_S, MOST_PUBLISHERS, Losses, RecentLosses
from utrack_ros.ros.stream_status import Stream


def info(number: int | None, gid: bytes = b"a") -> dict[str, object]:
    return {"publication_sequence_number": number, "publisher_gid": {"data": gid}}


@pytest.mark.parametrize(
    ("numbers", "lost"),
    [
        ([], 0),
        ([107], 0),
        ([107, 108, 109], 0),
        ([107, 110], 2),
        ([107, 109, 112], 3),
        ([107, 5, 6], 0),
        ([107, 107], 0),
        ([None, None], 0),
    ],
    ids=["none", "late joiner", "all", "two", "two gaps", "restarted", "repeated", "not told"],
)
def test_gaps_are_counted(numbers: list[int | None], lost: int) -> None:
    losses = Losses()
    for number in numbers:
        losses.take(info(number))
    assert losses.lost == lost


def test_cameras_that_come_and_go_are_forgotten() -> None:
    losses = Losses()
    for camera in range(1000):
        for number in (1, 2, 4):
            losses.take(info(number, gid=b"%d" % camera))
    assert losses.lost == 1000
    assert len(losses._last) <= MOST_PUBLISHERS


def test_images_sent_while_nobody_subscribed_are_not_lost() -> None:
    losses = Losses()
    losses.take(info(1))
    losses.take(info(3))
    losses.restart()
    losses.take(info(1800))
    assert losses.lost == 1


def test_two_publishers_do_not_look_like_losses() -> None:
    losses = Losses()
    for number, gid in ((1, b"a"), (500, b"b"), (2, b"a"), (501, b"b")):
        losses.take(info(number, gid))
    assert losses.lost == 0


def test_older_rclpy_that_names_no_publisher_counts_nothing() -> None:
    losses = Losses()
    for number in (1, 9):
        losses.take({"publication_sequence_number": number})
    assert losses.lost == 0


def reports(recent: RecentLosses, rate_hz: float, share: float, seconds: int, seed: int, start_s: int = 0) -> list[Any]:
    """Send a camera's images, of which a share is lost by chance; return the totals at each report, one a second."""
    chance, sent, found = np.random.default_rng(seed), 0, []
    for second in range(start_s + 1, start_s + seconds + 1):
        due = int(rate_hz * (second - start_s)) - sent
        sent += due
        lost = int(chance.binomial(due, share))
        recent.add(float(second), due - lost, lost)
        found.append(recent.totals())
    return found


def warns(recent: tuple[int, int]) -> bool:
    """Whether the node, in good health otherwise, warns of lost images."""
    counts = Counts(received=9, processed=9)
    stream = Stream("/image", types=(IMAGE,), offers=(Profile(),), asked=Profile(), recent=recent, fps=5.0)
    level, message = judge(Health(Phase.ACTIVE, Standing(state=State.TRACKING), counts, stream))
    assert (level is Level.OK) == ("images were lost on /image" not in message)
    return level is not Level.OK


@pytest.mark.parametrize(("rate_hz", "seconds"), [(30.0, 10), (5.0, 30), (2.0, 60)])
def test_camera_that_loses_thirty_percent_is_named_in_time(rate_hz: float, seconds: int) -> None:
    named = [any(map(warns, reports(RecentLosses(), rate_hz, 0.3, seconds, seed))) for seed in range(100)]
    assert sum(named) >= 97


@pytest.mark.parametrize(("rate_hz", "share"), [(30.0, 0.01), (30.0, 0.1), (5.0, 0.02), (5.0, 0.05)])
def test_few_losses_are_no_false_alarm_in_ten_minutes(rate_hz: float, share: float) -> None:
    alarms = sum(warns(found) for seed in range(10) for found in reports(RecentLosses(), rate_hz, share, 600, seed))
    assert alarms == 0


def test_losses_that_have_ended_are_soon_forgotten() -> None:
    recent = RecentLosses()
    assert warns(reports(recent, 30.0, 0.6, 20, seed=1)[-1])
    assert not warns(reports(recent, 30.0, 0.0, 2, seed=1, start_s=20)[-1])
    assert warns(reports(recent, 5.0, 0.6, 20, seed=1, start_s=22)[-1])
    assert not warns(reports(recent, 5.0, 0.0, 9, seed=1, start_s=42)[-1])


def test_what_was_lost_long_ago_says_nothing_of_a_slow_camera() -> None:
    recent = RecentLosses()
    recent.add(1.0, 5, 30)
    recent.add(1.5 + LONGEST_S, 1, 0)
    assert recent.totals() == (1, 0)
    recent.clear()
    assert recent.totals() == (0, 0)
