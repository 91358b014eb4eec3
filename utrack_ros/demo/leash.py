"""Run a command that ends when its parent does: `python -m utrack_ros.demo.leash PARENT COMMAND...`.

The parent asks this of its children so that not even its own sudden death leaves one behind.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that this process gets when its parent dies; it survives the exec."""


def main(arguments: list[str]) -> None:
    """Tie this process to the parent with the given id, then become the command."""
    parent, command = int(arguments[0]), arguments[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the leash was on
        sys.exit(1)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell that runs us in the background has it ignored
    os.execvp(command[0], command)  # noqa: S606  the caller's own command


if __name__ == "__main__":
    main(sys.argv[1:])
