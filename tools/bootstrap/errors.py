"""What can go wrong in the set-up, each as one line that says what to do."""

from __future__ import annotations

import re

AGAIN = "then run `make setup` again; it goes on where it stopped"


class SetupError(Exception):
    """A failure of the set-up; the text is one line for the user."""


_NETWORK = (
    r"Temporary failure in name resolution|Name or service not known|Failed to establish a new connection|"
    r"Network is unreachable|NewConnectionError|ConnectTimeout|ReadTimeout|Read timed out|Connection refused|"
    r"Connection reset|ProxyError|RemoteDisconnected|IncompleteRead|Connection broken"
)
_CAUSES = [
    (r"No space left on device|Errno 28\b|Disk quota exceeded", f"the disk is full: free some space, {AGAIN}"),
    (_NETWORK, f"no connection to the package index: check the network and pip's proxy settings, {AGAIN}"),
    (
        r"SSLError|CERTIFICATE_VERIFY_FAILED",
        f"the package index's certificate was refused: check the clock, the proxy and PIP_CERT, {AGAIN}",
    ),
    (
        r"No CMAKE_C(?:XX)?_COMPILER could be found|CMAKE_C(?:XX)?_COMPILER not set|"
        r"compiler identification is unknown|is not able to compile a simple test program",
        f"no working C++ compiler: sudo apt install g++, {AGAIN}",
    ),
    (
        r"CMAKE_MAKE_PROGRAM is not set|unable to find a build program",
        f"no build program: sudo apt install make, {AGAIN}",
    ),
    (
        r"Python\.h: No such file|Could NOT find Python3? .*(?:Development|include)",
        f"Python's headers are missing: sudo apt install python3-dev, {AGAIN}",
    ),
    (r"ensurepip is not available", f"Python's venv module is not complete: sudo apt install python3-venv, {AGAIN}"),
    (r"Permission denied|Read-only file system", f"a file cannot be written: check who owns this folder, {AGAIN}"),
    (r"MemoryError|Cannot allocate memory|Killed signal", f"out of memory: close other programs, {AGAIN}"),
]
# With a constraint, pip calls a package that the index does not offer a conflict of one requirement with itself.
_NO_BUILD = re.compile(
    r"No matching distribution found for (\S+)|"
    r"The conflict is caused by:\n\s*The user requested \S+\n\s*The user requested \(constraint\) (\S+)"
)


def explain(output: str, platform: str) -> str | None:
    """Return the likely cause of a failed command and what to do, or None when its output names none.

    Args:
        output: what the command wrote, its end at least.
        platform: this machine in words, for example `Python 3.11, x86_64`.
    """
    for pattern, advice in _CAUSES:
        if re.search(pattern, output):
            return advice
    missing = _NO_BUILD.search(output)
    if missing:
        return (
            f"the package index offers no {missing[1] or missing[2]} for {platform}: "
            "check the network and pip's settings, or use another Python from 3.10 to 3.14 on x86-64 Linux, "
            "or source a ROS 2 installation first"
        )
    return None
