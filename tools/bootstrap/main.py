"""`make setup`: run the steps that are not done yet, one set-up at a time."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .command import show
from .errors import AGAIN, SetupError
from .ros import base_python, choose
from .stamps import Stamp
from .steps import Checkout

ROOT = Path(__file__).resolve().parents[2]


def set_up(checkout: Checkout) -> bool:
    """Bring a checkout up to date.

    Returns:
        Whether there was anything to do.

    Raises:
        SetupError: a step failed; those before it are kept.
    """
    busy = False
    for step in checkout.steps():
        stamp = Stamp(checkout.stamps / step.name)
        if stamp.matches(step.inputs) and step.result.exists():
            continue
        if not busy:
            checkout.check_machine()
        busy = True
        started = time.monotonic()
        show(f"setup: {step.title}")
        stamp.clear()
        step.run()
        if not step.result.exists():
            raise SetupError(f"{step.result} was not made; see {checkout.log}")
        stamp.write(step.inputs)
        show(f"setup: done in {time.monotonic() - started:.0f} s")
    if checkout.model_is_missing():
        busy = True
        show("setup: converting the published EfficientNet-Lite0 weights")
        checkout.convert_model()
    checkout.link_package()
    checkout.write_env()
    return busy


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Hold the lock of the set-up, waiting for another one that runs in this checkout.

    Commands that the set-up starts hold it as well, so what outlives a killed set-up is waited for.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        os.set_inheritable(file.fileno(), True)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            show("setup: another set-up runs in this folder; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Set the checkout up and return the exit status; a failure is one line on stderr."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with only_one(ROOT / "log" / "setup.lock"):
            checkout = Checkout(ROOT, choose(os.environ, base_python()), dict(os.environ))
            if set_up(checkout):
                show("setup: ready. For a shell with everything in it: source env.sh")
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"setup: {error}: check free disk space and who owns this folder, {AGAIN}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("setup: interrupted; run `make setup` again and it goes on", file=sys.stderr)
        return 130
    return 0
