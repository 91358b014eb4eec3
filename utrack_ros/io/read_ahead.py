"""Read frames in a thread, a few ahead of when they are needed."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")
END = object()
POLL_S = 0.1
"""How often a full queue looks whether the reader was closed."""


class ReadAhead(Generic[Item]):
    """Iterates over something slow in a thread of its own and keeps up to `depth` items ready.

    An exception of the source is raised to the consumer after the items that came before it.

    Args:
        items: what to iterate over.
        depth: how many items to keep; each may be a whole picture.
    """

    def __init__(self, items: Iterable[Item], depth: int) -> None:
        self._ready: queue.Queue[object] = queue.Queue(depth)
        self._closed = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._read, args=(items,), name="read-ahead", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Item]:
        """Return itself."""
        return self

    def __next__(self) -> Item:
        """Return the next item, waiting for it where need be."""
        item = self._ready.get() if not self._closed.is_set() else END
        if item is END:
            self.close()
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            raise StopIteration
        return item  # type: ignore[return-value]

    def close(self) -> None:
        """End the thread; what is still ready is thrown away."""
        self._closed.set()
        while not self._ready.empty():
            self._ready.get_nowait()
        self._thread.join(timeout=5.0)

    def _read(self, items: Iterable[Item]) -> None:
        try:
            for item in items:
                if not self._put(item):
                    return
        except Exception as error:  # noqa: BLE001  handed to the consumer
            self._error = error
        self._put(END)

    def _put(self, item: object) -> bool:
        while not self._closed.is_set():
            try:
                self._ready.put(item, timeout=POLL_S)
            except queue.Full:
                continue
            return True
        return False
