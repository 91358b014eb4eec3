"""What a replay with `processing: all` must give; free of pytest, for launch_testing too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from utrack_ros.ros.messages import stamp_to_ns


def every_image_has_its_target(targets: Sequence[Any], stamps_ns: Sequence[int]) -> None:
    """Expect one Target an image, in order, and none dropped.

    Args:
        targets: the `Target` messages as they came.
        stamps_ns: stamps of the recorded images.
    """
    assert [stamp_to_ns(target.header.stamp) for target in targets] == list(stamps_ns)
    assert targets[-1].frames_dropped == 0
