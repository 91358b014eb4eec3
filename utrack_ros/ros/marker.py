"""Marks a target for a tracker node on the image that was just published."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from rclpy.node import Node

from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]

from ..core.boxes import Box
from .playback import PlayError

RETRY_S = 0.2
ANSWER_S = 20.0
"""Longest wait for one answer: a target is learnt in less; a request to a node that has died is sent again."""

MAY_PASS = frozenset({SetTarget.Response.NO_IMAGE, SetTarget.Response.MODEL_NOT_READY, SetTarget.Response.INACTIVE})
"""Refusals that another try may overcome."""


class Marker:
    """Client of a tracker's `set_target`; the node that owns it must spin in another thread."""

    def __init__(self, node: Node, tracker: str) -> None:
        """Prepare the client.

        Args:
            node: owns the client.
            tracker: name of the tracker node.
        """
        self._client: Any = node.create_client(SetTarget, f"{tracker}/set_target")

    def mark(self, box_xywh: Box, publish: Callable[[], None], pause: Callable[[float], bool], timeout_s: float) -> int:
        """Ask until the tracker has taken the target on its newest image; return the target's number.

        Args:
            box_xywh: (x, y, width, height), pixels.
            publish: sends the image again; called when the tracker says that it has none.
            pause: waits for some seconds; True when the work is to end.
            timeout_s: how long to try; infinity = forever.

        Returns:
            The number, or 0 when told to end.

        Raises:
            PlayError: the box is refused, or the time is over.
        """
        x, y, w, h = box_xywh
        request = SetTarget.Request(x=x, y=y, width=w, height=h)
        end_s, said = time.monotonic() + timeout_s, f"no service {self._client.srv_name}"
        while time.monotonic() <= end_s:
            if self._client.service_is_ready():
                answer = self._ask(request, pause)
                if answer is not None and answer.success:
                    return int(answer.target_id)
                said = "no answer" if answer is None else answer.message
                if answer is not None and answer.code not in MAY_PASS:
                    raise PlayError("a box that the tracker accepts", f"its refusal: {said}")
                if answer is not None and answer.code == SetTarget.Response.NO_IMAGE:
                    publish()
            if pause(RETRY_S):
                return 0
        raise PlayError(f"the tracker to take the target within {timeout_s:g} s", said, "Is the tracker running?")

    def _ask(self, request: Any, pause: Callable[[float], bool]) -> Any:
        answered = threading.Event()
        future = self._client.call_async(request)
        future.add_done_callback(lambda _: answered.set())
        for _ in range(round(ANSWER_S / RETRY_S)):
            if answered.wait(RETRY_S):
                return future.result()
            if pause(0.0):
                break
        self._client.remove_pending_request(future)
        return None
