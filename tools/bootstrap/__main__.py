"""Entry point of `make setup`: find a Python that fits, then run the steps.

This file alone must also parse on old Pythons, to say which one is wanted instead of a traceback.
"""

import os
import subprocess
import sys

OLDEST, NEWEST = (3, 10), (3, 14)


def supported(version):  # type: ignore[no-untyped-def]
    """Return whether a (major, minor) Python is one that the dependencies exist for."""
    return OLDEST <= tuple(version[:2]) <= NEWEST


def other_python():  # type: ignore[no-untyped-def]
    """Return the first command python3.x of a supported version that really starts, or None."""
    for minor in (12, 11, 10, 13, 14):
        name = "python3.%d" % minor  # noqa: UP031  (older than f-strings)
        try:
            subprocess.check_output([name, "-c", "import venv"], stderr=subprocess.STDOUT)
        except (OSError, subprocess.CalledProcessError):
            continue
        return name
    return None


if __name__ == "__main__":
    if not supported(sys.version_info):
        python = other_python()
        if python is None:
            found = "%d.%d" % tuple(sys.version_info[:2])  # noqa: UP031
            message = (
                "setup: Python 3.10 to 3.14 is needed and this is %s; install one, then: make setup PYTHON=python3.12"
            )
            sys.exit(message % found)
        os.execvp(python, [python, "-m", "tools.bootstrap", *sys.argv[1:]])  # noqa: S606

    from tools.bootstrap.main import main

    sys.exit(main())
