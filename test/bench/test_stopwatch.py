"""Times of a frame by a clock that the test sets."""

import pytest

from utrack_ros.bench.stopwatch import FrameTime, Stopwatch
from utrack_ros.core.stages import Stage


class Clock:
    now_s = 10.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


def pass_ms(clock, ms):
    clock.now_s += ms / 1000


def test_stages_take_the_time_between_laps_and_the_frame_takes_all(clock):
    watch = Stopwatch(clock=clock)
    pass_ms(clock, 99)
    watch.start()
    pass_ms(clock, 2)
    watch(Stage.CROP)
    pass_ms(clock, 5)
    watch(Stage.NETWORK)
    pass_ms(clock, 1)
    time = watch.stop()

    assert time.total_ms == pytest.approx(8)
    assert time.stages_ms == pytest.approx({"crop": 2, "network": 5})


def test_a_stage_told_twice_counts_twice_and_the_next_frame_starts_at_nothing(clock):
    watch = Stopwatch(clock=clock)
    watch.start()
    for ms in (2, 3):
        pass_ms(clock, ms)
        watch(Stage.CROP)
    first = watch.stop()
    watch.start()
    second = watch.stop(found=False)

    assert first.stages_ms == pytest.approx({"crop": 5})
    assert second == FrameTime(0.0, False, {}, second.cpu_ms)


def test_processor_time_is_that_of_the_frame_alone(clock):
    cpu = Clock()
    watch = Stopwatch(clock=clock, cpu_clock=cpu)
    pass_ms(cpu, 50)
    watch.start()
    pass_ms(clock, 4)
    pass_ms(cpu, 6)

    assert watch.stop().cpu_ms == pytest.approx(6)


def test_a_device_is_waited_for_before_each_look_at_the_clock(clock):
    watch = Stopwatch(lambda: pass_ms(clock, 7), clock)
    watch.start()
    watch(Stage.NETWORK)

    assert watch.stop().total_ms == pytest.approx(14)
