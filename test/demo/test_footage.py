"""Which footage the demo takes, and what it says about it."""

import numpy as np
import pytest
from footage import write_folder

from utrack_ros.core.errors import BoxError, SourceError
from utrack_ros.demo import footage
from utrack_ros.demo.errors import FetchError

FRAMES = 12


@pytest.fixture
def short_flight(monkeypatch):
    """Drawn flights of twelve small frames."""
    monkeypatch.setattr(footage, "FLIGHT_SIZE_HW", (96, 128))
    monkeypatch.setattr(footage.drawn_flight, "__defaults__", (FRAMES,))


def no_package(package, name, sha256, target):
    raise FetchError("apt-get, to fetch the package opencv-doc", "a system without it")


def test_without_the_package_a_flight_is_drawn_and_said_so(short_flight, tmp_path):
    said = []
    found = footage.default_footage(tmp_path / "cache", said.append, no_package)
    assert not found.real
    assert "synthetic" in found.about
    assert "without it" in said[1]
    assert "drawn flight" in said[-1]
    with found.open() as source:
        frames = list(source)
    assert len(frames) == FRAMES
    assert source.fps == 15.0
    height, width = frames[0].image.shape[:2]
    x, y, w, h = found.box_xywh
    assert 0 <= x <= x + w <= width
    assert 0 <= y <= y + h <= height


def test_drawn_box_holds_the_red_vehicle(tmp_path):
    found = footage.drawn_flight(tmp_path, 2)
    with found.open() as source:
        image = next(iter(source)).image.astype(float)
    redness = image[..., 0] - image[..., 1:].max(axis=2)
    x, y, w, h = (round(value) for value in found.box_xywh)
    assert redness[y : y + h, x : x + w].mean() > redness.mean() + 30
    rows, columns = np.nonzero(redness > 60)
    assert abs(np.median(columns) - (x + w / 2)) < 8
    assert abs(np.median(rows) - (y + h / 2)) < 8


def test_flight_is_drawn_once(short_flight, tmp_path):
    first = footage.drawn_flight(tmp_path)
    before = first.path.stat().st_mtime_ns
    assert footage.drawn_flight(tmp_path) == first
    assert first.path.stat().st_mtime_ns == before
    assert [path.name for path in tmp_path.iterdir()] == [first.path.name]


def test_clip_that_no_decoder_reads_falls_back(short_flight, tmp_path):
    def broken(package, name, sha256, target):
        target.write_bytes(b"no video")
        return target

    said = []
    assert not footage.default_footage(tmp_path, said.append, broken).real
    assert "no decoder" in said[1]


def test_real_clip_is_the_range_with_the_pedestrian(tmp_path):
    source = write_folder(tmp_path / "frames", 30)
    said = []
    found = footage.default_footage(tmp_path, said.append, lambda package, name, sha256, target: source)
    assert found.real
    assert (found.start, found.end) == footage.CLIP_RANGE
    with found.open() as clip:
        assert next(iter(clip)).index == footage.CLIP_RANGE[0]


@pytest.mark.parametrize(
    ("box", "said"),
    [
        (None, "BOX=x,y,w,h"),
        ("1,2,3", "four numbers"),
        ("1,2,x,4", "four numbers"),
        ("10,10,0,20", "above 0"),
        ("10,10,nan,20", "finite"),
        ("900,10,20,20", "inside the 64x48 image"),
        ("0,0,65,20", "no larger than the 64x48 image"),
    ],
)
def test_own_footage_needs_a_box_on_its_first_frame(tmp_path, box, said):
    video = write_folder(tmp_path / "frames", 2)
    with pytest.raises(BoxError, match=said):
        footage.own_footage(video, box, None)


def test_own_footage_with_a_box(tmp_path):
    video = write_folder(tmp_path / "frames", 2)
    found = footage.own_footage(video, "10, 12.5,20,30", None)
    assert found.box_xywh == (10.0, 12.5, 20.0, 30.0)
    with found.open() as source:
        assert source.frame_count == 2


@pytest.mark.parametrize("name", ["missing.mp4", "empty"])
def test_own_footage_that_cannot_be_read(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=name):
        footage.own_footage(tmp_path / name, "1,2,10,10", None)
