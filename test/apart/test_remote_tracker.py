"""A tracker in a process of its own: calls, errors, a crash, a hang, and that it is gone when it should be."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from process_end import has_ended, is_there
from scripted_tracker import CRASH, HANG, LEAVE, NO_MEMORY, RAISE, ScriptedRequest

from tools.soak.usage import children
from utrack_ros.apart import remote_tracker
from utrack_ros.apart.remote_tracker import RemoteTracker
from utrack_ros.core.errors import BoxError, ModelError, NotInitializedError, ProcessError
from utrack_ros.core.insight import looks_of
from utrack_ros.core.tracker import EndableTracker, Flag, Image, RestingTracker, SearchingTracker, TrackResult

BOX = (10.0, 8.0, 20.0, 16.0)
OWNER = """
import sys
sys.path[:] = sys.argv[1].split(":")
from scripted_tracker import ScriptedRequest
from utrack_ros.apart.remote_tracker import RemoteTracker
tracker = RemoteTracker(ScriptedRequest())
print(tracker.pid, flush=True)
sys.stdin.read()
"""


def grey(value: int, size_hw: tuple[int, int] = (48, 64)) -> Image:
    return np.full((*size_hw, 3), value, np.uint8)


def open_images() -> int:
    """Shared images that this process has open."""
    return sum("utrack-image" in os.readlink(file) for file in Path("/proc/self/fd").iterdir() if file.is_symlink())


def test_calls_go_there_and_answers_come_back(tracker: RemoteTracker) -> None:
    assert all(isinstance(tracker, kind) for kind in (SearchingTracker, RestingTracker, EndableTracker))
    assert (tracker.engine, tracker.precision) == ("script", "none")
    tracker.init(grey(90), BOX)
    assert tracker.update(grey(51)) == TrackResult(BOX, 0.9, Flag.NORMAL)
    for _ in range(2):
        tracker.rest()
    assert tracker.search(grey(51)) == TrackResult((2.0, 0.0, 0.0, 0.0), 0.2, Flag.NOT_FOUND)


def test_looks_are_those_of_the_last_frame(tracker: RemoteTracker) -> None:
    assert looks_of(tracker) == ()
    tracker.init(grey(90), BOX)
    for value in (60, 61):
        tracker.update(grey(value))
        answers: list[Any] = [looks_of(tracker), looks_of(tracker)]
        assert answers == [(value,)] * 2


def test_image_may_have_another_size(tracker: RemoteTracker) -> None:
    for size_hw in ((480, 640), (48, 64), (720, 1280)):
        assert tracker.search(grey(102, size_hw)).score == pytest.approx(0.4)


def test_errors_of_the_package_come_as_they_are(tracker: RemoteTracker) -> None:
    with pytest.raises(NotInitializedError, match="expected a target, but got none"):
        tracker.update(grey(90))
    with pytest.raises(BoxError) as raised:
        tracker.init(grey(90), (500.0, 8.0, 20.0, 16.0))
    assert raised.value.expected
    tracker.init(grey(90), BOX)
    assert tracker.update(grey(90)).box_xywh == BOX


def test_other_errors_are_told_in_words_and_the_tracker_goes_on(
    capfd: pytest.CaptureFixture[str],
) -> None:
    tracker = RemoteTracker(ScriptedRequest())  # after capfd, whose file it inherits
    tracker.init(grey(90), BOX)
    with pytest.raises(RuntimeError, match="KeyError: 'no such layer'"):
        tracker.update(grey(RAISE))
    assert "in act" in capfd.readouterr().err
    with pytest.raises(MemoryError, match="CUDA out of memory"):
        tracker.update(grey(NO_MEMORY))
    assert tracker.update(grey(90)).box_xywh == BOX


@pytest.mark.parametrize(("value", "words"), [(CRASH, "SIGSEGV"), (LEAVE, "status 3")])
def test_process_that_ends_is_an_error_from_then_on(tracker: RemoteTracker, value: int, words: str) -> None:
    tracker.init(grey(90), BOX)
    for _ in range(2):
        with pytest.raises(ProcessError, match=words):
            tracker.update(grey(value))
    with pytest.raises(ProcessError, match=words):
        tracker.rest()
    assert words in tracker.ended
    assert looks_of(tracker) == ()


def test_call_that_takes_too_long_ends_the_process(
    tracker: RemoteTracker, monkeypatch: pytest.MonkeyPatch, wait_until: Callable[..., Any]
) -> None:
    tracker.init(grey(90), BOX)
    monkeypatch.setattr(remote_tracker, "CALL_LIMIT_S", 0.3)
    with pytest.raises(ProcessError, match=r"an answer of the tracker's process in 0\.3 s"):
        tracker.update(grey(HANG))
    wait_until(lambda: tracker.ended)
    assert "SIGKILL" in tracker.ended


def test_hang_is_ended_from_another_thread(tracker: RemoteTracker) -> None:
    tracker.init(grey(90), BOX)
    raised: list[Exception] = []

    def call() -> None:
        try:
            tracker.update(grey(HANG))
        except ProcessError as error:
            raised.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    time.sleep(0.2)
    assert thread.is_alive()
    tracker.end()
    thread.join(5.0)
    assert "SIGKILL" in str(raised[0])


@pytest.mark.parametrize(
    ("engine", "error"), [("missing", ModelError), ("crash", ProcessError), ("hang", ProcessError)]
)
def test_load_that_fails_leaves_nothing(engine: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    if engine == "hang":
        monkeypatch.setattr(remote_tracker, "CALL_LIMIT_S", 1.0)

    def left() -> tuple[int, int]:
        return len(children(os.getpid())), open_images()

    gc.collect()
    before = left()
    with pytest.raises(error):
        RemoteTracker(ScriptedRequest(engine=engine))
    assert left() == before


def test_process_is_gone_with_its_tracker() -> None:
    tracker = RemoteTracker(ScriptedRequest())
    pid = tracker.pid
    assert is_there(pid)
    del tracker
    gc.collect()
    assert not is_there(pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_to_a_whole_service_is_for_the_node(tracker: RemoteTracker, number: int) -> None:
    assert os.getsid(tracker.pid) != os.getsid(0)
    os.kill(tracker.pid, number)
    tracker.init(grey(90), BOX)
    assert tracker.ended == ""


def test_what_lies_in_the_working_directory_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    tracker = RemoteTracker(ScriptedRequest())
    assert tracker.engine == "script"
    tracker.end()


def test_process_that_cannot_be_started_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    before = open_images()
    with pytest.raises(FileNotFoundError):
        RemoteTracker(ScriptedRequest())
    assert open_images() == before


@pytest.mark.parametrize("stopped", [False, True])
def test_process_ends_when_the_other_one_is_killed(wait_until: Callable[..., Any], stopped: bool) -> None:
    """Also one that hangs, and so cannot see that nobody asks any more."""
    command = [sys.executable, "-c", OWNER, ":".join(sys.path)]
    owner = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    if stopped:
        os.kill(pid, signal.SIGSTOP)
    owner.kill()
    owner.communicate()
    wait_until(lambda: has_ended(pid))
