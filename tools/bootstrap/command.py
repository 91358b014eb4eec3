"""Run one external command: everything into the log, a few progress lines on the screen."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import SetupError, explain

HEARTBEAT_S = 15.0
_DOWNLOAD = re.compile(r"^\s*Downloading (\S+?)(?:-[0-9]\S*)? \(([0-9.]+) ([MG]B)\)")
_INSTALL = re.compile(r"^Installing collected packages: (.+)")
_ERROR = re.compile(r"\b(?:ERROR|[Ee]rror)\b:?")
_NOISE = re.compile(r"is ignored: it is neither a file nor a directory|\[notice\]")


def milestone(line: str) -> str | None:
    """Return what a line of pip's or colcon's output means to the user, or None if nothing."""
    download = _DOWNLOAD.match(line)
    if download and (download[3] == "GB" or float(download[2]) >= 10):
        return f"downloading {download[1].rsplit('/', 1)[-1]} ({download[2]} {download[3]})"
    install = _INSTALL.match(line)
    if install:
        return f"installing {len(install[1].split(','))} packages"
    return None


def this_machine() -> str:
    """Return the Python version and processor, as messages name them."""
    return f"Python {sys.version_info[0]}.{sys.version_info[1]}, {platform.system()} {platform.machine()}"


def run(arguments: Sequence[str | Path], log: Path, env: Mapping[str, str], cwd: Path) -> None:
    """Run a command, its output appended to the log.

    Args:
        arguments: the program and its arguments.
        log: file that the output is appended to.
        env: the whole environment of the command.
        cwd: folder that it runs in.

    Raises:
        SetupError: the command cannot be started, or ends with an error.
    """
    words = [str(word) for word in arguments]
    tail: deque[str] = deque(maxlen=400)
    started = shown = time.monotonic()
    with log.open("a", encoding="utf-8", errors="replace") as file:
        file.write(f"\n$ {' '.join(words)}\n")
        file.flush()
        try:
            process = subprocess.Popen(
                words,
                cwd=cwd,
                env=dict(env),
                close_fds=False,  # it holds the lock of the set-up, too, in case this process is killed
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            raise SetupError(f"{words[0]} does not start ({error.strerror}); see {log}") from error
        with process:
            try:
                for line in process.stdout or ():
                    if _NOISE.search(line):
                        continue
                    file.write(line)
                    tail.append(line.rstrip())
                    message = milestone(line)
                    if message or time.monotonic() - shown > HEARTBEAT_S:
                        shown = time.monotonic()
                        show(f"  {message or 'working'} [{shown - started:.0f} s]")
            except BaseException:
                process.terminate()
                raise
    if process.returncode != 0:
        raise SetupError(_failure(words, process.returncode, list(tail), log))


def show(line: str) -> None:
    """Print one progress line."""
    print(line, flush=True)


def _failure(words: list[str], status: int, tail: list[str], log: Path) -> str:
    cause = explain("\n".join(tail), this_machine())
    if cause:
        return f"{cause} (details: {log})"
    if status < 0:
        return f"{Path(words[0]).name} was ended by signal {-status}; run `make setup` again (details: {log})"
    last = next((line for line in reversed(tail) if _ERROR.search(line)), tail[-1] if tail else "no output")
    return f"{Path(words[0]).name} failed with status {status}: {last.strip()[:200]} (details: {log})"
