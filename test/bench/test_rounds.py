"""The order of the work, with trackers that only write down what they were asked."""

import multiprocessing
from pathlib import Path

from utrack_ros.bench.remote import RemoteError
from utrack_ros.bench.rounds import BUSY, NEIGHBOURS, QUIET, run_rounds
from utrack_ros.bench.stopwatch import FrameTime

BOX = (1.0, 2.0, 3.0, 4.0)
PIECES = [[Path("0"), Path("1"), Path("2")], [Path("3"), Path("4")]]


class Fake:
    """Takes as many ms for a frame as it was made with."""

    def __init__(self, name, diary, ms=1.0, fails_at=None):
        self.name, self.diary, self.ms, self.fails_at = name, diary, ms, fails_at

    def call(self, method, *arguments):
        if method == "measure":
            self.diary.append("probe")
            return {"conv_gflops": 100.0}
        if method == "begin":
            self.diary.append(f"{self.name} learns {arguments[0]}")
            return 50.0
        (files,) = arguments
        self.diary.append(f"{self.name} {' '.join(map(str, files))}")
        if self.fails_at in files:
            raise RemoteError("to work", "a broken tracker")
        return [FrameTime(self.ms) for _ in files]


def measure(*names, conditions=(QUIET,), **faults):
    diary = []
    contestants = {name: Fake(name, diary, fails_at=faults.get(name)) for name in names}
    measured = run_rounds(contestants, Fake("probe", diary), lambda: PIECES, BOX, conditions)
    return measured, diary


def test_trackers_take_turns_within_a_round_and_who_is_first_changes():
    _, diary = measure("a", "b")

    assert diary == ["a learns 0", "a 1 2", "b learns 0", "b 1 2", "probe", "b 3 4", "a 3 4", "probe"]


def test_every_frame_but_the_first_is_timed_in_every_round():
    measured, _ = measure("a", conditions=(QUIET, QUIET))

    assert [len(one.frames) for one in measured.rows["a"]] == [4, 4]
    assert [one.init_ms for one in measured.rows["a"]] == [50.0, 50.0]
    assert measured.probes == {QUIET: [[{"conv_gflops": 100.0}] * 2] * 2}


def test_a_failing_tracker_is_left_out_and_named_and_the_others_go_on():
    measured, diary = measure("a", "b", conditions=(QUIET, QUIET), a=Path("2"))

    assert measured.failures == {"a": "a broken tracker"}
    assert [line for line in diary if line.startswith("a")] == ["a learns 0", "a 1 2"]
    assert [len(one.frames) for one in measured.rows["b"]] == [4, 4]


def test_rounds_of_both_conditions_are_kept_apart():
    measured, _ = measure("a", conditions=(QUIET, BUSY))

    assert [one.condition for one in measured.rows["a"]] == [QUIET, BUSY]
    assert [len(measured.probes[name]) for name in (QUIET, BUSY)] == [1, 1]


def test_the_busy_neighbour_takes_processor_time_and_ends(wait_until):
    before = {child.pid for child in multiprocessing.active_children()}
    with NEIGHBOURS[BUSY]():
        (pid,) = {child.pid for child in multiprocessing.active_children()} - before
        start = cpu_ticks(pid)
        wait_until(lambda: cpu_ticks(pid) >= start + 10)

    assert not Path(f"/proc/{pid}").exists()


def cpu_ticks(pid):
    """Processor time of a process, user and system, hundredths of a second."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
