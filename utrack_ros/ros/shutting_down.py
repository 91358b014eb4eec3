"""What fails only because the node is being shut down under a running frame, and is nobody's fault."""

from __future__ import annotations

from collections.abc import Iterator
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
