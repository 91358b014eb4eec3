"""A busy neighbour: another process that keeps one core and the memory at work, as a camera driver does."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

FRAME_BYTES = 1920 * 1080 * 3


@contextmanager
def busy_neighbour() -> Iterator[None]:
    """Run one while the `with` lasts; it works when the body begins."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        ours.recv()
        yield
    finally:
        process.terminate()
        process.join()
        ours.close()


def _work(ready: Connection) -> None:
    """Copy an image of 1080p and count, over and over, until it is ended."""
    frame = bytearray(FRAME_BYTES)
    ready.send(True)
    while not ready.poll():  # the parent is there, and silent
        copy = bytes(frame)
        frame[sum(range(20_000)) % FRAME_BYTES] = copy[0] ^ 1
