"""A target marked on an image that is no longer the newest: learnt there, followed up to now, then reported."""

from __future__ import annotations

from typing import Any

import pytest
from session_bench import BOX, FRAME_NS, SECOND_NS, Bench, tracking_bench

from utrack_ros.core.boxes import Box
from utrack_ros.core.state import State, StateConfig
from utrack_ros.core.tracker import Flag, TrackResult
from utrack_ros.ros.exchange import Selection, SelectionCode


class Movie(Bench):
    """A session whose images are told apart by their grey level, and a tracker that notes which ones it was given."""

    def __init__(self, frames: int = 20, config: StateConfig | None = None, by_stamps: bool = False) -> None:
        super().__init__(config, by_stamps)
        self.looked_at: list[int] = []
        self.score = 0.9
        self.took_s = 0.0
        self.tracker.script = self._look
        for index in range(frames):
            self.frame(value=index)

    def _look(self, image: Any) -> TrackResult:
        self.looked_at.append(int(image[0, 0, 0]))
        self.now_s += self.took_s
        return self.tracker.answer(self.score)

    def mark(self, back: int, **changes: Any) -> Any:
        """Mark the target on the image that is so many images old."""
        return self.select(stamp_ns=self.stamp_ns - back * FRAME_NS, **changes)

    def catch_up(self) -> None:
        for _ in range(100):
            if not self.session.is_catching_up:
                return
            self.session.catch_up()
        raise AssertionError("it never arrived")


@pytest.fixture
def movie() -> Movie:
    return Movie()


def test_target_is_learnt_on_the_image_that_was_marked(movie: Movie) -> None:
    seen: list[int] = []
    learn = movie.tracker.init

    def init(image: Any, box_xywh: Box) -> None:
        seen.append(int(image[0, 0, 0]))
        learn(image, box_xywh)

    movie.tracker.init = init  # type: ignore[method-assign]
    outcome = movie.mark(15)
    assert (outcome.code, outcome.target_id) == (SelectionCode.OK, 1)
    assert seen == [4]
    assert movie.session.state is State.INITIALIZING
    assert movie.reports == []


def test_it_catches_up_to_the_newest_image_and_reports_that_one_first(movie: Movie) -> None:
    movie.mark(15)
    movie.catch_up()
    assert movie.looked_at == sorted(set(movie.looked_at))
    assert (movie.looked_at[0], movie.looked_at[-1]) == (7, 19)
    assert len(movie.looked_at) >= 6
    [report] = movie.reports
    assert (report.state, report.stamp_ns, report.box_xywh, report.score) == (State.TRACKING, movie.stamp_ns, BOX, 0.9)
    assert movie.state_after(value=20) is State.TRACKING


def test_target_that_is_not_known_again_on_the_newest_image_coasts(movie: Movie) -> None:
    movie.tracker.script = lambda image: TrackResult(BOX, 0.9, Flag.NORMAL, familiar=False)
    movie.mark(15)
    movie.catch_up()
    [report] = movie.reports
    assert (report.state, report.box_xywh) == (State.COASTING, BOX)


def test_no_image_is_passed_by_on_the_way_where_every_one_counts() -> None:
    movie = Movie(by_stamps=True)
    movie.took_s = 5.0
    movie.mark(15)
    movie.catch_up()
    assert movie.looked_at == list(range(5, 20))
    [report] = movie.reports
    assert (report.state, report.stamp_ns, report.age_s) == (State.TRACKING, movie.stamp_ns, 0.0)


def test_images_that_come_meanwhile_are_reached_too(movie: Movie) -> None:
    movie.took_s = 0.05
    movie.mark(15)
    index = 20
    while movie.session.is_catching_up:
        movie.session.catch_up()
        movie.frame(value=index)
        index += 1
        assert index < 60
    assert movie.reports[0].stamp_ns >= movie.stamp_ns - 2 * FRAME_NS
    assert movie.counts["processed"] == index


