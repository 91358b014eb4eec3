"""Gaps in the numbers of a publisher's images."""

from __future__ import annotations

import pytest

from utrack_ros.ros.losses import Losses


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
