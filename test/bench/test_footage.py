"""Clips, their boxes, and their pieces."""

import cv2
import numpy as np
import pytest

from utrack_ros.bench.footage import chunks, open_subject
from utrack_ros.core.errors import BoxError, SourceError


@pytest.fixture
def sequence(tmp_path):
    """Seven frames, each of one grey, in the plain layout."""
    (tmp_path / "boat" / "img").mkdir(parents=True)
    for number in range(7):
        cv2.imwrite(str(tmp_path / "boat" / "img" / f"{number:03d}.png"), np.full((40, 60, 3), 10 * number, np.uint8))
    (tmp_path / "boat" / "groundtruth.txt").write_text("5,6,20,10\n" * 7)
    return tmp_path / "boat"


def quiet(text):
    """Take what is said, and say nothing."""


def test_a_sequence_folder_brings_its_box(sequence):
    subject = open_subject(sequence, None, 100, quiet)

    assert subject.box_xywh == (5.0, 6.0, 20.0, 10.0)
    assert (subject.frames, subject.size_hw, subject.about) == (7, (40, 60), "boat")


def test_a_box_that_is_given_wins_over_that_of_the_folder(sequence):
    assert open_subject(sequence, "1,2,30,20", 100, quiet).box_xywh == (1.0, 2.0, 30.0, 20.0)


def test_no_more_frames_than_asked_for(sequence):
    subject = open_subject(sequence, None, 4, quiet)

    assert subject.frames == len(list(subject.images())) == 4


def test_a_folder_of_frames_needs_a_box(sequence):
    with pytest.raises(BoxError, match="--box"):
        open_subject(sequence / "img", None, 100, quiet)


def test_a_box_off_the_image_is_refused_before_anything_is_measured(sequence):
    with pytest.raises(BoxError):
        open_subject(sequence, "100,100,5,5", 100, quiet)


def test_an_absent_target_in_the_first_frame_is_no_box(sequence):
    (sequence / "groundtruth.txt").write_text("NaN,NaN,NaN,NaN\n" * 7)

    with pytest.raises(BoxError, match="first line"):
        open_subject(sequence, None, 100, quiet)


@pytest.mark.parametrize(
    ("length", "wanted"),
    [
        (4, [[0, 10, 20], [30]]),
        (7, [[0, 10, 20], [30, 40, 50], [60]]),
        (15, [[0, 10, 20], [30, 40, 50], [60, 50, 40], [30, 20, 10], [0, 10, 20]]),
    ],
)
def test_a_longer_round_plays_the_clip_there_and_back(sequence, tmp_path, length, wanted):
    folder = tmp_path / "pieces"
    folder.mkdir()
    pieces = chunks(open_subject(sequence, None, 100, quiet), 3, folder, length)

    assert [[int(np.load(file)[0, 0, 0]) for file in piece] for piece in pieces] == wanted
    assert list(folder.iterdir()) == []


def test_a_single_frame_is_no_clip(sequence):
    for file in list((sequence / "img").iterdir())[1:]:
        file.unlink()

    with pytest.raises(SourceError, match="two frames"):
        open_subject(sequence, None, 100, quiet)


def test_pieces_hold_all_frames_in_order_and_go_when_the_next_comes(sequence, tmp_path):
    folder = tmp_path / "pieces"
    folder.mkdir()
    greys = []
    for files in chunks(open_subject(sequence, None, 100, quiet), 3, folder):
        greys.append([int(np.load(file)[0, 0, 0]) for file in files])
        assert len(list(folder.iterdir())) == len(files)

    assert greys == [[0, 10, 20], [30, 40, 50], [60]]
    assert list(folder.iterdir()) == []
