import numpy as np
import pytest

from utrack_ros.demo.join import join
from utrack_ros.io.results import TargetRow
from utrack_ros.ros.publish_log import PublishLog, Sent, read_log

START_S = 1_795_473_275.123456789


def result(stamp_s, score=0.5):
    return TargetRow(-1, stamp_s, "TRACKING", 1.0, 2.0, 3.0, 4.0, score, 5.0)


def sent(count, first=20, fps=10.0):
    return [Sent(first + number, START_S + number / fps) for number in range(count)]


def test_results_get_the_frame_of_their_stamp_in_order():
    log = sent(50)
    order = np.random.default_rng(0).permutation(50)
    joined = join([result(log[number].stamp_s, number / 100) for number in order], log)
    assert [row.frame for row in joined.rows] == list(range(20, 70))
    assert [row.score for row in joined.rows] == [number / 100 for number in range(50)]
    assert (joined.repeated, joined.strays) == (0, 0)


def test_frames_without_a_result_are_left_out():
    log = sent(10)
    joined = join([result(log[3].stamp_s), result(log[7].stamp_s)], log)
    assert [row.frame for row in joined.rows] == [23, 27]


def test_of_a_held_frame_the_last_result_counts():
    log = [Sent(20, START_S + number / 10) for number in range(5)] + [Sent(21, START_S + 0.5)]
    joined = join([result(line.stamp_s, score) for score, line in enumerate(log[2:])], log)
    assert [(row.frame, row.score) for row in joined.rows] == [(20, 2), (21, 3)]
    assert joined.repeated == 2


@pytest.mark.parametrize("shift_s", [2e-6, -2e-6, 40e-6])
def test_rounding_of_a_stamp_does_not_matter(shift_s):
    log = sent(5)
    assert [row.frame for row in join([result(log[2].stamp_s + shift_s)], log).rows] == [22]


@pytest.mark.parametrize("stamp_s", [0.0, START_S - 1, START_S + 0.05, START_S + 100])
def test_result_of_no_published_frame_is_a_stray(stamp_s):
    joined = join([result(stamp_s), result(START_S)], sent(5))
    assert joined.strays == 1
    assert [row.frame for row in joined.rows] == [20]


def test_nothing_recorded():
    assert join([], sent(5)).rows == []
    assert join([result(START_S)], []).strays == 1


def test_log_of_published_frames_survives_the_file(tmp_path):
    path = tmp_path / "sent.csv"
    log = PublishLog(path)
    log.write(20, 1_795_473_275, 7)
    log.write(21, 1_795_473_275, 100_000_007)
    assert path.read_text().splitlines()[1:] == ["20,1795473275.000000007", "21,1795473275.100000007"]
    log.close()
    assert [line.frame for line in read_log(path)] == [20, 21]
    assert read_log(path)[1].stamp_s - read_log(path)[0].stamp_s == pytest.approx(0.1, abs=1e-6)
