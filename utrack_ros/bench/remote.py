"""An object in a process of its own: its memory and its threads are its alone, and it dies with its parent."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

from ..core.errors import UTrackError


class RemoteError(UTrackError):
    """The other process could not do what it was asked."""


class Remote:
    """The parent's end. Only one of several remotes works at a time, as long as one thread calls them.

    Args:
        name: what to call it in messages.
        make: makes the object in the new process; a function or class at the top of a module.
        *arguments: for `make`.

    Raises:
        RemoteError: the object could not be made.
    """

    def __init__(self, name: str, make: Callable[..., Any], *arguments: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._name = name
        self._connection, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, make, arguments), daemon=True)
        self._process.start()
        other.close()
        try:
            self._answer()
        except BaseException:
            self.close()
            raise

    def call(self, method: str, *arguments: Any) -> Any:
        """Call a method of the object and return what it returns.

        Raises:
            RemoteError: it failed, or its process died.
        """
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # `_answer` finds out why
            self._connection.send((method, arguments))
        return self._answer()

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.join()
        self._connection.close()

    def __enter__(self) -> Remote:
        """Return the remote itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self.close()

    def _answer(self) -> Any:
        try:
            ok, value = self._connection.recv()
        except (EOFError, ConnectionResetError):
            self._process.join()
            status = f"its process died with exit status {self._process.exitcode}"
            raise RemoteError(f"{self._name} to work", status, "Read what it wrote to standard error.") from None
        if not ok:
            raise RemoteError(f"{self._name} to work", str(value))
        return value


def _serve(connection: Connection, make: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Make the object and answer calls until the parent is gone; an unexpected error ends it with a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    try:
        try:
            made = make(*arguments)
            connection.send((True, None))
            while True:
                method, given = connection.recv()
                connection.send((True, getattr(made, method)(*given)))
        except UTrackError as error:
            connection.send((False, str(error)))
    except (EOFError, BrokenPipeError, ConnectionResetError):  # the parent is gone
        return
