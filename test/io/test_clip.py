import numpy as np
import pytest

from utrack_ros.core.errors import SourceError
from utrack_ros.io.clip import Clip
from utrack_ros.io.source import Frame, FrameSource


class Numbers(FrameSource):
    def __init__(self, count: int, told: bool = True) -> None:
        self.count = count
        self.name, self.fps, self.frame_count = "numbers", 10.0, count if told else None

    def __iter__(self):
        for index in range(self.count):
            yield Frame(index, index / 10, np.zeros((2, 2, 3), np.uint8))


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, None, list(range(10))), (3, 5, [3, 4, 5]), (9, 9, [9]), (7, 99, [7, 8, 9]), (4, None, [4, 5, 6, 7, 8, 9])],
)
def test_frames_keep_their_numbers_and_stamps(told, start, end, expected):
    clip = Clip(Numbers(10, told), start, end)
    for _ in range(2):
        frames = list(clip)
        assert [frame.index for frame in frames] == expected
        assert [frame.stamp_s for frame in frames] == [index / 10 for index in expected]
    assert clip.fps == 10.0
    if told:
        assert clip.frame_count == len(expected)


@pytest.mark.parametrize(("start", "end"), [(-1, 3), (5, 4), (10, None), (12, 20)])
def test_range_without_frames_is_refused(start, end):
    with pytest.raises(SourceError, match="range of frames"):
        Clip(Numbers(10), start, end)


def test_unknown_length_stays_unknown():
    assert Clip(Numbers(10, told=False), 2).frame_count is None
    assert Clip(Numbers(10, told=False), 2, 6).frame_count == 5
