"""Where the memory runs out, once more with what can be given back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ..heap import ran_out_of_memory, release_memory
from .faults import FaultLog

Answer = TypeVar("Answer")


def with_one_retry(call: Callable[[], Answer], faults: FaultLog) -> Answer:
    """Return what a call of the tracker returns; where memory runs out, give back what is cached and call once more.

    Args:
        call: a call of the tracker.
        faults: where the failure is counted and logged, also where the second call is good.
    """
    try:
        return call()
    except Exception as error:
        if not ran_out_of_memory(error):
            raise
        faults.error(
            "out of memory, cached memory is freed for a second try", str(error) or repr(error), count="errors"
        )
    release_memory()  # outside of the handler, whose traceback keeps tensors alive
    return call()
