"""What the report makes of times that are known."""

import json

import pytest

from utrack_ros.bench.report import make_report
from utrack_ros.bench.rounds import BUSY, QUIET, Measured, RoundTimes
from utrack_ros.bench.rows import Row
from utrack_ros.bench.stopwatch import FrameTime

OURS = Row("utrack torch fp32", "utrack", "torch", "fp32")
PEER = Row("mil", "mil")
ABSENT = Row("csrt", "csrt", missing="not in this OpenCV")
ARITHMETIC = {"operations": 2, "flops": 1_000_000_000, "depthwise_flops": 0, "bytes": 40_000_000}
PROBE = {
    "conv_gflops": 200.0,
    "copy_gbs": 20.0,
    "own_conv_gflops": 125.0,
    "dense_ms": 8.0,
    "depthwise_ms": 1.0,
    "network_ms": 11.0,
}
WHAT = ("/ mil", "/ mil (cpu)", "network / floor")
FACTS = {"load_s": 1.0, "threads": 2, "os_threads": 3, "peak_memory_mb": 400.0}


def frame(total_ms, found=True):
    stages = {"crop": 1.0, "network": 9.0, "learning": 0.5} | ({"neck": 3.0, "refinement": 6.0} if found else {})
    return FrameTime(total_ms, found, stages, 1.5 * total_ms)


def measured(slow=1.0):
    ours = [
        RoundTimes(QUIET, 100.0, [[frame(20.0), frame(20.0), frame(30.0 * slow, found=False)]]),
        RoundTimes(BUSY, 300.0, [[frame(40.0)] * 3]),
        RoundTimes(QUIET, 80.0, [[frame(20.0 * slow)] * 3]),
    ]
    taken = [FrameTime(10.0, cpu_ms=10.0)] * 2
    theirs = [RoundTimes(condition, 10.0, [taken]) for condition in (QUIET, BUSY, QUIET)]
    busy_probe = PROBE | {"conv_gflops": 100.0}
    return Measured({OURS.label: ours, PEER.label: theirs}, {QUIET: [[PROBE], [PROBE]], BUSY: [[busy_probe]]})


def report(rows=(OURS, PEER, ABSENT), **changes):
    return make_report(rows, measured(**changes), {OURS.label: FACTS, PEER.label: FACTS}, ARITHMETIC, {})


def test_a_row_has_the_figures_of_all_its_rounds():
    row = report()["rows"][0]
    times = row["conditions"][QUIET]

    assert times["frame_ms"]["count"] == 6
    assert times["frame_ms"]["median"] == 20.0
    assert times["frame_ms"]["max"] == 30.0
    assert times["fps"] == pytest.approx(6 / 0.130, rel=1e-3)
    assert times["found"] == pytest.approx(5 / 6)
    assert times["init_ms"]["median"] == 90.0
    assert row["first_init_ms"] == 100.0
    assert row["peak_memory_mb"] == 400.0


def test_stages_count_the_frames_they_were_part_of():
    stages = report()["rows"][0]["conditions"][QUIET]["stages_ms"]

    assert list(stages) == ["crop", "network", "neck", "refinement", "learning"]
    assert (stages["network"]["count"], stages["neck"]["count"]) == (6, 5)
    assert stages["refinement"]["median"] == 6.0


def test_the_floor_is_flops_at_the_convolution_rate():
    floor = report()["floor"]

    assert floor[QUIET][OURS.label]["arithmetic_ms"] == 5.0
    assert floor[QUIET][OURS.label]["network_ms"] == 12.0
    assert floor[QUIET][OURS.label]["to_arithmetic"] == 2.4
    assert floor[QUIET][OURS.label]["copy_ms"] == 2.0
    assert floor[BUSY][OURS.label]["to_arithmetic"] == 1.2


def test_the_parts_of_the_network_add_up_to_its_time():
    parts = report()["floor"][QUIET][OURS.label]["parts_ms"]

    assert parts == {"arithmetic": 5.0, "shapes": 3.0, "depthwise": 1.0, "between": 2.0, "tracking": 1.0}


def test_ratios_are_to_each_peer_and_to_the_floor():
    ratios = report()["ratios"]

    assert set(ratios) == {f"{condition}: {OURS.label} {what}" for condition in (QUIET, BUSY) for what in WHAT}
    assert ratios[f"{QUIET}: {OURS.label} / mil"] == {"value": 2.0, "low": 2.0, "high": 2.0}
    assert ratios[f"{BUSY}: {OURS.label} / mil"]["value"] == 4.0
    assert ratios[f"{QUIET}: {OURS.label} network / floor"]["value"] == 2.4


def test_a_row_that_is_missing_says_why_and_has_no_numbers():
    made = measured()
    made.failures[PEER.label] = "it broke"
    rows = make_report((OURS, PEER, ABSENT), made, {}, ARITHMETIC, {})["rows"]

    assert [row["missing"] for row in rows] == [None, "it broke", "not in this OpenCV"]
    assert rows[1]["conditions"] == rows[2]["conditions"] == {}


def test_a_network_that_never_ran_whole_has_no_floor():
    made = measured()
    for one in made.rows[OURS.label]:
        one.pieces = [[frame(20.0, found=False)]]
    made_report = make_report((OURS,), made, {}, ARITHMETIC, {})

    assert made_report["floor"][QUIET][OURS.label] is None
    assert made_report["ratios"] == {}


def test_processor_time_has_a_ratio_of_its_own():
    assert report()["ratios"][f"{QUIET}: {OURS.label} / mil (cpu)"]["value"] == 3.0


def test_a_piece_of_the_first_frame_alone_counts_nowhere():
    made = measured()
    for rounds in made.rows.values():
        rounds[0].pieces.insert(0, [])
    made.probes[QUIET][0].insert(0, PROBE)

    assert make_report((OURS, PEER), made, {}, ARITHMETIC, {})["ratios"] == report()["ratios"]


def test_the_report_is_json():
    assert json.loads(json.dumps(report(), allow_nan=False)) == report()
