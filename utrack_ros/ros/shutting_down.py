"""What fails only because the node is being shut down under a running frame, and is nobody's fault."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def unless_shut_down(context: Any) -> Iterator[None]:
    """Let an exception pass without a word where the ROS context has ended meanwhile; else it goes on.

    A signal ends the context at once, while the inference thread and that of the drawings are still at work: what they
    publish then fails in the middleware.

    Args:
        context: of the node that publishes.
    """
    try:
        yield
    except Exception:
        if context.ok():
            raise


def weakly(method: Callable[..., None]) -> Callable[..., None]:
    """Return a call of a method that does not keep its object alive, and does nothing when that is gone.

    For what a thread calls that may hang in a tracker: were it to keep the node's parts, they would outlive the node,
    and with them the context, whose shared memory must be gone before the process is.
    """
    kept = weakref.WeakMethod(method)

    def call(*arguments: Any) -> None:
        alive = kept()
        if alive is not None:
            alive(*arguments)

    return call
