"""No process outlives the demo, however it ends."""

import os
import signal
import sys
from pathlib import Path

import pytest
from process_end import has_ended

from utrack_ros.demo import processes
from utrack_ros.demo.errors import DemoError
from utrack_ros.demo.processes import Children

KIND = "import time\nprint('ready', flush=True)\ntime.sleep(60)\n"
STUBBORN = "import signal\nfor s in (2, 15): signal.signal(s, signal.SIG_IGN)\n" + KIND
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])
print('ready', child.pid, flush=True)
child.wait()
"""


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """Write a module that `python -m` finds in a child."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))

    def write(name, text):
        (tmp_path / f"{name}.py").write_text(text)
        return name

    return write


@pytest.fixture
def children(tmp_path, modules):
    with Children(os.environ, tmp_path) as made:
        yield made


def ready(child, wait_until):
    wait_until(lambda: "ready" in child.log.read_text())
    return child


def test_kind_process_ends_on_the_first_signal(children, modules, wait_until):
    child = ready(children.start("kind", modules("kind", KIND), []), wait_until)
    assert child.status is None
    assert child.stop() == -signal.SIGINT or child.status == 1
    assert has_ended(child.pid)
    assert "KeyboardInterrupt" in child.log.read_text()


def test_process_that_ignores_signals_is_killed(children, modules, wait_until, monkeypatch):
    grace = tuple((number, 0.2) for number, _ in processes.GRACE_S)
    monkeypatch.setattr(processes, "GRACE_S", grace)
    child = ready(children.start("stubborn", modules("stubborn", STUBBORN), []), wait_until)
    assert child.stop() == -signal.SIGKILL
    assert child.stop() == -signal.SIGKILL  # again does nothing
    assert has_ended(child.pid)


def test_grandchildren_end_too(children, modules, wait_until):
    child = ready(children.start("parent", modules("parent", PARENT), []), wait_until)
    grandchild = int(child.log.read_text().split()[1])
    assert not has_ended(grandchild)
    child.stop()
    wait_until(lambda: has_ended(grandchild))


def test_error_in_the_with_stops_all(tmp_path, modules, wait_until):
    started = []

    def run():
        with Children(os.environ, tmp_path) as children:
            for name in ("one", "two"):
                started.append(ready(children.start(name, modules(name, KIND), []), wait_until))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert [has_ended(child.pid) for child in started] == [True, True]


def test_parent_that_is_killed_takes_them_along(tmp_path, modules, start, wait_until):
    modules("kind", KIND)
    parent = start(
        "-c",
        "import os, pathlib, signal\nfrom utrack_ros.demo.processes import Children\n"
        f"c = Children(os.environ, pathlib.Path({str(tmp_path)!r}))\n"
        "child = c.start('kind', 'kind', [])\n"
        "print('pid', child.pid, flush=True)\nsignal.pause()",
    )
    wait_until(lambda: "pid" in parent.output)
    pid = int(parent.output.split()[1])
    wait_until(lambda: "ready" in (tmp_path / "kind.log").read_text())
    assert not has_ended(pid)
    parent.interrupt(signal.SIGKILL)
    wait_until(lambda: has_ended(pid))


def test_failure_is_told_with_the_last_line_and_the_log(children, modules, wait_until):
    child = children.start("broken", modules("broken", "print('so far'); raise SystemExit('no camera')"), [])
    wait_until(lambda: child.status is not None)
    with pytest.raises(DemoError, match=r"the broken to run.*status 1: no camera.*Read .*broken\.log"):
        children.check()


def test_end_without_failure_is_fine(children, modules, wait_until):
    child = children.start("done", modules("done", "pass"), [])
    wait_until(lambda: child.status is not None)
    children.check()
    assert child.stop() == 0
    assert child.last_line == "nothing in its log"


def test_log_folder_that_is_missing(tmp_path):
    with Children(os.environ, tmp_path / "missing") as children, pytest.raises(DemoError, match="to start the node"):
        children.start("node", "json.tool", [])


def test_arguments_arrive_as_they_are(children, modules, wait_until):
    arguments = ["--ros-args", "-p", "source:=a b.avi", "$HOME"]
    child = children.start("echo", modules("echo", "import sys; print(sys.argv[1:])"), arguments)
    wait_until(lambda: child.status is not None)
    assert child.last_line == str(arguments)
    assert Path(sys.executable).exists()
