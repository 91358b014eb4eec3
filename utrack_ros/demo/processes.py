"""Child processes with a log each, none of which outlives the demo."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from .errors import DemoError

GRACE_S = ((signal.SIGINT, 10.0), (signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))
"""What is sent to end a process, and how long it then has."""


class Child:
    """One process in a session of its own, so that it and all it starts can be ended together.

    Attributes:
        name: what to call it in messages.
        log: file with everything that it writes.
        status: its exit status; None while it runs.
    """

    def __init__(self, name: str, module: str, arguments: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        """Start `python -m module arguments`.

        Raises:
            OSError: the log cannot be written or the process not be started.
        """
        self.name = name
        self.log = log
        self._stopped = False
        leash = [sys.executable, "-m", "utrack_ros.demo.leash", str(os.getpid())]
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*leash, sys.executable, "-m", module, *arguments],
                env={**env, "PYTHONUNBUFFERED": "1"},  # else the log is out of order
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def status(self) -> int | None:
        """Exit status, or None while it runs."""
        return self._process.poll()

    @property
    def pid(self) -> int:
        """Process id, and id of its process group."""
        return self._process.pid

    @property
    def last_line(self) -> str:
        """Last line of its log that is not empty."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "nothing in its log")

    def check(self) -> None:
        """See that it is still alive or ended well.

        Raises:
            DemoError: it failed; the error has the last line and the name of its log.
        """
        if self.status:
            raise DemoError(f"the {self.name} to run", f"its end with status {self.status}: {self.last_line}", self.see)

    @property
    def see(self) -> str:
        """Where to read on."""
        return f"Read {self.log}."

    def stop(self) -> int:
        """End it, kindly at first, and whatever it left in its process group; return its exit status."""
        if self._stopped:
            return self._process.wait()
        self._stopped = True
        for number, grace_s in GRACE_S:
            if self._process.poll() is None:
                self._signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(grace_s)
        self._signal(signal.SIGKILL)
        return self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


class Children:
    """Starts processes in one environment and stops them all, the latest first, when its `with` ends."""

    def __init__(self, env: Mapping[str, str], log_folder: Path) -> None:
        self._env = env
        self._folder = log_folder
        self._children: list[Child] = []

    def start(self, name: str, module: str, arguments: Sequence[str]) -> Child:
        """Start `python -m module arguments`; its log is NAME.log.

        Raises:
            DemoError: it cannot be started.
        """
        log = self._folder / f"{name}.log"
        try:
            child = Child(name, module, arguments, self._env, log)
        except OSError as error:
            raise DemoError(f"to start the {name}", str(error), "Check the folder and the free space.") from error
        self._children.append(child)
        return child

    def check(self) -> None:
        """See that none has failed.

        Raises:
            DemoError: one did.
        """
        for child in self._children:
            child.check()

    def __enter__(self) -> Children:
        """Return the set itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all that still run; a second Ctrl-C meanwhile does not leave one behind."""
        previous = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            for child in reversed(self._children):
                child.stop()
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
