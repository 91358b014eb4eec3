"""The report as a page and as plain values."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from utrack_ros.checks.finding import Finding, Level
from utrack_ros.doctor.page import show
from utrack_ros.doctor.report import Report, Section

OK = Finding("transport", Level.OK, "segments of 67.1 MB")
WARN = Finding("threads", Level.WARN, "the network takes 8 threads on 2 processors", "set torch_threads to 2")
ERROR = Finding("qos", Level.ERROR, "the camera offers best effort [1]", "set image_reliability to auto")


def page(*findings: Finding, encoding: str = "utf-8", width: int = 100) -> list[str]:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    show(Report([Section("This machine", findings)]), Console(file=file, width=width))
    file.flush()
    return [line.rstrip() for line in raw.getvalue().decode(encoding).splitlines()]


def test_what_was_seen_stands_over_what_to_do() -> None:
    assert page(OK, WARN, ERROR) == [
        "This machine",
        " ✓ transport      segments of 67.1 MB",
        " ! threads        the network takes 8 threads on 2 processors",
        "                  → set torch_threads to 2",
        " ✗ qos            the camera offers best effort [1]",
        "                  → set image_reliability to auto",
        "",
        "1 error and 1 warning.",
    ]


def test_terminal_without_unicode() -> None:
    lines = page(OK, ERROR, encoding="ascii")
    assert lines[1].startswith("ok transport")
    assert lines[2].startswith(" X qos")
    assert lines[3].strip().startswith("-> set")


def test_nothing_wrong() -> None:
    assert page(OK)[-1] == "Nothing is wrong."


def test_long_path_is_folded_and_not_cut() -> None:
    path = "/opt/" + "long/" * 30 + "fastdds_shm.xml"
    lines = page(Finding("transport", Level.WARN, "small", f"export P={path}"), width=60)
    assert all(len(line) <= 60 for line in lines)
    assert path in "".join(line.strip() for line in lines)


@pytest.mark.parametrize(("findings", "code"), [((), 0), ((OK,), 0), ((OK, WARN), 0), ((ERROR, OK), 1)])
def test_exit_code_is_that_of_the_worst(findings: tuple[Finding, ...], code: int) -> None:
    assert Report([Section("", (OK,)), Section("", findings)]).exit_code == code


def test_plain_values_hold_everything() -> None:
    plain = json.loads(json.dumps(Report([Section("Models", (OK, ERROR))]).as_dict()))
    assert plain["level"] == "ERROR"
    assert plain["sections"][0]["title"] == "Models"
    assert plain["sections"][0]["findings"][1] == {
        "check": "qos",
        "level": "ERROR",
        "seen": ERROR.seen,
        "advice": ERROR.advice,
    }
