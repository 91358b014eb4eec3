"""What the tests in test/fuzz share: how many examples, drawn damage to files, and bounds of time and memory."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase

TIMES = int(os.environ.get("UTRACK_FUZZ_TIMES") or 0)
"""How many times as many examples `make fuzz` draws, others in each run; 0 = the short form, the same in each run."""

PHASES = [phase for phase in Phase if phase is not Phase.explain]
"""Explaining a failure traces every line, so that nothing keeps within its time any more."""

FAILURES = Path(__file__).parents[1] / ".hypothesis"
"""Where the long form keeps what broke something: its next run begins with that."""

MIB = 1 << 20
SAFETY_MIB = 4096
"""More address space than this is never given, whatever a file claims."""
HANG_S = 30.0
LONGEST_ERROR = 1500

NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 2**64 - 1)
WORDS = (
    b"nan", b"-inf", b"1e400", b"-1", b"1_0", b"9" * 5000, b"1e30", b",", b";", b"\t", b"\n", b"\r\n", b"\n\n", b'"',
    b"'", b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", "\u2028".encode(), "٣".encode(),
    b"[" * 5000, b'{"a":' * 3000,
    b"..", b"/", b"null", b"true", b"{}", b"[]", b'"\\ud800"', b"x" * 140000, b"&a [*a]", b"!!python/name:os.system",
)  # fmt: skip
"""What breaks readers of text, more often than letters drawn at random do."""


class TooLong(BaseException):
    """A block that did not come to an end; no `except Exception` of the product may swallow it."""


def examples(count: int) -> settings:
    """Return the settings of a test that needs so many examples in its short form."""
    if not TIMES:
        return settings(max_examples=count, phases=PHASES)
    return settings(
        max_examples=count * TIMES,
        phases=PHASES,
        derandomize=False,
        database=DirectoryBasedExampleDatabase(FAILURES),
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )


@contextmanager
def bounded(seconds: float = 2.0, mib: int = 64) -> Iterator[None]:
    """Fail where a block takes more processor time, or makes this process grow by more memory at any moment.

    The block's own error goes on if it is within its bounds.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = _status_kib("VmSize") * 1024 + SAFETY_MIB * MIB
    before = signal.signal(signal.SIGPROF, _stop)
    start_kib = _forget_peak()
    start_s = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, HANG_S)
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        took_s, grew_mib = time.process_time() - start_s, (_status_kib("VmHWM") - start_kib) / 1024
        assert took_s < seconds, f"{took_s:.1f} s of processor time"
        assert grew_mib < mib, f"{grew_mib:.0f} MiB of memory"


def either(errors: type[Exception] | tuple[type[Exception], ...], call: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a call gives, or the documented error that it raises, which must be short enough for a log."""
    try:
        return call(*arguments)
    except errors as error:
        raised = error
    assert len(str(raised)) < LONGEST_ERROR, str(raised)[:LONGEST_ERROR]
    return raised


def _stop(number: int, frame: Any) -> None:
    raise TooLong(f"no end within {HANG_S:g} s of processor time")


def _forget_peak() -> int:
    """Let the kernel measure the largest size of this process anew; return what it starts from, KiB."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:  # not every kernel can: then what counts is growth over the largest size so far
        return _status_kib("VmHWM")
    return _status_kib("VmRSS")


def _status_kib(name: str) -> int:
    """Return a line of the kernel's account of this process, KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])


@st.composite
def damaged(draw: st.DrawFn, data: bytes, most: int = 4, words: Sequence[bytes] = (), head: int = 64) -> bytes:
    """Draw the bytes of a file after up to `most` accidents; every other one is near its beginning.

    Args:
        draw: given by hypothesis.
        data: the good file.
        most: accidents.
        words: what may be put in, besides bytes drawn at random.
        head: how many bytes are the beginning.
    """
    raw = bytearray(data)
    kinds = ["flip", "bytes", "number", "drop", "repeat", "cut"] + ["word"] * (3 if words else 0)
    for _ in range(draw(st.integers(0, most))):
        at = draw(st.integers(0, min(head, len(raw))) | st.integers(0, len(raw)))
        kind = draw(st.sampled_from(kinds))
        if kind == "flip":
            raw[at : at + 1] = bytes(byte ^ 1 << draw(st.integers(0, 7)) for byte in raw[at : at + 1])
        elif kind == "bytes":
            raw[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=12))
        elif kind == "number":
            size = draw(st.sampled_from((1, 2, 4, 8)))
            number = draw(st.sampled_from(NUMBERS)) % (1 << (8 * size))
            raw[at : at + size] = number.to_bytes(size, draw(st.sampled_from(("little", "big"))))  # type: ignore
        elif kind == "drop":
            del raw[at : at + draw(st.integers(1, 64))]
        elif kind == "repeat":
            raw[at:at] = bytes(raw[at : at + draw(st.integers(1, 64))]) * draw(st.integers(1, 3))
        elif kind == "cut":
            del raw[at:]
        else:
            raw[at : at + draw(st.integers(0, 4))] = draw(st.sampled_from(words))
    return bytes(raw)


ANY_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.just(10**400)
    | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)
"""Anything that a JSON file may hold, Python's NaN and Infinity too."""