def test_learning_that_takes_long_loses_no_image_on_the_way(movie: Movie) -> None:
    """The images that come while the target is learnt are held, though it takes longer than history_s."""

    def learn() -> None:
        for index in range(20, 110):
            movie.arrive(value=index)

    movie.tracker.init_script = learn
    movie.mark(15)
    movie.session.process(movie.arrive(value=110))
    movie.catch_up()
    steps = [after - before for before, after in zip([4, *movie.looked_at], movie.looked_at, strict=False)]
    assert movie.looked_at[-1] == 110
    assert max(steps) <= 1 + 106 // 6
    movie.frame(value=111)
    assert movie.history.count <= 32


def test_slow_learning_on_the_newest_image_catches_up_as_well(movie: Movie) -> None:
    movie.tracker.init_script = lambda: [movie.arrive(value=index) for index in range(20, 30)] and None
    assert movie.select().code is SelectionCode.OK
    assert (movie.session.state, movie.reports) == (State.INITIALIZING, [])
    movie.session.process(movie.arrive(value=30))
    movie.catch_up()
    assert len(movie.reports) == 1
    assert movie.reports[0].stamp_ns == movie.stamp_ns
    assert len(movie.looked_at) >= 6


def test_region_is_marked_on_the_image_its_user_saw(movie: Movie) -> None:
    selection = Selection(BOX, latency_s=0.33, asked_s=movie.now_s)
    assert movie.session.select(selection).code is SelectionCode.OK
    movie.catch_up()
    assert movie.looked_at[0] == 11


@pytest.mark.parametrize(
    ("score", "flag", "state"),
    [
        (0.9, Flag.NORMAL, State.TRACKING),
        (0.5, Flag.UNCERTAIN, State.TRACKING),
        (0.49, Flag.NORMAL, State.COASTING),
        (0.9, Flag.NOT_FOUND, State.COASTING),
    ],
)
def test_target_is_sure_only_if_it_is_seen_in_the_newest_image(
    movie: Movie, score: float, flag: Flag, state: State
) -> None:
    movie.mark(15)
    movie.tracker.always(score, flag)
    movie.catch_up()
    assert [report.state for report in movie.reports] == [state]


def test_target_that_cannot_be_placed_in_the_newest_image_is_lost(movie: Movie) -> None:
    movie.mark(15)
    movie.tracker.always(box_xywh=(1000.0, 8.0, 20.0, 16.0))
    movie.catch_up()
    assert [(report.state, report.box_xywh) for report in movie.reports] == [(State.LOST, None)]


def test_tracker_that_fails_on_the_way_is_survived(movie: Movie) -> None:
    movie.mark(15)
    movie.tracker.raising(RuntimeError("bug"))
    movie.session.catch_up()
    movie.tracker.always()
    movie.catch_up()
    assert [report.state for report in movie.reports] == [State.TRACKING]
    assert movie.counts["errors"] == 1


def test_image_of_the_past_that_cannot_be_decoded_is_passed_by(movie: Movie) -> None:
    broken = movie.history._frames[7]
    broken.message.data = b"short"
    movie.mark(15)
    movie.catch_up()
    assert movie.looked_at[-1] == 19
    assert movie.reports[0].state is State.TRACKING
    assert movie.counts["rejected"] == 0


def test_marked_image_that_cannot_be_decoded_is_refused(movie: Movie) -> None:
    movie.history._frames[4].message.data = b"short"
    outcome = movie.mark(15)
    assert outcome.code is SelectionCode.STAMP_TOO_OLD
    assert "cannot be decoded" in outcome.message


def test_marked_image_of_another_size_is_refused(movie: Movie) -> None:
    movie.frame(width=128, height=96, step=384, data=bytes(384 * 96))
    assert movie.mark(3).code is SelectionCode.STAMP_TOO_OLD


