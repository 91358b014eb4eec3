"""Steps are not repeated, and an interrupted one is."""

from __future__ import annotations

import functools
import threading
from pathlib import Path

import pytest

from tools.bootstrap import main, steps
from tools.bootstrap.errors import SetupError
from tools.bootstrap.stamps import Stamp, digest


class Plan:
    """Stands in for a Checkout: three steps that write one file each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stamps = folder / "stamps"
        self.log = folder / "setup.log"
        self.inputs = {"venv": "1", "packages": "1", "interfaces": "1"}
        self.ran: list[str] = []
        self.fail_in = ""

    def steps(self) -> list[steps.Step]:
        return [
            steps.Step(name, name, inputs, self.folder / name, functools.partial(self.run, name))
            for name, inputs in self.inputs.items()
        ]

    def run(self, name):
        self.ran.append(name)
        if name == self.fail_in:
            raise KeyboardInterrupt
        (self.folder / name).touch()

    def check_machine(self):
        self.ran.append("check")

    def model_is_missing(self):
        return False

    def link_package(self):
        pass

    def write_env(self):
        pass


@pytest.fixture
def plan(tmp_path):
    return Plan(tmp_path)


def test_every_step_runs_once_and_then_none(plan):
    assert main.set_up(plan)
    assert plan.ran == ["check", "venv", "packages", "interfaces"]

    plan.ran.clear()
    assert not main.set_up(plan)
    assert plan.ran == []


def test_an_interrupted_step_runs_again_and_the_ones_before_it_do_not(plan):
    plan.fail_in = "packages"
    with pytest.raises(KeyboardInterrupt):
        main.set_up(plan)
    plan.fail_in, plan.ran = "", []

    main.set_up(plan)
    assert plan.ran == ["check", "packages", "interfaces"]


def test_a_step_interrupted_while_it_is_done_over_counts_as_not_done(plan):
    main.set_up(plan)
    plan.inputs["packages"], plan.fail_in = "2", "packages"
    with pytest.raises(KeyboardInterrupt):
        main.set_up(plan)
    plan.inputs["packages"], plan.fail_in, plan.ran = "1", "", []

    main.set_up(plan)
    assert plan.ran == ["check", "packages"]


def test_only_the_step_whose_input_changed_runs(plan):
    main.set_up(plan)
    plan.inputs["interfaces"], plan.ran = "2", []

    main.set_up(plan)
    assert plan.ran == ["check", "interfaces"]


def test_a_step_whose_result_was_deleted_runs_again(plan):
    main.set_up(plan)
    (plan.folder / "packages").unlink()
    plan.ran.clear()

    main.set_up(plan)
    assert plan.ran == ["check", "packages"]


def test_a_step_that_makes_nothing_is_a_failure(plan):
    plan.run = plan.ran.append

    with pytest.raises(SetupError, match="venv was not made"):
        main.set_up(plan)


def test_the_digest_sees_contents_names_and_texts(tmp_path):
    (tmp_path / "a").write_text("1")
    before = digest(["text", tmp_path])

    assert digest(["text", tmp_path]) == before
    assert digest(["other", tmp_path]) != before
    (tmp_path / "a").write_text("2")
    changed = digest(["text", tmp_path])
    assert changed != before
    (tmp_path / "a").rename(tmp_path / "b")
    assert digest(["text", tmp_path]) not in (before, changed)


@pytest.mark.parametrize("content", [b"", b"other", b"\xff\xfe"])
def test_a_damaged_stamp_means_not_done(tmp_path, content):
    (tmp_path / "step").write_bytes(content)

    assert not Stamp(tmp_path / "step").matches("inputs")


def test_the_command_prints_one_line_and_no_traceback(monkeypatch, capsys, tmp_path):
    def refuse(*_):
        raise SetupError("no such thing: install it")

    monkeypatch.setattr(main, "ROOT", tmp_path)
    monkeypatch.setattr(main, "choose", refuse)
    monkeypatch.setattr(main.signal, "signal", lambda *_: None)

    assert main.main() == 1
    assert capsys.readouterr().err == "setup: no such thing: install it\n"


def test_a_second_setup_waits_for_the_first(tmp_path):
    inside = threading.Event()

    def second():
        with main.only_one(tmp_path / "log" / "lock"):
            inside.set()

    thread = threading.Thread(target=second)
    with main.only_one(tmp_path / "log" / "lock"):
        thread.start()
        assert not inside.wait(0.2)
    assert inside.wait(10)
    thread.join()
