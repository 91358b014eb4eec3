"""The tracker's and the computer's status on /diagnostics."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from utrack_ros.checks.finding import Finding, Level
from utrack_ros.core.state import State
from utrack_ros.ros.exchange import Report
from utrack_ros.ros.health import BUSY_LIMIT_S, Counts, Health, Phase, Stream
from utrack_ros.ros.report_watch import ReportWatch
from utrack_ros.ros.statuses import Computer, compute_status, tracker_status

GOOD = Health(Phase.ACTIVE, State.TRACKING, Counts(received=5, processed=5), Stream("/image"))
REPORT = Report(SimpleNamespace(), 1, (48, 64), State.TRACKING, 3, (1.0, 2.0, 3.0, 4.0), 0.87654, 0.0, 21.0)


@pytest.mark.parametrize(
    ("health", "level", "message"),
    [
        (GOOD, Level.OK, "tracking"),
        (replace(GOOD, phase=Phase.INACTIVE, state=State.IDLE), Level.OK, "inactive"),
        (replace(GOOD, phase=Phase.UNCONFIGURED, failure="wrong hash"), Level.ERROR, "not configured: wrong hash"),
        (
            replace(GOOD, busy_s=BUSY_LIMIT_S + 1),
            Level.ERROR,
            "the tracker has not answered for 6 s; restart the node",
        ),
        (
            replace(GOOD, counts=Counts(errors=2, last_error="step failed: bad"), before=Counts(errors=1)),
            Level.ERROR,
            "the tracker failed: step failed: bad",
        ),
        (replace(GOOD, counts=Counts(errors=2), before=Counts(errors=2)), Level.OK, "tracking"),
    ],
)
def test_tracker(health: Health, level: Level, message: str) -> None:
    found = tracker_status(health, REPORT)
    assert (found.part, found.level, found.message) == ("tracker", level, message)


def test_values_of_a_target() -> None:
    values = tracker_status(GOOD, REPORT).values
    assert (values["state"], values["id"], values["score"], values["age_s"]) == ("TRACKING", "3", "0.877", "0.00")


@pytest.mark.parametrize(("state", "report"), [(State.IDLE, REPORT), (State.TRACKING, None)])
def test_target_that_is_gone_leaves_no_values(state: State, report: Report | None) -> None:
    values = tracker_status(replace(GOOD, state=state), report).values
    assert (values["id"], values["score"]) == ("0", "")


def test_computer_in_good_order() -> None:
    found = compute_status(Computer("cuda:0", 2, 812.4, (4.04, 6.0), [Finding("cuda", Level.OK, "Orin")], "torch"))
    assert (found.part, found.level, found.message) == ("compute", Level.OK, "cuda:0")
    assert dict(found.values) == {
        "device": "cuda:0",
        "engine": "torch",
        "precision": "fp32",
        "torch_threads": "2",
        "inference_ms_p50": "4.0",
        "inference_ms_p95": "6.0",
        "vram_mb": "812",
        "cuda": "Orin",
    }


def test_worst_finding_of_the_start_up_check_is_the_message() -> None:
    findings = [
        Finding("kernel buffers", Level.OK, "fine"),
        Finding("threads", Level.WARN, "too many", "set fewer"),
        Finding("shared memory", Level.ERROR, "full", "make room"),
    ]
    found = compute_status(Computer("cpu", 2, findings=findings))
    assert (found.level, found.message) == (Level.ERROR, "full; make room")
    assert found.values["threads"] == "too many; set fewer"


def test_computer_before_the_model_is_loaded() -> None:
    assert compute_status(Computer()).message == "no model is loaded"


def test_reports_are_noted_on_their_way() -> None:
    published: list[Report] = []
    watch = ReportWatch(published.append)
    watch(REPORT)
    assert published == [REPORT]
    assert watch.latest is REPORT
    assert watch.inference_ms.percentiles() == (21.0, 21.0)
