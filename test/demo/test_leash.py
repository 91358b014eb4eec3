"""The leash: it ties a process to its parent, and gives it back the signals that a shell took."""

import os
import signal
import subprocess
import sys

SHOW = "import signal; print(signal.getsignal(signal.SIGINT) == signal.default_int_handler)"


def leashed(parent, *command):
    return subprocess.run(
        [sys.executable, "-m", "utrack_ros.demo.leash", str(parent), *command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_ctrl_c_works_although_a_background_shell_ignores_it():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        done = leashed(os.getpid(), sys.executable, "-c", SHOW)
    finally:
        signal.signal(signal.SIGINT, before)
    assert done.stdout == "True\n"


def test_command_does_not_start_when_the_parent_is_gone():
    done = leashed(1, sys.executable, "-c", "print('started')")
    assert done.returncode == 1
    assert done.stdout == ""
