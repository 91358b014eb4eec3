"""The tracker's and the computer's status on /diagnostics."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from utrack_ros.checks.finding import Finding, Level
from utrack_ros.core.state import State
from utrack_ros.ros.counters import Counts
from utrack_ros.ros.exchange import Report, Standing
from utrack_ros.ros.health import BUSY_LIMIT_S, Health, Phase
from utrack_ros.ros.report_watch import ReportWatch
from utrack_ros.ros.statuses import Computer, compute_status, tracker_status
from utrack_ros.ros.stream_status import Stream

FOLLOWED = Standing(state=State.TRACKING, target_id=3)
GOOD = Health(Phase.ACTIVE, FOLLOWED, Counts(received=5, processed=5), Stream("/image"))
REPORT = Report(SimpleNamespace(), 1, (48, 64), State.TRACKING, 3, (1.0, 2.0, 3.0, 4.0), 0.87654, 0.0, 21.0)


@pytest.mark.parametrize(
    ("health", "level", "message"),
    [
        (GOOD, Level.OK, "tracking"),
        (replace(GOOD, phase=Phase.INACTIVE, standing=Standing()), Level.OK, "inactive"),
        (replace(GOOD, phase=Phase.UNCONFIGURED, failure="wrong hash"), Level.ERROR, "not configured: wrong hash"),
        (
            replace(GOOD, busy_s=BUSY_LIMIT_S + 1),
            Level.ERROR,
            "the tracker has not answered for 6 s; clean up and configure the node, or restart it",
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


@pytest.mark.parametrize(
    ("standing", "report", "expected"),
    [
        (Standing(), None, ("IDLE", "0", "", "")),
        (Standing(), REPORT, ("IDLE", "0", "", "")),
        (Standing(state=State.INITIALIZING, target_id=1), None, ("INITIALIZING", "1", "", "0.00")),
        (Standing(state=State.INITIALIZING, target_id=4), REPORT, ("INITIALIZING", "4", "", "0.00")),
        (Standing(state=State.TRACKING, target_id=4), REPORT, ("TRACKING", "4", "", "0.00")),
        (Standing(state=State.LOST, target_id=3, age_s=0.5), REPORT, ("LOST", "3", "", "0.50")),
        (
            Standing(state=State.LOST, target_id=3, age_s=2.5),
            replace(REPORT, state=State.LOST, box_xywh=None, score=0.125, age_s=0.4),
            ("LOST", "3", "0.125", "2.50"),
        ),
        (
            Standing(state=State.COASTING, target_id=3, age_s=0.21),
            replace(REPORT, state=State.COASTING, score=0.3, age_s=0.2),
            ("COASTING", "3", "0.300", "0.21"),
        ),
    ],
    ids=["start", "given up", "first", "marked anew", "learnt", "lost between images", "lost", "coasting"],
)
def test_values_are_of_one_moment(standing: Standing, report: Report | None, expected: tuple[str, ...]) -> None:
    values = tracker_status(replace(GOOD, standing=standing), report).values
    assert (values["state"], values["id"], values["score"], values["age_s"]) == expected


TIMES_MS = {"inference": (4.04, 6.0), "overhead": None}


def test_computer_in_good_order() -> None:
    found = compute_status(Computer("cuda:0", 2, 812.4, TIMES_MS, [Finding("cuda", Level.OK, "Orin")], "steam", "bf16"))
    assert (found.part, found.level, found.message) == ("compute", Level.OK, "cuda:0")
    assert dict(found.values) == {
        "device": "cuda:0",
        "engine": "steam",
        "precision": "bf16",
        "torch_threads": "2",
        "inference_ms_p50": "4.0",
        "inference_ms_p95": "6.0",
        "overhead_ms_p50": "",
        "overhead_ms_p95": "",
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


def test_images_that_nobody_looked_on_do_not_make_the_tracker_faster() -> None:
    watch = ReportWatch(lambda report: None)
    for took_ms in (21.0, 0.0, 0.0):
        watch(replace(REPORT, inference_ms=took_ms))
    assert watch.inference_ms.percentiles() == (21.0, 21.0)


def test_another_model_starts_without_the_reports_of_the_one_before() -> None:
    watch = ReportWatch(lambda report: None)
    watch(REPORT)
    watch.restart()
    assert (watch.latest, watch.inference_ms.percentiles()) == (None, None)