def test_image_that_is_not_held_any_more_is_refused_and_the_running_track_goes_on() -> None:
    bench = tracking_bench()
    for _ in range(60):
        bench.frame()
    outcome = bench.select(stamp_ns=bench.stamp_ns - 40 * FRAME_NS)
    assert outcome.code is SelectionCode.STAMP_TOO_OLD
    assert "1.32 s older than the newest" in outcome.message
    assert (bench.state_after(), bench.reports[-1].target_id) == (State.TRACKING, 1)


@pytest.mark.parametrize("give_up", ["stop", "reset"])
def test_stop_on_the_way_wins(movie: Movie, give_up: str) -> None:
    movie.mark(15)
    movie.session.catch_up()
    getattr(movie.session, give_up)()
    movie.session.catch_up()
    assert (movie.session.state, movie.session.is_catching_up, movie.reports) == (State.IDLE, False, [])


def test_stop_inside_the_last_step_publishes_nothing(movie: Movie) -> None:
    movie.mark(1)

    def stopping(image: Any) -> TrackResult:
        movie.session.stop()
        return movie.tracker.answer()

    movie.tracker.script = stopping
    movie.session.catch_up()
    assert (movie.session.state, movie.reports) == (State.IDLE, [])


def test_new_selection_on_the_way_replaces_the_old_one(movie: Movie) -> None:
    movie.mark(15)
    movie.session.catch_up()
    assert movie.select((30.0, 20.0, 10.0, 10.0)).target_id == 2
    assert [(report.target_id, report.state) for report in movie.reports] == [(2, State.TRACKING)]


def test_bad_box_on_the_way_changes_nothing(movie: Movie) -> None:
    movie.mark(15)
    assert movie.select((500.0, 20.0, 10.0, 10.0)).code is SelectionCode.BAD_BOX
    movie.catch_up()
    assert [(report.target_id, report.state) for report in movie.reports] == [(1, State.TRACKING)]


def test_selection_that_the_tracker_refuses_on_the_way_leaves_the_first_target_lost_and_searched(movie: Movie) -> None:
    movie.mark(15)

    def fail() -> None:
        raise RuntimeError("out of memory")

    movie.tracker.init_script = fail
    assert movie.select().code is SelectionCode.MODEL_NOT_READY
    assert [movie.state_after(value=30 + index) for index in range(3)] == [State.LOST, State.LOST, State.TRACKING]
    assert movie.reports[-1].target_id == 1


def test_stamps_that_go_back_on_the_way_mean_lost(movie: Movie) -> None:
    movie.mark(15)
    report = movie.frame(stamp_ns=SECOND_NS)
    assert report is not None
    assert report.state is State.LOST
    assert not movie.session.is_catching_up


def test_stamps_that_go_back_on_the_way_give_the_target_up_where_that_is_asked_for(movie: Movie) -> None:
    movie.session.set_config(StateConfig(), reset_on_jump=True)
    movie.mark(15)
    assert movie.frame(stamp_ns=SECOND_NS) is None
    assert (movie.session.state, movie.session.is_catching_up) == (State.IDLE, False)


def test_changes_are_announced_once_and_what_is_between_is_not(movie: Movie) -> None:
    movie.mark(15)
    movie.catch_up()
    movie.frame(value=20)
    movie.frame(stamp_ns=SECOND_NS)
    movie.session.stop()
    movie.session.stop()
    states = [(standing.state, standing.target_id) for standing in movie.standings]
    assert states == [(State.INITIALIZING, 1), (State.TRACKING, 1), (State.LOST, 1), (State.IDLE, 0)]
    assert movie.standings[1].header.frame_id == "camera_optical"


def test_lost_target_is_left_alone_when_nobody_is_to_search_for_it() -> None:
    movie = Movie(config=StateConfig(reacquire=False, lost_timeout_s=1.0))
    movie.select()
    movie.score = 0.1
    while movie.session.state is not State.LOST:
        movie.frame()
    movie.score = 0.9
    movie.looked_at.clear()
    reports = [movie.frame() for _ in range(60)]
    assert movie.looked_at == []
    assert {report.state for report in reports if report is not None} == {State.LOST}
    assert movie.session.standing().state is State.IDLE
